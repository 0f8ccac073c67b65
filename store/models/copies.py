"""What the hub keeps of the partners' data: grants, encrypted copies, record ids and summaries."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Index, Text

from store.columns import BINARY_TEXT, Key, Moment, UtcDateTime
from store.mapping import Mapped, mapped_column
from store.models.base import Base, of_customer


class CustomerKey(Base):
    """A customer's data key, wrapped by the master key. Without it their grants and copies are noise."""

    __tablename__ = "customer_key"

    customer_id: Mapped[Key] = mapped_column(primary_key=True)
    master: Mapped[Key]
    """Mark of the master key that wraps it, so that the wrong one is told from damage."""
    wrapped: Mapped[bytes]
    created_at: Mapped[Moment]

    __table_args__: Any = (of_customer(),)


class Grant(Base):
    """A party's access token, encrypted with the data key of the customer it belonged to then."""

    __tablename__ = "grant"

    customer_id: Mapped[Key] = mapped_column(primary_key=True)
    connector: Mapped[Key] = mapped_column(primary_key=True)
    party_id: Mapped[Key] = mapped_column(primary_key=True)
    sealed_for: Mapped[Key]
    """The customer whose key opens it: the same one, or a node of it."""
    token: Mapped[bytes]
    scopes: Mapped[str] = mapped_column(Text)
    """Separated by spaces, as OAuth writes them."""
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    updated_at: Mapped[Moment]
    granted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    granted_by: Mapped[str | None] = mapped_column(BINARY_TEXT)
    """Who began it; none where it was imported."""
    revoked_by: Mapped[str | None] = mapped_column(BINARY_TEXT)

    __table_args__: Any = (of_customer(),)


class Snapshot(Base):
    """The last-known copy of one kind of record of certain parties, encrypted with the customer's data key.

    A copy is seen while the customer has all of these parties: it never shows the records of a party that
    was split off, nor passes those of half the parties for all.
    """

    __tablename__ = "snapshot"

    customer_id: Mapped[Key] = mapped_column(primary_key=True)
    connector: Mapped[Key] = mapped_column(primary_key=True)
    kind: Mapped[Key] = mapped_column(primary_key=True)
    parties_hash: Mapped[bytes] = mapped_column(primary_key=True)
    parties: Mapped[str] = mapped_column(BINARY_TEXT)
    """Ids of the parties it was fetched for, sorted, as a JSON list."""
    sealed_for: Mapped[Key]
    """The customer whose key opens it: the same one, or a node of it."""
    since: Mapped[date | None]
    until: Mapped[date | None]
    fetched_at: Mapped[Moment]
    ciphertext: Mapped[bytes]

    __table_args__: Any = (of_customer(),)


class RecordIndex(Base):
    """Which of a partner's records belong to a party, as the change feed told."""

    __tablename__ = "record_index"

    connector: Mapped[Key] = mapped_column(primary_key=True)
    party_id: Mapped[Key] = mapped_column(primary_key=True)
    kind: Mapped[Key] = mapped_column(primary_key=True)
    object_id: Mapped[Key] = mapped_column(primary_key=True)
    seen_at: Mapped[Moment]

    # A deletion may name the object alone.
    __table_args__: Any = (Index(None, "tenant", "connector", "kind", "object_id"),)


class Summary(Base):
    """What is kept of the behaviour of one party: its figures, and when they are to be reckoned anew.

    There is a row for every party of a customer from the moment it is linked.
    """

    __tablename__ = "summary"

    connector: Mapped[Key] = mapped_column(primary_key=True)
    party_id: Mapped[Key] = mapped_column(primary_key=True)
    customer_id: Mapped[Key]
    figures: Mapped[str | None] = mapped_column(Text)
    """A JSON list of :class:`store.data.FigureData`; none while nothing was reckoned."""
    as_of: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When the records that the figures are reckoned from were asked for."""
    due_at: Mapped[Moment]
    """From when on they are to be reckoned anew."""
    marked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When a change of the records was last told of: what was asked for before does not have it."""

    __table_args__: Any = (
        of_customer(),
        Index(None, "tenant", "customer_id", "connector", "party_id"),
        Index(None, "tenant", "connector", "due_at"),
    )
