"""Scores that somebody contested, for people to look at."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, text

from store.columns import BINARY_TEXT, Key, Moment, UtcDateTime
from store.mapping import Mapped, mapped_column
from store.models.base import Base, of_customer, of_home

OPEN = text("verdict IS NULL")


class ScoreContest(Base):
    """A customer's score that somebody contested, and what a person said of it."""

    __tablename__ = "score_contest"

    id: Mapped[Key] = mapped_column(primary_key=True)
    customer_id: Mapped[Key]
    home_id: Mapped[Key]
    reason: Mapped[str] = mapped_column(BINARY_TEXT)
    raised_at: Mapped[Moment]
    raised_by: Mapped[str] = mapped_column(BINARY_TEXT)
    verdict: Mapped[str | None] = mapped_column(BINARY_TEXT)
    note: Mapped[str | None] = mapped_column(BINARY_TEXT)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by: Mapped[str | None] = mapped_column(BINARY_TEXT)

    __table_args__: Any = (
        of_customer(),
        of_home("score_contest"),
        CheckConstraint("verdict IN ('UPHELD', 'OVERTURNED')", name="verdict"),
        CheckConstraint(
            "(verdict IS NULL) = (decided_at IS NULL) AND (verdict IS NULL) = (decided_by IS NULL)",
            name="decided",
        ),
        Index(None, "tenant", "customer_id"),
        Index(None, "tenant", "home_id"),
        Index("ix_score_contest_queue", "tenant", "id", sqlite_where=OPEN, postgresql_where=OPEN),
    )
