"""Who looked at whom and who changed what. Rows are only ever added: the databases refuse anything else."""

from typing import Any

from sqlalchemy import UniqueConstraint

from store.columns import BINARY_TEXT, Key, Moment
from store.mapping import Mapped, mapped_column
from store.models.base import Base


class AuditBatch(Base):
    """The entries that one process kept together, chained to its batch before."""

    __tablename__ = "audit_batch"

    id: Mapped[Key] = mapped_column(primary_key=True)
    """Rises with time over all chains."""
    chain: Mapped[Key]
    """Of one process, from its start to its end."""
    number: Mapped[int]
    """Place in the chain; the first is 1."""
    at: Mapped[Moment]
    previous: Mapped[bytes]
    hash: Mapped[bytes]
    content: Mapped[bytes]
    """The entries as JSON: always read as a whole."""

    __table_args__: Any = (UniqueConstraint("tenant", "chain", "number"),)


class AuditWrite(Base):
    """A change, kept in the transaction that made it; a batch seals it afterwards."""

    __tablename__ = "audit_write"

    id: Mapped[Key] = mapped_column(primary_key=True)
    at: Mapped[Moment]
    content: Mapped[bytes]


class AuditMark(Base):
    """Where entries about a customer, by a principal, or the seal of a change are found."""

    __tablename__ = "audit_mark"

    kind: Mapped[Key] = mapped_column(primary_key=True)
    key: Mapped[Key] = mapped_column(primary_key=True)
    ref_id: Mapped[Key] = mapped_column(primary_key=True)
    """Of a batch or a change."""

    # Nothing but its key: as a row beside an index each mark would be written twice.
    __table_options__ = {"sqlite_with_rowid": False}  # noqa: RUF012  # as ClassVar of the base


class AuditSelection(Base):
    """The fields behind a digest, kept once for all operations that ask for the same."""

    __tablename__ = "audit_selection"

    digest: Mapped[Key] = mapped_column(primary_key=True)
    fields: Mapped[str] = mapped_column(BINARY_TEXT)
    """Coordinates, sorted, separated by spaces."""
