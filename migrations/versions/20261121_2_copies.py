"""What is kept of the partners' data: data keys, grants, copies, record ids, summaries."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "20261121_2"
down_revision: str | None = "20261121_1"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
MOMENT = sa.DateTime(timezone=True)
DECIMAL = sa.Numeric().with_variant(sa.Text(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "customer_key",
        sa.Column("tenant", KEY, nullable=False),
        sa.Column("customer_id", KEY, nullable=False),
        sa.Column("master", KEY, nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "customer_id", name="pk_customer_key"),
        of_customer("customer_key"),
    )
    op.create_table(
        "grant",
        sa.Column("tenant", KEY, nullable=False),
        sa.Column("customer_id", KEY, nullable=False),
        sa.Column("connector", KEY, nullable=False),
        sa.Column("token", sa.LargeBinary(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=True),
        sa.Column("revoked_at", MOMENT, nullable=True),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "customer_id", "connector", name="pk_grant"),
        of_customer("grant"),
    )
    op.create_table(
        "snapshot",
        sa.Column("tenant", KEY, nullable=False),
        sa.Column("customer_id", KEY, nullable=False),
        sa.Column("connector", KEY, nullable=False),
        sa.Column("kind", KEY, nullable=False),
        sa.Column("since", sa.Date(), nullable=True),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("fetched_at", MOMENT, nullable=False),
        sa.Column("ciphertext", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "customer_id", "connector", "kind", name="pk_snapshot"),
        of_customer("snapshot"),
    )
    op.create_table(
        "record_index",
        sa.Column("tenant", KEY, nullable=False),
        sa.Column("connector", KEY, nullable=False),
        sa.Column("party_id", KEY, nullable=False),
        sa.Column("kind", KEY, nullable=False),
        sa.Column("object_id", KEY, nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint(
            "tenant", "connector", "party_id", "kind", "object_id", name="pk_record_index"
        ),
    )
    op.create_index(
        "ix_record_index_tenant_connector_kind_object_id",
        "record_index",
        ["tenant", "connector", "kind", "object_id"],
    )
    op.create_table(
        "summary",
        sa.Column("tenant", KEY, nullable=False),
        sa.Column("customer_id", KEY, nullable=False),
        sa.Column("connector", KEY, nullable=False),
        sa.Column("line", KEY, nullable=False),
        sa.Column("measure", KEY, nullable=False),
        sa.Column("number", DECIMAL, nullable=True),
        sa.Column("text", KEY, nullable=True),
        sa.Column("as_of", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "customer_id", "connector", "line", "measure", name="pk_summary"),
        of_customer("summary"),
    )


def downgrade() -> None:
    for name in ("summary", "record_index", "snapshot", "grant", "customer_key"):
        op.drop_table(name)


def of_customer(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["tenant", "customer_id"], ["customer.tenant", "customer.id"], name=f"fk_{table}_customer"
    )
