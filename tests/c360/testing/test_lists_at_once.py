"""Lists that a connector reads at the same time are each read to their end."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence

from c360.contract import Need, Ref
from c360.http import Request, Response, Transport
from c360.records.base import Record
from c360.testing import Outcome, run
from tests.c360.testing import inn

CHECKS = ("paging-to-the-end", "paging-loop-ends", "second-page-fails")
WINGS = ("north", "south")


class Wings(inn.InnServer):
    """Shows one stay a page, of a wing at a time: all stays are in the north."""

    async def send(self, request: Request) -> Response:
        asked = dict(request.params)
        answer = await super().send(request)
        if answer.status != 200:
            return answer
        stays = json.loads(answer.content)["stays"] if asked["wing"] == "north" else []
        offset = int(asked["offset"])
        content = json.dumps({"stays": stays[offset : offset + 1]}).encode()
        return Response(status=200, headers=answer.headers, content=content)


class InnOfWings(inn.GoodInn):
    most = 10

    async def stays(self, ref: Ref, need: Need) -> Sequence[Record]:
        wings = await asyncio.gather(*(self.wing(ref, need, wing) for wing in WINGS))
        return [self.stay(it) for wing in wings for it in wing]

    async def wing(self, ref: Ref, need: Need, wing: str) -> list[inn.WireStay]:
        found: list[inn.WireStay] = []
        for offset in range(self.most):
            answer = await self.page(ref, need, wing, offset)
            page = answer.decode(inn.WireStays).stays if answer.status == 200 else []
            if not page or page[0] in found:
                break
            found += page
        return found

    async def page(self, ref: Ref, need: Need, wing: str, offset: int) -> Response:
        params = {"wing": wing, "offset": str(offset), "since": str(need.since), "until": str(need.until)}
        return await self.ctx.http.get("/stays", params=params, auth=ref.auth())


class Careless(InnOfWings):
    async def page(self, ref: Ref, need: Need, wing: str, offset: int) -> Response:
        params = {"wing": wing, "offset": str(offset), "since": str(need.since), "until": str(need.until)}
        accept = (500,) if offset else ()
        return await self.ctx.http.get("/stays", params=params, auth=ref.auth(), accept=accept)


class WingsSuite(inn.InnSuite):
    __test__ = False
    connector = InnOfWings

    def partner(self) -> Transport:
        return Wings()


class CarelessSuite(WingsSuite):
    __test__ = False
    connector = Careless


def outcomes(suite: type[inn.InnSuite]) -> dict[str, Outcome]:
    return {check.id: check.outcome for check in run(suite, only=CHECKS).checks}


def test_pages_of_lists_at_once_are_recognised() -> None:
    assert outcomes(WingsSuite) == dict.fromkeys(CHECKS, Outcome.PASSED)


def test_a_failure_on_a_later_page_of_one_of_them_has_to_show() -> None:
    assert outcomes(CarelessSuite)["second-page-fails"] is Outcome.FAILED
