"""What happened, for those who follow it; where it is delivered; which calls of partners were taken."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    Sequence,
    SmallInteger,
    text,
)

from store.columns import BINARY_TEXT, Key, Moment, UtcDateTime
from store.mapping import Mapped, mapped_column
from store.models.base import Base

PLACES = Sequence("outbox_sequence", metadata=Base.metadata)
"""Gives the places on PostgreSQL. On SQLite, where one transaction writes at a time, the next is counted."""


class OutboxEvent(Base):
    """An event, written by the transaction that it tells of."""

    __tablename__ = "outbox"

    sequence: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    id: Mapped[Key]
    kind: Mapped[Key]
    version: Mapped[int] = mapped_column(SmallInteger)
    customer_ids: Mapped[str] = mapped_column(BINARY_TEXT)
    """A JSON list. No reference: who was merged or erased since was meant all the same."""
    data: Mapped[str] = mapped_column(BINARY_TEXT)
    """A JSON object."""
    at: Mapped[Moment]

    __table_args__: Any = (
        Index("uq_outbox_id", "tenant", "id", unique=True),
        Index("ix_outbox_at", "tenant", "at"),
    )


class Endpoint(Base):
    """An address outside of the hub to which events are delivered."""

    __tablename__ = "endpoint"

    id: Mapped[Key] = mapped_column(primary_key=True)
    url: Mapped[str] = mapped_column(BINARY_TEXT)
    kinds: Mapped[str] = mapped_column(BINARY_TEXT)
    """A JSON list."""
    state: Mapped[Key]
    owner: Mapped[Key]
    client: Mapped[Key]
    scopes: Mapped[str] = mapped_column(BINARY_TEXT)
    """A JSON list."""
    master: Mapped[str] = mapped_column(BINARY_TEXT)
    """Mark of the master key that the secrets are sealed with."""
    secrets: Mapped[bytes] = mapped_column(LargeBinary)
    position: Mapped[int] = mapped_column(BigInteger)
    last_number: Mapped[int] = mapped_column(BigInteger)
    """Turn of the latest delivery that was made out."""
    created_at: Mapped[Moment]
    failing_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    lost: Mapped[str | None] = mapped_column(BINARY_TEXT)
    """A JSON list; none where nothing is lost."""
    purposes: Mapped[str | None] = mapped_column(BINARY_TEXT)
    """A JSON list; none of one that was registered before they were kept: every purpose."""
    lost_purposes: Mapped[str | None] = mapped_column(BINARY_TEXT)
    """A JSON list; none where nothing is lost."""
    seen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__: Any = (
        CheckConstraint("state IN ('ENABLED', 'PAUSED', 'FAILING', 'DISABLED')", name="state"),
    )


PENDING = text("state = 'PENDING'")
ENDED = text("state <> 'PENDING'")


class Delivery(Base):
    """An event on its way to an endpoint."""

    __tablename__ = "delivery"

    endpoint_id: Mapped[Key] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    event_id: Mapped[Key]
    sequence: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[Key]
    state: Mapped[Key]
    created_at: Mapped[Moment]
    attempts: Mapped[int]
    next_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    response_status: Mapped[int | None] = mapped_column(SmallInteger)
    failure: Mapped[str | None] = mapped_column(BINARY_TEXT)

    __table_args__: Any = (
        ForeignKeyConstraint(
            ["tenant", "endpoint_id"], ["endpoint.tenant", "endpoint.id"], ondelete="CASCADE"
        ),
        CheckConstraint("state IN ('PENDING', 'DELIVERED', 'DEAD')", name="state"),
        CheckConstraint("(state = 'PENDING') = (next_at IS NOT NULL)", name="next"),
        Index(
            "ix_delivery_pending",
            "tenant",
            "endpoint_id",
            "number",
            sqlite_where=PENDING,
            postgresql_where=PENDING,
        ),
        Index("ix_delivery_ended", "tenant", "last_at", sqlite_where=ENDED, postgresql_where=ENDED),
    )


class ReceivedEvent(Base):
    """A partner's call that was taken, so that its repetition is known."""

    __tablename__ = "received_event"

    connector: Mapped[Key] = mapped_column(primary_key=True)
    event_id: Mapped[Key] = mapped_column(primary_key=True)
    at: Mapped[Moment]

    __table_args__: Any = (Index("ix_received_event_at", "tenant", "at"),)
