"""What the store takes and gives of what the hub's own people keep of customers."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Generic, TypeVar

import msgspec


class Own(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the hub's own about a customer, which people may change."""

    id: str
    customer_id: str
    """Who answers for whom it was noted for."""
    version: int = 1
    """Rises with every change."""


class Text(msgspec.Struct, frozen=True, kw_only=True):
    """A text that a person typed."""

    text: str = ""


class Reference(msgspec.Struct, frozen=True, kw_only=True):
    """A record that something is about: one of a partner's, or one of the hub's own."""

    kind: str
    """Kind of record, such as ``hotel.stays``; of the hub's own, name of the type in the graph."""
    id: str
    connector: str | None = None
    """Instance of the partner's; none: the hub's own."""


class TaskKind(enum.Enum):
    """What is to be done."""

    FOLLOW_UP = "FOLLOW_UP"
    """Do what was promised to the customer."""
    CALL_BACK = "CALL_BACK"
    """Call the customer back."""
    COMPLAINT = "COMPLAINT"
    """Look at what the customer complained of."""
    COMPENSATION = "COMPENSATION"
    """Pay out what the customer was promised for a complaint."""
    ACTION = "ACTION"
    """Find out at the partner what became of an action there: nobody can tell by itself."""
    DATA = "DATA"
    """Look at what is kept of the customer: something in it needs a person."""
    OTHER = "OTHER"
    """Something else; the text says what."""


class TaskState(enum.Enum):
    """How a task stands."""

    OPEN = "OPEN"
    """To be done."""
    DONE = "DONE"
    """Somebody did it."""
    CANCELLED = "CANCELLED"
    """Not to be done any more."""


class TaskData(Own, frozen=True, kw_only=True):
    """Something that a person is to do."""

    kind: TaskKind
    state: TaskState = TaskState.OPEN
    assignee: str | None = None
    about_kind: str | None = None
    about_id: str | None = None
    due_at: datetime | None = None
    content: Text | None = None
    opened_at: datetime
    opened_by: str
    closed_at: datetime | None = None
    closed_by: str | None = None


class InteractionChannel(enum.Enum):
    """Through what a customer and the company met."""

    CALL = "CALL"
    """By phone."""
    EMAIL = "EMAIL"
    """By e-mail."""
    WEB_SESSION = "WEB_SESSION"
    """The customer looked at the company's web site or app."""
    VISIT = "VISIT"
    """In person, at the company's or the customer's place."""
    CHAT = "CHAT"
    """By chat or messages."""
    LETTER = "LETTER"
    """By post."""
    FLIGHT = "FLIGHT"
    """On board."""


class Direction(enum.Enum):
    """Who began."""

    INBOUND = "INBOUND"
    """The customer."""
    OUTBOUND = "OUTBOUND"
    """The company."""


class Sentiment(enum.Enum):
    """How the customer seemed to feel."""

    POSITIVE = "POSITIVE"
    """Pleased."""
    NEUTRAL = "NEUTRAL"
    """Neither."""
    NEGATIVE = "NEGATIVE"
    """Displeased."""


class PageView(msgspec.Struct, frozen=True, kw_only=True):
    """A page that a customer looked at."""

    url: str
    """Without scheme and host where it is the company's own site."""
    title: str | None = None
    at: datetime


class InteractionContent(msgspec.Struct, frozen=True, kw_only=True):
    """What an interaction was about: sealed."""

    subject: str | None = None
    summary: str | None = None
    pages: tuple[PageView, ...] = ()
    references: tuple[Reference, ...] = ()


class InteractionData(Own, frozen=True, kw_only=True):
    """A call, message, visit or the like."""

    channel: InteractionChannel
    direction: Direction
    started_at: datetime
    ended_at: datetime | None = None
    agent: str | None = None
    sentiment: Sentiment | None = None
    content: InteractionContent | None = None
    recorded_at: datetime
    recorded_by: str
    source: str | None = None
    external_id: str | None = None


class NoteData(Own, frozen=True, kw_only=True):
    """What somebody wrote down of a customer."""

    content: Text | None = None
    written_at: datetime
    written_by: str
    changed_at: datetime | None = None
    changed_by: str | None = None


class PreferenceData(msgspec.Struct, frozen=True, kw_only=True):
    """What a customer likes best, by a key of the catalogue."""

    customer_id: str
    key: str
    value: str
    set_at: datetime
    set_by: str


class Severity(enum.Enum):
    """How much a complaint weighs."""

    LOW = "LOW"
    """An annoyance."""
    NORMAL = "NORMAL"
    """Something went wrong."""
    HIGH = "HIGH"
    """The customer has a loss, or is about to leave."""
    CRITICAL = "CRITICAL"
    """Health, safety, the law or the press are concerned."""


class ComplaintCategory(enum.Enum):
    """What a complaint is about."""

    SERVICE = "SERVICE"
    """How the customer was treated."""
    QUALITY = "QUALITY"
    """What was delivered was not as it should be."""
    DELAY = "DELAY"
    """It came late, or not at all."""
    BILLING = "BILLING"
    """What was charged, paid or refunded."""
    CLAIM = "CLAIM"
    """How a claim was settled."""
    PRIVACY = "PRIVACY"
    """What was done with the customer's data."""
    OTHER = "OTHER"
    """Something else; the text says what."""


class ComplaintState(enum.Enum):
    """How a complaint stands."""

    OPEN = "OPEN"
    """Nobody has it yet."""
    ASSIGNED = "ASSIGNED"
    """Somebody looks at it."""
    UPHELD = "UPHELD"
    """Resolved: the customer was right."""
    REJECTED = "REJECTED"
    """Resolved: there was nothing to mend."""


class ComplaintContent(msgspec.Struct, frozen=True, kw_only=True):
    """What was complained of, and what became of it: sealed."""

    text: str = ""
    resolution: str | None = None


class ComplaintData(Own, frozen=True, kw_only=True):
    """What a customer complained of."""

    state: ComplaintState = ComplaintState.OPEN
    category: ComplaintCategory
    severity: Severity = Severity.NORMAL
    line: str | None = None
    product: str | None = None
    region: str | None = None
    employee: str | None = None
    assignee: str | None = None
    due_at: datetime
    about_connector: str | None = None
    about_kind: str | None = None
    about_id: str | None = None
    content: ComplaintContent | None = None
    opened_at: datetime
    opened_by: str
    closed_at: datetime | None = None
    closed_by: str | None = None


class CompensationData(msgspec.Struct, frozen=True, kw_only=True):
    """What a customer was promised for a complaint: money or points."""

    id: str
    complaint_id: str
    customer_id: str
    amount: Decimal
    currency: str | None = None
    programme: str | None = None
    granted_at: datetime
    granted_by: str


class ComplaintFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which complaints are listed: those that meet every condition that is set."""

    states: tuple[ComplaintState, ...] = ()
    region: str | None = None
    product: str | None = None
    line: str | None = None
    employee: str | None = None
    assignee: str | None = None
    category: ComplaintCategory | None = None
    severity: Severity | None = None


class ComplaintGroup(enum.Enum):
    """By what complaints are counted."""

    REGION = "REGION"
    """Where it happened."""
    PRODUCT = "PRODUCT"
    """What it is about."""
    EMPLOYEE = "EMPLOYEE"
    """Who was involved."""
    CATEGORY = "CATEGORY"
    """What kind it is of."""
    STATE = "STATE"
    """How it stands."""


class AppointmentKind(enum.Enum):
    """How a customer and a sales person meet."""

    MEETING = "MEETING"
    """In person."""
    VIDEO = "VIDEO"
    """By video."""
    CALL = "CALL"
    """By phone."""


class AppointmentState(enum.Enum):
    """How an appointment stands."""

    BOOKED = "BOOKED"
    """It takes place."""
    CANCELLED = "CANCELLED"
    """It does not."""


class AppointmentData(Own, frozen=True, kw_only=True):
    """When a customer meets a sales person."""

    employee: str
    kind: AppointmentKind
    starts_at: datetime
    ends_at: datetime
    time_zone: str
    state: AppointmentState = AppointmentState.BOOKED
    content: Text | None = None
    booked_at: datetime
    booked_by: str


DataT = TypeVar("DataT", bound=msgspec.Struct)


class OwnPage(msgspec.Struct, Generic[DataT], frozen=True, kw_only=True):
    """A stretch of an ordered list."""

    items: tuple[DataT, ...] = ()
    cursors: tuple[str, ...] = ()
    """One for each: where to go on from."""
    has_next: bool = False
    has_previous: bool = False


Counts = Mapping[str | None, int]
"""How many there are of each value; of what has none under ``None``."""
