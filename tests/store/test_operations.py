from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any

import pytest

from c360.access import TenantId
from c360.records.party import PartyKind
from store.data import (
    EnrolCustomer,
    FeedData,
    InstanceData,
    InstanceState,
    JobData,
    LinkData,
    RecordRef,
)
from store.database import Database
from store.errors import Conflict

Run = Callable[[Coroutine[Any, Any, Any]], Any]
T = TenantId("t")
MINUTE = timedelta(minutes=1)


def test_a_lease_has_one_holder_at_a_time(database: Database, clock: Any, run: Run) -> None:
    async def go() -> None:
        async with database.unit(T) as unit:
            assert await unit.leases.acquire("leader", "a", MINUTE)
            assert await unit.leases.acquire("leader", "a", MINUTE)
            assert not await unit.leases.acquire("leader", "b", MINUTE)
            assert await unit.leases.acquire("other", "b", MINUTE)
            assert not await unit.leases.release("leader", "b")
        clock.tick(seconds=59)
        async with database.unit(T) as unit:
            assert await unit.leases.renew("leader", "a", MINUTE)
        clock.tick(seconds=59)
        async with database.unit(T) as unit:
            assert not await unit.leases.acquire("leader", "b", MINUTE)
        clock.tick(seconds=1)
        async with database.unit(T) as unit:
            assert not await unit.leases.renew("leader", "a", MINUTE)
            assert await unit.leases.acquire("leader", "b", MINUTE)
            assert not await unit.leases.acquire("leader", "a", MINUTE)
            assert await unit.leases.release("leader", "b")
            assert await unit.leases.acquire("leader", "a", MINUTE)

    run(go())


def test_of_many_who_grasp_at_once_one_gets_the_lease(database: Database, run: Run) -> None:
    async def grasp(holder: str) -> bool:
        async with database.unit(T) as unit:
            return await unit.leases.acquire("leader", holder, MINUTE)

    async def go() -> None:
        got = await asyncio.gather(*(grasp(str(each)) for each in range(8)))
        assert sum(got) == 1

    run(go())


def test_a_job_goes_on_where_it_stopped(database: Database, clock: Any, run: Run) -> None:
    async def go() -> None:
        async with database.unit(T) as unit:
            assert await unit.jobs.get("seed") is None
            await unit.jobs.save("seed", 10, total=2**40)
            assert await unit.jobs.get("seed") == JobData(
                name="seed", position=10, total=2**40, updated_at=clock.now
            )
        clock.tick()
        with pytest.raises(RuntimeError):
            await fail_after(database, position=30)
        async with database.unit(T) as unit:
            await unit.jobs.save("seed", 20)
            # Read in the unit that wrote it, and after having been read before.
            found = await unit.jobs.get("seed")
            assert found == JobData(name="seed", position=20, total=None, updated_at=clock.now)
            await unit.jobs.clear("seed")
            assert await unit.jobs.get("seed") is None

    run(go())


async def fail_after(database: Database, *, position: int) -> None:
    async with database.unit(T) as unit:
        await unit.jobs.save("seed", position)
        raise RuntimeError


def test_feeds_keep_their_cursors(database: Database, clock: Any, run: Run) -> None:
    async def go() -> None:
        async with database.unit(T) as unit:
            assert await unit.feeds.get("rental", "rental.bookings") is None
            await unit.feeds.save("rental", "rental.bookings", "c1")
            await unit.feeds.save("hotel", "party.profile", "c9", finished=True)
            first = await unit.feeds.get("rental", "rental.bookings")
            await unit.feeds.save("rental", "rental.bookings", "c2", finished=True)
            second = await unit.feeds.get("rental", "rental.bookings")
            assert [(feed.connector, feed.cursor) for feed in await unit.feeds.all()] == [
                ("hotel", "c9"),
                ("rental", "c2"),
            ]
        base = {"connector": "rental", "kind": "rental.bookings", "updated_at": clock.now}
        assert first == FeedData(**base, cursor="c1", finished=False)
        assert second == FeedData(**base, cursor="c2", finished=True)

    run(go())


def test_instances_follow_the_settings_and_keep_their_state(database: Database, run: Run) -> None:
    bank = InstanceData(id="bank", plugin="cds", domain="banking")
    hotel = InstanceData(id="hotel", plugin="pms", domain="hotel")

    async def states() -> dict[str, InstanceState]:
        async with database.read(T) as unit:
            return {instance.id: instance.state for instance in await unit.instances.all()}

    async def go() -> None:
        async with database.unit(T) as unit:
            await unit.instances.sync([bank, hotel])
            assert await unit.instances.set_state("bank", InstanceState.DRAINING)
            assert not await unit.instances.set_state("nothing", InstanceState.DRAINING)
            await unit.instances.sync([InstanceData(id="bank", plugin="cds2", domain="banking")])
            assert await unit.instances.of_domains(["banking", "x"]) == {"banking": ("bank",), "x": ()}
        assert await states() == {"bank": InstanceState.DRAINING, "hotel": InstanceState.ENABLED}

    run(go())


def test_the_index_knows_which_records_belong_to_a_party(database: Database, run: Run) -> None:
    def ref(party: str, item: str, kind: str = "rental.bookings", connector: str = "rental") -> RecordRef:
        return RecordRef(connector=connector, party_id=party, kind=kind, object_id=item)

    async def go() -> None:
        async with database.unit(T) as unit:
            refs = [ref("p", "2"), ref("p", "1"), ref("q", "3"), ref("p", "9", "rental.charges")]
            await unit.index.add([*refs, refs[0], ref("p", "7", connector="rental-2")])
            await unit.index.add([ref("p", "1")])
            parties = [("rental", "p"), ("rental", "x"), ("rental-2", "p")]
            await unit.feeds.save("rental", "rental.bookings", "half way")
            # Some of the records would pass for all of them.
            assert await unit.index.of(parties) == {}
            await unit.feeds.save("rental", "rental.bookings", "at the end", finished=True)
            assert await unit.index.of(parties) == {
                ("rental", "p"): {"rental.bookings": ("1", "2")},
                ("rental", "x"): {"rental.bookings": ()},
            }
            await unit.feeds.save("rental", "rental.charges", "at the end", finished=True)
            assert await unit.index.remove("rental", "rental.bookings", ["1", "3", "8"]) == 2
            assert await unit.index.of([("rental", "p"), ("rental", "q")]) == {
                ("rental", "p"): {"rental.bookings": ("2",), "rental.charges": ("9",)},
                ("rental", "q"): {"rental.bookings": (), "rental.charges": ()},
            }
            assert await unit.index.of([]) == {}

    run(go())


def test_a_party_has_one_link_at_a_time(database: Database, clock: Any, run: Run) -> None:
    async def go() -> None:
        people = [
            EnrolCustomer(external_id=str(each), kind=PartyKind.PERSON, display_name=f"P{each}")
            for each in range(2)
        ]
        link = LinkData(
            connector="bank",
            party_id="p",
            method="key",
            confidence=0.9,
            evidence="e-mail",
            linked_at=clock.now,
        )
        party = ("bank", "p")
        async with database.unit(T) as unit:
            await unit.customers.enrol(people)
            one, two = (await unit.customers.page()).ids
            await unit.links.add({party: link}, of={party: one})
        with pytest.raises(Conflict):
            async with database.unit(T) as unit:
                await unit.links.add({party: link}, of={party: two})
        async with database.unit(T) as unit:
            assert await unit.links.of([one, two]) == {one: (link,)}
            assert await unit.customers.by_party_refs([party]) == {party: one}

    run(go())
