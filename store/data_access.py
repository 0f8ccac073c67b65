"""What the store takes and gives of who may come to which customer."""

from __future__ import annotations

import enum
from datetime import datetime

import msgspec

from store.data_service import Own, Text


class BookEntryData(msgspec.Struct, frozen=True, kw_only=True):
    """A customer in an agent's book of business."""

    agent: str
    """Subject of the agent's principal."""
    customer_id: str
    since: datetime
    assigned_by: str


class BookChange(msgspec.Struct, frozen=True, kw_only=True):
    """What changing a book did."""

    assigned: int = 0
    """Customers who came into it."""
    ended: int = 0
    """Customers who left it."""


class VerificationMethod(enum.Enum):
    """How somebody made sure who the caller is."""

    KNOWLEDGE = "KNOWLEDGE"
    """The caller answered questions whose answers were compared by `checkAnswer`."""
    ONE_TIME_CODE = "ONE_TIME_CODE"
    """The caller read out a code that was sent to a contact point known before."""
    CALL_BACK = "CALL_BACK"
    """The caller was called back on a number known before."""
    DOCUMENT = "DOCUMENT"
    """The caller showed a document with a picture."""
    VOICE = "VOICE"
    """The caller's voice was recognised."""
    SIGNED_IN = "SIGNED_IN"
    """The caller came from a session that they had signed in to."""


class VerificationData(msgspec.Struct, frozen=True, kw_only=True):
    """That somebody made sure who the caller is."""

    id: str
    customer_id: str
    subject: str
    """For whom it counts: the subject of the principal who did it."""
    method: VerificationMethod
    session: str | None = None
    """The call or visit that it belongs to, as the caller's program names it."""
    at: datetime
    until: datetime
    ended_at: datetime | None = None


class RevealReason(enum.Enum):
    """Why a masked value is looked at."""

    VERIFYING = "VERIFYING"
    """To make sure who the caller is in a way that needs the value itself, such as calling back."""
    CONTACTING = "CONTACTING"
    """To reach the customer."""
    COMPLAINT = "COMPLAINT"
    """To settle a complaint or a claim."""
    FRAUD = "FRAUD"
    """To find out whether somebody deceives."""
    LEGAL = "LEGAL"
    """To answer an authority."""
    OTHER = "OTHER"
    """Something else, which the note says."""


class EmergencyVerdict(enum.Enum):
    """What a reviewer said of an emergency access."""

    JUSTIFIED = "JUSTIFIED"
    """It was right to open the customer."""
    UNJUSTIFIED = "UNJUSTIFIED"
    """It was not."""


class EmergencyState(enum.Enum):
    """How an emergency access stands."""

    OPEN = "OPEN"
    """Nobody has reviewed it."""
    REVIEWED = "REVIEWED"
    """Somebody has."""


class RevealData(Own, frozen=True, kw_only=True):
    """That a masked value was shown to somebody."""

    subject: str
    path: str
    """Which value, by the fields that lead to it from the customer."""
    reason: RevealReason
    content: Text | None = None
    """What the person typed as the reason."""
    at: datetime


class EmergencyText(msgspec.Struct, frozen=True, kw_only=True):
    """What people typed about an emergency access."""

    reason: str
    note: str | None = None
    """Why it is judged so."""


class EmergencyData(Own, frozen=True, kw_only=True):
    """A customer who was opened to somebody beyond their reach."""

    subject: str
    """To whom."""
    ticket: str
    """The case that it belongs to, as another system numbers it."""
    content: EmergencyText | None = None
    """None where the person was erased."""
    at: datetime
    until: datetime
    verdict: EmergencyVerdict | None = None
    reviewed_at: datetime | None = None
    reviewed_by: str | None = None

    @property
    def state(self) -> EmergencyState:
        """How it stands."""
        return EmergencyState.OPEN if self.verdict is None else EmergencyState.REVIEWED
