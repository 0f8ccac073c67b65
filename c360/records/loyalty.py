"""Membership of a loyalty programme and what was earned and spent in it."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Annotated

from msgspec import Meta

from c360.actions import ActionKind, Unfit
from c360.records.base import Kind, Record
from c360.values import Value


class ExpiringPoints(Value, frozen=True, kw_only=True):
    """Points that lapse on a known day unless they are spent before."""

    points: Annotated[int, Meta(description="Points that will lapse.")]
    expires_at: Annotated[datetime, Meta(description="When they lapse.")]


class Membership(Record, frozen=True, kw_only=True):
    """An account in a loyalty programme."""

    membership_id: Annotated[
        str, Meta(description="The programme's id of the account.", extra={"personal": True})
    ]
    program_id: Annotated[str, Meta(description="The programme.")]
    points: Annotated[
        int | None,
        Meta(description="Points that can be spent; below zero after a refund or a correction."),
    ] = None
    lifetime_points: Annotated[int | None, Meta(description="Points earned since enrolment.")] = None
    phone: Annotated[
        str | None,
        Meta(description="Phone number (E.164) the account is found by.", extra={"personal": True}),
    ] = None
    enrolled_at: Annotated[datetime | None, Meta(description="When the customer enrolled.")] = None
    created_at: Annotated[datetime | None, Meta(description="When the account was opened.")] = None
    updated_at: Annotated[datetime | None, Meta(description="When the account last changed.")] = None
    expiring: Annotated[tuple[ExpiringPoints, ...], Meta(description="Points that will lapse, by date.")] = ()


class LoyaltyEventKind(enum.Enum):
    """What happened to the points."""

    ACCUMULATE = "ACCUMULATE"
    """Earned by a purchase."""
    ACCUMULATE_PROMOTION = "ACCUMULATE_PROMOTION"
    """Earned by a purchase under a promotion."""
    CREATE_REWARD = "CREATE_REWARD"
    """Points were set aside for a reward; they leave the balance."""
    REDEEM_REWARD = "REDEEM_REWARD"
    """A reward was used; the balance does not move."""
    DELETE_REWARD = "DELETE_REWARD"
    """A reward was given up; its points come back."""
    ADJUST = "ADJUST"
    """Changed by hand."""
    EXPIRE = "EXPIRE"
    """Lapsed."""
    OTHER = "OTHER"


class LoyaltyEvent(Record, frozen=True, kw_only=True):
    """Something that happened in a loyalty account, mostly a change of its points."""

    event_id: Annotated[str, Meta(description="The programme's id of the event.", extra={"personal": True})]
    membership_id: Annotated[str, Meta(description="The account it concerns.", extra={"personal": True})]
    kind: Annotated[LoyaltyEventKind, Meta(description="What happened.")]
    occurred_at: Annotated[datetime, Meta(description="When it happened.")]
    points: Annotated[
        int | None,
        Meta(
            description="Change of the points: negative when they were spent, lapsed or taken back. Null "
            "where the balance did not move: the points of a reward go when it is created, not when it is "
            "redeemed."
        ),
    ] = None
    reward_id: Annotated[str | None, Meta(description="The reward it concerns.")] = None
    promotion_id: Annotated[str | None, Meta(description="The promotion that gave the points.")] = None
    order_id: Annotated[str | None, Meta(description="The purchase behind it.", extra={"personal": True})] = (
        None
    )
    reason: Annotated[
        str | None, Meta(description="Why points were adjusted by hand.", extra={"personal": True})
    ] = None
    location_id: Annotated[str | None, Meta(description="Where it happened.")] = None
    at_point_of_sale: Annotated[
        bool | None, Meta(description="Whether it came from a till rather than through the programme's API.")
    ] = None


KINDS = (
    Kind(name="loyalty.memberships", record=Membership, identity="membership_id"),
    Kind(name="loyalty.activity", record=LoyaltyEvent, identity="event_id", windowed=True),
)


_AccountId = Annotated[
    str,
    Meta(
        description="The programme's id of the account.",
        min_length=1,
        max_length=200,
        extra={"personal": True},
    ),
]


class AdjustPoints(Value, frozen=True, kw_only=True):
    """Points to be given or taken by hand."""

    membership_id: _AccountId
    points: Annotated[int, Meta(description="Points to add; negative to take; never zero.")]
    reason: Annotated[
        Annotated[str, Meta(max_length=500)] | None,
        Meta(description="Why, in words that the member may read.", extra={"personal": True}),
    ] = None


class CreateReward(Value, frozen=True, kw_only=True):
    """Points to be set aside for a reward."""

    membership_id: _AccountId
    tier_id: Annotated[
        str,
        Meta(
            description="The programme's id of what the points are set aside for.",
            min_length=1,
            max_length=200,
        ),
    ]


class RedeemReward(Value, frozen=True, kw_only=True):
    """A reward to be used."""

    reward_id: Annotated[
        str, Meta(description="The programme's id of the reward.", min_length=1, max_length=200)
    ]
    location_id: Annotated[str, Meta(description="Where it is used.", min_length=1, max_length=200)]


def _no_points(asked: AdjustPoints, _at: datetime) -> Unfit | None:
    return None if asked.points else Unfit(field="points", message="Give points to add or to take, not zero.")


ACTIONS = (
    ActionKind(
        name="loyalty.adjust_points",
        input=AdjustPoints,
        summary="Adds points to an account or takes some away, by hand.",
        unfit=_no_points,
    ),
    ActionKind(
        name="loyalty.create_reward",
        input=CreateReward,
        summary="Sets points aside for a reward; they leave the balance.",
    ),
    ActionKind(name="loyalty.redeem_reward", input=RedeemReward, summary="Uses a reward, for good."),
)
