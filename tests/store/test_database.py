from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
import threading
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import InvalidRequestError

from c360.access import TenantId
from c360.records.party import PartyKind
from store import engines
from store.columns import UtcDateTime, new_id, storable
from store.data import EnrolCustomer, EnrolLink, LinkData
from store.database import Database
from store.engines import parse
from store.errors import (
    Conflict,
    DatabaseUnavailable,
    MigrationError,
    StoreError,
    UnsupportedDatabase,
)

Run = Callable[[Coroutine[Any, Any, Any]], Any]
T = TenantId("t")
ADA = EnrolCustomer(
    external_id="secret-external",
    kind=PartyKind.PERSON,
    display_name="Ada Secret",
    links=(EnrolLink(connector="bank", party_id="secret-party"),),
)


def test_a_unit_that_fails_leaves_nothing(database: Database, run: Run) -> None:
    async def go() -> None:
        with pytest.raises(ZeroDivisionError):
            await enrol_and_fail(database)
        async with database.read(T) as unit:
            assert await unit.customers.count() == 0

    run(go())


async def enrol_and_fail(database: Database) -> None:
    async with database.unit(T) as unit:
        await unit.customers.enrol([ADA])
        raise ZeroDivisionError


def test_a_unit_that_is_cancelled_leaves_nothing_and_blocks_nobody(database: Database, run: Run) -> None:
    async def write(written: asyncio.Event) -> None:
        async with database.unit(T) as unit:
            await unit.customers.enrol([ADA])
            written.set()
            await asyncio.sleep(60)

    async def go() -> None:
        written = asyncio.Event()
        task = asyncio.create_task(write(written))
        async with asyncio.timeout(10):
            await written.wait()
        task.cancel()
        await asyncio.wait([task])
        async with database.unit(T) as unit:
            assert await unit.customers.count() == 0
            await unit.customers.enrol([ADA])
        async with database.read(T) as unit:
            assert await unit.customers.count() == 1

    run(go())


def test_at_whatever_moment_units_are_cancelled_the_next_one_can_write(database: Database, run: Run) -> None:
    """Also within a statement, whose connection is given up with a transaction that holds the file."""

    async def write(name: str) -> None:
        while True:
            async with database.unit(T) as unit:
                await unit.feeds.save(name, "rental.bookings", new_id(), finished=False)
                await unit.leases.acquire(name, "somebody", timedelta(seconds=10))

    async def go() -> None:
        for moment in range(60):
            writing = [asyncio.create_task(write(f"bank-{number}")) for number in range(4)]
            await asyncio.sleep(0.005 + 0.0007 * moment)
            for task in writing:
                task.cancel()
            await asyncio.wait(writing)
            async with asyncio.timeout(5), database.unit(T) as unit:
                await unit.leases.release("bank-0", "somebody")

    run(go())


def test_a_process_ends_although_somebody_holds_the_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Work that was given up is waited for: else the end of the event loop waits for it for ever."""
    file = tmp_path / "held.db"
    monkeypatch.setattr(engines, "BUSY_TIMEOUT", 1)

    async def give_up() -> None:
        database = Database(f"sqlite:///{file}")
        async with database.unit(T):
            pass
        with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            tasks = [asyncio.create_task(write(database)) for _ in range(3)]
            await asyncio.sleep(0.1)
            for task in tasks:
                task.cancel()
            await database.dispose()
        assert all(task.done() for task in tasks)
        await asyncio.gather(*tasks, return_exceptions=True)

    async def write(database: Database) -> None:
        async with database.unit(T):
            pass

    ending = threading.Thread(target=lambda: asyncio.run(give_up()), daemon=True)
    ending.start()
    ending.join(8)
    assert not ending.is_alive()


def test_a_reader_cannot_write_and_can_read_again(database: Database, run: Run) -> None:
    async def go() -> None:
        with pytest.raises(StoreError):
            async with database.read(T) as unit:
                await unit.customers.enrol([ADA])
        async with database.read(T) as unit:
            assert await unit.customers.count() == 0
        async with database.unit(T) as unit:
            await unit.customers.enrol([ADA])

    run(go())


def test_a_unit_kept_beyond_its_block_is_of_no_use(database: Database, run: Run) -> None:
    async def go() -> None:
        async with database.read(T) as unit:
            pass
        with pytest.raises(InvalidRequestError):
            await unit.customers.count()

    run(go())


def test_readers_go_on_while_somebody_writes(database: Database, run: Run) -> None:
    async def go() -> None:
        async with database.unit(T) as writing:
            await writing.customers.enrol([ADA])
            async with database.read(T) as reading:
                assert await reading.customers.count() == 0

    run(go())


def test_writers_of_one_process_queue(database: Database, run: Run) -> None:
    async def write(number: int) -> None:
        async with database.unit(T) as unit:
            job = await unit.jobs.get(f"job-{number}")
            assert job is None
            await unit.jobs.save(f"job-{number}", number)

    async def go() -> None:
        await asyncio.gather(*(write(number) for number in range(12)))
        async with database.read(T) as unit:
            assert (await unit.jobs.get("job-11")) is not None

    run(go())


def test_whoever_writes_on_and_on_lets_the_others_by(database: Database, backend: str, run: Run) -> None:
    # All connections that write: each is taken by one that asks again as soon as it has given back.
    places = 1 if backend == "sqlite" else 20

    async def go() -> None:
        turns: list[str] = []
        all_taken = asyncio.Event()

        async def write(name: str) -> None:
            async with database.unit(T) as unit:
                await unit.jobs.save(name, len(turns))
                turns.append(name)

        async def on_and_on(name: str) -> None:
            while len(turns) < 100 * places and len(set(turns)) < places + 3:
                await write(name)
                if len(set(turns)) == places:
                    all_taken.set()

        async with asyncio.TaskGroup() as group:
            for number in range(places):
                group.create_task(on_and_on(f"busy {number}"))
            await all_taken.wait()
            before = len(turns)
            for number in range(3):
                group.create_task(write(f"other {number}"))
        assert len(turns) - before < 20 * places, "the others waited for those that do not wait for them"

    run(go())


def test_a_connection_that_comes_too_late_is_the_next_ones(database: Database, run: Run) -> None:
    async def write(name: str) -> None:
        async with database.unit(T) as unit:
            await unit.jobs.save(name, 1)

    async def go() -> None:
        for moment in range(40):
            async with database.unit(T) as unit:
                await unit.jobs.save("first", moment)
                given_up, other = (asyncio.create_task(write(name)) for name in ("given up", "other"))
                await asyncio.sleep(0.002)
            for _ in range(moment % 8):
                await asyncio.sleep(0)
            given_up.cancel()
            await asyncio.wait_for(other, 5)
            with contextlib.suppress(asyncio.CancelledError):
                await given_up

    run(go())


def test_errors_and_logs_carry_no_values(
    database: Database, clock: Any, run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)

    async def go() -> StoreError:
        link = LinkData(
            connector="bank",
            party_id="secret-party",
            method="key",
            confidence=1,
            evidence="secret",
            linked_at=clock.now,
        )
        party = ("bank", "secret-party")
        async with database.unit(T) as unit:
            await unit.customers.enrol([ADA])
            (one,) = (await unit.customers.page()).ids
        with pytest.raises(Conflict) as caught:
            async with database.unit(T) as unit:
                await unit.links.add({party: link}, of={party: one})
        return caught.value

    error = run(go())
    assert isinstance(error, Conflict)
    assert "identity_link" in str(error.constraint)
    assert "secret" not in str(error) + repr(error) + caplog.text
    assert error.__suppress_context__


def test_a_database_that_was_not_migrated_says_what_to_do(empty_database_url: str, run: Run) -> None:
    async def go() -> None:
        database = Database(empty_database_url)
        try:
            with pytest.raises(MigrationError, match="python -m api migrate"):
                async with database.read(T) as unit:
                    await unit.customers.count()
        finally:
            await database.dispose()

    run(go())


@pytest.mark.parametrize("url", ["postgresql://nobody@127.0.0.1:1/none", "sqlite:////no/such/folder/c360.db"])
def test_nobody_there(url: str, run: Run) -> None:
    async def go() -> None:
        database = Database(url)
        try:
            with pytest.raises(DatabaseUnavailable, match="does not answer"):
                async with database.read(T) as unit:
                    await unit.customers.count()
        finally:
            await database.dispose()

    run(go())


@pytest.mark.parametrize(
    "url",
    [
        "",
        "nonsense",
        "mysql://h/d",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:///file:x?mode=memory&uri=true",
    ],
)
def test_other_addresses_are_refused_with_what_would_do(url: str) -> None:
    with pytest.raises(UnsupportedDatabase, match="sqlite:///FILE or postgresql://"):
        parse(url)


@pytest.mark.parametrize(
    ("url", "driver"),
    [
        ("sqlite:///a.db", "sqlite+aiosqlite"),
        ("sqlite+aiosqlite:///a.db", "sqlite+aiosqlite"),
        ("postgresql://h/d", "postgresql+psycopg"),
        ("postgresql+psycopg://h/d", "postgresql+psycopg"),
        ("postgres://h/d", "postgresql+psycopg"),
    ],
)
def test_the_driver_is_chosen_here(url: str, driver: str) -> None:
    assert parse(url).drivername == driver


def test_sqlite_is_set_up_for_many_readers(tmp_path: Path, run: Run) -> None:
    async def go() -> None:
        database = Database(f"sqlite:///{tmp_path / 'a.db'}")
        async with database.unit(T) as unit:
            session = unit.customers._session
            assert await session.scalar(text("PRAGMA journal_mode")) == "wal"
            assert await session.scalar(text("PRAGMA foreign_keys")) == 1
            assert int(await session.scalar(text("PRAGMA busy_timeout")) or 0) >= 5000
        await database.dispose()

    run(go())


def test_moments_without_a_zone_are_refused() -> None:
    naive = datetime(2026, 1, 1)  # noqa: DTZ001  # what is refused
    with pytest.raises(ValueError, match="time zone"):
        UtcDateTime().process_bind_param(naive, None)  # type: ignore[arg-type]  # not looked at


def test_ids_made_later_sort_later() -> None:
    ids = [new_id() for _ in range(100)]
    assert ids == sorted(ids)
    assert len(set(ids)) == 100


@pytest.mark.parametrize(
    ("value", "can"), [("é王\U0001f600", True), ("", True), ("a\x00", False), ("\udc80", False)]
)
def test_what_can_be_stored(value: str, can: bool) -> None:
    assert storable(value) is can
