"""A small town of loyalty customers, and connectors to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
from sandbox.population.model import Event, EventKind
from tests.fixtures.connectors import canned, gather  # noqa: F401  # fixtures are offered by being here
from tests.fixtures.town import Town as SharedTown

BASE_URL = "http://square.test/v2"
NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
TODAY = date(2026, 6, 15)


class Town(SharedTown):
    """A town with customers who earn points and spend them."""

    def add(self, name: str, *, earned: Sequence[int] = (), spent: Sequence[int] = (), **facts: Any) -> str:
        """A customer with one event a day, the latest yesterday; returns their id."""
        facts = {"updated_at": datetime(2025, 3, 1, 9, tzinfo=UTC), **facts}
        person = self.settle(name, "loyalty", f"CUST{name.upper()}", **facts)
        days = len(earned) + len(spent)
        kinds = [EventKind.POINTS_EARNED] * len(earned) + [EventKind.POINTS_REDEEMED] * len(spent)
        self.lives[person.member_id] = [
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
        ]
        return person.party_id


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
