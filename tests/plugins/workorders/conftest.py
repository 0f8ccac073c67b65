"""A back office, in-process, and connectors to it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from c360.contract import Connector, connect
from c360.http import Transport
from c360.values import Secret
from plugins.workorders.config import WorkOrdersConfig
from plugins.workorders.connector import WorkOrders
from sandbox.framework import World
from sandbox.partners import workorders

BASE_URL = "https://backoffice.test"
NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)


def config(**other: Any) -> WorkOrdersConfig:
    values: dict[str, Any] = {name: Secret(text) for name, text in workorders.CREDENTIALS.items()}
    return WorkOrdersConfig(base_url=BASE_URL, **{**values, **other})


def build(transport: Transport, **other: Any) -> WorkOrders:
    made: Connector[Any] = connect(
        WorkOrders, config(**other), transport, instance="workorders", now=lambda: NOW
    )
    assert isinstance(made, WorkOrders)
    return made


@pytest.fixture
def office(world: World, plain_http: Callable[..., Any]) -> WorkOrders:
    """A connector to the back office of the test's own world."""
    return build(plain_http(workorders.app(world), BASE_URL))


@pytest.fixture
def somebody(world: World) -> str:
    """The company's number of a customer."""
    return world.population.members[0].id
