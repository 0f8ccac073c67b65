"""The hub's own addresses at partners, by which these call it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, LargeBinary

from store.columns import BINARY_TEXT, Key, Moment, UtcDateTime
from store.data_actions import ActionRejection, PartnerActionState
from store.data_registrations import RegistrationWish
from store.mapping import Mapped, mapped_column
from store.models.actions import listed
from store.models.base import Base


class WebhookRegistration(Base):
    """What a partner was asked for last, and how that stands."""

    __tablename__ = "webhook_registration"

    connector: Mapped[Key] = mapped_column(primary_key=True)
    id: Mapped[Key]
    url: Mapped[str] = mapped_column(BINARY_TEXT)
    wish: Mapped[Key]
    state: Mapped[Key]
    seq: Mapped[int]
    attempts: Mapped[int]
    requested_by: Mapped[Key]
    requested_at: Mapped[Moment]
    valid_until: Mapped[Moment]
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    next_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    references: Mapped[str] = mapped_column(BINARY_TEXT)
    """A JSON list."""
    rejection: Mapped[str | None] = mapped_column(BINARY_TEXT)
    problem: Mapped[str | None] = mapped_column(BINARY_TEXT)
    master: Mapped[str | None] = mapped_column(BINARY_TEXT)
    """Mark of the master key that the secret is sealed with."""
    secret: Mapped[bytes | None] = mapped_column(LargeBinary)

    __table_args__: Any = (
        CheckConstraint(f"wish IN ({listed(RegistrationWish)})", name="wish"),
        CheckConstraint(f"state IN ({listed(PartnerActionState)})", name="state"),
        CheckConstraint(f"rejection IN ({listed(ActionRejection)})", name="rejection"),
        CheckConstraint(
            "(state IN ('CONFIRMED', 'REJECTED')) = (settled_at IS NOT NULL) "
            "AND (state = 'REJECTED') = (rejection IS NOT NULL)",
            name="settled",
        ),
        # Nothing is forgotten: what is not settled is due at some time.
        CheckConstraint("(state IN ('CONFIRMED', 'REJECTED')) = (next_at IS NULL)", name="minded"),
        CheckConstraint("(attempts = 0) = (sent_at IS NULL)", name="sent"),
        CheckConstraint("(master IS NULL) = (secret IS NULL)", name="sealed"),
    )
