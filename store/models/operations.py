"""What the running system notes of itself: instances, feeds, leases, long work."""

from typing import Any

from sqlalchemy import BigInteger, CheckConstraint

from store.columns import BINARY_TEXT, Key, Moment
from store.mapping import Mapped, mapped_column
from store.models.base import Base


class ConnectorInstance(Base):
    """A configured connector."""

    __tablename__ = "connector_instance"

    id: Mapped[Key] = mapped_column(primary_key=True)
    plugin: Mapped[Key]
    domain: Mapped[Key]
    state: Mapped[Key]
    updated_at: Mapped[Moment]

    __table_args__: Any = (CheckConstraint("state IN ('ENABLED', 'DISABLED', 'DRAINING')", name="state"),)


class FeedCursor(Base):
    """How far a change feed has been read."""

    __tablename__ = "feed_cursor"

    connector: Mapped[Key] = mapped_column(primary_key=True)
    kind: Mapped[Key] = mapped_column(primary_key=True)
    cursor: Mapped[str] = mapped_column(BINARY_TEXT)
    updated_at: Mapped[Moment]
    finished: Mapped[bool]


class Lease(Base):
    """Who may do what only one may do at a time."""

    __tablename__ = "lease"

    name: Mapped[Key] = mapped_column(primary_key=True)
    holder: Mapped[Key]
    expires_at: Mapped[Moment]


class Job(Base):
    """Long work that goes on where it stopped."""

    __tablename__ = "job"

    name: Mapped[Key] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(BigInteger)
    total: Mapped[int | None] = mapped_column(BigInteger)
    updated_at: Mapped[Moment]
