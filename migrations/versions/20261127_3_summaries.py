"""Summaries: a row for each party with all its figures, and when they are to be reckoned anew."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "20261127_3"
down_revision: str | None = "20261127_2"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
MOMENT = sa.DateTime(timezone=True)
DECIMAL = sa.Numeric().with_variant(sa.Text(), "sqlite")


def upgrade() -> None:
    # Figures are reckoned from the partners' records, and are again: every party is due.
    op.drop_table("summary")
    op.create_table(
        "summary",
        key("tenant"),
        key("connector"),
        key("party_id"),
        key("customer_id"),
        sa.Column("figures", sa.Text(), nullable=True),
        sa.Column("as_of", MOMENT, nullable=True),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("marked_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("tenant", "connector", "party_id", name="pk_summary"),
        of_customer(),
    )
    op.execute(
        "INSERT INTO summary (tenant, connector, party_id, customer_id, due_at) "
        "SELECT tenant, connector, party_id, customer_id, recorded_at FROM identity_link "
        "WHERE unlinked_at IS NULL"
    )
    op.create_index(
        "ix_summary_tenant_customer_id_connector_party_id",
        "summary",
        ["tenant", "customer_id", "connector", "party_id"],
    )
    op.create_index("ix_summary_tenant_connector_due_at", "summary", ["tenant", "connector", "due_at"])


def downgrade() -> None:
    op.drop_table("summary")
    op.create_table(
        "summary",
        key("tenant"),
        key("customer_id"),
        key("connector"),
        key("party_id"),
        key("line"),
        key("measure"),
        sa.Column("number", DECIMAL, nullable=True),
        sa.Column("text", KEY, nullable=True),
        sa.Column("as_of", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint(
            "tenant", "customer_id", "connector", "party_id", "line", "measure", name="pk_summary"
        ),
        of_customer(),
    )


def key(name: str) -> sa.Column[str]:
    return sa.Column(name, KEY, nullable=False)


def of_customer() -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["tenant", "customer_id"], ["customer.tenant", "customer.id"], name="fk_summary_customer"
    )
