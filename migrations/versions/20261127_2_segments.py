"""Segments: definitions under version, counts of the population, members and scores."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "20261127_2"
down_revision: str | None = "20261127_1"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "segment_version",
        sa.Column("tenant", KEY, nullable=False),
        sa.Column("name", KEY, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("definition", KEY, nullable=True),
        sa.Column("active_from", MOMENT, nullable=False),
        sa.Column("by", KEY, nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "name", "version", name="pk_segment_version"),
        sa.CheckConstraint("version > 0", name=op.f("ck_segment_version_version")),
    )
    op.create_table(
        "segment_count",
        sa.Column("tenant", KEY, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("versions", KEY, nullable=False),
        sa.Column("currency", KEY, nullable=False),
        sa.Column("position", KEY, nullable=True),
        sa.Column("customers", sa.BigInteger(), nullable=False),
        sa.Column("tallies", KEY, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("tenant", "day", name="pk_segment_count"),
    )
    op.create_table(
        "segment_size",
        sa.Column("tenant", KEY, nullable=False),
        sa.Column("name", KEY, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        *_tally(),
        sa.Column("population", sa.BigInteger(), nullable=False),
        sa.Column("currency", KEY, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "name", "day", name="pk_segment_size"),
        sa.CheckConstraint("customers BETWEEN 0 AND population", name=op.f("ck_segment_size_customers")),
    )
    op.create_index("ix_segment_size_tenant_day", "segment_size", ["tenant", "day"])
    op.create_table(
        "segment_cell",
        sa.Column("tenant", KEY, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("value", KEY, nullable=False),
        sa.Column("risk", KEY, nullable=False),
        sa.Column("lifecycle", KEY, nullable=False),
        *_tally(),
        sa.PrimaryKeyConstraint("tenant", "day", "value", "risk", "lifecycle", name="pk_segment_cell"),
    )
    op.create_table(
        "segment_member",
        sa.Column("tenant", KEY, nullable=False),
        sa.Column("name", KEY, nullable=False),
        sa.Column("customer_id", KEY, nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "name", "customer_id", name="pk_segment_member"),
        _of_customer("segment_member"),
    )
    op.create_index("ix_segment_member_tenant_customer_id", "segment_member", ["tenant", "customer_id"])
    op.create_table(
        "customer_score",
        sa.Column("tenant", KEY, nullable=False),
        sa.Column("customer_id", KEY, nullable=False),
        sa.Column("figure", KEY, nullable=False),
        sa.Column("line", KEY, nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "customer_id", "figure", "line", name="pk_customer_score"),
        _of_customer("customer_score"),
    )
    op.create_index(
        "ix_customer_score_tenant_figure_line_score_customer_id",
        "customer_score",
        ["tenant", "figure", "line", "score", "customer_id"],
    )


def downgrade() -> None:
    for name in (
        "customer_score",
        "segment_member",
        "segment_cell",
        "segment_size",
        "segment_count",
        "segment_version",
    ):
        op.drop_table(name)


def _tally() -> tuple[sa.Column[int], sa.Column[float], sa.Column[float]]:
    return (
        sa.Column("customers", sa.BigInteger(), nullable=False),
        sa.Column("profit", sa.Double(), nullable=False),
        sa.Column("lifetime_value", sa.Double(), nullable=False),
    )


def _of_customer(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["tenant", "customer_id"], ["customer.tenant", "customer.id"], name=f"fk_{table}_customer"
    )
