"""A refusal that belongs to the API: read as an answer, and still no excuse for passing failures over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from c360.contract import Need, Ref
from c360.http import Request, Response, Transport
from c360.records.base import Record
from c360.testing import Outcome, run
from tests.c360.testing import inn

CHECKS = ("status-403", "status-404", "status-500", "truncated")


class TwoDoors(inn.InnServer):
    """Shows its second guest at the second door alone; the first one refuses it."""

    async def send(self, request: Request) -> Response:
        headers = dict(request.auth.headers()) if request.auth else {}
        second = headers.get("authorization", "").endswith("guest-2")
        if second is not request.url.endswith("/second/stays"):
            return Response(status=403, headers={})
        return await super().send(request)


class InnOfTwoDoors(inn.GoodInn):
    passed_over: ClassVar[tuple[int, ...]] = (403,)

    async def stays(self, ref: Ref, need: Need) -> Sequence[Record]:
        params = {"since": str(need.since), "until": str(need.until)}
        accept = self.passed_over
        answer = await self.ctx.http.get("/first/stays", params=params, auth=ref.auth(), accept=accept)
        if answer.status in accept:
            answer = await self.ctx.http.get("/second/stays", params=params, auth=ref.auth())
        return [self.stay(it) for it in answer.decode(inn.WireStays).stays]


class Careless(InnOfTwoDoors):
    passed_over = (403, 500)


class TwoDoorsSuite(inn.InnSuite):
    __test__ = False
    connector = InnOfTwoDoors

    def partner(self) -> Transport:
        return TwoDoors()


class CarelessSuite(TwoDoorsSuite):
    __test__ = False
    connector = Careless


def outcomes(suite: type[inn.InnSuite]) -> dict[str, Outcome]:
    return {check.id: check.outcome for check in run(suite, only=CHECKS).checks}


def test_a_fault_that_changes_nothing_is_none() -> None:
    assert outcomes(TwoDoorsSuite) == dict.fromkeys(CHECKS, Outcome.PASSED)


def test_a_failure_in_the_place_of_the_refusal_has_to_show() -> None:
    assert outcomes(CarelessSuite) == dict.fromkeys(CHECKS, Outcome.PASSED) | {"status-500": Outcome.FAILED}


class Cursors(inn.InnServer):
    """Names the header of the next cursor on every page, empty on the last one."""

    async def send(self, request: Request) -> Response:
        answer = await super().send(request)
        return Response(
            status=answer.status, headers={**answer.headers, "x-next-cursor": ""}, content=answer.content
        )


class CursorsSuite(inn.InnSuite):
    __test__ = False

    def partner(self) -> Transport:
        return Cursors()


def test_an_empty_cursor_announces_no_page() -> None:
    (check,) = run(CursorsSuite, only=["paging-to-the-end"]).checks
    assert check.outcome is Outcome.EXEMPT, check.found
