"""Endpoints and deliveries on both databases."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from c360.access import Purpose
from store.data_endpoints import (
    Attempt,
    DeliveryFailure,
    DeliveryState,
    EndpointData,
    EndpointDraft,
    EndpointState,
)
from store.data_events import EventData, EventDraft
from store.database import Database
from store.errors import CursorError, KeyringError
from store.errors_events import DeliveryUnknown, EndpointUnknown, TooManyEndpoints
from store.keyring import Keyring
from store.models import Endpoint
from store.repositories.endpoints import MOST
from store.unit import Unit
from tests.store.identity import Run, T

DRAFT = EndpointDraft(
    url="https://a.example/hook",
    kinds=("customer.changed",),
    owner="shop",
    scopes=("customers:read",),
    purposes=(Purpose.SERVICE,),
)


async def register(unit: Unit, secret: str = "one", position: int = 0) -> EndpointData:  # made up
    return await unit.endpoints.register(DRAFT, secret=secret, position=position)


async def tell(database: Database, *kinds: str) -> None:
    async with database.unit(T) as unit:
        unit.outbox.add([EventDraft(kind=kind) for kind in kinds])


def wants(endpoint: EndpointData, event: EventData) -> bool:
    return event.kind in endpoint.kinds


def test_secrets_are_resealed_by_another_master_key(database: Database, run: Run) -> None:
    new = Keyring(master=b"n" * 32, pepper=b"p" * 32)
    both = Keyring(master=b"n" * 32, pepper=b"p" * 32, former=b"m" * 32)

    async def go() -> None:
        async with database.unit(T) as unit:
            made = await register(unit)
        async with database.unit(T, keyring=both) as unit:
            assert await unit.endpoints.rewrap() == 1
            assert await unit.endpoints.rewrap() == 0
        async with database.read(T, keyring=new) as unit:
            assert [each.value for each in await unit.endpoints.secrets(made.id)] == ["one"]

    run(go())


def test_secrets_are_sealed_and_overlap_while_one_takes_the_place_of_another(
    database: Database, database_url: str, clock: Any, run: Run
) -> None:
    async def go() -> None:
        async with database.unit(T) as unit:
            made = await register(unit)
            assert made == (await unit.endpoints.get([made.id]))[made.id]
            assert [each.value for each in await unit.endpoints.secrets(made.id)] == ["one"]
            until = await unit.endpoints.rotate(made.id, "two", overlap=timedelta(hours=1))
            assert until == clock.now + timedelta(hours=1)
            assert "two" not in repr(await unit.endpoints.secrets(made.id))
        async with database.read(T) as unit:
            assert [each.value for each in await unit.endpoints.secrets(made.id)] == ["two", "one"]
            clock.tick(hours=1)
            assert [each.value for each in await unit.endpoints.secrets(made.id)] == ["two"]
            stored = await unit.endpoints._session.scalar(select(Endpoint.secrets))
            assert stored
            assert b"two" not in stored
            with pytest.raises(EndpointUnknown):
                await unit.endpoints.secrets("nobody")
        other = Database(database_url, keyring=Keyring(master=b"o" * 32, pepper=b"p" * 32))
        async with other.read(T) as unit:
            with pytest.raises(KeyringError, match="another master key"):
                await unit.endpoints.secrets(made.id)
        await other.dispose()

    run(go())


def test_deliveries_are_made_out_once_for_those_who_want_them(database: Database, run: Run) -> None:
    async def go() -> None:
        async with database.unit(T) as unit:
            active, paused = await register(unit), await register(unit)
            await unit.endpoints.set_state(paused.id, EndpointState.PAUSED)
        await tell(database, "customer.changed", "offer.responded", "customer.changed")
        async with database.unit(T) as unit:
            while await unit.deliveries.plan(wants, limit=2):
                pass
            assert not await unit.deliveries.plan(wants)
            (turn,) = await unit.deliveries.next_ones()
            assert (turn.endpoint_id, turn.number, turn.attempts) == (active.id, 1, 0)
            page = await unit.deliveries.page(active.id, first=1)
            assert ([one.number for one in page.deliveries], page.has_next) == ([2], True)
            rest = await unit.deliveries.page(active.id, after=page.cursors[0])
            assert ([one.number for one in rest.deliveries], rest.has_next) == ([1], False)
            assert await unit.deliveries.counts([active.id, paused.id]) == {
                active.id: {DeliveryState.PENDING: 2}
            }
            with pytest.raises(CursorError):
                await unit.deliveries.page(active.id, after="rubbish!")
            await unit.endpoints.set_state(paused.id, EndpointState.ENABLED)
            await unit.deliveries.plan(wants)
            assert {one.endpoint_id for one in await unit.deliveries.next_ones()} == {active.id, paused.id}

    run(go())


def test_the_next_one_waits_until_the_one_before_ended(database: Database, clock: Any, run: Run) -> None:
    async def go() -> None:
        async with database.unit(T) as unit:
            to = await register(unit)
        await tell(database, "customer.changed", "customer.changed")
        async with database.unit(T) as unit:
            await unit.deliveries.plan(wants)
            (first,) = await unit.deliveries.next_ones()
            later = clock.now + timedelta(minutes=1)
            failed = Attempt(at=clock.now, failure=DeliveryFailure.TIMEOUT, next_at=later)
            assert await unit.deliveries.attempted(first, failed)
            assert not await unit.deliveries.attempted(first, failed)
            (again,) = await unit.deliveries.next_ones(to.id)
            assert (again.number, again.attempts, again.next_at) == (1, 1, later)
            assert again.failure is DeliveryFailure.TIMEOUT
            await unit.deliveries.hurry(to.id)
            (again,) = await unit.deliveries.next_ones()
            assert again.next_at == clock.now
            dead = Attempt(at=clock.now, failure=DeliveryFailure.STATUS, response_status=500)
            assert await unit.deliveries.attempted(again, dead)
            (second,) = await unit.deliveries.next_ones()
            assert second.number == 2
            assert await unit.deliveries.attempted(second, Attempt(at=clock.now, response_status=204))
            assert await unit.deliveries.next_ones() == ()
            with pytest.raises(DeliveryUnknown):
                await unit.deliveries.again(to.id, 2)
            revived = await unit.deliveries.again(to.id, 1)
            assert (revived.state, revived.attempts) == (DeliveryState.PENDING, 2)
            assert (await unit.deliveries.next_ones()) == (revived,)

    run(go())


def test_what_ended_is_pruned_and_goes_with_its_endpoint(database: Database, clock: Any, run: Run) -> None:
    async def go() -> None:
        async with database.unit(T) as unit:
            to = await register(unit)
        await tell(database, *["customer.changed"] * 3)
        async with database.unit(T) as unit:
            await unit.deliveries.plan(wants)
            for _ in range(2):
                (turn,) = await unit.deliveries.next_ones()
                await unit.deliveries.attempted(turn, Attempt(at=clock.now, response_status=200))
                clock.tick(days=1)
            assert await unit.deliveries.prune(clock.now - timedelta(days=1)) == 1
            left = await unit.deliveries.page(to.id)
            assert [(one.number, one.state.value) for one in left.deliveries] == [
                (3, "PENDING"),
                (2, "DELIVERED"),
            ]
            assert await unit.endpoints.remove(to.id)
            assert not await unit.endpoints.remove(to.id)
            assert (await unit.deliveries.page(to.id)).deliveries == ()
            with pytest.raises(EndpointUnknown):
                await unit.endpoints.held(to.id)

    run(go())


def test_there_are_only_so_many_endpoints(database: Database, run: Run) -> None:
    async def go() -> None:
        async with database.unit(T) as unit:
            for _ in range(MOST):
                await register(unit)
            with pytest.raises(TooManyEndpoints):
                await register(unit)

    run(go())


def test_a_partners_call_is_taken_once(database: Database, clock: Any, run: Run) -> None:
    async def go() -> None:
        async with database.unit(T) as unit:
            assert await unit.received.take("bank", "e1")
            assert not await unit.received.take("bank", "e1")
            assert await unit.received.take("inn", "e1")
        clock.tick(days=1)
        async with database.unit(T) as unit:
            assert not await unit.received.take("bank", "e1")
            assert await unit.received.take("bank", "e2")
            assert await unit.received.prune(clock.now) == 2
            assert await unit.received.prune(clock.now) == 0
            assert await unit.received.take("bank", "e1")
            assert not await unit.received.take("bank", "e2")

    run(go())
