"""Customers, what they can be found by, who they are at the partners and what was said of them."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, literal_column, text

from store.columns import BINARY_TEXT, Key, Moment, UtcDateTime
from store.mapping import Mapped, mapped_column
from store.models.base import Base, by_statement, of_customer, of_home

LISTED = text("erased_at IS NULL AND standing = 'PRESENT'")
ACTIVE = text("unlinked_at IS NULL")


def _listing(*columns: str) -> Index:
    """An index that carries one order of the list of customers, with an optional filter before it."""
    return Index(
        f"ix_customer_{'_'.join(columns)}",
        "tenant",
        *columns,
        "id",
        sqlite_where=LISTED,
        postgresql_where=LISTED,
    )


class Customer(Base):
    """A person or an organisation. The row stays when the person is erased, without a name.

    It also stays when the customer is merged into another: as a node of that one, which no list shows.
    """

    __tablename__ = "customer"

    id: Mapped[Key] = mapped_column(primary_key=True)
    kind: Mapped[Key]
    external_id: Mapped[Key]
    display_name: Mapped[str] = mapped_column(BINARY_TEXT)
    sort_name: Mapped[Key]
    country: Mapped[str | None] = mapped_column(BINARY_TEXT)
    created_at: Mapped[Moment]
    updated_at: Mapped[Moment]
    erased_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    standing: Mapped[str] = mapped_column(BINARY_TEXT, server_default="PRESENT")
    """``PRESENT``: answers for itself. ``MERGED``: a redirect says who does."""

    __table_args__: Any = (
        CheckConstraint("kind IN ('PERSON', 'ORGANIZATION')", name="kind"),
        CheckConstraint("standing IN ('PRESENT', 'MERGED')", name="standing"),
        # What redirects refer to: a survivor that is merged, or a merged customer that is not, cannot be.
        Index("uq_customer_standing", "tenant", "id", "standing", unique=True),
        UniqueConstraint("tenant", "external_id"),
        _listing("sort_name"),
        _listing("created_at"),
        _listing("updated_at"),
        _listing("country", "sort_name"),
        _listing("kind", "sort_name"),
    )


PRESENT = (Customer.erased_at.is_(None), Customer.standing == literal_column("'PRESENT'"))
"""What holds of a customer that answers for itself; literal, so that the databases know the indexes by it."""


class NameToken(Base):
    """A word of one of a customer's names, folded, for search by prefix.

    Like look-up keys these rows say nothing of their own and are many: they refer to their customer without
    the database checking each of them (docs/decisions/0139).
    """

    __tablename__ = "name_token"

    token: Mapped[Key] = mapped_column(primary_key=True)
    customer_id: Mapped[Key] = mapped_column(primary_key=True)
    home_id: Mapped[Key] = mapped_column(primary_key=True)

    __table_args__: Any = (Index(None, "tenant", "customer_id"),)


class LookupKey(Base):
    """A keyed hash of an e-mail address, phone, number or block that leads to a customer.

    The database does not check that the customer is there; see :class:`NameToken`.
    """

    __tablename__ = "lookup_key"

    kind: Mapped[Key] = mapped_column(primary_key=True)
    hash: Mapped[bytes] = mapped_column(primary_key=True)
    customer_id: Mapped[Key] = mapped_column(primary_key=True)
    connector: Mapped[Key] = mapped_column(primary_key=True)
    party_id: Mapped[Key] = mapped_column(primary_key=True)
    """The party that brought it: when the party moves, the key goes with it."""

    __table_args__: Any = (Index(None, "tenant", "customer_id", "connector"),)


class IdentityLink(Base):
    """A customer's record at one partner, with the evidence that it is theirs. Ended links are kept.

    ``home_id`` is the node that the party hangs on, ``customer_id`` the customer that answers for that node.
    A party that is moved to another node gets a new row, so that the past can be read.
    """

    __tablename__ = "identity_link"

    id: Mapped[Key] = mapped_column(primary_key=True)
    customer_id: Mapped[Key]
    home_id: Mapped[Key]
    connector: Mapped[Key]
    party_id: Mapped[Key]
    status: Mapped[Key]
    method: Mapped[str] = mapped_column(BINARY_TEXT)
    confidence: Mapped[float]
    evidence: Mapped[str] = mapped_column(BINARY_TEXT)
    linked_at: Mapped[Moment]
    unlinked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    recorded_at: Mapped[Moment]
    """When the hub noted it; ``linked_at`` may tell of earlier."""

    __table_args__: Any = (
        by_statement(of_customer()),
        by_statement(of_home("identity_link")),
        CheckConstraint("status IN ('ACTIVE', 'ENDED')", name="status"),
        CheckConstraint("(status = 'ENDED') = (unlinked_at IS NOT NULL)", name="ended"),
        CheckConstraint("confidence BETWEEN 0 AND 1", name="confidence"),
        Index(
            "uq_identity_link_party",
            "tenant",
            "connector",
            "party_id",
            unique=True,
            sqlite_where=ACTIVE,
            postgresql_where=ACTIVE,
        ),
        Index(
            "ix_identity_link_held",
            "tenant",
            "connector",
            "customer_id",
            sqlite_where=ACTIVE,
            postgresql_where=ACTIVE,
        ),
        Index(None, "tenant", "customer_id"),
        Index(None, "tenant", "home_id"),
    )


class ProfileValue(Base):
    """What one partner said of a customer: valid in the world from/to, believed by the hub from/to."""

    __tablename__ = "profile_value"

    id: Mapped[Key] = mapped_column(primary_key=True)
    customer_id: Mapped[Key]
    connector: Mapped[Key]
    party_id: Mapped[Key]
    attribute: Mapped[Key]
    rank: Mapped[int]
    """Place among the values of the attribute as the partner lists them; 0 is the preferred one."""
    value: Mapped[str] = mapped_column(BINARY_TEXT)
    verified: Mapped[bool]
    observed_at: Mapped[Moment]
    """When the partner was last seen to hold it."""
    valid_from: Mapped[Moment]
    valid_to: Mapped[datetime | None] = mapped_column(UtcDateTime)
    recorded_from: Mapped[Moment]
    recorded_to: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__: Any = (
        by_statement(of_customer()),
        CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name="valid"),
        CheckConstraint("recorded_to IS NULL OR recorded_to >= recorded_from", name="recorded"),
        # Serves what is believed, to which the most are read, and what ever was. Those of a party are found
        # by its customer: each index more is written six times for every customer who comes.
        Index(None, "tenant", "customer_id", "recorded_to"),
    )
