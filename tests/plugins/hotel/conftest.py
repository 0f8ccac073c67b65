"""A few hotel guests with stays of every kind, and connectors to the hotel group."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from c360.contract import Connector, connect
from c360.http import Transport
from c360.values import Secret
from plugins.hotel.config import CloudbedsConfig
from plugins.hotel.connector import CloudbedsHotel
from sandbox.framework import World
from sandbox.partners import hotel
from sandbox.population.model import Event, EventKind
from tests.fixtures.connectors import canned, gather  # noqa: F401  # fixtures are offered by being here
from tests.fixtures.town import Town as SharedTown

BASE_URL = "http://hotel.test/api/v1.3"
NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
TODAY = date(2026, 6, 15)


class Town(SharedTown):
    """A town with guests of the hotel group."""

    def add(self, name: str, **facts: Any) -> str:
        """A guest; returns their id."""
        return self.settle(name, "hotel", f"{700_000_000 + len(self.people)}", **facts).party_id

    def stay(
        self,
        guest_id: str,
        *,
        arrives: int,
        nights: int = 3,
        kind: EventKind = EventKind.STAY,
        amount: str = "300.01",
        booked: int = 30,
    ) -> None:
        """A stay that begins so many days from today."""
        start = datetime(2026, 6, 15, 15, tzinfo=UTC) + timedelta(days=arrives)
        events = self.lives[self.people[guest_id].member_id]
        events.append(
            Event(
                id=f"{guest_id}-{len(events)}",
                deed=f"{guest_id}-{len(events)}",
                kind=kind,
                domain="hotel",
                at=start,
                until=start.replace(hour=10) + timedelta(days=nights),
                amount=Decimal(amount),
                currency="EUR",
                text="Grand Hotel Limmat",
                place="Zürich",
                quantity=Decimal(nights),
                detail={
                    "property": "2",
                    "room_type": "Double",
                    "adults": "2",
                    "children": "1",
                    "channel": "Website",
                    "booked_at": (start - timedelta(days=booked)).isoformat(),
                    "reservation": f"{len(events):013d}",
                },
            )
        )


@pytest.fixture
def town() -> Town:
    return Town()


@pytest.fixture
def town_world(town: Town) -> World:
    return World(town)  # type: ignore[arg-type]  # stands in for a Population where only this is asked


Make = Callable[..., Connector[CloudbedsConfig]]


@pytest.fixture
def make() -> Make:
    """Build the connector over a transport."""

    def build(
        transport: Transport, key: str = hotel.CREDENTIALS["api_key"], **settings: Any
    ) -> Connector[CloudbedsConfig]:
        config = CloudbedsConfig(base_url=BASE_URL, api_key=Secret(key), **settings)
        return connect(CloudbedsHotel, config, transport, instance="hotel", now=lambda: NOW)

    return build


@pytest.fixture
def cloudbeds(town_world: World, spec_http: Callable[..., Any], make: Make) -> Any:
    """The connector before the sandbox, every exchange checked; ``transport`` is what it sends over."""
    transport = spec_http("hotel-cloudbeds-pms-v1.3.yaml", hotel.app(town_world), BASE_URL)
    connector = make(transport)
    connector.transport = transport  # type: ignore[attr-defined]  # for the tests to look at
    return connector
