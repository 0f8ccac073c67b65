"""Who may come in by a key, and how customers' grants at partners come about and are kept alive."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index

from store.columns import BINARY_TEXT, Key, Moment, UtcDateTime
from store.mapping import Mapped, mapped_column
from store.models.base import Base, of_customer, of_home


class ApiKey(Base):
    """A key of a program. The key itself is nowhere: only its hash, keyed by the pepper."""

    __tablename__ = "api_key"

    id: Mapped[Key] = mapped_column(primary_key=True)
    kind: Mapped[Key]
    name: Mapped[Key]
    """Of the program: several keys of one name stand for the same one."""
    hash: Mapped[bytes]
    roles: Mapped[str] = mapped_column(BINARY_TEXT)
    """Separated by spaces, like the three that follow."""
    scopes: Mapped[str | None] = mapped_column(BINARY_TEXT)
    purposes: Mapped[str | None] = mapped_column(BINARY_TEXT)
    connectors: Mapped[str] = mapped_column(BINARY_TEXT)
    created_at: Mapped[Moment]
    expires_at: Mapped[Moment]
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    used_on: Mapped[date | None]
    """The last day on which it was used."""

    __table_args__: Any = (
        CheckConstraint("kind IN ('SERVICE', 'WEBHOOK')", name="kind"),
        Index(None, "tenant", "name"),
    )


class GrantFlow(Base):
    """A customer who was sent to a partner to grant access, and has not come back."""

    __tablename__ = "grant_flow"

    id: Mapped[Key] = mapped_column(primary_key=True)
    """Random; whoever has it may begin, once."""
    customer_id: Mapped[Key]
    home_id: Mapped[Key]
    connector: Mapped[Key]
    party_id: Mapped[Key]
    """Whose data the grant is to open."""
    subject: Mapped[str] = mapped_column(BINARY_TEXT)
    """Who began it."""
    state_hash: Mapped[bytes]
    sealed_for: Mapped[Key]
    sealed: Mapped[bytes]
    """Address, state and verifier, encrypted with the customer's data key."""
    return_to: Mapped[str] = mapped_column(BINARY_TEXT)
    created_at: Mapped[Moment]
    expires_at: Mapped[Moment]
    browser_hash: Mapped[bytes | None]
    """Of the browser that went to the partner: no other one may come back."""
    taken_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When it came back: the code is exchanged once."""

    __table_args__: Any = (
        of_customer(),
        of_home("grant_flow"),
        Index("uq_grant_flow_state", "tenant", "state_hash", unique=True),
        Index(None, "tenant", "customer_id"),
        Index(None, "tenant", "home_id"),
        Index(None, "tenant", "expires_at"),
    )


class GrantDuty(Base):
    """What the hub still has to do about a grant: renew it before it ends, or tell the partner its end."""

    __tablename__ = "grant_duty"

    customer_id: Mapped[Key] = mapped_column(primary_key=True)
    connector: Mapped[Key] = mapped_column(primary_key=True)
    party_id: Mapped[Key] = mapped_column(primary_key=True)
    kind: Mapped[Key]
    sealed_for: Mapped[Key]
    token: Mapped[bytes]
    """The refresh token, or the one to be revoked, encrypted with the customer's data key."""
    hint: Mapped[Key]
    """Which of the two it is."""
    due_at: Mapped[Moment]
    attempts: Mapped[int]
    claimed_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Until when one process alone may carry it out."""
    updated_at: Mapped[Moment]

    __table_args__: Any = (
        of_customer(),
        CheckConstraint("kind IN ('RENEW', 'REVOKE')", name="kind"),
        CheckConstraint("hint IN ('access_token', 'refresh_token')", name="hint"),
        Index(None, "tenant", "due_at"),
    )
