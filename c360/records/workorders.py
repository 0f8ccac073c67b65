"""Work orders: what no partner's API does becomes a tracked order to the back office."""

from __future__ import annotations

import enum
from datetime import date, datetime, timedelta
from typing import Annotated

from msgspec import Meta

from c360.actions import ActionKind, Unfit
from c360.records.base import Kind, Record
from c360.values import CurrencyCode, Money, Value


class OrderType(enum.Enum):
    """What the back office is asked to do."""

    OPEN_ACCOUNT = "OPEN_ACCOUNT"
    """Open an account."""
    REISSUE_CHEQUE = "REISSUE_CHEQUE"
    """Stop a cheque and issue another."""
    POLICY_LOAN = "POLICY_LOAN"
    """Lend against a policy's surrender value."""
    POLICY_VALUATION = "POLICY_VALUATION"
    """State what a policy is worth."""
    REPORT_CLAIM = "REPORT_CLAIM"
    """Take up a claim."""
    CHANGE_STAY = "CHANGE_STAY"
    """Change a reservation at a hotel."""
    OTHER = "OTHER"


class OrderStatus(enum.Enum):
    """Where a work order stands."""

    RECEIVED = "RECEIVED"
    """Nobody has taken it up yet; it can be cancelled."""
    IN_PROGRESS = "IN_PROGRESS"
    """Somebody works on it."""
    DONE = "DONE"
    """What was asked for is done."""
    REJECTED = "REJECTED"
    """Refused: it has no effect and never will."""
    CANCELLED = "CANCELLED"
    """Withdrawn before anybody took it up."""
    OTHER = "OTHER"


class WorkOrder(Record, frozen=True, kw_only=True):
    """Something the back office was asked to do for a customer."""

    order_id: Annotated[str, Meta(description="The back office's id of the order.", extra={"personal": True})]
    type: Annotated[OrderType, Meta(description="What is to be done.")]
    status: Annotated[OrderStatus, Meta(description="Where it stands.")]
    concerns: Annotated[
        str | None,
        Meta(
            description="What it is about, as the partner numbers it: a policy, an account, a reservation.",
            extra={"personal": True},
        ),
    ] = None
    created_at: Annotated[datetime, Meta(description="When it was placed.")]
    updated_at: Annotated[datetime | None, Meta(description="When it last moved.")] = None
    due_on: Annotated[date | None, Meta(description="Day by which the back office means to be done.")] = None
    closed_at: Annotated[
        datetime | None, Meta(description="When it was done, rejected or cancelled; null while it is open.")
    ] = None
    result: Annotated[
        str | None,
        Meta(
            description="What came of it, as the partner numbers it, such as the new account or claim.",
            extra={"personal": True},
        ),
    ] = None
    valuation: Annotated[Money | None, Meta(description="What a policy was found to be worth.")] = None
    rejection: Annotated[
        str | None, Meta(description="Why it was rejected, as a code of the back office.")
    ] = None


class OpenAccount(Value, frozen=True, kw_only=True):
    """What is needed to open an account."""

    product: Annotated[str, Meta(description="The bank's name of the product.", min_length=1, max_length=80)]
    currency: Annotated[
        CurrencyCode, Meta(description="ISO 4217 code of its currency.", pattern="^[A-Z]{3}$")
    ]
    nickname: Annotated[
        Annotated[str, Meta(max_length=40)] | None,
        Meta(description="What the customer wants to call it.", extra={"personal": True}),
    ] = None


class ReissueCheque(Value, frozen=True, kw_only=True):
    """What is needed to stop a cheque and issue another."""

    account_id: Annotated[
        str,
        Meta(description="Account it is drawn on.", min_length=1, max_length=80, extra={"personal": True}),
    ]
    cheque_number: Annotated[
        str, Meta(description="Number on the cheque.", pattern="^[0-9]{1,12}$", extra={"personal": True})
    ]
    reissue: Annotated[bool, Meta(description="Whether another is to be issued in its place.")] = True


class RequestPolicyLoan(Value, frozen=True, kw_only=True):
    """What is needed to lend against a policy."""

    policy_id: Annotated[
        str,
        Meta(
            description="The insurer's id of the policy.",
            min_length=1,
            max_length=80,
            extra={"personal": True},
        ),
    ]
    amount: Annotated[Money, Meta(description="How much is to be lent.")]
    payout_account: Annotated[
        Annotated[str, Meta(max_length=80)] | None,
        Meta(description="Account to pay it to; null: the one premiums come from.", extra={"personal": True}),
    ] = None


class RequestPolicyValuation(Value, frozen=True, kw_only=True):
    """What is needed to value a policy."""

    policy_id: Annotated[
        str,
        Meta(
            description="The insurer's id of the policy.",
            min_length=1,
            max_length=80,
            extra={"personal": True},
        ),
    ]
    as_of: Annotated[date | None, Meta(description="Day to value it at; null: today.")] = None


class ReportClaim(Value, frozen=True, kw_only=True):
    """What is needed to take up a claim."""

    policy_id: Annotated[
        str,
        Meta(
            description="The insurer's id of the policy.",
            min_length=1,
            max_length=80,
            extra={"personal": True},
        ),
    ]
    occurred_on: Annotated[date, Meta(description="Day of the event.")]
    description: Annotated[
        str,
        Meta(description="What happened, in words.", min_length=1, max_length=2000, extra={"personal": True}),
    ]
    estimate: Annotated[Money | None, Meta(description="The customer's estimate of the damage.")] = None


class ChangeStay(Value, frozen=True, kw_only=True):
    """What is needed to change a reservation; what stays as it is, is null."""

    reservation_id: Annotated[
        str,
        Meta(
            description="The hotel's id of the reservation.",
            min_length=1,
            max_length=80,
            extra={"personal": True},
        ),
    ]
    check_in: Annotated[date | None, Meta(description="New day of arrival.")] = None
    check_out: Annotated[date | None, Meta(description="New day of departure.")] = None
    request: Annotated[
        Annotated[str, Meta(max_length=2000)] | None,
        Meta(description="What else is to change, in words.", extra={"personal": True}),
    ] = None


class CancelOrder(Value, frozen=True, kw_only=True):
    """What is needed to withdraw an order."""

    order_id: Annotated[
        str, Meta(description="The order.", min_length=1, max_length=80, extra={"personal": True})
    ]


_EARLIEST = timedelta(hours=14)
"""By which it is tomorrow somewhere."""


def _no_loan(asked: RequestPolicyLoan, _at: datetime) -> Unfit | None:
    return (
        None if asked.amount.amount > 0 else Unfit(field="amount", message="A loan is of more than nothing.")
    )


def _no_claim(asked: ReportClaim, at: datetime) -> Unfit | None:
    if asked.occurred_on > (at + _EARLIEST).date():
        return Unfit(field="occurred_on", message="A claim is about what has happened, not about what will.")
    if asked.estimate is not None and asked.estimate.amount < 0:
        return Unfit(field="estimate", message="A damage is of nothing at least.")
    return None


def _no_change(asked: ChangeStay, _at: datetime) -> Unfit | None:
    if asked.check_in is None and asked.check_out is None and not (asked.request or "").strip():
        return Unfit(field="request", message="Say what is to change: checkIn, checkOut or request.")
    if asked.check_in is not None and asked.check_out is not None and asked.check_out <= asked.check_in:
        return Unfit(field="check_out", message="A stay ends after the day on which it begins.")
    return None


KINDS = (Kind(name="workorders.orders", record=WorkOrder, identity="order_id"),)

ACTIONS = (
    ActionKind(
        name="workorders.open_account",
        input=OpenAccount,
        summary="Asks the bank to open an account.",
        concerns="banking",
    ),
    ActionKind(
        name="workorders.reissue_cheque",
        input=ReissueCheque,
        summary="Asks the bank to stop a cheque and to issue another.",
        concerns="banking",
        names=(("account_id", "banking.accounts"),),
    ),
    ActionKind(
        name="workorders.request_policy_loan",
        input=RequestPolicyLoan,
        summary="Asks the insurer to lend against a policy.",
        concerns="insurance",
        unfit=_no_loan,
        names=(("policy_id", "insurance.policies"),),
    ),
    ActionKind(
        name="workorders.request_policy_valuation",
        input=RequestPolicyValuation,
        summary="Asks the insurer what a policy is worth.",
        concerns="insurance",
        names=(("policy_id", "insurance.policies"),),
    ),
    ActionKind(
        name="workorders.report_claim",
        input=ReportClaim,
        summary="Reports a claim to the insurer.",
        concerns="insurance",
        unfit=_no_claim,
        names=(("policy_id", "insurance.policies"),),
    ),
    ActionKind(
        name="workorders.change_stay",
        input=ChangeStay,
        summary="Asks the hotel to change a reservation.",
        concerns="hotel",
        unfit=_no_change,
        names=(("reservation_id", "hotel.stays"),),
    ),
    ActionKind(
        name="workorders.cancel_order",
        input=CancelOrder,
        summary="Withdraws a work order that nobody has taken up yet.",
    ),
)
