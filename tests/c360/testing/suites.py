"""The suite of the club: each broken connector runs it with one thing replaced."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar

from c360.contract import KeyKind
from c360.http import Transport
from c360.records.loyalty import AdjustPoints, RedeemReward
from c360.testing import ConnectorSuite, Known, SampleAction, SampleWebhook
from tests.c360.testing.club import BASE_URL, KEY, WEBHOOK_SECRET, Club, sign
from tests.c360.testing.good import GoodClub

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
CALL = b'{"event_id": "W-1", "member_id": "M-1"}'


class ClubSuite(ConnectorSuite):
    """What there is to check the club's connectors with."""

    connector = GoodClub
    config: ClassVar[Mapping[str, Any]] = {
        "base_url": BASE_URL,
        "api_key": KEY,
        "webhook_secret": WEBHOOK_SECRET,
    }
    customers = (
        Known(
            party_id="M-1",
            keys={KeyKind.EMAIL: "margaret@mail.example"},
            records={"party.profile": 1, "loyalty.memberships": 1, "loyalty.activity": 5},
        ),
        Known(
            party_id="M-2",
            keys={KeyKind.EMAIL: "bertram@mail.example"},
            records={"party.profile": 1, "loyalty.memberships": 1, "loyalty.activity": 1},
        ),
    )
    unknown = "M-404"
    now = NOW
    webhooks = (
        SampleWebhook(
            url="https://hub.example/hooks/club",
            headers=sign(CALL, int(NOW.timestamp())),
            content=CALL,
            received_at=NOW,
            event_id="W-1",
        ),
    )
    actions = (
        SampleAction(
            kind="loyalty.adjust_points", party_id="M-1", input=AdjustPoints(membership_id="A-1", points=10)
        ),
        SampleAction(
            kind="loyalty.redeem_reward",
            party_id="M-1",
            input=RedeemReward(reward_id="RW-1", location_id="L-1"),
        ),
    )

    def partner(self) -> Transport:
        return Club()

    def effects(self, transport: Any) -> int | None:
        return len(transport.effects)
