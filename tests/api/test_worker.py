"""A worker outlives a database that is held by somebody else for a while, and faults of its own."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from api.duties.periodic import Periodic
from api.keeping import keep
from api.settings import Settings, database_url
from api.wiring import open_store
from api.worker import LEASE, Worker
from c360.access import TenantId
from c360.contract import Change, Deletion, Upsert
from c360.records.rental import RentalBooking, RentalStatus
from connectors.instances import InstanceState
from store.errors import DatabaseLocked
from store.living import living, new_holder


class Leases:
    """Leases in a database that is held by somebody else at first."""

    def __init__(self, refusals: int) -> None:
        self.refusals = refusals
        self.acquired = asyncio.Event()

    @contextlib.asynccontextmanager
    async def unit(self, _: object) -> AsyncIterator[Any]:
        if self.refusals:
            self.refusals -= 1
            raise DatabaseLocked("held")
        yield SimpleNamespace(leases=self)

    async def acquire(self, *_: object) -> bool:
        self.acquired.set()
        return True

    async def renew(self, *_: object) -> bool:
        return True


@pytest.fixture
def hasty(settings: Settings) -> Settings:
    """Settings under which a worker tries again soon."""
    return msgspec.structs.replace(
        settings, worker=msgspec.structs.replace(settings.worker, lease=0.06, interval=0.01)
    )


@pytest.fixture(autouse=True)
def _no_duties(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of what a worker does, leading alone."""
    monkeypatch.setattr("api.worker.duties", lambda *_: ())


def hub(database: object) -> Any:
    return SimpleNamespace(
        tenant="default", store=SimpleNamespace(database=database), host=SimpleNamespace(infos=tuple)
    )


@pytest.mark.parametrize("refusals", [1, 3])
def test_it_goes_on_trying_to_lead(hasty: Settings, refusals: int, caplog: pytest.LogCaptureFixture) -> None:
    async def scenario() -> None:
        leases = Leases(refusals)
        leading = asyncio.ensure_future(Worker(hub(leases), hasty).lead())
        async with asyncio.timeout(5):
            await leases.acquired.wait()
            leases.refusals = 1  # now while it leads
            leases.acquired.clear()
            await leases.acquired.wait()
        assert not leading.done()
        leading.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await leading

    with caplog.at_level(logging.WARNING):
        asyncio.run(scenario())
    assert caplog.text.count("cannot lead (held)") == refusals + 1


def test_a_fault_in_a_duty_does_not_end_it(
    hasty: Settings, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And being told to end does, also in the moment of a fault."""
    faults = 0
    again = asyncio.Event()

    async def faulty(_: Worker) -> bool:
        nonlocal faults
        faults += 1
        if faults == 2:
            again.set()
        raise ZeroDivisionError("of somebody's salary")

    monkeypatch.setattr(Worker, "round", faulty)

    async def scenario() -> None:
        leading = asyncio.ensure_future(Worker(hub(Leases(0)), hasty).lead())
        async with asyncio.timeout(5):
            await again.wait()
        leading.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await leading

    asyncio.run(scenario())
    assert "a duty of this worker failed: unexpected ZeroDivisionError at test_worker.py" in caplog.text
    assert "salary" not in caplog.text


def test_what_is_done_every_so_often_is_done_again_after_a_fault(caplog: pytest.LogCaptureFixture) -> None:
    done: list[int] = []

    async def work() -> None:
        done.append(1)
        if len(done) == 1:
            raise ZeroDivisionError("of somebody's salary")

    duty = Periodic("count", timedelta(seconds=1), work)
    assert [asyncio.run(duty.once()), asyncio.run(duty.once())] == [False, True]
    assert "could not count: unexpected ZeroDivisionError" in caplog.text
    assert "salary" not in caplog.text


def test_it_ends_although_the_lease_cannot_be_given_back(
    hasty: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    asyncio.run(Worker(hub(Leases(1)), hasty).resign())
    assert "it ends by itself" in caplog.text


def test_a_feed_that_cannot_be_stored_fails_its_round_alone(
    hasty: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    class Database(Leases):
        read = Leases.unit

    info = SimpleNamespace(
        id="rental",
        domain="rental",
        state=InstanceState.READY,
        feeds=("party.profile", "rental.locations"),
        indexed=(),
    )
    made = hub(Database(1))
    made.host.infos = lambda: (info,)
    assert asyncio.run(Worker(made, hasty).round()) is False
    assert "feed party.profile of rental stopped: held" in caplog.text


BOOKINGS = "rental.bookings"


def booked(item: str) -> Upsert:
    record = RentalBooking(booking_id=item, status=RentalStatus.CONFIRMED)
    return Upsert(kind=BOOKINGS, party_id="p", object_id=item, record=record)


def gone(item: str) -> Deletion:
    return Deletion(kind=BOOKINGS, party_id="p", object_id=item)


def test_of_several_changes_of_a_record_the_last_one_counts(settings: Settings) -> None:
    changes: list[Change] = [booked("a"), gone("a"), booked("a"), booked("b"), gone("b"), gone("c")]

    async def go() -> Any:
        async with open_store(settings) as store, store.database.unit(TenantId("t")) as unit:
            await keep(unit, "rental", [booked("c"), booked("d")], region="AU")
            await keep(unit, "rental", changes, region="AU")
            await unit.feeds.save("rental", BOOKINGS, "end", finished=True)
            return await unit.index.of([("rental", "p")])

    assert asyncio.run(go()) == {("rental", "p"): {BOOKINGS: ("a", "d")}}


@pytest.mark.parametrize("lives", [True, False], ids=["lives", "killed"])
def test_a_leader_that_was_killed_is_followed_before_its_lease_ends(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, lives: bool
) -> None:
    monkeypatch.setattr("api.worker.LOOK", 0.02)
    monkeypatch.setattr("api.worker.GONE", 0.1)
    leader, tenant = new_holder(), TenantId(f"lives {lives}")

    async def scenario() -> float | None:
        async with open_store(settings) as store, contextlib.AsyncExitStack() as stack:
            if lives:
                await stack.enter_async_context(living(database_url(settings), leader))
            async with store.database.unit(tenant) as unit:
                assert await unit.leases.acquire(LEASE, leader, timedelta(seconds=30))
            made = hub(store.database)
            made.tenant = tenant
            worker, started = Worker(made, settings), time.monotonic()
            try:
                async with asyncio.timeout(0.5):
                    await worker._wait()
            except TimeoutError:
                return None
            return time.monotonic() - started

    took = asyncio.run(scenario())
    assert took is None if lives else took is not None and took >= 0.1
