"""Who is who: where old ids went, the ledger with its evidence, reviews, households, answered requests.

A customer that is merged becomes a *node* of the survivor: its row stays, and everything that hangs on it
keeps saying so in ``home_id`` while ``customer_id`` says who answers for it now. An unmerge therefore only
sets ``customer_id`` back; see :mod:`store.moving`.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, text

from store.columns import BINARY_TEXT, Key, Moment, UtcDateTime
from store.mapping import Mapped, mapped_column
from store.models.base import Base, by_statement, of_customer, of_home

STANDING = text("ended_at IS NULL")
UNDECIDED = text("verdict IS NULL")
REVERSING = text("reverses IS NOT NULL")
REVIEWED = text("review_id IS NOT NULL")


def _of(table: str, column: str) -> ForeignKeyConstraint:
    """The reference to a row of the same tenant by its id."""
    return ForeignKeyConstraint(["tenant", column], [f"{table}.tenant", f"{table}.id"])


class IdentityEntry(Base):
    """A decision about who is who. Rows are only ever added; erasing a person blanks what is theirs."""

    __tablename__ = "identity_entry"

    id: Mapped[Key] = mapped_column(primary_key=True)
    kind: Mapped[Key]
    at: Mapped[Moment]
    actor: Mapped[str] = mapped_column(BINARY_TEXT)
    rule: Mapped[str] = mapped_column(BINARY_TEXT)
    probability: Mapped[float | None]
    model_version: Mapped[str | None] = mapped_column(BINARY_TEXT)
    reason: Mapped[str] = mapped_column(BINARY_TEXT)
    review_id: Mapped[str | None] = mapped_column(BINARY_TEXT)
    reverses: Mapped[str | None] = mapped_column(BINARY_TEXT)

    __table_args__: Any = (
        CheckConstraint("probability BETWEEN 0 AND 1", name="probability"),
        # At most one entry takes back another. Most take back nothing, and settle no review.
        Index(
            "uq_identity_entry_reverses",
            "tenant",
            "reverses",
            unique=True,
            sqlite_where=REVERSING,
            postgresql_where=REVERSING,
        ),
        Index(
            "ix_identity_entry_tenant_review_id",
            "tenant",
            "review_id",
            sqlite_where=REVIEWED,
            postgresql_where=REVIEWED,
        ),
    )


class EntryCustomer(Base):
    """A customer that an entry concerns, by the id it had."""

    __tablename__ = "entry_customer"

    entry_id: Mapped[Key] = mapped_column(primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True)
    """0 is the one that the entry left or made."""
    node_id: Mapped[Key]

    __table_args__: Any = (
        by_statement(_of("identity_entry", "entry_id")),
        by_statement(ForeignKeyConstraint(["tenant", "node_id"], ["customer.tenant", "customer.id"])),
        Index(None, "tenant", "node_id", "entry_id"),
    )


class EntryParty(Base):
    """A party that an entry linked or moved, and the node it hung on before."""

    __tablename__ = "entry_party"

    entry_id: Mapped[Key] = mapped_column(primary_key=True)
    connector: Mapped[Key] = mapped_column(primary_key=True)
    party_id: Mapped[Key] = mapped_column(primary_key=True)
    from_id: Mapped[str | None] = mapped_column(BINARY_TEXT)
    to_id: Mapped[str | None] = mapped_column(BINARY_TEXT)

    __table_args__: Any = (
        by_statement(_of("identity_entry", "entry_id")),
        Index(None, "tenant", "connector", "party_id"),
    )


class Evidence(Base):
    """How a field agreed and what that was worth. No value of the field."""

    __tablename__ = "evidence"

    entry_id: Mapped[Key] = mapped_column(primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True)
    field: Mapped[str] = mapped_column(BINARY_TEXT)
    agreement: Mapped[str] = mapped_column(BINARY_TEXT)
    weight: Mapped[float]

    __table_args__: Any = (_of("identity_entry", "entry_id"),)


class Redirect(Base):
    """A customer that is part of another one, or was.

    ``parent_id`` is the customer it was merged into, ``survivor_id`` the one that answers for it now, however
    many merges lie between. While it stands, the customer is ``MERGED`` and the survivor ``PRESENT``, both
    held by references: no chain and no cycle can be written.
    """

    __tablename__ = "redirect"

    id: Mapped[Key] = mapped_column(primary_key=True)
    customer_id: Mapped[Key]
    parent_id: Mapped[Key]
    survivor_id: Mapped[Key]
    entry_id: Mapped[Key]
    merged_at: Mapped[Moment]
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    customer_standing: Mapped[str | None] = mapped_column(BINARY_TEXT)
    survivor_standing: Mapped[str | None] = mapped_column(BINARY_TEXT)

    __table_args__: Any = (
        _of("identity_entry", "entry_id"),
        ForeignKeyConstraint(
            ["tenant", "customer_id", "customer_standing"],
            ["customer.tenant", "customer.id", "customer.standing"],
            name="fk_redirect_merged",
        ),
        ForeignKeyConstraint(
            ["tenant", "survivor_id", "survivor_standing"],
            ["customer.tenant", "customer.id", "customer.standing"],
            name="fk_redirect_present",
        ),
        CheckConstraint(
            "(ended_at IS NULL AND customer_standing = 'MERGED' AND survivor_standing = 'PRESENT') "
            "OR (ended_at IS NOT NULL AND customer_standing IS NULL AND survivor_standing IS NULL)",
            name="standing",
        ),
        Index(
            "uq_redirect_customer",
            "tenant",
            "customer_id",
            unique=True,
            sqlite_where=STANDING,
            postgresql_where=STANDING,
        ),
        Index(None, "tenant", "survivor_id"),
        Index(None, "tenant", "parent_id"),
        Index("ix_redirect_history", "tenant", "customer_id", "merged_at"),
    )


class Apart(Base):
    """Two parties that a human keeps apart, the smaller first."""

    __tablename__ = "apart"

    low_connector: Mapped[Key] = mapped_column(primary_key=True)
    low_party: Mapped[Key] = mapped_column(primary_key=True)
    high_connector: Mapped[Key] = mapped_column(primary_key=True)
    high_party: Mapped[Key] = mapped_column(primary_key=True)
    entry_id: Mapped[Key]

    __table_args__: Any = (
        _of("identity_entry", "entry_id"),
        CheckConstraint(
            "low_connector < high_connector OR (low_connector = high_connector AND low_party < high_party)",
            name="ordered",
        ),
        Index(None, "tenant", "high_connector", "high_party"),
        Index(None, "tenant", "entry_id"),
    )


class Review(Base):
    """A pair before a human. Whether it is moot is seen from whose the two are now."""

    __tablename__ = "review"

    id: Mapped[Key] = mapped_column(primary_key=True)
    entry_id: Mapped[Key]
    left_connector: Mapped[Key]
    left_party: Mapped[Key]
    left_id: Mapped[str | None] = mapped_column(BINARY_TEXT)
    """The customer that the left party belongs to; none after an erasure."""
    right_connector: Mapped[Key]
    right_party: Mapped[Key]
    right_id: Mapped[str | None] = mapped_column(BINARY_TEXT)
    low_id: Mapped[str | None] = mapped_column(BINARY_TEXT)
    """The smaller of the two customer ids, so that a pair is found whichever side is which."""
    high_id: Mapped[str | None] = mapped_column(BINARY_TEXT)
    verdict: Mapped[str | None] = mapped_column(BINARY_TEXT)
    decided_id: Mapped[str | None] = mapped_column(BINARY_TEXT)

    __table_args__: Any = (
        _of("identity_entry", "entry_id"),
        CheckConstraint("verdict IN ('SAME', 'NOT_SAME')", name="verdict"),
        CheckConstraint("(verdict IS NULL) = (decided_id IS NULL)", name="decided"),
        Index(
            "ix_review_pair",
            "tenant",
            "low_id",
            "high_id",
            "id",
            sqlite_where=UNDECIDED,
            postgresql_where=UNDECIDED,
        ),
        Index("ix_review_queue", "tenant", "id", sqlite_where=UNDECIDED, postgresql_where=UNDECIDED),
        Index(None, "tenant", "left_id"),
        Index(None, "tenant", "right_id"),
        Index(None, "tenant", "left_connector", "left_party"),
        Index(None, "tenant", "right_connector", "right_party"),
    )


class Household(Base):
    """Customers who live together."""

    __tablename__ = "household"

    id: Mapped[Key] = mapped_column(primary_key=True)
    since: Mapped[Moment]
    rule: Mapped[str] = mapped_column(BINARY_TEXT)
    evidence: Mapped[str] = mapped_column(BINARY_TEXT)
    """Fields, levels and weights as JSON: always read as a whole."""


class HouseholdMember(Base):
    """A customer of a household."""

    __tablename__ = "household_member"

    household_id: Mapped[Key] = mapped_column(primary_key=True)
    home_id: Mapped[Key] = mapped_column(primary_key=True)
    customer_id: Mapped[Key]
    noted_at: Mapped[Moment]

    __table_args__: Any = (
        of_customer(),
        of_home("household_member"),
        _of("household", "household_id"),
        Index(None, "tenant", "customer_id"),
        Index(None, "tenant", "home_id"),
    )


class AnsweredRequest(Base):
    """A request that was answered: its key and body as hashes, its answer without personal values."""

    __tablename__ = "answered_request"

    key_hash: Mapped[bytes] = mapped_column(primary_key=True)
    fingerprint: Mapped[bytes]
    response: Mapped[bytes | None]
    at: Mapped[Moment]
    expires_at: Mapped[Moment]

    __table_args__: Any = (Index(None, "tenant", "expires_at"),)


class RequestCustomer(Base):
    """A customer that an answer is about, so that erasing them takes it along."""

    __tablename__ = "request_customer"

    key_hash: Mapped[bytes] = mapped_column(primary_key=True)
    node_id: Mapped[Key] = mapped_column(primary_key=True)

    __table_args__: Any = (
        ForeignKeyConstraint(
            ["tenant", "key_hash"],
            ["answered_request.tenant", "answered_request.key_hash"],
            ondelete="CASCADE",
        ),
        Index(None, "tenant", "node_id"),
    )


class ErasedParty(Base):
    """The keyed hash of a party of an erased person, so that a feed does not bring the person back."""

    __tablename__ = "erased_party"

    hash: Mapped[bytes] = mapped_column(primary_key=True)
    at: Mapped[Moment]
