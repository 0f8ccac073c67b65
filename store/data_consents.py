"""What the store takes and gives of consents, objections and restrictions, and of their wordings."""

from __future__ import annotations

import enum
from datetime import datetime

import msgspec

from c360.access import Purpose


class DecisionKind(enum.Enum):
    """What a person decided about."""

    CONSENT = "CONSENT"
    """Whether their data may be used for a purpose."""
    OBJECTION = "OBJECTION"
    """That it is not, though no consent was needed (GDPR, Article 21)."""
    RESTRICTION = "RESTRICTION"
    """That it is kept and hardly used (GDPR, Article 18)."""


class DecisionState(enum.Enum):
    """What a person decided."""

    GIVEN = "GIVEN"
    """A consent was given."""
    REFUSED = "REFUSED"
    """A consent was asked for and not given."""
    WITHDRAWN = "WITHDRAWN"
    """A consent was taken back."""
    RAISED = "RAISED"
    """An objection or a restriction holds from then on."""
    LIFTED = "LIFTED"
    """An objection or a restriction ended."""


class ConsentSource(enum.Enum):
    """Through what a decision came to the hub."""

    CUSTOMER_PORTAL = "CUSTOMER_PORTAL"
    """The customer's own page or app."""
    AGENT_CALL = "AGENT_CALL"
    """A call or a talk with an agent."""
    PAPER = "PAPER"
    """A signed paper or a letter."""
    PARTNER_FEED = "PARTNER_FEED"
    """A partner told of it."""
    IMPORT = "IMPORT"
    """Taken over from another system."""


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """What shows that a decision was made so. Kept encrypted with the customer's key."""

    reference: str | None = None
    """Where it is kept: number of a document, of a recording."""
    text: str | None = None
    """What was said or written."""


class WordingRef(msgspec.Struct, frozen=True, kw_only=True):
    """A wording that somebody agreed to, or did not."""

    id: str
    version: int
    language: str


class WordingData(msgspec.Struct, frozen=True, kw_only=True):
    """One version of a wording in one language. Never changed."""

    id: str
    version: int
    """Counts from 1."""
    language: str
    text: str
    valid_from: datetime
    published_at: datetime
    published_by: str


class DecisionDraft(msgspec.Struct, frozen=True, kw_only=True):
    """A decision as it is told to the hub."""

    kind: DecisionKind
    state: DecisionState
    purpose: Purpose | None = None
    """None of a restriction, which holds for all."""
    channel: str | None = None
    """None: through whatever."""
    connector: str | None = None
    """Connector instance of the partner whose data or offers it is about; none: all."""
    at: datetime
    """When the person decided."""
    source: ConsentSource
    wording: WordingRef | None = None
    expires_at: datetime | None = None
    proof: Proof | None = None
    key: bytes | None = None
    """Of one that is imported, by which it is recognised when it comes again."""


class DecisionData(msgspec.Struct, frozen=True, kw_only=True):
    """A decision as the hub keeps it. Never changed."""

    id: str
    customer_id: str
    """Whose it is now."""
    home_id: str
    """The customer it was noted for, before later merges."""
    others: tuple[str, ...] = ()
    """Customers who were merged into that one when it was noted: it was made for them too."""
    kind: DecisionKind
    state: DecisionState
    purpose: Purpose | None = None
    channel: str | None = None
    connector: str | None = None
    at: datetime
    recorded_at: datetime
    recorded_by: str
    source: ConsentSource
    wording: WordingRef | None = None
    expires_at: datetime | None = None
    proven: bool = False
    """Whether a proof is kept."""
