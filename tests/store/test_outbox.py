"""The outbox: written with its transaction, followed without missing any, pruned from behind."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from c360.access import TenantId
from store.data_events import EventDraft
from store.database import Database
from store.errors_events import EventForgotten
from tests.fixtures.sizes import size
from tests.store.identity import Run, T

OTHER = TenantId("other")


def happened(number: int) -> EventDraft:
    return EventDraft(kind="customer.changed", customer_ids=(f"c{number}",), data={"number": number})


async def tell(database: Database, *numbers: int, tenant: TenantId = T) -> None:
    for number in numbers:
        async with database.unit(tenant) as unit:
            unit.outbox.add([happened(number)])


async def numbers(database: Database, after: int = 0, tenant: TenantId = T, **more: int) -> list[int]:
    async with database.read(tenant) as unit:
        return [each.data["number"] for each in await unit.outbox.after(after, **more)]


class Undone(Exception):
    """Rolls a unit back."""


async def undone(database: Database, number: int) -> None:
    async with database.unit(T) as unit:
        unit.outbox.add([happened(number)])
        raise Undone


def test_an_event_is_there_with_its_transaction_and_not_without(
    database: Database, clock: Any, run: Run
) -> None:
    async def go() -> None:
        told: list[TenantId] = []
        undo = database.on_events(told.append)
        async with database.unit(T) as unit:
            unit.outbox.add([happened(1), happened(2)])
        with pytest.raises(Undone):
            await undone(database, 3)
        async with database.unit(T):
            pass
        assert told == [T]
        undo()
        await tell(database, 4)
        assert told == [T]
        await tell(database, 5, tenant=OTHER)
        async with database.read(T) as unit:
            first, second, last = await unit.outbox.after(0)
            assert (await unit.outbox.after(first.sequence, limit=1)) == (second,)
            assert await unit.outbox.head() == last.sequence
            assert await unit.outbox.get([last.id, first.id, "nobody"]) == (first, last)
            assert await unit.outbox.place_of(second.id) == second.sequence
        assert first.sequence < second.sequence < last.sequence
        assert (first.kind, first.version, first.customer_ids) == ("customer.changed", 1, ("c1",))
        assert (first.data, last.data, first.at) == ({"number": 1}, {"number": 4}, clock.now)
        assert await numbers(database, tenant=OTHER) == [5]

    run(go())


def test_pruning_takes_the_oldest_and_never_the_newest(database: Database, clock: Any, run: Run) -> None:
    async def go() -> None:
        await tell(database, 1, 2)
        async with database.read(T) as unit:
            (gone, _) = await unit.outbox.after(0)
        clock.tick(days=1)
        await tell(database, 3)
        async with database.read(T) as unit:
            assert await unit.outbox.after(await unit.outbox.place_at(clock.now)) == (
                await unit.outbox.after(gone.sequence + 1)
            )
            assert await unit.outbox.place_at(clock.now + timedelta(seconds=1)) == await unit.outbox.head()
            assert await unit.outbox.kept(gone.sequence)
        async with database.unit(T) as unit:
            assert await unit.outbox.prune(clock.now, limit=1) == 1
            assert await unit.outbox.prune(clock.now) == 1
            assert await unit.outbox.prune(clock.now + timedelta(days=1)) == 0
        assert await numbers(database) == [3]
        async with database.read(T) as unit:
            assert not await unit.outbox.kept(gone.sequence)
            assert await unit.outbox.kept(0)
            assert await unit.outbox.kept(await unit.outbox.head())
            with pytest.raises(EventForgotten):
                await unit.outbox.place_of(gone.id)
        await tell(database, 4)
        assert await numbers(database) == [3, 4]

    run(go())


class Writer:
    """A unit of work that writes its events and then waits for leave to end."""

    def __init__(self, database: Database, number: int) -> None:
        self._written = asyncio.Event()
        self._end = asyncio.Event()
        self._undo = False
        self._task = asyncio.create_task(self._work(database, number))

    async def _work(self, database: Database, number: int) -> None:
        async with database.unit(T) as unit:
            unit.outbox.add([happened(number)])
            await unit.outbox.flush()
            self._written.set()
            await self._end.wait()
            if self._undo:
                raise Undone

    async def begun(self) -> Writer:
        writing = asyncio.ensure_future(self._written.wait())
        await asyncio.wait({writing, self._task}, return_when=asyncio.FIRST_COMPLETED)
        if self._task.done():
            await self._task  # tells why
        return self

    async def end(self, *, undo: bool) -> None:
        self._undo = undo
        self._end.set()
        if undo:
            with pytest.raises(Undone):
                await self._task
        else:
            await self._task


class Following:
    """Many who write, and one who follows."""

    def __init__(self, database: Database, place: int) -> None:
        self._database = database
        self._place = place
        self.under_way: dict[int, Writer] = {}
        self.committed: list[int] = []
        self.followed: list[int] = []

    async def begin(self, number: int) -> None:
        self.under_way[number] = await Writer(self._database, number).begun()

    async def end(self, which: int, *, undo: bool) -> None:
        number = sorted(self.under_way)[which % len(self.under_way)]
        await self.under_way.pop(number).end(undo=undo)
        if not undo:
            self.committed.append(number)

    async def read(self) -> None:
        async with self._database.read(T) as unit:
            for event in await unit.outbox.after(self._place, limit=3):
                assert event.sequence > self._place
                self._place = event.sequence
                self.followed.append(event.data["number"])


STEPS = st.lists(
    st.tuples(st.sampled_from(["begin", "begin", "commit", "undo", "read"]), st.integers(0, 5)), max_size=16
)


@settings(
    max_examples=size(20, 40),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=STEPS)
def test_who_follows_misses_nothing_in_whatever_order_transactions_end(
    database: Database, backend: str, run: Run, steps: list[tuple[str, int]]
) -> None:
    """On SQLite there is one writer at a time; on PostgreSQL up to six are under way at once."""
    most = 1 if backend == "sqlite" else 6

    async def go() -> None:
        async with database.read(T) as unit:
            all_ = Following(database, await unit.outbox.head())
        for number, (step, which) in enumerate(steps):
            if step == "read":
                await all_.read()
            elif step == "begin" and len(all_.under_way) < most:
                await all_.begin(number)
            elif step != "begin" and all_.under_way:
                await all_.end(which, undo=step == "undo")
        while all_.under_way:
            await all_.end(-1, undo=False)
            await all_.read()
        for _ in steps:
            await all_.read()
        assert sorted(all_.followed) == sorted(all_.committed)

    run(go())


def test_who_follows_while_many_write_sees_each_event_once(database: Database, run: Run) -> None:
    writers, each = 8, 12

    async def go() -> None:
        seen: list[int] = []

        async def write(writer: int) -> None:
            for number in range(each):
                await tell(database, writer * each + number)

        async def follow() -> None:
            place = 0
            while len(seen) < writers * each:
                async with database.read(T) as unit:
                    found = await unit.outbox.after(place, limit=7)
                for event in found:
                    place = event.sequence
                    seen.append(event.data["number"])
                await asyncio.sleep(0)

        async with asyncio.timeout(120):
            await asyncio.gather(follow(), *(write(writer) for writer in range(writers)))
        assert sorted(seen) == list(range(writers * each))
        for writer in range(writers):  # what one tells one after the other is heard so
            mine = [number for number in seen if number // each == writer]
            assert mine == sorted(mine)

    run(go())
