"""What the running system notes of itself: instances, feeds, leases, long work."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "20261121_3"
down_revision: str | None = "20261121_2"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "connector_instance",
        sa.Column("tenant", KEY, nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("plugin", KEY, nullable=False),
        sa.Column("domain", KEY, nullable=False),
        sa.Column("state", KEY, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "id", name="pk_connector_instance"),
        sa.CheckConstraint(
            "state IN ('ENABLED', 'DISABLED', 'DRAINING')", name=op.f("ck_connector_instance_state")
        ),
    )
    op.create_table(
        "feed_cursor",
        sa.Column("tenant", KEY, nullable=False),
        sa.Column("connector", KEY, nullable=False),
        sa.Column("kind", KEY, nullable=False),
        sa.Column("cursor", KEY, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.Column("finished", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "connector", "kind", name="pk_feed_cursor"),
    )
    op.create_table(
        "lease",
        sa.Column("tenant", KEY, nullable=False),
        sa.Column("name", KEY, nullable=False),
        sa.Column("holder", KEY, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "name", name="pk_lease"),
    )
    op.create_table(
        "job",
        sa.Column("tenant", KEY, nullable=False),
        sa.Column("name", KEY, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=True),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "name", name="pk_job"),
    )


def downgrade() -> None:
    for name in ("job", "lease", "feed_cursor", "connector_instance"):
        op.drop_table(name)
