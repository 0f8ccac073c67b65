"""Actions at partners, and the steps that each has taken."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "20261128_5"
down_revision: str | None = "20261127_4"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
MOMENT = sa.DateTime(timezone=True)
DUE = sa.text("next_at IS NOT NULL")
FOR_HUMAN = sa.text("human_at IS NOT NULL")

STEPS = (
    "(before = 'REQUESTED' AND after IN ('SENT', 'REJECTED')) "
    "OR (before = 'SENT' AND after IN ('REQUESTED', 'CONFIRMED', 'REJECTED', 'UNKNOWN')) "
    "OR (before = 'UNKNOWN' AND after IN ('REQUESTED', 'SENT', 'CONFIRMED', 'REJECTED'))"
)
REASONS = (
    "'ASKED', 'GOING_OUT', 'ANSWERED', 'FOUND', 'NOT_REACHED', 'NOT_FOUND', 'NO_ANSWER', 'PROCESS_ENDED', "
    "'EXPIRED', 'CANCELLED', 'VERDICT'"
)
REJECTIONS = (
    "'INSUFFICIENT', 'CONFLICT', 'INVALID', 'NOT_ALLOWED', 'NOT_FOUND', 'OTHER', 'EXPIRED', 'CANCELLED', "
    "'NO_EFFECT'"
)


def upgrade() -> None:
    _steps()
    _actions()


def _of_customer(table: str) -> tuple[sa.ForeignKeyConstraint, sa.ForeignKeyConstraint]:
    customer = ["customer.tenant", "customer.id"]
    return (
        sa.ForeignKeyConstraint(["tenant", "customer_id"], customer, name=f"fk_{table}_customer"),
        sa.ForeignKeyConstraint(["tenant", "home_id"], customer, name=f"fk_{table}_home"),
    )


def _steps() -> None:
    name = "partner_action_step"
    op.create_table(
        name,
        sa.Column("tenant", KEY, nullable=False),
        sa.Column("action_id", KEY, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("customer_id", KEY, nullable=False),
        sa.Column("home_id", KEY, nullable=False),
        sa.Column("previous", sa.Integer(), nullable=True),
        sa.Column("before", KEY, nullable=True),
        sa.Column("after", KEY, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("by", KEY, nullable=False),
        sa.Column("reason", KEY, nullable=False),
        sa.Column("note", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("tenant", "action_id", "seq", name=f"pk_{name}"),
        *_of_customer(name),
        sa.UniqueConstraint(
            "tenant", "action_id", "seq", "after", name=f"uq_{name}_tenant_action_id_seq_after"
        ),
        sa.ForeignKeyConstraint(
            ["tenant", "action_id", "previous", "before"],
            [f"{name}.tenant", f"{name}.action_id", f"{name}.seq", f"{name}.after"],
            name=f"fk_{name}_previous",
        ),
        sa.CheckConstraint(
            "(seq = 1 AND previous IS NULL AND before IS NULL AND after = 'REQUESTED') "
            "OR (seq > 1 AND previous IS NOT NULL AND previous = seq - 1 AND before IS NOT NULL "
            f"AND ({STEPS}))",
            name=op.f(f"ck_{name}_allowed"),
        ),
        sa.CheckConstraint(f"reason IN ({REASONS})", name=op.f(f"ck_{name}_reason")),
    )
    for column in ("customer_id", "home_id"):
        op.create_index(f"ix_{name}_tenant_{column}", name, ["tenant", column])


def _actions() -> None:
    name, step = "partner_action", "partner_action_step"
    op.create_table(
        name,
        sa.Column("tenant", KEY, nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("customer_id", KEY, nullable=False),
        sa.Column("home_id", KEY, nullable=False),
        sa.Column("connector", KEY, nullable=False),
        sa.Column("kind", KEY, nullable=False),
        sa.Column("party_id", KEY, nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("key_hash", sa.LargeBinary(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("state", KEY, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("doubtful_at", MOMENT, nullable=True),
        sa.Column("accepted_at", MOMENT, nullable=True),
        sa.Column("purpose", KEY, nullable=False),
        sa.Column("requested_at", MOMENT, nullable=False),
        sa.Column("requested_by", KEY, nullable=False),
        sa.Column("valid_until", MOMENT, nullable=False),
        sa.Column("sent_at", MOMENT, nullable=True),
        sa.Column("settled_at", MOMENT, nullable=True),
        sa.Column("next_at", MOMENT, nullable=True),
        sa.Column("holder", KEY, nullable=True),
        sa.Column("reference", KEY, nullable=True),
        sa.Column("rejection", KEY, nullable=True),
        sa.Column("problem", KEY, nullable=True),
        sa.Column("human_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("tenant", "id", name=f"pk_{name}"),
        *_of_customer(name),
        sa.ForeignKeyConstraint(
            ["tenant", "id", "seq", "state"],
            [f"{step}.tenant", f"{step}.action_id", f"{step}.seq", f"{step}.after"],
            name=f"fk_{name}_step",
        ),
        sa.UniqueConstraint("tenant", "key_hash", name=f"uq_{name}_tenant_key_hash"),
        sa.CheckConstraint(
            "(state IN ('CONFIRMED', 'REJECTED')) = (settled_at IS NOT NULL) "
            "AND (state = 'REJECTED') = (rejection IS NOT NULL)",
            name=op.f(f"ck_{name}_settled"),
        ),
        sa.CheckConstraint(f"rejection IN ({REJECTIONS})", name=op.f(f"ck_{name}_rejection")),
        sa.CheckConstraint(
            "state NOT IN ('CONFIRMED', 'REJECTED') "
            "OR (next_at IS NULL AND holder IS NULL AND human_at IS NULL)",
            name=op.f(f"ck_{name}_at_rest"),
        ),
        sa.CheckConstraint(
            "state IN ('CONFIRMED', 'REJECTED') OR next_at IS NOT NULL OR human_at IS NOT NULL",
            name=op.f(f"ck_{name}_minded"),
        ),
        sa.CheckConstraint("(attempts = 0) = (sent_at IS NULL)", name=op.f(f"ck_{name}_sent")),
    )
    op.create_index(f"ix_{name}_tenant_customer_id_id", name, ["tenant", "customer_id", "id"])
    op.create_index(f"ix_{name}_tenant_home_id", name, ["tenant", "home_id"])
    op.create_index(f"ix_{name}_due", name, ["tenant", "next_at"], sqlite_where=DUE, postgresql_where=DUE)
    op.create_index(
        f"ix_{name}_human", name, ["tenant", "id"], sqlite_where=FOR_HUMAN, postgresql_where=FOR_HUMAN
    )


def downgrade() -> None:
    op.drop_table("partner_action")
    op.drop_table("partner_action_step")
