"""What happened, in the order in which it can be followed."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "20261128_6"
down_revision: str | None = "20261128_3"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE SEQUENCE outbox_sequence")
    op.create_table(
        "outbox",
        sa.Column("tenant", KEY, nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("kind", KEY, nullable=False),
        sa.Column("version", sa.SmallInteger(), nullable=False),
        sa.Column("customer_ids", KEY, nullable=False),
        sa.Column("data", KEY, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "sequence", name="pk_outbox"),
    )
    op.create_index("uq_outbox_id", "outbox", ["tenant", "id"], unique=True)
    op.create_index("ix_outbox_at", "outbox", ["tenant", "at"])


def downgrade() -> None:
    op.drop_table("outbox")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP SEQUENCE outbox_sequence")
