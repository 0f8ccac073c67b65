"""A store with a clock that the test moves, and a worker's delivering over it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from api.bus import OutboxBus
from api.webhooks.delivering import Delivering
from api.webhooks.sending import Sender
from c360.access import Purpose, TenantId
from c360.addresses import AddressPolicy
from resolvers.events import signing
from store.data_endpoints import DeliveryData, EndpointData, EndpointDraft
from store.data_events import EventDraft
from store.database import Database
from store.keyring import Keyring

T = TenantId("t")
Run = Callable[[Coroutine[Any, Any, Any]], Any]


@pytest.fixture
def run() -> Iterator[Run]:
    with asyncio.Runner() as runner:
        yield runner.run


@dataclass
class Scene:
    """A hub that delivers."""

    database: Database
    now: datetime = datetime(2026, 1, 1, 12, tzinfo=UTC)
    secret: str = field(default_factory=signing.new_secret)

    def tick(self, **by: float) -> None:
        self.now += timedelta(**by)

    async def register(
        self,
        url: str,
        *kinds: str,
        scopes: Sequence[str] = ("customers:read",),
        purposes: Sequence[Purpose] = (Purpose.SERVICE,),
    ) -> str:
        draft = EndpointDraft(
            url=url, kinds=kinds, owner="shop", scopes=tuple(scopes), purposes=tuple(purposes)
        )
        async with self.database.unit(T) as unit:
            position = await unit.outbox.head()
            return (await unit.endpoints.register(draft, secret=self.secret, position=position)).id

    async def tell(self, *customers: str, kind: str = "customer.changed") -> list[str]:
        """The ids of events that concern these customers."""
        async with self.database.unit(T) as unit:
            before = await unit.outbox.head()
            unit.outbox.add([EventDraft(kind=kind, customer_ids=(one,)) for one in customers])
        async with self.database.read(T) as unit:
            return [event.id for event in await unit.outbox.after(before)]

    @asynccontextmanager
    async def delivering(
        self, *networks: str, seconds: float = 10, concurrency: int = 8
    ) -> AsyncIterator[Delivering]:
        """A worker's delivering; it is not started."""
        sender = Sender(AddressPolicy(networks or ("127.0.0.1",), field="webhooks.allowed_networks"), seconds)
        bus = OutboxBus(self.database, T, 0)
        try:
            yield Delivering(self.database, T, bus, sender, clock=lambda: self.now, concurrency=concurrency)
        finally:
            await sender.aclose()

    async def endpoint(self, endpoint_id: str) -> EndpointData:
        async with self.database.read(T) as unit:
            return (await unit.endpoints.get([endpoint_id]))[endpoint_id]

    async def deliveries(self, endpoint_id: str) -> list[DeliveryData]:
        """The oldest first."""
        async with self.database.read(T) as unit:
            return list((await unit.deliveries.page(endpoint_id, first=1000)).deliveries[::-1])


@pytest.fixture
def scene(database_url: str, run: Run) -> Iterator[Scene]:
    made: list[Scene] = []
    database = Database(
        database_url,
        keyring=Keyring(master=b"m" * 32, pepper=b"p" * 32),
        clock=lambda: made[0].now,
    )
    made.append(Scene(database))
    yield made[0]
    run(database.dispose())
