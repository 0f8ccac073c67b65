"""The suite over the sandbox's back office, and payloads generated from the published document."""

from __future__ import annotations

import functools
from datetime import UTC, date, datetime
from typing import Any

import pytest

from c360.contract import ActionState
from c360.http import Transport
from c360.records.workorders import CancelOrder
from c360.testing import ConnectorSuite, Known, SampleAction, SampleWebhook, Tier, run
from c360.testing.tiers import RuleState
from plugins.workorders.connector import WorkOrders
from sandbox.framework import World
from sandbox.partners import workorders
from sandbox.partners.workorders.orders import Order, orders
from sandbox.population import Population
from tests.conftest import CHECKOUT, InProcess
from tests.plugins.workorders.conftest import BASE_URL, NOW
from tests.plugins.workorders.test_connector import INPUTS, NAMES

EARLIER = datetime(2026, 6, 14, 9, tzinfo=UTC)


@functools.cache
def population() -> Population:
    return Population(people=5, companies=1, seed=360, today=date(2026, 6, 15))


def order(number: int, customer: str, **other: Any) -> Order:
    values: dict[str, Any] = {
        "id": f"WO-{number}", "customer_id": customer, "type": "POLICY_VALUATION",
        "details": {"policyId": f"P{number}"}, "created_at": NOW, "moved_at": NOW,
    }  # fmt: skip
    return Order(**{**values, **other})


def filled() -> World:
    """A world in which two customers have orders."""
    world = World(population())
    first, second = (member.id for member in population().members[:2])
    for each in (
        order(1, first),
        order(2, first, status="DONE", created_at=EARLIER, moved_at=EARLIER),
        order(4, first, status="IN_PROGRESS", created_at=EARLIER, moved_at=EARLIER),
        order(3, second, status="REJECTED", rejection="NOT_ALLOWED", created_at=EARLIER, moved_at=EARLIER),
    ):
        orders(world)[each.id] = each
    return world


def told() -> SampleWebhook:
    headers, body = workorders.call(orders(filled())["WO-2"], workorders.CREDENTIALS["webhook_secret"], NOW)
    return SampleWebhook(
        url="https://hub.example/hooks/workorders", headers=headers, content=body, received_at=NOW
    )


FIRST, SECOND = (member.id for member in population().members[:2])


class TestWorkOrdersConformance(ConnectorSuite):
    connector = WorkOrders
    config = {"base_url": BASE_URL, "page_size": 2, **workorders.CREDENTIALS}  # noqa: RUF012  # the suite's own way
    now = NOW
    unknown = "nobody"
    customers = (
        Known(party_id=FIRST, records={"workorders.orders": 3}),
        Known(party_id=SECOND, records={"workorders.orders": 1}),
    )
    actions = (
        *(
            SampleAction(kind=NAMES[type(what)], party_id=FIRST, input=what, state=ActionState.PENDING)
            for what in INPUTS
        ),
        SampleAction(kind="workorders.cancel_order", party_id=FIRST, input=CancelOrder(order_id="WO-1")),
    )
    webhooks = (told(),)
    openapi = CHECKOUT / "docs" / "workorders.openapi.yaml"

    def partner(self) -> Transport:
        """The back office of a world of its own."""
        self.world = filled()
        return InProcess(workorders.app(self.world), BASE_URL)

    def effects(self, transport: Transport) -> int | None:
        """What was placed and withdrawn."""
        return sum(self.world.effects.as_dict().values())


@pytest.mark.thorough  # each of its checks has run, and the kept standing is held to the code
def test_it_is_gold() -> None:
    standing = run(TestWorkOrdersConformance).standing
    assert standing.tier is Tier.GOLD, [rule for rule in standing.rules if rule.state is RuleState.MISSING]
