"""The bus: each follower sees what is of interest to it, once and in order, from whichever process."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import make_url

from api.bell import Bell, hung
from api.bus import OutboxBus, opened
from c360.access import TenantId
from store.data_events import EventData, EventDraft
from store.database import Database
from store.errors_events import EventForgotten
from store.keyring import Keyring
from tests.fixtures.sizes import size

T = TenantId("t")
KEYS = Keyring(master=b"m" * 32, pepper=b"p" * 32)
Run = Callable[[Coroutine[Any, Any, Any]], Any]


@pytest.fixture
def run() -> Iterator[Run]:
    with asyncio.Runner() as runner:
        yield runner.run


@pytest.fixture
def database(database_url: str, run: Run) -> Iterator[Database]:
    opened_ = Database(database_url, keyring=KEYS)
    yield opened_
    run(opened_.dispose())


@pytest.fixture
def other(database_url: str, run: Run) -> Iterator[Database]:
    """As another process has it."""
    opened_ = Database(database_url, keyring=KEYS)
    yield opened_
    run(opened_.dispose())


async def tell(database: Database, *customers: str, kind: str = "customer.changed") -> None:
    async with database.unit(T) as unit:
        unit.outbox.add([EventDraft(kind=kind, customer_ids=(customer,)) for customer in customers])


async def take(events: AsyncIterator[EventData], count: int) -> list[str]:
    async with asyncio.timeout(60):
        return [(await anext(events)).customer_ids[0] for _ in range(count)]


def test_what_another_process_tells_is_heard(
    database: Database, other: Database, database_url: str, run: Run
) -> None:
    async def go() -> None:
        await tell(database, "before")
        async with (
            opened(database, T, database_url) as bus,
            opened(other, T, database_url),
            bus.subscribe() as all_,
            bus.subscribe(customers=["b"]) as mine,
            bus.subscribe(kinds=["offer.responded"]) as offers,
        ):
            await tell(other, "a", "b")
            await tell(database, "c")
            await tell(other, "d", kind="offer.responded")
            assert await take(all_, 4) == ["a", "b", "c", "d"]
            assert await take(mine, 1) == ["b"]
            assert await take(offers, 1) == ["d"]

    run(go())


@pytest.mark.parametrize("backend", ["postgresql"])
def test_nobody_is_woken_by_what_the_process_itself_announced(
    database: Database, other: Database, database_url: str, run: Run
) -> None:
    """A commit rings at once; its announcement comes back to the process, too, and has nothing to tell it."""

    async def woken(bell: Bell) -> int:
        """How often the bell was rung until there was silence."""
        times = 0
        while True:
            try:
                async with asyncio.timeout(0.3):
                    times += await bell.wait()
            except TimeoutError:
                return times

    async def go() -> None:
        async with hung(database, T, database_url) as bell, hung(other, T, database_url):
            assert await woken(bell), "since something may have happened before it listened"
            await tell(database, "a")
            assert await woken(bell) == 1
            await tell(other, "b")
            assert await woken(bell) == 1
            await tell(database, "c")
            await tell(other, "d")
            assert await woken(bell) >= 1

    run(go())


@pytest.mark.parametrize("backend", ["postgresql"])
def test_a_broken_connection_loses_nothing(database: Database, database_url: str, run: Run) -> None:
    def sever() -> int:
        address = make_url(database_url).set(drivername="postgresql")
        with psycopg.connect(address.render_as_string(hide_password=False), autocommit=True) as connection:
            return connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND query LIKE 'LISTEN%'"
            ).rowcount

    async def go() -> None:
        async with opened(database, T, database_url) as bus, bus.subscribe() as events:
            await tell(database, "a")
            assert await take(events, 1) == ["a"]
            async with asyncio.timeout(30):
                while not await asyncio.to_thread(sever):  # noqa: ASYNC110  # the server tells nobody
                    await asyncio.sleep(0.02)
            await tell(database, "b")
            assert await take(events, 1) == ["b"]

    run(go())


def test_a_follower_goes_on_behind_an_event_that_is_kept(
    database: Database, database_url: str, run: Run
) -> None:
    async def go() -> None:
        await tell(database, "a", "b", "c")
        async with database.read(T) as unit:
            first, *_ = await unit.outbox.after(0)
        async with opened(database, T, database_url) as bus:
            async with bus.subscribe(after=await bus.place_of(first.id)) as events:
                assert await take(events, 2) == ["b", "c"]
                await tell(database, "d")
                assert await take(events, 1) == ["d"]
            async with database.unit(T) as unit:
                await unit.outbox.prune(datetime.now(UTC))
            with pytest.raises(EventForgotten):
                async with bus.subscribe(after=first.sequence):
                    pass
            with pytest.raises(EventForgotten):
                await bus.place_of(first.id)

    run(go())


STEPS = st.lists(
    st.tuples(st.sampled_from(["tell", "take", "hand on", "subscribe"]), st.integers(1, 5)), max_size=25
)


@pytest.mark.parametrize("backend", ["sqlite"])
@settings(
    max_examples=size(30, 60),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=STEPS, queue=st.integers(1, 4))
def test_a_slow_follower_misses_nothing_and_holds_little(
    database: Database, run: Run, steps: list[tuple[str, int]], queue: int
) -> None:
    """The bus is driven by hand, so that followers fall behind it and catch up in every way."""

    async def go() -> None:
        async with database.read(T) as unit:
            bus = OutboxBus(database, T, await unit.outbox.head(), queue=queue)
        numbers, told, handed = itertools.count(), 0, 0
        followers: list[tuple[AsyncIterator[EventData], list[int], int]] = []
        scopes = []
        for step, amount in [*steps, ("hand on", 5)]:
            if step == "tell":
                await tell(database, *(str(next(numbers)) for _ in range(amount)))
                told += amount
            elif step == "subscribe" and len(followers) < amount:
                scopes.append(bus.subscribe())
                followers.append((await scopes[-1].__aenter__(), [], told))
            elif step == "hand on":
                await handed_on(bus)
                handed = told
            elif step == "take" and followers:
                events, seen, since = followers[amount % len(followers)]
                if len(seen) < handed - since:
                    seen.extend(map(int, await take(events, 1)))
        for events, seen, since in followers:
            seen.extend(map(int, await take(events, told - since - len(seen))))
            assert seen == list(range(since, told))
        for scope in scopes:
            await scope.__aexit__(None, None, None)

    run(go())


async def handed_on(bus: OutboxBus) -> None:
    """Let the bus hand on what there is."""
    following = asyncio.create_task(bus.follow(Never()))  # type: ignore[arg-type]  # the part of a bell it needs
    target = await bus.head()
    while bus.position < target:  # noqa: ASYNC110  # the bus tells its followers alone
        await asyncio.sleep(0)
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)


class Never:
    """A bell that does not ring."""

    async def wait(self) -> None:
        await asyncio.Event().wait()
