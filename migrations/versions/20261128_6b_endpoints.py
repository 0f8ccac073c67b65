"""Where events are delivered, what becomes of each delivery, and which calls of partners were taken."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "20261128_6b"
down_revision: str | None = "20261128_13"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
MOMENT = sa.DateTime(timezone=True)
PENDING = sa.text("state = 'PENDING'")
ENDED = sa.text("state <> 'PENDING'")


def upgrade() -> None:
    op.create_table(
        "endpoint",
        sa.Column("tenant", KEY, nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("url", KEY, nullable=False),
        sa.Column("kinds", KEY, nullable=False),
        sa.Column("state", KEY, nullable=False),
        sa.Column("owner", KEY, nullable=False),
        sa.Column("client", KEY, nullable=False),
        sa.Column("scopes", KEY, nullable=False),
        sa.Column("master", KEY, nullable=False),
        sa.Column("secrets", sa.LargeBinary(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("last_number", sa.BigInteger(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("failing_since", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("tenant", "id", name="pk_endpoint"),
        sa.CheckConstraint(
            "state IN ('ENABLED', 'PAUSED', 'FAILING', 'DISABLED')", name=op.f("ck_endpoint_state")
        ),
    )
    op.create_table(
        "delivery",
        sa.Column("tenant", KEY, nullable=False),
        sa.Column("endpoint_id", KEY, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("event_id", KEY, nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("kind", KEY, nullable=False),
        sa.Column("state", KEY, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", MOMENT, nullable=True),
        sa.Column("last_at", MOMENT, nullable=True),
        sa.Column("response_status", sa.SmallInteger(), nullable=True),
        sa.Column("failure", KEY, nullable=True),
        sa.PrimaryKeyConstraint("tenant", "endpoint_id", "number", name="pk_delivery"),
        sa.ForeignKeyConstraint(
            ["tenant", "endpoint_id"],
            ["endpoint.tenant", "endpoint.id"],
            name="fk_delivery_endpoint",
            ondelete="CASCADE",
        ),
        sa.CheckConstraint("state IN ('PENDING', 'DELIVERED', 'DEAD')", name=op.f("ck_delivery_state")),
        sa.CheckConstraint("(state = 'PENDING') = (next_at IS NOT NULL)", name=op.f("ck_delivery_next")),
    )
    op.create_index(
        "ix_delivery_pending",
        "delivery",
        ["tenant", "endpoint_id", "number"],
        sqlite_where=PENDING,
        postgresql_where=PENDING,
    )
    op.create_index(
        "ix_delivery_ended", "delivery", ["tenant", "last_at"], sqlite_where=ENDED, postgresql_where=ENDED
    )
    op.create_table(
        "received_event",
        sa.Column("tenant", KEY, nullable=False),
        sa.Column("connector", KEY, nullable=False),
        sa.Column("event_id", KEY, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "connector", "event_id", name="pk_received_event"),
    )
    op.create_index("ix_received_event_at", "received_event", ["tenant", "at"])


def downgrade() -> None:
    op.drop_table("received_event")
    op.drop_table("delivery")
    op.drop_table("endpoint")
