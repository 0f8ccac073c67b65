"""A small town of loyalty customers, and connectors to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from c360.contract import Connector, connect
from c360.http import Transport
from c360.values import Secret
from plugins.loyalty.config import SquareConfig
from plugins.loyalty.connector import SquareLoyalty
from sandbox.framework import World
from sandbox.partners import loyalty
from sandbox.population.model import Address, Event, EventKind, Life, Presence
from tests.fixtures.connectors import canned, gather  # noqa: F401  # fixtures are offered by being here

BASE_URL = "http://square.test/v2"
NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
TODAY = date(2026, 6, 15)


@dataclass
class Town:
    """What the partner asks a population for, with people made for the test."""

    today: date = TODAY
    people: dict[str, Presence] = field(default_factory=dict)
    lives: dict[str, tuple[Event, ...]] = field(default_factory=dict)

    def add(self, name: str, *, earned: Sequence[int] = (), spent: Sequence[int] = (), **facts: Any) -> str:
        """A customer with one event a day, the latest yesterday; returns their id."""
        defaults: dict[str, Any] = {
            "domain": "loyalty",
            "member_id": f"M-{name}",
            "party_id": f"CUST{name.upper()}",
            "organization": False,
            "given_name": name,
            "family_name": "Example",
            "organization_name": None,
            "birth_date": date(1980, 5, 17),
            "sex": "F",
            "email": f"{name.lower()}@example.test",
            "phone": f"+6140000{len(self.people):04d}",
            "address": Address("George Street", "7", "Sydney", "NSW", "2000", "AU"),
            "language": "en",
            "tax_id": "",
            "since": date(2020, 1, 1),
            "updated_at": datetime(2025, 3, 1, 9, tzinfo=UTC),
            "token": None,
        }
        person = Presence(**{**defaults, **facts})
        days = len(earned) + len(spent)
        kinds = [EventKind.POINTS_EARNED] * len(earned) + [EventKind.POINTS_REDEEMED] * len(spent)
        self.lives[person.member_id] = tuple(
            Event(
                id=f"{name}-{index}",
                deed=f"{name}-deed-{index}",
                kind=kind,
                domain="loyalty",
                at=NOW - timedelta(days=days - index),
                quantity=Decimal(points),
                text="Harbour Books",
            )
            for index, (kind, points) in enumerate(zip(kinds, [*earned, *spent], strict=True))
        )
        self.people[person.party_id] = person
        return person.party_id

    def presences(self, domain: str) -> Sequence[Presence]:
        return list(self.people.values())

    def presence(self, domain: str, party_id: str) -> Presence | None:
        return self.people.get(party_id)

    def by_email(self, domain: str, email: str) -> Sequence[Presence]:
        return [it for it in self.people.values() if (it.email or "").lower() == email.lower()]

    def by_phone(self, domain: str, phone: str) -> Sequence[Presence]:
        return [it for it in self.people.values() if it.phone == phone]

    def life(self, member_id: str) -> Life:
        return Life(member_id, (), (), (), Decimal(0), self.lives[member_id])


@pytest.fixture
def town() -> Town:
    return Town()


@pytest.fixture
def town_world(town: Town) -> World:
    return World(town)  # type: ignore[arg-type]  # stands in for a Population where only this is asked


Make = Callable[..., Connector[SquareConfig]]


@pytest.fixture
def make() -> Make:
    """Build the connector over a transport."""

    def build(
        transport: Transport, token: str = loyalty.CREDENTIALS["access_token"]
    ) -> Connector[SquareConfig]:
        config = SquareConfig(base_url=BASE_URL, access_token=Secret(token))
        return connect(SquareLoyalty, config, transport, instance="square", now=lambda: NOW)

    return build


@pytest.fixture
def square(town_world: World, spec_http: Callable[..., Any], make: Make) -> Any:
    """The connector before the sandbox, every exchange checked; its transport is ``square.calls``'s owner."""
    transport = spec_http("loyalty-square.json", loyalty.app(town_world), BASE_URL, server_prefix="")
    connector = make(transport)
    connector.transport = transport  # type: ignore[attr-defined]  # for the tests to look at
    return connector
