"""Who looked at whom and who changed what: rows that are only ever added."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "20261128_8"
down_revision: str | None = "20261128_4"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
MOMENT = sa.DateTime(timezone=True)
TABLES = ("audit_batch", "audit_write", "audit_mark", "audit_selection")


def upgrade() -> None:
    op.create_table(
        "audit_batch",
        sa.Column("tenant", KEY, nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("chain", KEY, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("previous", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "id", name="pk_audit_batch"),
        sa.UniqueConstraint("tenant", "chain", "number", name="uq_audit_batch_tenant_chain_number"),
    )
    op.create_table(
        "audit_write",
        sa.Column("tenant", KEY, nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "id", name="pk_audit_write"),
    )
    op.create_table(
        "audit_mark",
        sa.Column("tenant", KEY, nullable=False),
        sa.Column("kind", KEY, nullable=False),
        sa.Column("key", KEY, nullable=False),
        sa.Column("ref_id", KEY, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "kind", "key", "ref_id", name="pk_audit_mark"),
    )
    op.create_table(
        "audit_selection",
        sa.Column("tenant", KEY, nullable=False),
        sa.Column("digest", KEY, nullable=False),
        sa.Column("fields", KEY, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "digest", name="pk_audit_selection"),
    )
    if op.get_context().dialect.name == "sqlite":
        for name in TABLES:
            for event in ("UPDATE", "DELETE"):
                op.execute(
                    f"CREATE TRIGGER {name}_no_{event.lower()} BEFORE {event} ON {name} "
                    f"BEGIN SELECT RAISE(ABORT, '{name} is only ever added to'); END"
                )
        return
    op.execute(
        "CREATE FUNCTION c360_only_added() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% is only ever added to', TG_TABLE_NAME; END $$"
    )
    for name in TABLES:
        op.execute(
            f"CREATE TRIGGER {name}_only_added BEFORE UPDATE OR DELETE ON {name} "
            "FOR EACH ROW EXECUTE FUNCTION c360_only_added()"
        )


def downgrade() -> None:
    for name in reversed(TABLES):
        op.drop_table(name)
    if op.get_context().dialect.name != "sqlite":
        op.execute("DROP FUNCTION c360_only_added()")
