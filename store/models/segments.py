"""Segments: definitions under version, how large they were, and who belongs to them."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Index

from store.columns import BINARY_TEXT, Key, Moment, UtcDateTime
from store.mapping import Mapped, mapped_column
from store.models.base import Base, of_customer


class SegmentVersion(Base):
    """A version of a definition."""

    __tablename__ = "segment_version"

    name: Mapped[Key] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    definition: Mapped[str | None] = mapped_column(BINARY_TEXT)
    active_from: Mapped[Moment]
    by: Mapped[str] = mapped_column(BINARY_TEXT)
    recorded_at: Mapped[Moment]

    __table_args__: Any = (CheckConstraint("version > 0", name="version"),)


class SegmentCount(Base):
    """A count of the population on one day, finished or under way."""

    __tablename__ = "segment_count"

    day: Mapped[date] = mapped_column(primary_key=True)
    versions: Mapped[str] = mapped_column(BINARY_TEXT)
    currency: Mapped[Key]
    position: Mapped[str | None] = mapped_column(BINARY_TEXT)
    customers: Mapped[int] = mapped_column(BigInteger)
    tallies: Mapped[str] = mapped_column(BINARY_TEXT)
    """What was found up to there, as JSON: always read as a whole."""
    updated_at: Mapped[Moment]
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class SegmentSize(Base):
    """How large a segment was on one day."""

    __tablename__ = "segment_size"

    name: Mapped[Key] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    version: Mapped[int]
    customers: Mapped[int] = mapped_column(BigInteger)
    profit: Mapped[float]
    lifetime_value: Mapped[float]
    population: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[Key]

    __table_args__: Any = (
        CheckConstraint("customers BETWEEN 0 AND population", name="customers"),
        Index(None, "tenant", "day"),
    )


class SegmentCell(Base):
    """How many customers had the same labels on one day."""

    __tablename__ = "segment_cell"

    day: Mapped[date] = mapped_column(primary_key=True)
    value: Mapped[Key] = mapped_column(primary_key=True)
    risk: Mapped[Key] = mapped_column(primary_key=True)
    lifecycle: Mapped[Key] = mapped_column(primary_key=True)
    customers: Mapped[int] = mapped_column(BigInteger)
    profit: Mapped[float]
    lifetime_value: Mapped[float]


class SegmentMember(Base):
    """That a customer belonged to a segment when they were last counted."""

    __tablename__ = "segment_member"

    name: Mapped[Key] = mapped_column(primary_key=True)
    customer_id: Mapped[Key] = mapped_column(primary_key=True)
    since: Mapped[date]
    """Day of the first count that found them in it without a break."""

    __table_args__: Any = (of_customer(), Index(None, "tenant", "customer_id"))


class CustomerScore(Base):
    """A figure of a customer when they were last counted, by which customers are put in order."""

    __tablename__ = "customer_score"

    customer_id: Mapped[Key] = mapped_column(primary_key=True)
    figure: Mapped[Key] = mapped_column(primary_key=True)
    line: Mapped[Key] = mapped_column(primary_key=True)
    score: Mapped[float]

    __table_args__: Any = (of_customer(), Index(None, "tenant", "figure", "line", "score", "customer_id"))
