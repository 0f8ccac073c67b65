"""Answers that wait for nobody, and what is fetched anew behind them."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from c360.errors import ProblemCode
from c360.kinds import kinds
from connectors.instances import InstanceState
from connectors.results import Gathered, Refreshed, SourceState
from tests.connectors.conftest import NOW
from tests.fixtures.virtual import virtually

PARTY = "party.profile"
TTL = kinds()[PARTY].ttl


class Scene:
    """Two partners, of which one can be made to hang."""

    def __init__(self, kit: Any) -> None:
        self.kit = kit
        self.told: list[tuple[str, str]] = []
        self.calls: list[str] = []
        self.hung: set[str] = set()
        kit.clock = lambda: NOW + timedelta(seconds=asyncio.get_running_loop().time())
        for name in ("shop", "inn"):
            kit.add(name, lambda _, needs, refs, name=name: self._body(name, needs, refs))
        self.host = kit.host(refreshed=self._refreshed)

    async def _body(self, name: str, needs: Any, refs: Any) -> Any:
        self.calls.append(name)
        await asyncio.sleep(3600 if name in self.hung else 0.2)
        for ref in refs:
            for need in needs:
                yield self.kit.fetched(ref, need.kind, self.kit.person(ref.party_id))

    def _refreshed(self, one: Refreshed) -> None:
        kept = self.kit.snapshots.kept
        assert (one.tenant, one.customer_id, one.connector, PARTY) in kept, "told of before it is kept"
        self.told.append((one.customer_id, one.connector))

    async def known(self, *customers: str, refresh: bool = True, **more: Any) -> Gathered:
        started = asyncio.get_running_loop().time()
        request = self.kit.request(
            *(customers or ("a",)), at=["shop", "inn"], all_known_only=True, refresh=refresh, **more
        )
        gathered: Gathered = await self.host.gather(request)
        assert asyncio.get_running_loop().time() == started, "it waited"
        return gathered

    def states(self, gathered: Gathered, customer: str = "a") -> dict[str, SourceState]:
        return {one.connector: one.state for one in gathered.of(customer)}


@pytest.fixture
def scene(kit: Any) -> Any:
    return lambda play: virtually(play(kit))


def test_what_is_not_known_is_asked_for_behind_the_answer_and_told(scene: Any) -> None:
    async def play(kit: Any) -> None:
        here = Scene(kit)
        first = await here.known()
        assert set(here.states(first).values()) == {SourceState.UNAVAILABLE}
        assert {one.problem.code for one in first.of("a") if one.problem} == {ProblemCode.NOT_KEPT}
        assert here.calls == []
        await asyncio.sleep(1)
        assert sorted(here.told) == [("a", "inn"), ("a", "shop")]
        assert set(here.states(await here.known()).values()) == {SourceState.KEPT}
        await asyncio.sleep(1)
        assert len(here.calls) == 2, "what is current is not asked for again"
        await here.host.close()

    scene(play)


def test_what_has_aged_is_asked_for_again(scene: Any) -> None:
    async def play(kit: Any) -> None:
        here = Scene(kit)
        await here.known()
        await asyncio.sleep(TTL + 1)
        here.told.clear()
        assert set(here.states(await here.known()).values()) == {SourceState.KEPT}
        await asyncio.sleep(1)
        assert sorted(here.told) == [("a", "inn"), ("a", "shop")]
        await here.host.close()

    scene(play)


def test_a_partner_that_hangs_keeps_nobody_from_being_told(scene: Any) -> None:
    async def play(kit: Any) -> None:
        here = Scene(kit)
        here.hung = {"inn"}
        for _ in range(20):
            await here.known()
            await asyncio.sleep(0.05)
        assert here.told == [("a", "shop")]
        assert here.calls.count("inn") == 1, "what is being asked for is not asked for again"
        await asyncio.sleep(20)
        assert here.told == [("a", "shop")], "of what did not arrive nobody is told"
        await here.host.close()

    scene(play)


def test_nothing_is_asked_where_nothing_is_to_follow(scene: Any) -> None:
    async def play(kit: Any) -> None:
        here = Scene(kit)
        here.host.instance("inn").state = InstanceState.DISABLED
        await here.known(refresh=False)
        await asyncio.sleep(1)
        assert here.calls == []
        await here.known()
        await asyncio.sleep(1)
        assert here.calls == ["shop"], "a partner that is switched off is left alone"
        await here.host.close()

    scene(play)


def test_there_is_so_much_asked_for_at_once(scene: Any) -> None:
    async def play(kit: Any) -> None:
        here = Scene(kit)
        here.hung = {"shop", "inn"}
        for number in range(300):
            await here.known(f"c{number}")
        await asyncio.sleep(1)
        assert len(here.calls) <= 256
        await asyncio.sleep(20)
        await here.host.close()

    scene(play)
