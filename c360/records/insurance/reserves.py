"""What leaves the reserve of a life or pension policy, or comes to it."""

from __future__ import annotations

import enum
from datetime import date
from typing import Annotated

from msgspec import Meta

from c360.values import Money, Value


class MoveExtent(enum.Enum):
    """Whether all of a reserve moved, or a part."""

    TOTAL = "TOTAL"
    """All of it."""
    PARTIAL = "PARTIAL"
    """A part; the rest stays."""
    OTHER = "OTHER"


class WithdrawalCause(enum.Enum):
    """Why money was taken out of a reserve."""

    REGULAR = "REGULAR"
    """The customer asked for it."""
    DEATH = "DEATH"
    """The insured person died."""
    DISABILITY = "DISABILITY"
    """The insured person became disabled."""
    SCHEDULED_PAYMENT = "SCHEDULED_PAYMENT"
    """One of a series that was agreed in advance."""
    FUNDING_OF_RISK_COVER = "FUNDING_OF_RISK_COVER"
    """It paid for the risk cover of a combined plan."""
    FINANCIAL_ASSISTANCE = "FINANCIAL_ASSISTANCE"
    """A loan to the customer against the reserve (policy loan)."""
    OTHER = "OTHER"


class Withdrawal(Value, frozen=True, kw_only=True):
    """Money taken out of the reserve of a policy: a surrender, whole or in part."""

    amount: Annotated[Money | None, Meta(description="Amount taken out.")] = None
    extent: Annotated[MoveExtent | None, Meta(description="All of the reserve, or a part.")] = None
    cause: Annotated[WithdrawalCause | None, Meta(description="Why it was taken out.")] = None
    requested_on: Annotated[date | None, Meta(description="When it was asked for.")] = None
    paid_on: Annotated[date | None, Meta(description="When it was paid.")] = None


class TransferDirection(enum.Enum):
    """Which way a reserve moved between insurers."""

    IN = "IN"
    """From another insurer into this policy."""
    OUT = "OUT"
    """From this policy to another insurer."""
    OTHER = "OTHER"


class ReserveTransfer(Value, frozen=True, kw_only=True):
    """Part of a reserve that moved from or to another insurer."""

    direction: Annotated[TransferDirection | None, Meta(description="Into this policy or out of it.")] = None
    amount: Annotated[Money | None, Meta(description="Amount moved.")] = None
    extent: Annotated[MoveExtent | None, Meta(description="All of the reserve, or a part.")] = None
    requested_on: Annotated[date | None, Meta(description="When it was asked for.")] = None
    moved_on: Annotated[date | None, Meta(description="When it moved.")] = None
