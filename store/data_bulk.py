"""What the store takes and gives of uploads, and of the rows that come with them."""

from __future__ import annotations

import enum
from datetime import datetime

import msgspec

from store.data import EnrolLink
from store.data_identity import CustomerDraft
from store.data_records import BookingData, TouchpointData
from store.data_service import InteractionData


class UploadKind(enum.Enum):
    """What the rows of an upload are."""

    CUSTOMERS = "CUSTOMERS"
    """Persons and organisations."""
    INTERACTIONS = "INTERACTIONS"
    """Calls, messages, visits and the like that are over."""
    JOURNEYS = "JOURNEYS"
    """Steps of customers' journeys."""
    BOOKINGS = "BOOKINGS"
    """Stays, rentals and flights."""


class UploadFormat(enum.Enum):
    """How the rows are written."""

    CSV = "CSV"
    """Comma-separated values with a header, in UTF-8 (RFC 4180)."""
    NDJSON = "NDJSON"
    """A JSON object on each line, in UTF-8."""


class UploadState(enum.Enum):
    """How an upload and its job stand."""

    RECEIVING = "RECEIVING"
    """It is being uploaded."""
    QUEUED = "QUEUED"
    """It is here, and its job waits for its turn."""
    RUNNING = "RUNNING"
    """Its rows are being taken in."""
    DONE = "DONE"
    """Every row was taken in, or has a problem that says why not."""
    FAILED = "FAILED"
    """It cannot be read on; rows before that are taken in."""
    CANCELLED = "CANCELLED"
    """Somebody cancelled it; rows before that are taken in."""


class FailureReason(enum.Enum):
    """Why an upload failed as a whole."""

    DIGEST_DIFFERS = "DIGEST_DIFFERS"
    """What arrived is not what was announced: its SHA-256 is another one. No row was taken in."""
    NOT_UTF8 = "NOT_UTF8"
    """It is not text in UTF-8."""
    HEADER = "HEADER"
    """The header of the CSV names a column twice, one that there is not, or lacks one that is needed."""
    ROW_TOO_LONG = "ROW_TOO_LONG"
    """A row is longer than a row may be: a quote may not be closed."""
    FAULT = "FAULT"
    """Something unexpected went wrong here: report it with the job's id."""


class RowProblemCode(enum.Enum):
    """Why a row was not taken in."""

    MALFORMED = "MALFORMED"
    """It is no JSON object, or has not as many fields as the header."""
    UNKNOWN_FIELD = "UNKNOWN_FIELD"
    """It has a field that rows of this kind do not have."""
    MISSING = "MISSING"
    """A field that is needed is not there."""
    INVALID = "INVALID"
    """A field has a value that cannot be used; the message says what would do."""
    CUSTOMER_UNKNOWN = "CUSTOMER_UNKNOWN"
    """The hub knows no customer by what the row says, or no longer."""
    CUSTOMER_ERASED = "CUSTOMER_ERASED"
    """The customer of this id was erased; nothing is kept of them."""
    KIND_DIFFERS = "KIND_DIFFERS"
    """The customer of this id is an organisation where the row says a person, or the other way round."""


class RowProblem(msgspec.Struct, frozen=True, kw_only=True):
    """Why a row was not taken in. Never its values."""

    number: int
    """Of the row, from 1; a header is none."""
    field: str = ""
    code: RowProblemCode
    message: str


class ProblemPage(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of the problems, in the order of the rows."""

    problems: tuple[RowProblem, ...] = ()
    cursors: tuple[str, ...] = ()
    has_next: bool = False
    has_previous: bool = False


class UploadData(msgspec.Struct, frozen=True, kw_only=True):
    """An upload and its job."""

    id: str
    kind: UploadKind
    format: UploadFormat
    source: str
    """The system whose records they are."""
    size: int
    digest: str
    state: UploadState = UploadState.RECEIVING
    received: int = 0
    position: int = 0
    rows: int = 0
    created: int = 0
    changed: int = 0
    unchanged: int = 0
    failed: int = 0
    reason: FailureReason | None = None
    created_at: datetime
    created_by: str
    expires_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """What became of rows."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0


class Whose(msgspec.Struct, frozen=True, gc=False):
    """By what a row names its customer: one of the two."""

    customer_id: str | None = None
    """The hub's own id."""
    party: tuple[str, str] | None = None
    """Instance id and the id there."""


class CustomerRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A customer as a row brings them."""

    number: int
    link: EnrolLink
    draft: CustomerDraft


class InteractionRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An interaction as a row brings it: its customer is yet to be found."""

    number: int
    whose: Whose
    data: InteractionData


class BookingRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A booking as a row brings it."""

    number: int
    whose: Whose
    data: BookingData


class TouchpointRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A step of a journey as a row brings it."""

    number: int
    whose: Whose
    data: TouchpointData


OwnRow = InteractionRow | BookingRow | TouchpointRow
AnyRow = CustomerRow | OwnRow
