"""Exports and erasures, holds and retention: what people may ask of their data."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "20261128_13"
down_revision: str | None = "20261128_6"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _exports()
    _erasures()
    _retention()


def _exports() -> None:
    op.create_table(
        "data_export",
        sa.Column("tenant", KEY, nullable=False),
        sa.Column("id", KEY, nullable=False),
        *_of_customer(),
        sa.Column("state", KEY, nullable=False),
        sa.Column("requested_at", MOMENT, nullable=False),
        sa.Column("requested_by", KEY, nullable=False),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.Column("expires_at", MOMENT, nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("digest", KEY, nullable=True),
        sa.Column("problem", KEY, nullable=True),
        sa.PrimaryKeyConstraint("tenant", "id", name="pk_data_export"),
        *_references("data_export"),
        sa.CheckConstraint("state IN ('REQUESTED', 'READY', 'FAILED')", name=op.f("ck_data_export_state")),
    )
    for column in ("customer_id", "home_id", "expires_at"):
        op.create_index(f"ix_data_export_tenant_{column}", "data_export", ["tenant", column])
    waiting = sa.text("state = 'REQUESTED'")
    op.create_index(
        "ix_data_export_waiting",
        "data_export",
        ["tenant", "id"],
        sqlite_where=waiting,
        postgresql_where=waiting,
    )
    op.create_table(
        "data_export_chunk",
        sa.Column("tenant", KEY, nullable=False),
        sa.Column("export_id", KEY, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        *_of_customer(),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "export_id", "place", name="pk_data_export_chunk"),
        *_references("data_export_chunk"),
        sa.ForeignKeyConstraint(
            ["tenant", "export_id"],
            ["data_export.tenant", "data_export.id"],
            name="fk_data_export_chunk_data_export",
        ),
    )
    for column in ("customer_id", "home_id"):
        op.create_index(f"ix_data_export_chunk_tenant_{column}", "data_export_chunk", ["tenant", column])


def _erasures() -> None:
    op.create_table(
        "erasure_certificate",
        sa.Column("tenant", KEY, nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("node_id", KEY, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.Column("content", KEY, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "id", name="pk_erasure_certificate"),
        sa.ForeignKeyConstraint(
            ["tenant", "node_id"],
            ["customer.tenant", "customer.id"],
            name="fk_erasure_certificate_customer",
        ),
    )
    op.create_index("ix_erasure_certificate_tenant_node_id", "erasure_certificate", ["tenant", "node_id"])
    op.create_table(
        "legal_hold",
        sa.Column("tenant", KEY, nullable=False),
        sa.Column("id", KEY, nullable=False),
        *_of_customer(),
        sa.Column("kind", KEY, nullable=True),
        sa.Column("basis", KEY, nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=True),
        sa.Column("until", MOMENT, nullable=True),
        sa.Column("placed_at", MOMENT, nullable=False),
        sa.Column("placed_by", KEY, nullable=False),
        sa.Column("lifted_at", MOMENT, nullable=True),
        sa.Column("lifted_by", KEY, nullable=True),
        sa.PrimaryKeyConstraint("tenant", "id", name="pk_legal_hold"),
        *_references("legal_hold"),
        sa.CheckConstraint("(lifted_at IS NULL) = (lifted_by IS NULL)", name=op.f("ck_legal_hold_lifted")),
    )
    for column in ("customer_id", "home_id"):
        op.create_index(f"ix_legal_hold_tenant_{column}", "legal_hold", ["tenant", column])
    standing = sa.text("lifted_at IS NULL")
    op.create_index(
        "ix_legal_hold_standing",
        "legal_hold",
        ["tenant", "id"],
        sqlite_where=standing,
        postgresql_where=standing,
    )


def _retention() -> None:
    op.create_table(
        "retention_rule",
        sa.Column("tenant", KEY, nullable=False),
        sa.Column("kind", KEY, nullable=False),
        sa.Column("days", sa.Integer(), nullable=True),
        sa.Column("duty_days", sa.Integer(), nullable=True),
        sa.Column("basis", KEY, nullable=True),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("changed_by", KEY, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "kind", name="pk_retention_rule"),
        sa.CheckConstraint("days > 0", name=op.f("ck_retention_rule_days")),
        sa.CheckConstraint("duty_days > 0", name=op.f("ck_retention_rule_duty_days")),
        sa.CheckConstraint("(duty_days IS NULL) = (basis IS NULL)", name=op.f("ck_retention_rule_basis")),
    )
    op.create_table(
        "retention_run",
        sa.Column("tenant", KEY, nullable=False),
        sa.Column("kind", KEY, nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.Column("position", KEY, nullable=False),
        sa.Column("deleted", sa.BigInteger(), nullable=False),
        sa.Column("held", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "kind", name="pk_retention_run"),
    )


def _of_customer() -> tuple[sa.Column[str], ...]:
    return (sa.Column("customer_id", KEY, nullable=False), sa.Column("home_id", KEY, nullable=False))


def _references(table: str) -> tuple[sa.ForeignKeyConstraint, ...]:
    return tuple(
        sa.ForeignKeyConstraint(
            ["tenant", column], ["customer.tenant", "customer.id"], name=f"fk_{table}_{name}"
        )
        for column, name in (("customer_id", "customer"), ("home_id", "home"))
    )


def downgrade() -> None:
    for name in ("retention_run", "retention_rule", "legal_hold", "erasure_certificate"):
        op.drop_table(name)
    op.drop_table("data_export_chunk")
    op.drop_table("data_export")
