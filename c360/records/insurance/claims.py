"""Claims under policies."""

from __future__ import annotations

import enum
from datetime import date
from typing import Annotated

from msgspec import Meta

from c360.records.base import Record
from c360.values import Money


class ClaimStatus(enum.Enum):
    """Where a claim stands."""

    IN_ASSESSMENT = "IN_ASSESSMENT"
    """Notified; the insurer looks at whether it is covered."""
    OPEN = "OPEN"
    """Accepted for handling, not decided."""
    CLOSED_PAID = "CLOSED_PAID"
    """Decided: an indemnity or a benefit was paid or granted."""
    CLOSED_UNPAID = "CLOSED_UNPAID"
    """Decided: nothing was paid."""
    REOPENED = "REOPENED"
    """Handled again after it was closed."""
    CANCELLED = "CANCELLED"
    """Opened by mistake."""
    OTHER = "OTHER"


class DenialReason(enum.Enum):
    """Why a claim was denied."""

    RISK_EXCLUDED = "RISK_EXCLUDED"
    """The contract excludes what caused it."""
    RISK_AGGRAVATED = "RISK_AGGRAVATED"
    """The customer had made the risk greater than agreed."""
    NO_DOCUMENTS = "NO_DOCUMENTS"
    """Proof was not handed in."""
    DOCUMENTS_INCOMPLETE = "DOCUMENTS_INCOMPLETE"
    """Proof was handed in only in part."""
    TIME_BARRED = "TIME_BARRED"
    """Claimed too late: the period of limitation is over."""
    NOT_COVERED = "NOT_COVERED"
    """No cover of the policy reaches it."""
    OTHER = "OTHER"


class Claim(Record, frozen=True, kw_only=True):
    """A claim under a policy."""

    claim_id: Annotated[str, Meta(description="The insurer's id of the claim.", extra={"personal": True})]
    policy_id: Annotated[str, Meta(description="The policy it is made under.", extra={"personal": True})]
    status: Annotated[ClaimStatus, Meta(description="Where it stands.")]
    status_changed_on: Annotated[date | None, Meta(description="When it got there.")] = None
    occurred_on: Annotated[date | None, Meta(description="Date of the event.")] = None
    reported_on: Annotated[date | None, Meta(description="Date of the notice.")] = None
    amount: Annotated[
        Money | None, Meta(description="Gross amount of the claim, as the insurer states it.")
    ] = None
    denial_reason: Annotated[DenialReason | None, Meta(description="Why it was denied.")] = None
    denial_explanation: Annotated[
        str | None,
        Meta(description="The insurer's words where the reason is another one.", extra={"personal": True}),
    ] = None
    coverages: Annotated[tuple[str, ...], Meta(description="Codes of the covers it falls under.")] = ()
