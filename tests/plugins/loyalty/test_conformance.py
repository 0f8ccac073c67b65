"""The suite over the sandbox's loyalty programme, and payloads generated from the published API."""

from __future__ import annotations

import functools
from datetime import date

import pytest

from c360.contract import KeyKind
from c360.http import Transport
from c360.records.loyalty import AdjustPoints, CreateReward, RedeemReward
from c360.testing import ConnectorSuite, Known, SampleAction, SampleWebhook
from plugins.loyalty.connector import SquareLoyalty
from sandbox.framework import World
from sandbox.partners import loyalty
from sandbox.partners.loyalty import render, requests
from sandbox.partners.loyalty.changes import Changes
from sandbox.population import Population
from sandbox.population.model import Presence
from tests.conftest import InProcess
from tests.fixtures.specifications import SPECIFICATIONS
from tests.fixtures.standings import missing
from tests.plugins.loyalty.calls import KEY, call
from tests.plugins.loyalty.conftest import BASE_URL, NOW, TODAY

WINDOW = (date(2026, 1, 1), TODAY)
PREPARED = 2
"""Changes before the suite begins: points as a gift, and a reward made of some of them."""


@functools.cache
def population() -> Population:
    return Population(people=12, companies=2, seed=360, today=TODAY)


def entries(customer: Presence) -> int:
    """Entries of the ledger in the window, by the sandbox's own account."""
    first, last = WINDOW
    ledger = render.entries(customer, population().life(customer.member_id))
    return sum(first <= entry.at.date() <= last and entry.at <= NOW for entry in ledger)


def chosen() -> tuple[Presence, Presence]:
    """Two members who can be found by both keys, with a few entries each."""
    members = [
        it for it in population().presences("loyalty") if it.email and it.phone and 1 < entries(it) < 100
    ]
    return members[0], members[1]


def known(customer: Presence) -> Known:
    assert customer.email
    assert customer.phone
    return Known(
        party_id=customer.party_id,
        keys={KeyKind.EMAIL: customer.email.lower(), KeyKind.PHONE: customer.phone},
        records={
            "party.profile": 1,
            "loyalty.memberships": 1,
            "loyalty.activity": entries(customer) + (PREPARED if customer is FIRST else 0),
        },
    )


FIRST, SECOND = chosen()
ACCOUNT = render.account_id(FIRST)


def prepared(world: World) -> str:
    """Give the first customer points, and a reward that waits to be used; its id."""
    gift = requests.AdjustLoyaltyPoints(idempotency_key="gift", adjust_points=requests.Points(points=1_000))
    new = requests.NewReward(loyalty_account_id=ACCOUNT, reward_tier_id="tier-coffee")
    changes = Changes.of(world)
    changes.adjust(ACCOUNT, gift, balance=0)
    made = changes.create_reward(
        requests.CreateLoyaltyReward(idempotency_key="reward", reward=new), balance=1_000
    )
    return str(made["id"])


def told(event: str, about: str, **what: object) -> SampleWebhook:
    webhook = call(event, dict(what), about=about)
    return SampleWebhook(
        url=webhook.url,
        headers=webhook.headers,
        content=webhook.content,
        received_at=webhook.received_at,
        event_id=f"event-{event}",
    )


class TestSquareLoyaltyConformance(ConnectorSuite):
    connector = SquareLoyalty
    config = {  # noqa: RUF012  # the suite's own way
        "base_url": BASE_URL,
        **loyalty.CREDENTIALS,
        "webhook_signature_key": KEY,
    }
    now = NOW
    window = WINDOW
    unknown = "nobody"
    customers = (known(FIRST), known(SECOND))
    actions = (
        SampleAction(
            kind="loyalty.adjust_points",
            party_id=FIRST.party_id,
            input=AdjustPoints(membership_id=ACCOUNT, points=600),
        ),
        SampleAction(
            kind="loyalty.create_reward",
            party_id=FIRST.party_id,
            input=CreateReward(membership_id=ACCOUNT, tier_id="tier-coffee"),
        ),
        SampleAction(
            kind="loyalty.redeem_reward",
            party_id=FIRST.party_id,
            input=RedeemReward(reward_id=prepared(World(population())), location_id="L1"),
        ),
    )
    webhooks = (
        told("customer.updated", FIRST.party_id, customer=render.customer(FIRST)),
        told("customer.deleted", FIRST.party_id, customer={"id": FIRST.party_id}),
        told(
            "loyalty.account.updated",
            ACCOUNT,
            loyalty_account={"id": ACCOUNT, "program_id": "main", "customer_id": FIRST.party_id},
        ),
    )
    openapi = SPECIFICATIONS / "loyalty-square.json"

    def partner(self) -> Transport:
        """The programme of a world of its own."""
        self.world = World(population())
        prepared(self.world)
        return InProcess(loyalty.app(self.world), BASE_URL)

    def effects(self, transport: Transport) -> int | None:
        """Points and rewards that were changed."""
        return sum(self.world.effects.as_dict().values()) - PREPARED


@pytest.mark.thorough  # each of its checks has run, and the kept standing is held to the code
def test_it_is_gold() -> None:
    assert not missing(TestSquareLoyaltyConformance)
