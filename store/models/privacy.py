"""What people ask to be told or forgotten, what keeps that from being done, and how long data is kept."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Index, text

from store.columns import BINARY_TEXT, Key, Moment, UtcDateTime
from store.mapping import Mapped, mapped_column
from store.models.base import Base, of_customer, of_home

WAITING = text("state = 'REQUESTED'")
STANDING = text("lifted_at IS NULL")


class DataExport(Base):
    """A request to be told everything, and how far it is."""

    __tablename__ = "data_export"

    id: Mapped[Key] = mapped_column(primary_key=True)
    customer_id: Mapped[Key]
    home_id: Mapped[Key]
    state: Mapped[Key]
    requested_at: Mapped[Moment]
    requested_by: Mapped[str] = mapped_column(BINARY_TEXT)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    size: Mapped[int | None] = mapped_column(BigInteger)
    digest: Mapped[str | None] = mapped_column(BINARY_TEXT)
    problem: Mapped[str | None] = mapped_column(BINARY_TEXT)

    __table_args__: Any = (
        of_customer(),
        of_home("data_export"),
        CheckConstraint("state IN ('REQUESTED', 'READY', 'FAILED')", name="state"),
        Index(None, "tenant", "customer_id"),
        Index(None, "tenant", "home_id"),
        Index(None, "tenant", "expires_at"),
        Index("ix_data_export_waiting", "tenant", "id", sqlite_where=WAITING, postgresql_where=WAITING),
    )


class DataExportChunk(Base):
    """A piece of an export, sealed with the key of the customer it was requested for."""

    __tablename__ = "data_export_chunk"

    export_id: Mapped[Key] = mapped_column(primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[Key]
    home_id: Mapped[Key]
    content: Mapped[bytes]

    __table_args__: Any = (
        of_customer(),
        of_home("data_export_chunk"),
        ForeignKeyConstraint(["tenant", "export_id"], ["data_export.tenant", "data_export.id"]),
        Index(None, "tenant", "customer_id"),
        Index(None, "tenant", "home_id"),
    )


class ErasureCertificate(Base):
    """What an erasure deleted, signed. No personal data."""

    __tablename__ = "erasure_certificate"

    id: Mapped[Key] = mapped_column(primary_key=True)
    node_id: Mapped[Key]
    """The customer that was erased."""
    at: Mapped[Moment]
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """None while something is held back."""
    content: Mapped[str] = mapped_column(BINARY_TEXT)
    """What it says, as JSON: always read as a whole."""

    __table_args__: Any = (
        ForeignKeyConstraint(["tenant", "node_id"], ["customer.tenant", "customer.id"]),
        Index(None, "tenant", "node_id"),
    )


class LegalHold(Base):
    """A ground on which a person's data, or one kind of it, is not deleted for now."""

    __tablename__ = "legal_hold"

    id: Mapped[Key] = mapped_column(primary_key=True)
    customer_id: Mapped[Key]
    home_id: Mapped[Key]
    kind: Mapped[str | None] = mapped_column(BINARY_TEXT)
    basis: Mapped[Key]
    reason: Mapped[bytes | None]
    """In words; sealed with the key of ``home_id``."""
    until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    placed_at: Mapped[Moment]
    placed_by: Mapped[str] = mapped_column(BINARY_TEXT)
    lifted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    lifted_by: Mapped[str | None] = mapped_column(BINARY_TEXT)

    __table_args__: Any = (
        of_customer(),
        of_home("legal_hold"),
        CheckConstraint("(lifted_at IS NULL) = (lifted_by IS NULL)", name="lifted"),
        Index(None, "tenant", "customer_id"),
        Index(None, "tenant", "home_id"),
        Index("ix_legal_hold_standing", "tenant", "id", sqlite_where=STANDING, postgresql_where=STANDING),
    )


class RetentionRule(Base):
    """How long a kind of record is kept."""

    __tablename__ = "retention_rule"

    kind: Mapped[Key] = mapped_column(primary_key=True)
    days: Mapped[int | None]
    duty_days: Mapped[int | None]
    basis: Mapped[str | None] = mapped_column(BINARY_TEXT)
    changed_at: Mapped[Moment]
    changed_by: Mapped[str] = mapped_column(BINARY_TEXT)

    __table_args__: Any = (
        CheckConstraint("days > 0", name="days"),
        CheckConstraint("duty_days > 0", name="duty_days"),
        CheckConstraint("(duty_days IS NULL) = (basis IS NULL)", name="basis"),
    )


class RetentionRun(Base):
    """How far the last pass over a kind of record is, and what it did."""

    __tablename__ = "retention_run"

    kind: Mapped[Key] = mapped_column(primary_key=True)
    started_at: Mapped[Moment]
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    position: Mapped[str] = mapped_column(BINARY_TEXT)
    deleted: Mapped[int] = mapped_column(BigInteger)
    held: Mapped[int] = mapped_column(BigInteger)
