"""What the store takes and gives of actions at partners, and how an action may go on from where it stands."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from datetime import datetime

import msgspec


class PartnerActionState(enum.Enum):
    """Where an action at a partner stands, as far as the hub knows."""

    REQUESTED = "REQUESTED"
    """It is kept and will be sent; it has no effect so far."""
    SENT = "SENT"
    """It is on its way, or the partner has it and has not decided."""
    CONFIRMED = "CONFIRMED"
    """It took effect. Final."""
    REJECTED = "REJECTED"
    """It has no effect and never will; the rejection says why. Final."""
    UNKNOWN = "UNKNOWN"
    """It was sent, and nothing tells what became of it. The hub goes on finding out, or a person has to."""


BECOMES: Mapping[PartnerActionState, frozenset[PartnerActionState]] = {
    PartnerActionState.REQUESTED: frozenset({PartnerActionState.SENT, PartnerActionState.REJECTED}),
    PartnerActionState.SENT: frozenset(
        {
            PartnerActionState.REQUESTED,
            PartnerActionState.CONFIRMED,
            PartnerActionState.REJECTED,
            PartnerActionState.UNKNOWN,
        }
    ),
    PartnerActionState.UNKNOWN: frozenset(
        {
            PartnerActionState.REQUESTED,
            PartnerActionState.SENT,
            PartnerActionState.CONFIRMED,
            PartnerActionState.REJECTED,
        }
    ),
    PartnerActionState.CONFIRMED: frozenset(),
    PartnerActionState.REJECTED: frozenset(),
}
"""What each state may turn into; the database allows the same and nothing else. Back to ``REQUESTED`` goes
only what certainly had no effect."""

FINAL = frozenset(state for state, following in BECOMES.items() if not following)
"""The states that nothing follows on."""


class ActionRejection(enum.Enum):
    """Why an action has no effect. A closed list: the partner's reasons, then the hub's own."""

    INSUFFICIENT = "INSUFFICIENT"
    """Not enough points, money or room."""
    CONFLICT = "CONFLICT"
    """What it concerns has changed meanwhile, or the same was done already."""
    INVALID = "INVALID"
    """The partner does not take one of the values."""
    NOT_ALLOWED = "NOT_ALLOWED"
    """The partner's rules forbid it for this customer."""
    NOT_FOUND = "NOT_FOUND"
    """What it concerns does not exist at the partner."""
    OTHER = "OTHER"
    """The partner refused it for another reason."""
    EXPIRED = "EXPIRED"
    """It could not be sent within the time it was valid for."""
    CANCELLED = "CANCELLED"
    """It was called off before it was sent."""
    NO_EFFECT = "NO_EFFECT"
    """A person asked the partner, who knows of no effect."""


class StepReason(enum.Enum):
    """Why an action went from one state to the next. A closed list."""

    ASKED = "ASKED"
    """Somebody asked for it."""
    GOING_OUT = "GOING_OUT"
    """The hub is about to send it."""
    ANSWERED = "ANSWERED"
    """The partner answered."""
    FOUND = "FOUND"
    """Looking it up at the partner told."""
    NOT_REACHED = "NOT_REACHED"
    """It did not get as far as the partner: it has no effect, and is sent again."""
    NOT_FOUND = "NOT_FOUND"
    """The partner knows of none: it had no effect, and is sent again."""
    NO_ANSWER = "NO_ANSWER"
    """No answer came that tells what became of it."""
    PROCESS_ENDED = "PROCESS_ENDED"
    """The process that sent it ended before an answer came."""
    EXPIRED = "EXPIRED"
    """The time it was valid for ran out before it could be sent."""
    CANCELLED = "CANCELLED"
    """Somebody called it off."""
    VERDICT = "VERDICT"
    """A person said what became of it."""


class ActionDraft(msgspec.Struct, frozen=True, kw_only=True):
    """An action that is asked for."""

    customer_id: str
    """For whom; the survivor has it where the customer was merged."""
    connector: str
    """Instance id of the partner."""
    kind: str
    """Name of a registered action."""
    party_id: str
    """Who the customer is there."""
    content: bytes
    """The input, encoded; kept under the customer's key."""
    caller: str
    """Subject of the principal who asks."""
    key: str
    """Idempotency key of the caller: with the same input it names the same action for good."""
    fingerprint: bytes
    """Hash of everything that makes the request what it is."""
    purpose: str
    """What it is asked for."""
    valid_until: datetime
    """Until when it may be sent."""
    due_at: datetime
    """When another process looks after it, where the one that asks has not sent it by then."""


class PartnerActionData(msgspec.Struct, frozen=True, kw_only=True):
    """An action at a partner."""

    id: str
    """Also the idempotency key that the partner gets."""
    customer_id: str
    """Whose it is now."""
    home_id: str
    """Whose it was when it was asked for: whose key the input is kept under."""
    connector: str
    kind: str
    party_id: str
    state: PartnerActionState
    seq: int
    """How many steps it has taken: changes with the state, and only with it."""
    attempts: int = 0
    """How often it was sent."""
    doubtful_at: datetime | None = None
    """Since when it is open whether an earlier sending took effect; none where none is open."""
    accepted_at: datetime | None = None
    """When the partner was first known to have it, where it decides later."""
    purpose: str
    requested_at: datetime
    requested_by: str
    valid_until: datetime
    sent_at: datetime | None = None
    """When it was sent last."""
    settled_at: datetime | None = None
    next_at: datetime | None = None
    """When the hub does something about it next; none where nothing or a person does. While a process is
    doing something about it: when that one is given up."""
    holder: str | None = None
    """The process that is doing something about it."""
    reference: str | None = None
    """The partner's own id of the effect."""
    rejection: ActionRejection | None = None
    problem: str | None = None
    """Code of what stood in the way last."""
    human_at: datetime | None = None
    """When a person was asked to find out; none where nobody needs to."""


class PartnerActionStep(msgspec.Struct, frozen=True, kw_only=True):
    """One step of an action."""

    action_id: str
    seq: int
    before: PartnerActionState | None = None
    after: PartnerActionState
    at: datetime
    by: str
    """Subject of whoever asked or decided; the hub's own steps are those of ``c360``."""
    reason: StepReason
    note: str | None = None
    """What a person wrote; none where they wrote nothing, or the customer was erased."""


class ActionChange(msgspec.Struct, frozen=True, kw_only=True):
    """What a step makes of an action. A field that is not given stays as it is."""

    after: PartnerActionState
    reason: StepReason
    next_at: datetime | None = None
    """When the hub does something about it next; always set anew."""
    holder: str | None = None
    """Who goes on working at it; always set anew."""
    doubtful_at: datetime | msgspec.UnsetType | None = msgspec.UNSET
    accepted_at: datetime | msgspec.UnsetType | None = msgspec.UNSET
    reference: str | msgspec.UnsetType | None = msgspec.UNSET
    rejection: ActionRejection | msgspec.UnsetType | None = msgspec.UNSET
    problem: str | msgspec.UnsetType | None = msgspec.UNSET
    human_at: datetime | msgspec.UnsetType | None = msgspec.UNSET
    valid_until: datetime | msgspec.UnsetType = msgspec.UNSET


class ActionFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which actions are listed: those that meet every condition given."""

    states: tuple[PartnerActionState, ...] = ()
    connector: str | None = None
    for_human: bool | None = None
    """Those that a person is asked about, or those that none is."""


class PartnerActionPage(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of actions, the latest first."""

    actions: tuple[PartnerActionData, ...]
    cursors: tuple[str, ...]
    """One per action: where to go on from."""
    has_next: bool
    has_previous: bool
