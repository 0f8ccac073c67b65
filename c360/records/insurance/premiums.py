"""What a policy costs, and what was paid for it."""

from __future__ import annotations

import enum
from datetime import date
from typing import Annotated

from msgspec import Meta

from c360.records.base import Record
from c360.values import Money, Value


class PremiumMovement(enum.Enum):
    """What happened to an instalment of premium."""

    PREMIUM_ISSUED = "PREMIUM_ISSUED"
    """Billed to the customer."""
    PREMIUM_SETTLED = "PREMIUM_SETTLED"
    """Paid by the customer."""
    PREMIUM_REVERSED = "PREMIUM_REVERSED"
    """A payment undone: it is owed again."""
    PREMIUM_CANCELLED = "PREMIUM_CANCELLED"
    """A bill withdrawn: it is not owed any more."""
    REFUND_ISSUED = "REFUND_ISSUED"
    """A refund credited to the customer, not paid yet."""
    REFUND_SETTLED = "REFUND_SETTLED"
    """A refund paid to the customer."""
    REFUND_REVERSED = "REFUND_REVERSED"
    """A payment of a refund undone."""
    ACQUISITION_COST_SETTLED = "ACQUISITION_COST_SETTLED"
    """Cost of selling the policy, such as commission, paid by the customer."""
    ACQUISITION_COST_REVERSED = "ACQUISITION_COST_REVERSED"
    """Such a payment undone."""
    ACQUISITION_COST_REFUND_SETTLED = "ACQUISITION_COST_REFUND_SETTLED"
    """Such a cost paid back to the customer."""
    INSTALMENT_CANCELLED = "INSTALMENT_CANCELLED"
    """An instalment withdrawn: it is not owed any more."""
    INSTALMENT_REOPENED = "INSTALMENT_REOPENED"
    """An instalment that is owed again."""
    WRITTEN_OFF = "WRITTEN_OFF"
    """Given up by the insurer as a loss."""
    OFFSET = "OFFSET"
    """Settled against something the insurer owed."""
    OTHER = "OTHER"


class PaymentMeans(enum.Enum):
    """How a premium was paid."""

    BANK_SLIP = "BANK_SLIP"
    """A printed or electronic slip paid at any bank (boleto)."""
    BANK_TRANSFER = "BANK_TRANSFER"
    """An ordinary transfer between accounts."""
    INSTANT_PAYMENT = "INSTANT_PAYMENT"
    """A transfer that arrives within seconds (Pix)."""
    CARD = "CARD"
    """A credit or debit card."""
    CHEQUE = "CHEQUE"
    """A cheque."""
    PAYROLL_DEDUCTION = "PAYROLL_DEDUCTION"
    """Kept back from wages by the employer."""
    CASH = "CASH"
    """Notes and coins."""
    RESERVE = "RESERVE"
    """Taken from the reserve of a combined plan."""
    OTHER = "OTHER"


class PremiumPayment(Value, frozen=True, kw_only=True):
    """One movement of premium."""

    movement: Annotated[PremiumMovement, Meta(description="What happened; says which way the money went.")]
    amount: Annotated[
        Money | None, Meta(description="Amount moved, never negative; null where it is not money.")
    ] = None
    instalment: Annotated[str | None, Meta(description="Number of the instalment.")] = None
    moved_on: Annotated[date | None, Meta(description="When it moved.")] = None
    due_on: Annotated[date | None, Meta(description="When it was due.")] = None
    means: Annotated[PaymentMeans | None, Meta(description="How it was paid, once it is.")] = None


class Premium(Record, frozen=True, kw_only=True):
    """What a policy costs and what was paid."""

    policy_id: Annotated[str, Meta(description="The policy it is paid for.", extra={"personal": True})]
    total: Annotated[
        Money | None, Meta(description="Total premium of the contract; null where it is not money.")
    ] = None
    instalments: Annotated[int | None, Meta(description="Number of instalments.")] = None
    payments: Annotated[tuple[PremiumPayment, ...], Meta(description="Movements, newest first.")] = ()
