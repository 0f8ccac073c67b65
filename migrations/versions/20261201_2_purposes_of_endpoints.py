"""For which purposes events are told to the owners of endpoints."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "20261201_2"
down_revision: str | None = "20261130_3"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.add_column("endpoint", sa.Column("purposes", KEY, nullable=True))
    op.add_column("endpoint", sa.Column("lost_purposes", KEY, nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("endpoint") as batch:
        batch.drop_column("lost_purposes")
        batch.drop_column("purposes")
