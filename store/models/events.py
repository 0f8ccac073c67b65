"""What happened, kept for those who follow it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Index, Sequence, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from store.columns import BINARY_TEXT, Key, Moment
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
