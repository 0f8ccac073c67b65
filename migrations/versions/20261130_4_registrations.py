"""The hub's own addresses at partners; what owners of endpoints may not receive any more."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "20261130_4"
down_revision: str | None = "20261129_2"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("endpoint", sa.Column("lost", KEY, nullable=True))
    op.add_column("endpoint", sa.Column("seen_at", MOMENT, nullable=True))
    op.create_table(
        "webhook_registration",
        sa.Column("tenant", KEY, nullable=False),
        sa.Column("connector", KEY, nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("url", KEY, nullable=False),
        sa.Column("wish", KEY, nullable=False),
        sa.Column("state", KEY, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("requested_by", KEY, nullable=False),
        sa.Column("requested_at", MOMENT, nullable=False),
        sa.Column("valid_until", MOMENT, nullable=False),
        sa.Column("sent_at", MOMENT, nullable=True),
        sa.Column("settled_at", MOMENT, nullable=True),
        sa.Column("next_at", MOMENT, nullable=True),
        sa.Column("references", KEY, nullable=False),
        sa.Column("rejection", KEY, nullable=True),
        sa.Column("problem", KEY, nullable=True),
        sa.Column("master", KEY, nullable=True),
        sa.Column("secret", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("tenant", "connector", name="pk_webhook_registration"),
        sa.CheckConstraint("wish IN ('CALL', 'CALL_NO_MORE')", name=op.f("ck_webhook_registration_wish")),
        sa.CheckConstraint(
            "state IN ('REQUESTED', 'SENT', 'CONFIRMED', 'REJECTED', 'UNKNOWN')",
            name=op.f("ck_webhook_registration_state"),
        ),
        sa.CheckConstraint(
            "rejection IN ('INSUFFICIENT', 'CONFLICT', 'INVALID', 'NOT_ALLOWED', 'NOT_FOUND', 'OTHER', "
            "'EXPIRED', 'CANCELLED', 'NO_EFFECT')",
            name=op.f("ck_webhook_registration_rejection"),
        ),
        sa.CheckConstraint(
            "(state IN ('CONFIRMED', 'REJECTED')) = (settled_at IS NOT NULL) "
            "AND (state = 'REJECTED') = (rejection IS NOT NULL)",
            name=op.f("ck_webhook_registration_settled"),
        ),
        sa.CheckConstraint(
            "(state IN ('CONFIRMED', 'REJECTED')) = (next_at IS NULL)",
            name=op.f("ck_webhook_registration_minded"),
        ),
        sa.CheckConstraint("(attempts = 0) = (sent_at IS NULL)", name=op.f("ck_webhook_registration_sent")),
        sa.CheckConstraint(
            "(master IS NULL) = (secret IS NULL)", name=op.f("ck_webhook_registration_sealed")
        ),
    )


def downgrade() -> None:
    op.drop_table("webhook_registration")
    with op.batch_alter_table("endpoint") as batch:
        batch.drop_column("seen_at")
        batch.drop_column("lost")
