"""The recorder: nothing read is lost while the process lives, and nothing is read that cannot be kept."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from api.auditing import LONGEST, Recorder, recording
from c360.access import TenantId
from schema.execution.auditing import AuditBehind, Selected
from store.data_audit import AuditFilter, ReadEntry, WriteEntry
from store.database import Database
from store.errors import DatabaseUnavailable
from store.keyring import Keyring

T = TenantId("t")
SELECTED = Selected(digest="d1", fields=("Customer.profile", "Profile.familyName"))
Run = Callable[[Coroutine[Any, Any, Any]], Any]


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(milliseconds=1)
        return self.now


class Flaky:
    """A database that can be switched off."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.up = True

    def read(self, tenant: TenantId) -> Any:
        return self._database.read(tenant)

    @asynccontextmanager
    async def unit(self, tenant: TenantId) -> AsyncIterator[Any]:
        if not self.up:
            raise DatabaseUnavailable("nothing answers")
        async with self._database.unit(tenant) as unit:
            yield unit


class Busy:
    """A database at which something happens whenever a unit of work begins."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.units = 0
        self.on_unit: Callable[[], None] = lambda: None

    @asynccontextmanager
    async def unit(self, tenant: TenantId) -> AsyncIterator[Any]:
        self.units += 1
        self.on_unit()
        async with self._database.unit(tenant) as unit:
            yield unit


def reading(clock: Clock, customer: str) -> ReadEntry:
    return ReadEntry(at=clock(), principal="p", purpose="SERVICE", customers=(customer,), selection="d1")


@asynccontextmanager
async def opened(url: str, clock: Clock) -> AsyncIterator[Database]:
    database = Database(url, keyring=Keyring(master=b"m" * 32, pepper=b"p" * 32), clock=clock)
    try:
        yield database
    finally:
        await database.dispose()


async def customers(database: Database) -> list[str]:
    async with database.read(T) as unit:
        page = await unit.audit.page(AuditFilter(), first=100)
        report = await unit.audit_verification.verify()
    assert report.faults == ()
    return [one for each in reversed(page.entries) for one in each.customer_ids]


def test_what_waits_is_written_in_order_and_at_the_end(database_url: str, run: Run) -> None:
    async def go() -> None:
        clock = Clock()
        async with opened(database_url, clock) as database:
            async with recording(database, clock) as recorder:
                for number in range(5):
                    recorder.read(T, reading(clock, f"c{number}"), SELECTED)
                await recorder.flush()
                recorder.read(T, reading(clock, "c5"), SELECTED)
            assert await customers(database) == [f"c{number}" for number in range(6)]
            async with database.read(T) as unit:
                (entry, *_) = (await unit.audit.page(AuditFilter(), first=1)).entries
            assert entry.fields == SELECTED.fields

    run(go())


def test_what_comes_while_a_batch_is_written_waits_for_the_next(database_url: str, run: Run) -> None:
    async def go() -> None:
        clock = Clock()
        async with opened(database_url, clock) as database:
            busy: Any = Busy(database)
            recorder = Recorder(busy, clock)
            busy.on_unit = lambda: recorder.read(T, reading(clock, f"c{busy.units}"), SELECTED)
            recorder.read(T, reading(clock, "c0"), SELECTED)
            await recorder.flush()
            assert (busy.units, recorder.waiting()) == (1, 1)
            clock.now += LONGEST - timedelta(seconds=1)
            recorder.check()
            await recorder.flush()
            assert (busy.units, recorder.waiting()) == (2, 1)
            busy.on_unit = lambda: None
            await recorder.flush()
            assert await customers(database) == ["c0", "c1", "c2"]

    run(go())


def test_nothing_is_lost_while_the_database_is_away_and_nothing_read_after_too_long(
    database_url: str, run: Run
) -> None:
    async def go() -> None:
        clock = Clock()
        async with opened(database_url, clock) as database:
            flaky: Any = Flaky(database)
            recorder = Recorder(flaky, clock)
            writing = asyncio.create_task(recorder.run())
            flaky.up = False
            recorder.read(T, reading(clock, "c0"), SELECTED)
            await asyncio.sleep(0.7)
            recorder.check()
            clock.now += LONGEST + timedelta(seconds=1)
            with pytest.raises(AuditBehind):
                recorder.check()
            recorder.read(T, reading(clock, "c1"), SELECTED)
            flaky.up = True
            await asyncio.sleep(0.7)
            recorder.check()
            writing.cancel()
            assert await customers(database) == ["c0", "c1"]

    run(go())


def test_a_change_whose_process_was_killed_is_sealed_by_another(database_url: str, run: Run) -> None:
    async def go() -> None:
        clock = Clock()
        async with opened(database_url, clock) as database:
            async with database.unit(T) as unit:
                change = WriteEntry(at=clock(), principal="p", purpose="SERVICE", action="merge")
                await unit.audit.append(change)
            clock.now += timedelta(minutes=1)
            assert await Recorder(database, clock).seal_others(T) == 1
            assert await Recorder(database, clock).seal_others(T) == 0
            async with database.read(T) as unit:
                report = await unit.audit_verification.verify()
            assert (report.unsealed, report.faults) == (0, ())

    run(go())


def test_a_cancelled_write_starts_a_new_chain_instead_of_breaking_one(database_url: str, run: Run) -> None:
    async def go() -> None:
        clock = Clock()
        async with opened(database_url, clock) as database:
            recorder = Recorder(database, clock)
            for number in range(20):
                recorder.read(T, reading(clock, f"c{number}"), SELECTED)
                writing = asyncio.create_task(recorder.flush())
                for _ in range(number % 7):
                    await asyncio.sleep(0)
                writing.cancel()
                await asyncio.wait({writing})
            await recorder.flush()
            # Written twice perhaps, lost never.
            assert set(await customers(database)) == {f"c{number}" for number in range(20)}

    run(go())
