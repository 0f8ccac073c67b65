"""Refreshing figures: what is kept when partners fail, cut, forbid or dawdle, and when the worker ends."""

from __future__ import annotations

import asyncio
import logging
import shutil
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from api.auditing import Recorder
from api.bus import OutboxBus
from api.keeping import keep
from api.settings import Settings
from api.summarising import RETRY, Summarising
from api.wiring import Hub, Store, open_store
from c360.access import TenantId
from c360.contract import Change, Deletion, Outdated, Upsert
from c360.errors import ProblemCode
from c360.records.brokerage import CustodyAccount, CustodyAccountKind
from c360.records.hotel import Stay, StayStatus
from c360.records.party import Party, PartyKind
from c360.values import CurrencyCode, Money
from connectors.instances import InstanceState
from connectors.results import (
    Gathered,
    GatherRequest,
    KindResult,
    SourceProblem,
    SourceResult,
    SourceState,
)
from resolvers.actions.performing import Performer
from store.data import EnrolCustomer, EnrolLink, FigureData, PartyFigures
from store.errors import DatabaseLocked

T = TenantId("t")
NOON = datetime(2026, 3, 17, 12, tzinfo=UTC)
KINDS = {
    "hotel": ("party.profile", "hotel.stays"),
    "brokerage": ("brokerage.accounts", "brokerage.positions", "brokerage.transactions"),
    "workorders": ("workorders.orders",),
}


@dataclass
class Partners:
    """A host whose partners answer as a test says: one stay for everybody, unless there is a problem."""

    domains: dict[str, str] = field(default_factory=lambda: {"inn": "hotel"})
    problems: dict[str, ProblemCode] = field(default_factory=dict)
    """By party; of a kind where it is named behind a colon."""
    cheap: dict[str, int] = field(default_factory=dict)
    indexed: tuple[str, ...] = ()
    requests: list[GatherRequest] = field(default_factory=list)
    price: str = "10"
    most: int = 1_000
    """Parties that a batch may have and be in time."""
    while_asked: Callable[[], Coroutine[Any, Any, None]] | None = None

    def infos(self) -> tuple[Any, ...]:
        return tuple(
            SimpleNamespace(
                id=name,
                domain=domain,
                state=InstanceState.READY,
                kinds=KINDS[domain],
                indexed=self.indexed,
                cheap_days=self.cheap,
            )
            for name, domain in self.domains.items()
        )

    async def gather(self, request: GatherRequest) -> Gathered:
        self.requests.append(request)
        if self.while_asked is not None:
            await self.while_asked()
        sources = {}
        for place, target in enumerate(request.targets):
            (link,) = target.links
            late = place >= self.most
            kinds = {
                need.kind: self._kind(link.party_id, need.kind, late)
                for need in request.needs[target.customer_id]
            }
            problem = next((one.problem for one in kinds.values() if one.problem), None)
            sources[target.customer_id] = (
                SourceResult(connector="elsewhere", domain="rental", state=SourceState.NOT_LINKED),
                SourceResult(
                    connector=link.connector,
                    domain=self.domains[link.connector],
                    state=SourceState.FRESH,
                    kinds=kinds,
                    problem=problem,
                ),
            )
        return Gathered(at=NOON, sources=sources)

    def _kind(self, party: str, kind: str, late: bool) -> KindResult:
        code = self.problems.get(party) or self.problems.get(f"{party}:{kind}")
        if late:
            code = ProblemCode.DEADLINE_EXCEEDED
        if code is not None:
            there = code in {ProblemCode.CUSTOMER_UNKNOWN, ProblemCode.TOO_MUCH_DATA}
            return KindResult(
                records=(),
                state=SourceState.FRESH if there else SourceState.UNAVAILABLE,
                problem=SourceProblem(code=code, message="m"),
            )
        records: tuple[Any, ...] = ()
        if kind == "hotel.stays":
            records = (stay(party, self.price),)
        elif kind == "brokerage.accounts":
            records = (
                CustodyAccount(
                    account_id="s",
                    kind=CustodyAccountKind.SAFEKEEPING,
                    reference_currency=CurrencyCode("CHF"),
                ),
            )
        return KindResult(records=records, state=SourceState.FRESH, fetched_at=NOON)


def stay(party: str, price: str = "10") -> Stay:
    return Stay(
        reservation_id=party,
        status=StayStatus.CHECKED_OUT,
        check_in=date(2026, 3, 1),
        check_out=date(2026, 3, 2),
        total=Money(amount=Decimal(price), currency=CurrencyCode("EUR")),
    )


@dataclass
class Scene:
    """A store with customers, partners in memory, and a clock that stands."""

    store: Store
    partners: Partners
    settings: Settings
    now: datetime = NOON

    @property
    def summarising(self) -> Summarising:
        audit = Recorder(self.store.database, lambda: self.now)
        host: Any = self.partners  # a host's part
        performer = Performer(self.store.database, host, lambda: self.now)
        bus = OutboxBus(self.store.database, T, 0)
        hub = Hub(T, self.store, host, lambda: self.now, audit, performer, bus)
        return Summarising(hub, self.settings)

    async def enrol(self, *customers: str, connector: str = "inn") -> None:
        """Customers whose parties are the letters of each name."""
        async with self.store.database.unit(T) as unit:
            await unit.customers.enrol(
                [
                    EnrolCustomer(
                        external_id=f"{connector}-{name}",
                        kind=PartyKind.PERSON,
                        display_name=name,
                        links=tuple(EnrolLink(connector=connector, party_id=letter) for letter in name),
                    )
                    for name in customers
                ]
            )

    async def kept(self) -> dict[str, PartyFigures]:
        async with self.store.database.read(T) as unit:
            page = await unit.summaries.everybody(None, 10_000)
        return {each.party_id: each for mine in page.values() for each in mine}

    async def spent(self) -> dict[str, float | None]:
        """What each party spent in a year; none where nothing is known."""
        return {
            party: next((one.value for one in each.figures if one.measure == "SPENT_12M"), None)
            for party, each in sorted((await self.kept()).items())
        }


@pytest.fixture
def play(
    settings: Settings, sqlite_template: Path, tmp_path: Path
) -> Callable[[Callable[[Scene], Coroutine[Any, Any, None]]], None]:
    """Runs a test over a store of its own."""
    url = f"sqlite:///{tmp_path / 'c360.db'}"
    shutil.copyfile(sqlite_template, tmp_path / "c360.db")
    mine = msgspec.structs.replace(settings, database=msgspec.structs.replace(settings.database, url=url))

    @asynccontextmanager
    async def scene() -> AsyncIterator[Scene]:
        made: list[Scene] = []
        async with open_store(mine, clock=lambda: made[0].now if made else NOON) as store:
            made.append(Scene(store, Partners(), mine))
            yield made[0]

    def run(test: Callable[[Scene], Coroutine[Any, Any, None]]) -> None:
        async def go() -> None:
            async with scene() as opened:
                await test(opened)

        asyncio.run(go())

    return run


Play = Callable[[Callable[[Scene], Coroutine[Any, Any, None]]], None]


def test_what_is_due_is_read_again_and_replaced(play: Play) -> None:
    async def test(scene: Scene) -> None:
        await scene.enrol("a", "b")
        assert await scene.summarising.round()
        assert await scene.spent() == {"a": 10, "b": 10}
        (request,) = scene.partners.requests
        assert not request.keep
        assert request.max_age == timedelta(0)
        scene.partners.price = "12"
        assert await scene.summarising.round()  # nothing is due
        assert len(scene.partners.requests) == 1
        scene.now += timedelta(hours=25)
        assert await scene.summarising.round()
        assert await scene.spent() == {"a": 12, "b": 12}
        assert {each.as_of for each in (await scene.kept()).values()} == {scene.now}

    play(test)


def test_a_partner_that_fails_leaves_the_old_figures_with_their_age(
    play: Play, caplog: pytest.LogCaptureFixture
) -> None:
    async def test(scene: Scene) -> None:
        await scene.enrol("a", "b")
        assert await scene.summarising.round()
        scene.now += timedelta(hours=25)
        scene.partners.price = "12"
        scene.partners.problems = {"a": ProblemCode.PARTNER_UNAVAILABLE}
        assert not await scene.summarising.round()
        assert await scene.spent() == {"a": 10, "b": 12}
        assert (await scene.kept())["a"].as_of == NOON
        scene.partners.problems = {}
        assert await scene.summarising.round()  # not yet
        assert await scene.spent() == {"a": 10, "b": 12}
        scene.now += RETRY
        assert await scene.summarising.round()
        assert await scene.spent() == {"a": 12, "b": 12}

    with caplog.at_level(logging.WARNING):
        play(test)
    assert "inn: parties keep their older figures, and are tried again: 1 PARTNER_UNAVAILABLE" in caplog.text


def test_a_partner_that_answers_nobody_is_asked_once_a_round(play: Play) -> None:
    async def test(scene: Scene) -> None:
        await scene.enrol(*map(chr, range(0x100, 0x100 + 40)))
        everybody = (await scene.kept()).keys()
        scene.partners.problems = dict.fromkeys(everybody, ProblemCode.PARTNER_UNAVAILABLE)
        assert not await scene.summarising.round()
        assert len(scene.partners.requests) == 1
        scene.partners.problems = {}
        assert await scene.summarising.round()
        assert sum(value is None for value in (await scene.spent()).values()) == 16  # tried again later

    play(test)


def test_a_slow_partner_is_asked_for_fewer_at_once(play: Play) -> None:
    async def test(scene: Scene) -> None:
        await scene.enrol(*map(chr, range(0x100, 0x100 + 60)))
        scene.partners.most = 0
        assert not await scene.summarising.round()
        sizes = [len(request.targets) for request in scene.partners.requests]
        assert sizes[:5] == [16, 8, 4, 2, 1]
        assert len(sizes) == 5  # in the smallest company it does not answer either
        scene.partners.most = 1_000
        scene.now += RETRY
        scene.partners.requests.clear()
        assert await scene.summarising.round()
        assert [len(request.targets) for request in scene.partners.requests] == [16, 32, 12]
        assert None not in (await scene.spent()).values()

    play(test)


def test_what_may_not_be_read_any_more_is_not_kept(play: Play) -> None:
    async def test(scene: Scene) -> None:
        await scene.enrol("a", "b")
        assert await scene.summarising.round()
        scene.now += timedelta(hours=25)
        scene.partners.problems = {"a": ProblemCode.REAUTHORISATION_REQUIRED}
        assert await scene.summarising.round()
        assert await scene.spent() == {"a": None, "b": 10}
        assert (await scene.kept())["a"].as_of is None

    play(test)


def test_what_is_cut_is_not_known_and_who_is_unknown_has_nothing(play: Play) -> None:
    async def test(scene: Scene) -> None:
        scene.partners.domains = {"inn": "hotel", "broker": "brokerage"}
        await scene.enrol("a")
        await scene.enrol("x", "y", connector="broker")
        scene.partners.problems = {
            "a": ProblemCode.CUSTOMER_UNKNOWN,
            "x:brokerage.transactions": ProblemCode.TOO_MUCH_DATA,
        }
        assert await scene.summarising.round()
        found = await scene.kept()
        assert (found["a"].figures, found["a"].as_of) == ((), NOON)
        measures = {party: {each.measure for each in found[party].figures} for party in "xy"}
        assert measures["x"] == {"CONTRACTS", "BALANCE"}
        assert measures["y"] == {"CONTRACTS", "BALANCE", "TRADES_12M"}

    play(test)


def test_a_year_of_single_days_is_not_asked_for(play: Play) -> None:
    async def test(scene: Scene) -> None:
        scene.partners.domains = {"broker": "brokerage"}
        scene.partners.cheap = {"brokerage.transactions": 31}
        await scene.enrol("x", connector="broker")
        assert await scene.summarising.round()
        (request,) = scene.partners.requests
        (needs,) = request.needs.values()
        assert {need.kind for need in needs} == {"brokerage.accounts", "brokerage.positions"}

    play(test)


def test_nobody_is_asked_for_before_it_is_known_what_is_whose(play: Play) -> None:
    async def test(scene: Scene) -> None:
        scene.partners.indexed = ("hotel.stays",)
        await scene.enrol("a")
        assert await scene.summarising.round()
        assert scene.partners.requests == []
        async with scene.store.database.unit(T) as unit:
            await unit.feeds.save("inn", "hotel.stays", "half", finished=False)
        assert await scene.summarising.round()
        assert scene.partners.requests == []
        async with scene.store.database.unit(T) as unit:
            await unit.feeds.save("inn", "hotel.stays", "end", finished=True)
        assert await scene.summarising.round()
        assert await scene.spent() == {"a": 10}

    play(test)


def test_what_no_figures_are_made_of_is_asked_for_nothing(play: Play) -> None:
    async def test(scene: Scene) -> None:
        scene.partners.domains = {"office": "workorders", "inn": "hotel"}
        await scene.enrol("o", connector="office")
        assert await scene.summarising.round()
        assert scene.partners.requests == []
        assert (await scene.kept())["o"].as_of == NOON

    play(test)


def test_two_parties_of_a_customer_are_told_apart(play: Play) -> None:
    async def test(scene: Scene) -> None:
        await scene.enrol("abc", "d")
        scene.partners.problems = {"b": ProblemCode.CUSTOMER_UNKNOWN}
        assert await scene.summarising.round()
        assert await scene.spent() == {"a": 10, "b": None, "c": 10, "d": 10}
        for request in scene.partners.requests:
            assert all(len(target.links) == 1 for target in request.targets)

    play(test)


def test_a_worker_that_is_stopped_loses_one_batch_at_the_most(play: Play) -> None:
    async def test(scene: Scene) -> None:
        await scene.enrol(*map(chr, range(0x100, 0x100 + 40)))

        async def stop_at_the_second() -> None:
            if len(scene.partners.requests) == 2:
                raise asyncio.CancelledError

        scene.partners.while_asked = stop_at_the_second
        with pytest.raises(asyncio.CancelledError):
            await scene.summarising.round()
        assert sum(value is not None for value in (await scene.spent()).values()) == 16
        scene.partners.while_asked = None
        assert await scene.summarising.round()
        assert None not in (await scene.spent()).values()
        assert sum(len(request.targets) for request in scene.partners.requests) == 40 + 24

    play(test)


def test_a_change_that_a_feed_tells_of_makes_a_party_due(play: Play) -> None:
    async def test(scene: Scene) -> None:
        await scene.enrol("a", "b", "c", "d")
        assert await scene.summarising.round()
        scene.partners.price = "12"
        changes: list[Change] = [
            Upsert(kind="hotel.stays", party_id="a", object_id="1", record=stay("a")),
            Deletion(kind="hotel.stays", party_id="b", object_id="2"),
            Deletion(kind="hotel.stays", party_id=None, object_id="3"),
            Outdated(kind="hotel.stays", party_id="d"),
        ]
        async with scene.store.database.unit(T) as unit:
            await keep(unit, "inn", changes, region="AU", indexed=False)
            await unit.feeds.save("inn", "hotel.stays", "end", finished=True)
            assert await unit.index.of([("inn", "a")]) == {("inn", "a"): {"hotel.stays": ()}}
            profile = Upsert(kind="party.profile", party_id="c", object_id="c", record=Party(party_id="c"))
            await keep(unit, "inn", [profile], region="AU")
        assert await scene.summarising.round()
        assert await scene.spent() == {"a": 12, "b": 12, "c": 10, "d": 12}

    play(test)


def test_a_change_while_a_party_is_read_is_not_lost(play: Play) -> None:
    async def test(scene: Scene) -> None:
        await scene.enrol("a")

        async def change() -> None:
            scene.now += timedelta(seconds=1)
            scene.partners.while_asked = None
            async with scene.store.database.unit(T) as unit:
                await unit.summaries.mark("inn", ["a"])

        scene.partners.while_asked = change
        assert await scene.summarising.round()
        assert len(scene.partners.requests) == 2

    play(test)


def test_a_store_that_fails_is_said_and_tried_again(play: Play, caplog: pytest.LogCaptureFixture) -> None:
    async def test(scene: Scene) -> None:
        await scene.enrol("a")

        async def locked() -> None:
            raise DatabaseLocked("held by somebody else")

        scene.partners.while_asked = locked
        assert not await scene.summarising.round()
        assert await scene.spent() == {"a": None}
        scene.partners.while_asked = None
        assert await scene.summarising.round()
        assert await scene.spent() == {"a": 10}

    play(test)
    assert "figures of inn are not refreshed: held by somebody else" in caplog.text


def test_long_work_says_how_far_it_is(
    play: Play, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.summarising.TELLING", 0.0)

    async def test(scene: Scene) -> None:
        await scene.enrol(*map(chr, range(0x100, 0x100 + 40)))
        assert await scene.summarising.round()

    with caplog.at_level(logging.INFO):
        play(test)
    assert "inn: figures of 16 parties so far, 24 are due" in caplog.text
    assert "inn: figures of 40 parties in" in caplog.text
    figure = FigureData("HOTEL", "SPENT_12M", 10.0, "EUR")
    assert str(figure.value) not in caplog.text
