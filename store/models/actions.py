"""Actions at partners, and every step that each has taken."""

import enum
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint, text

from store.columns import BINARY_TEXT, Key, Moment, UtcDateTime
from store.data_actions import BECOMES, ActionRejection, PartnerActionState, StepReason
from store.mapping import Mapped, mapped_column
from store.models.base import Base, of_customer, of_home

DUE = text("next_at IS NOT NULL")
FOR_HUMAN = text("human_at IS NOT NULL")


def listed(members: Iterable[enum.Enum]) -> str:
    """Members of an enum as a list in SQL."""
    return ", ".join(f"'{each.value}'" for each in members)


def _from(before: PartnerActionState) -> str:
    after = [each for each in PartnerActionState if each in BECOMES[before]]
    return f"(before = '{before.value}' AND after IN ({listed(after)}))"


STEPS = " OR ".join(_from(before) for before, after in BECOMES.items() if after)
"""The steps that are allowed, as a condition of a table of them."""


class PartnerActionStep(Base):
    """One step of an action. Each follows on the one before, and the action stands where its last one led."""

    __tablename__ = "partner_action_step"

    action_id: Mapped[Key] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[Key]
    home_id: Mapped[Key]
    previous: Mapped[int | None]
    before: Mapped[str | None] = mapped_column(BINARY_TEXT)
    after: Mapped[Key]
    at: Mapped[Moment]
    by: Mapped[Key]
    reason: Mapped[Key]
    note: Mapped[bytes | None]

    __table_args__: Any = (
        of_customer(),
        of_home("partner_action_step"),
        UniqueConstraint(
            "tenant", "action_id", "seq", "after", name="uq_partner_action_step_tenant_action_id_seq_after"
        ),
        ForeignKeyConstraint(
            ["tenant", "action_id", "previous", "before"],
            [
                "partner_action_step.tenant",
                "partner_action_step.action_id",
                "partner_action_step.seq",
                "partner_action_step.after",
            ],
            name="fk_partner_action_step_previous",
        ),
        CheckConstraint(
            "(seq = 1 AND previous IS NULL AND before IS NULL AND after = 'REQUESTED') "
            "OR (seq > 1 AND previous IS NOT NULL AND previous = seq - 1 AND before IS NOT NULL "
            f"AND ({STEPS}))",
            name="allowed",
        ),
        CheckConstraint(f"reason IN ({listed(StepReason)})", name="reason"),
        Index(None, "tenant", "customer_id"),
        Index(None, "tenant", "home_id"),
    )


class PartnerAction(Base):
    """An action at a partner as it stands."""

    __tablename__ = "partner_action"

    id: Mapped[Key] = mapped_column(primary_key=True)
    customer_id: Mapped[Key]
    home_id: Mapped[Key]
    connector: Mapped[Key]
    kind: Mapped[Key]
    party_id: Mapped[Key]
    content: Mapped[bytes]
    key_hash: Mapped[bytes]
    fingerprint: Mapped[bytes]
    state: Mapped[Key]
    seq: Mapped[int]
    attempts: Mapped[int]
    doubtful_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    accepted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    purpose: Mapped[Key]
    requested_at: Mapped[Moment]
    requested_by: Mapped[Key]
    valid_until: Mapped[Moment]
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    next_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    holder: Mapped[str | None] = mapped_column(BINARY_TEXT)
    reference: Mapped[str | None] = mapped_column(BINARY_TEXT)
    rejection: Mapped[str | None] = mapped_column(BINARY_TEXT)
    problem: Mapped[str | None] = mapped_column(BINARY_TEXT)
    human_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__: Any = (
        of_customer(),
        of_home("partner_action"),
        # The action stands where its last step led: no other state can be written.
        ForeignKeyConstraint(
            ["tenant", "id", "seq", "state"],
            [
                "partner_action_step.tenant",
                "partner_action_step.action_id",
                "partner_action_step.seq",
                "partner_action_step.after",
            ],
            name="fk_partner_action_step",
        ),
        UniqueConstraint("tenant", "key_hash", name="uq_partner_action_tenant_key_hash"),
        CheckConstraint(
            "(state IN ('CONFIRMED', 'REJECTED')) = (settled_at IS NOT NULL) "
            "AND (state = 'REJECTED') = (rejection IS NOT NULL)",
            name="settled",
        ),
        CheckConstraint(f"rejection IN ({listed(ActionRejection)})", name="rejection"),
        CheckConstraint(
            "state NOT IN ('CONFIRMED', 'REJECTED') "
            "OR (next_at IS NULL AND holder IS NULL AND human_at IS NULL)",
            name="at_rest",
        ),
        # Nothing is forgotten: what is not settled is due at some time, or a person was asked.
        CheckConstraint(
            "state IN ('CONFIRMED', 'REJECTED') OR next_at IS NOT NULL OR human_at IS NOT NULL", name="minded"
        ),
        CheckConstraint("(attempts = 0) = (sent_at IS NULL)", name="sent"),
        Index(None, "tenant", "customer_id", "id"),
        Index(None, "tenant", "home_id"),
        Index("ix_partner_action_due", "tenant", "next_at", sqlite_where=DUE, postgresql_where=DUE),
        Index("ix_partner_action_human", "tenant", "id", sqlite_where=FOR_HUMAN, postgresql_where=FOR_HUMAN),
    )
