from __future__ import annotations

import asyncio
import enum
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from c360.access import DEFAULT_TENANT, TenantId
from c360.contract import Need
from c360.kinds import kinds
from c360.records.party import Party
from connectors.protocols import Snapshot
from connectors.snapshots import Keeper, Kept, Written, decode, encode
from connectors.windows import covers, merged
from tests.fixtures.virtual import virtually

DAYS = st.dates(date(2025, 1, 1), date(2025, 3, 1))
MOMENT = datetime.fromisoformat("2025-02-01T10:00:00+00:00")


def moment(random: Random) -> datetime:
    zone = timezone(timedelta(minutes=random.randint(-14 * 60, 14 * 60)))
    return datetime(random.randint(1900, 2100), 2, random.randint(1, 28), 3, 4, 5, random.randint(0, 9), zone)


LEAVES: dict[Any, Callable[[Random], Any]] = {
    str: lambda random: random.choice(["", "Ada", "Zoë \U0001f600", "李", '"\\\n']),
    int: lambda random: random.randint(-(2**53), 2**53),
    float: lambda random: random.uniform(-1e6, 1e6),
    bool: lambda random: random.random() < 0.5,
    Decimal: lambda random: Decimal(random.randint(-(10**20), 10**20)).scaleb(-random.randint(0, 8)),
    date: lambda random: date(random.randint(1900, 2100), 2, random.randint(1, 28)),
    datetime: moment,
    timedelta: lambda random: timedelta(seconds=random.randint(-(10**6), 10**6)),
    type(None): lambda _: None,
}


def made_up(kind: Any, random: Random) -> Any:  # noqa: PLR0911  # one return per sort of type
    """A value of a record's field, by its type."""
    origin, args = typing.get_origin(kind), typing.get_args(kind)
    if kind in LEAVES:
        return LEAVES[kind](random)
    if origin is typing.Annotated:
        return made_up(args[0], random)
    if isinstance(kind, typing.NewType):
        return made_up(kind.__supertype__, random)
    if origin in {typing.Union, types.UnionType}:
        return made_up(random.choice(args), random)
    if origin is tuple:
        return tuple(made_up(args[0], random) for _ in range(random.randint(0, 2)))
    if origin in {dict, Mapping}:
        return {made_up(args[0], random): made_up(args[1], random) for _ in range(random.randint(0, 2))}
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return random.choice(list(kind))
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return kind(**{field.name: made_up(field.type, random) for field in msgspec.structs.fields(kind)})
    raise AssertionError(f"records use {kind}: teach this test about it")


@pytest.mark.parametrize("name", list(kinds()))
def test_every_kind_comes_back_as_it_was_kept(name: str) -> None:
    record = kinds()[name].record

    @settings(max_examples=30, deadline=None)
    @given(st.integers(0, 2**32))
    def round_trip(seed: int) -> None:
        random = Random(seed)
        found = tuple(made_up(record, random) for _ in range(3))
        need = Need(kind=name, since=date(2025, 1, 1), until=date(2025, 2, 1))
        kept = Kept(
            customer_id="c", connector="i", need=need, records=found, fetched_at=MOMENT, parties=("p",)
        )
        snapshot = encode(kept)
        assert (snapshot.since, snapshot.until, snapshot.fetched_at) == (need.since, need.until, MOMENT)
        back = decode(snapshot)
        assert back == found
        assert repr(back) == repr(found), "also the zone of every time"

    round_trip()


def days(window: Any, horizon: int = 90) -> set[date]:
    first = date(2024, 12, 15)
    every = [first + timedelta(days=number) for number in range(horizon)]
    return {
        day
        for day in every
        if (window.since is None or day >= window.since) and (window.until is None or day <= window.until)
    }


@given(
    st.none() | DAYS, st.none() | DAYS, st.none() | DAYS, st.none() | DAYS, st.just(date(2025, 1, 15)) | DAYS
)
def test_a_copy_that_covers_lacks_no_day_that_could_be_known(
    since: date | None, until: date | None, need_since: date | None, need_until: date | None, today: date
) -> None:
    copy = Snapshot(
        customer_id="c",
        connector="i",
        kind="k",
        fetched_at=datetime.fromisoformat("2025-01-15T10:00:00+00:00"),
        content=b"",
        since=since,
        until=until,
    )
    need = Need(kind="k", since=need_since, until=need_until)
    if covers(copy, need, today):
        missing = days(need) - days(copy)
        assert not missing or until is not None
        assert all(day > date(2025, 1, 15) for day in missing), "only what came after the copy may lack"
    else:
        assert days(need) - days(copy) or not days(need) or need.until is None or need.since is None


@given(st.lists(st.tuples(st.sampled_from("ab"), st.none() | DAYS, st.none() | DAYS), max_size=6))
def test_merged_needs_hold_every_one_of_them_once_per_kind(windows: list[Any]) -> None:
    needs = [Need(kind=kind, since=since, until=until) for kind, since, until in windows]
    result = {need.kind: need for need in merged(needs)}
    assert len(result) == len(merged(needs)) == len({need.kind for need in needs})
    for need in needs:
        assert days(need) <= days(result[need.kind])


class SlowStore:
    def __init__(self, *, fails: bool = False) -> None:
        self.batches: list[int] = []
        self.at_once = 0
        self.fails = fails

    async def read(self, tenant: Any, keys: Any) -> Sequence[Snapshot]:
        raise AssertionError

    async def write(self, tenant: Any, snapshots: Sequence[Snapshot]) -> None:
        assert self.at_once == 0, "one batch at a time"
        self.at_once += 1
        await asyncio.sleep(0.001)
        self.at_once -= 1
        if self.fails:
            raise OSError("ada@example.org")
        self.batches.append(len(snapshots))


def batch(size: int, name: str = "Ada", seconds: float = 0) -> list[Kept]:
    return [
        Kept(
            customer_id=f"c{number}",
            connector="i",
            need=Need(kind="party.profile"),
            records=(Party(party_id="p", full_name=name),),
            fetched_at=MOMENT + timedelta(seconds=seconds),
            parties=("p",),
        )
        for number in range(size)
    ]


def test_what_waits_is_written_together_and_drained(
    caplog: pytest.LogCaptureFixture,
) -> None:
    store = SlowStore()

    async def scenario() -> None:
        keeper = Keeper(store)
        for size in (0, 1, 200, 3):
            keeper.keep(DEFAULT_TENANT, batch(size))
        assert store.batches == []
        await keeper.drain()
        assert store.batches == [204]
        written = [keeper.keep(TenantId(f"t{number % 2}"), batch(1, str(number))) for number in range(100)]
        assert written[64:] == [None] * 36
        await keeper.drain()
        assert store.batches == [204, 16, 16, 16, 16]
        assert all(done.done() for done in written[:64] if done)

    asyncio.run(scenario())
    assert "are not kept" in caplog.text


def test_one_that_waits_for_it_does_not_wait_for_more() -> None:
    store = SlowStore()

    async def scenario() -> None:
        keeper = Keeper(store)
        loop = asyncio.get_running_loop()
        for soon, wait in ((False, 0.1), (True, 0.0)):
            started = loop.time()
            written = keeper.keep(DEFAULT_TENANT, batch(1, str(soon)), soon=soon)
            assert written is not None
            await written
            assert wait <= loop.time() - started < wait + 0.05

    virtually(scenario())
    assert store.batches == [1, 1]


def test_what_has_not_changed_is_written_again_after_a_while_only() -> None:
    store = SlowStore()

    async def scenario() -> None:
        keeper = Keeper(store)

        async def kept(*of: Kept, tenant: TenantId = DEFAULT_TENANT) -> int:
            before = sum(store.batches)
            keeper.keep(tenant, of)
            await keeper.drain()
            return sum(store.batches) - before

        assert await kept(*batch(2)) == 2
        assert await kept(*batch(3, seconds=9)) == 1, "the one that was not there yet"
        assert await kept(*batch(1, "Bea", seconds=9)) == 1, "a record changed"
        assert await kept(*batch(2, "Bea", seconds=9.5)) == 1, "of one of them"
        assert await kept(*batch(1, "Bea", seconds=20)) == 1, "it would seem too old"
        assert await kept(*batch(1, "Bea", seconds=20), tenant=TenantId("other")) == 1
        (other,) = batch(1, "Bea", seconds=20)
        assert await kept(msgspec.structs.replace(other, parties=("p", "q"))) == 1, "of more parties"
        assert await kept(*batch(1, "Bea", seconds=20)) == 0
        keeper.forget("i")
        assert await kept(*batch(1, "Bea", seconds=20)) == 1, "the store may have dropped it"

    asyncio.run(scenario())


def test_what_was_written_a_while_ago_is_not_held() -> None:
    written = Written()
    for seconds in range(0, 60, 5):
        for kept in batch(3, str(seconds), seconds):
            written.add(TenantId(str(seconds)), kept)
    assert len(written) == 6, "of the last ten seconds"


def test_what_was_not_written_is_written_the_next_time() -> None:
    store = SlowStore(fails=True)

    async def scenario() -> None:
        keeper = Keeper(store)
        for fails in (True, False):
            store.fails = fails
            keeper.keep(DEFAULT_TENANT, batch(1))
            await keeper.drain()

    asyncio.run(scenario())
    assert store.batches == [1]


def test_a_failing_store_is_logged_without_what_it_said(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario() -> None:
        keeper = Keeper(SlowStore(fails=True))
        keeper.keep(DEFAULT_TENANT, batch(1))
        await keeper.drain()

    asyncio.run(scenario())
    assert "could not be kept: OSError" in caplog.text
    assert "ada@" not in caplog.text


def test_a_store_that_does_not_answer_does_not_keep_the_process_from_ending(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Stuck:
        async def read(self, tenant: object, keys: object) -> tuple[()]:
            return ()

        async def write(self, tenant: object, snapshots: object) -> None:
            await asyncio.Event().wait()

    async def scenario() -> None:
        keeper = Keeper(Stuck())
        for _ in range(3):
            keeper.keep(DEFAULT_TENANT, batch(1))
        async with asyncio.timeout(1):
            await keeper.drain(0.05)

    asyncio.run(scenario())
    assert "of 3 operations are not kept" in caplog.text
