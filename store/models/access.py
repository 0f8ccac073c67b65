"""Who may come to which customer: books of business, verified callers, single doors opened with a reason."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, text

from store.columns import BINARY_TEXT, Key, Moment, UtcDateTime
from store.mapping import Mapped, mapped_column
from store.models.base import Base, of_customer, of_home

HELD = text("until IS NULL")
STANDING = text("ended_at IS NULL")
UNREVIEWED = text("verdict IS NULL")


class BookEntry(Base):
    """A customer in an agent's book of business. Ended entries are kept: who served whom, and when."""

    __tablename__ = "book"

    id: Mapped[Key] = mapped_column(primary_key=True)
    agent: Mapped[Key]
    """Subject of the principal whose book it is."""
    customer_id: Mapped[Key]
    home_id: Mapped[Key]
    since: Mapped[Moment]
    until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    assigned_by: Mapped[Key]
    ended_by: Mapped[str | None] = mapped_column(BINARY_TEXT)

    __table_args__: Any = (
        of_customer(),
        of_home("book"),
        CheckConstraint("(until IS NULL) = (ended_by IS NULL)", name="ended"),
        Index(
            "uq_book_held",
            "tenant",
            "agent",
            "home_id",
            unique=True,
            sqlite_where=HELD,
            postgresql_where=HELD,
        ),
        Index("ix_book_agent", "tenant", "agent", "customer_id", sqlite_where=HELD, postgresql_where=HELD),
        Index(None, "tenant", "customer_id"),
        Index(None, "tenant", "home_id"),
    )


class Verification(Base):
    """That somebody found out who the caller is. Counts for the customer as they were then."""

    __tablename__ = "verification"

    id: Mapped[Key] = mapped_column(primary_key=True)
    subject: Mapped[Key]
    customer_id: Mapped[Key]
    home_id: Mapped[Key]
    method: Mapped[Key]
    session: Mapped[str | None] = mapped_column(BINARY_TEXT)
    at: Mapped[Moment]
    until: Mapped[Moment]
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__: Any = (
        of_customer(),
        of_home("verification"),
        Index(
            "ix_verification_subject",
            "tenant",
            "subject",
            "customer_id",
            sqlite_where=STANDING,
            postgresql_where=STANDING,
        ),
        Index(None, "tenant", "customer_id"),
        Index(None, "tenant", "home_id"),
    )


class AnswerCheck(Base):
    """That a caller's answer was compared with what is known; never the answer."""

    __tablename__ = "answer_check"

    id: Mapped[Key] = mapped_column(primary_key=True)
    subject: Mapped[Key]
    customer_id: Mapped[Key]
    home_id: Mapped[Key]
    attribute: Mapped[Key]
    matched: Mapped[bool]
    at: Mapped[Moment]

    __table_args__: Any = (
        of_customer(),
        of_home("answer_check"),
        Index("ix_answer_check_customer_id", "tenant", "customer_id", "at"),
        Index("ix_answer_check_subject", "tenant", "subject", "at"),
        Index(None, "tenant", "home_id"),
    )


class Reveal(Base):
    """That a masked value was shown to somebody, and why."""

    __tablename__ = "reveal"

    id: Mapped[Key] = mapped_column(primary_key=True)
    subject: Mapped[Key]
    customer_id: Mapped[Key]
    home_id: Mapped[Key]
    path: Mapped[Key]
    reason: Mapped[Key]
    content: Mapped[bytes | None]
    version: Mapped[int]
    at: Mapped[Moment]

    __table_args__: Any = (
        of_customer(),
        of_home("reveal"),
        Index("ix_reveal_subject", "tenant", "subject", "at"),
        Index(None, "tenant", "customer_id"),
        Index(None, "tenant", "home_id"),
    )


class EmergencyAccess(Base):
    """A customer who was opened to somebody beyond their reach, for some time, and what was said of it."""

    __tablename__ = "emergency_access"

    id: Mapped[Key] = mapped_column(primary_key=True)
    subject: Mapped[Key]
    customer_id: Mapped[Key]
    home_id: Mapped[Key]
    ticket: Mapped[Key]
    content: Mapped[bytes | None]
    version: Mapped[int]
    at: Mapped[Moment]
    until: Mapped[Moment]
    verdict: Mapped[str | None] = mapped_column(BINARY_TEXT)
    reviewed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reviewed_by: Mapped[str | None] = mapped_column(BINARY_TEXT)

    __table_args__: Any = (
        of_customer(),
        of_home("emergency_access"),
        CheckConstraint("verdict IN ('JUSTIFIED', 'UNJUSTIFIED')", name="verdict"),
        CheckConstraint(
            "(verdict IS NULL) = (reviewed_at IS NULL) AND (verdict IS NULL) = (reviewed_by IS NULL)",
            name="reviewed",
        ),
        CheckConstraint("reviewed_by <> subject", name="four_eyes"),
        Index("ix_emergency_access_subject", "tenant", "subject", "until"),
        Index(
            "ix_emergency_access_queue",
            "tenant",
            "id",
            sqlite_where=UNREVIEWED,
            postgresql_where=UNREVIEWED,
        ),
        Index(None, "tenant", "customer_id"),
        Index(None, "tenant", "home_id"),
    )
