"""Scores that somebody contested."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "20261127_4"
down_revision: str | None = "20261127_3"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
MOMENT = sa.DateTime(timezone=True)
OPEN = sa.text("verdict IS NULL")


def upgrade() -> None:
    op.create_table(
        "score_contest",
        sa.Column("tenant", KEY, nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("customer_id", KEY, nullable=False),
        sa.Column("home_id", KEY, nullable=False),
        sa.Column("reason", KEY, nullable=False),
        sa.Column("raised_at", MOMENT, nullable=False),
        sa.Column("raised_by", KEY, nullable=False),
        sa.Column("verdict", KEY, nullable=True),
        sa.Column("note", KEY, nullable=True),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.Column("decided_by", KEY, nullable=True),
        sa.PrimaryKeyConstraint("tenant", "id", name="pk_score_contest"),
        sa.ForeignKeyConstraint(
            ["tenant", "customer_id"],
            ["customer.tenant", "customer.id"],
            name="fk_score_contest_customer",
        ),
        sa.ForeignKeyConstraint(
            ["tenant", "home_id"], ["customer.tenant", "customer.id"], name="fk_score_contest_home"
        ),
        sa.CheckConstraint("verdict IN ('UPHELD', 'OVERTURNED')", name=op.f("ck_score_contest_verdict")),
        sa.CheckConstraint(
            "(verdict IS NULL) = (decided_at IS NULL) AND (verdict IS NULL) = (decided_by IS NULL)",
            name=op.f("ck_score_contest_decided"),
        ),
    )
    for column in ("customer_id", "home_id"):
        op.create_index(f"ix_score_contest_tenant_{column}", "score_contest", ["tenant", column])
    op.create_index(
        "ix_score_contest_queue",
        "score_contest",
        ["tenant", "id"],
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )


def downgrade() -> None:
    op.drop_table("score_contest")
