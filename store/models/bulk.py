"""What is brought in by the million: the uploads themselves, and the records that come with them alone."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Index, text

from store.columns import BINARY_TEXT, ExactDecimal, Key, Moment, UtcDateTime
from store.mapping import Mapped, mapped_column
from store.models.base import Base, of_customer, of_home

WAITING = text("state IN ('QUEUED', 'RUNNING')")


class Upload(Base):
    """A file that is being uploaded, and the job that takes its rows in."""

    __tablename__ = "upload"

    id: Mapped[Key] = mapped_column(primary_key=True)
    kind: Mapped[Key]
    format: Mapped[Key]
    source: Mapped[Key]
    """The system whose records they are: with their ids there it makes each of them one."""
    size: Mapped[int] = mapped_column(BigInteger)
    digest: Mapped[str] = mapped_column(BINARY_TEXT)
    """SHA-256 of the whole, in hexadecimal digits."""
    key: Mapped[bytes | None]
    """Data key of what was uploaded, wrapped; gone with it."""
    state: Mapped[Key]
    received: Mapped[int] = mapped_column(BigInteger)
    """Bytes that are here."""
    position: Mapped[int] = mapped_column(BigInteger)
    """Bytes whose rows are taken in."""
    rows: Mapped[int] = mapped_column(BigInteger)
    created: Mapped[int] = mapped_column(BigInteger)
    changed: Mapped[int] = mapped_column(BigInteger)
    unchanged: Mapped[int] = mapped_column(BigInteger)
    failed: Mapped[int] = mapped_column(BigInteger)
    reason: Mapped[str | None] = mapped_column(BINARY_TEXT)
    """Why it failed as a whole, from a closed list."""
    created_at: Mapped[Moment]
    created_by: Mapped[str] = mapped_column(BINARY_TEXT)
    expires_at: Mapped[Moment]
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__: Any = (
        CheckConstraint("kind IN ('CUSTOMERS', 'INTERACTIONS', 'JOURNEYS', 'BOOKINGS')", name="kind"),
        CheckConstraint("format IN ('CSV', 'NDJSON')", name="format"),
        CheckConstraint(
            "state IN ('RECEIVING', 'QUEUED', 'RUNNING', 'DONE', 'FAILED', 'CANCELLED')", name="state"
        ),
        CheckConstraint("received BETWEEN 0 AND size AND position BETWEEN 0 AND size", name="received"),
        Index("ix_upload_waiting", "tenant", "id", sqlite_where=WAITING, postgresql_where=WAITING),
        Index(None, "tenant", "created_by"),
    )


class UploadChunk(Base):
    """A stretch of what was uploaded, sealed. Deleted when its job has ended."""

    __tablename__ = "upload_chunk"

    upload_id: Mapped[Key] = mapped_column(primary_key=True)
    start: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger)
    content: Mapped[bytes]

    __table_args__: Any = (
        ForeignKeyConstraint(["tenant", "upload_id"], ["upload.tenant", "upload.id"], ondelete="CASCADE"),
    )


class UploadProblem(Base):
    """Why a row was not taken in. Never its values."""

    __tablename__ = "upload_problem"

    upload_id: Mapped[Key] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    """Of the row, from 1; a header is none."""
    field: Mapped[Key] = mapped_column(primary_key=True)
    code: Mapped[Key]
    message: Mapped[str] = mapped_column(BINARY_TEXT)

    __table_args__: Any = (
        ForeignKeyConstraint(["tenant", "upload_id"], ["upload.tenant", "upload.id"], ondelete="CASCADE"),
    )


class Booking(Base):
    """A stay, rental or flight that a customer booked, as another system of the company's holds it."""

    __tablename__ = "booking"

    id: Mapped[Key] = mapped_column(primary_key=True)
    customer_id: Mapped[Key]
    home_id: Mapped[Key]
    source: Mapped[Key]
    external_id: Mapped[Key]
    kind: Mapped[Key]
    state: Mapped[Key]
    starts_at: Mapped[Moment]
    ends_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    provider: Mapped[str | None] = mapped_column(BINARY_TEXT)
    origin: Mapped[str | None] = mapped_column(BINARY_TEXT)
    destination: Mapped[str | None] = mapped_column(BINARY_TEXT)
    amount: Mapped[Decimal | None] = mapped_column(ExactDecimal)
    currency: Mapped[str | None] = mapped_column(BINARY_TEXT)
    content: Mapped[bytes | None]
    version: Mapped[int]
    recorded_at: Mapped[Moment]

    __table_args__: Any = (
        of_customer(),
        of_home("booking"),
        CheckConstraint("(amount IS NULL) = (currency IS NULL)", name="amount"),
        Index("ix_booking_newest", "tenant", "customer_id", "starts_at", "id"),
        Index(None, "tenant", "home_id"),
        Index("uq_booking_external", "tenant", "source", "external_id", unique=True),
    )


class Touchpoint(Base):
    """One step of a customer's journey."""

    __tablename__ = "touchpoint"

    id: Mapped[Key] = mapped_column(primary_key=True)
    customer_id: Mapped[Key]
    home_id: Mapped[Key]
    source: Mapped[Key]
    external_id: Mapped[Key]
    journey: Mapped[Key]
    kind: Mapped[Key]
    at: Mapped[Moment]
    origin: Mapped[str | None] = mapped_column(BINARY_TEXT)
    destination: Mapped[str | None] = mapped_column(BINARY_TEXT)
    content: Mapped[bytes | None]
    version: Mapped[int]
    recorded_at: Mapped[Moment]

    __table_args__: Any = (
        of_customer(),
        of_home("touchpoint"),
        Index("ix_touchpoint_journey", "tenant", "customer_id", "journey", "at"),
        Index(None, "tenant", "home_id"),
        Index("uq_touchpoint_external", "tenant", "source", "external_id", unique=True),
    )
