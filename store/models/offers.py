"""Products, and how customers answered offers of them."""

from datetime import date
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, text

from store.columns import BINARY_TEXT, Key, Moment
from store.mapping import Mapped, mapped_column
from store.models.base import Base, of_customer, of_home

CURRENT = text("current")


class Product(Base):
    """One version of a product. Versions are kept: what a customer was offered can be read later."""

    __tablename__ = "product"

    id: Mapped[Key] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    current: Mapped[bool]
    """Whether it is the latest one."""
    domain: Mapped[Key]
    line: Mapped[Key]
    name: Mapped[str] = mapped_column(BINARY_TEXT)
    description: Mapped[str] = mapped_column(BINARY_TEXT)
    state: Mapped[Key]
    valid_from: Mapped[date | None]
    valid_until: Mapped[date | None]
    content: Mapped[str] = mapped_column(BINARY_TEXT)
    """Value, rules, levers and caps as JSON: always read as a whole."""
    since: Mapped[Moment]

    __table_args__: Any = (
        CheckConstraint("state IN ('DRAFT', 'ACTIVE', 'RETIRED')", name="state"),
        Index(
            "uq_product_current",
            "tenant",
            "id",
            unique=True,
            sqlite_where=CURRENT,
            postgresql_where=CURRENT,
        ),
    )


class OfferResponse(Base):
    """That a customer was presented an offer, accepted or declined it."""

    __tablename__ = "offer_response"

    id: Mapped[Key] = mapped_column(primary_key=True)
    customer_id: Mapped[Key]
    home_id: Mapped[Key]
    product_id: Mapped[Key]
    product_version: Mapped[int]
    event: Mapped[Key]
    at: Mapped[Moment]
    agent: Mapped[str] = mapped_column(BINARY_TEXT)
    channel: Mapped[str | None] = mapped_column(BINARY_TEXT)
    doing: Mapped[str | None] = mapped_column(BINARY_TEXT)
    reason: Mapped[str | None] = mapped_column(BINARY_TEXT)
    stage: Mapped[str] = mapped_column(BINARY_TEXT)
    propensity: Mapped[float | None]
    priority: Mapped[float | None]
    explored: Mapped[bool]
    parts: Mapped[str] = mapped_column(BINARY_TEXT)
    """What the priority was made of, as JSON: always read as a whole."""

    __table_args__: Any = (
        of_customer(),
        of_home("offer_response"),
        ForeignKeyConstraint(
            ["tenant", "product_id", "product_version"],
            ["product.tenant", "product.id", "product.version"],
        ),
        CheckConstraint("event IN ('PRESENTED', 'ACCEPTED', 'DECLINED')", name="event"),
        CheckConstraint("propensity BETWEEN 0 AND 1", name="propensity"),
        Index(None, "tenant", "customer_id", "at"),
        Index(None, "tenant", "home_id"),
        Index(None, "tenant", "at", "id"),
    )
