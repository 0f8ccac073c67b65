"""Keys of programs, and how customers' grants at partners come about and are kept alive."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "20261128_1"
down_revision: str | None = "20261128_6b"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "api_key",
        sa.Column("tenant", KEY, nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("kind", KEY, nullable=False),
        sa.Column("name", KEY, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("roles", KEY, nullable=False),
        sa.Column("scopes", KEY, nullable=True),
        sa.Column("purposes", KEY, nullable=True),
        sa.Column("connectors", KEY, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("revoked_at", MOMENT, nullable=True),
        sa.Column("used_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("tenant", "id", name="pk_api_key"),
        sa.CheckConstraint("kind IN ('SERVICE', 'WEBHOOK')", name=op.f("ck_api_key_kind")),
    )
    op.create_index("ix_api_key_tenant_name", "api_key", ["tenant", "name"])
    op.create_table(
        "grant_flow",
        sa.Column("tenant", KEY, nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("customer_id", KEY, nullable=False),
        sa.Column("home_id", KEY, nullable=False),
        sa.Column("connector", KEY, nullable=False),
        sa.Column("party_id", KEY, nullable=False),
        sa.Column("subject", KEY, nullable=False),
        sa.Column("state_hash", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_for", KEY, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("return_to", KEY, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("browser_hash", sa.LargeBinary(), nullable=True),
        sa.Column("taken_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("tenant", "id", name="pk_grant_flow"),
        sa.ForeignKeyConstraint(
            ["tenant", "customer_id"], ["customer.tenant", "customer.id"], name="fk_grant_flow_customer"
        ),
        sa.ForeignKeyConstraint(
            ["tenant", "home_id"], ["customer.tenant", "customer.id"], name="fk_grant_flow_home"
        ),
    )
    op.create_index("uq_grant_flow_state", "grant_flow", ["tenant", "state_hash"], unique=True)
    for column in ("customer_id", "home_id", "expires_at"):
        op.create_index(f"ix_grant_flow_tenant_{column}", "grant_flow", ["tenant", column])
    op.create_table(
        "grant_duty",
        sa.Column("tenant", KEY, nullable=False),
        sa.Column("customer_id", KEY, nullable=False),
        sa.Column("connector", KEY, nullable=False),
        sa.Column("party_id", KEY, nullable=False),
        sa.Column("kind", KEY, nullable=False),
        sa.Column("sealed_for", KEY, nullable=False),
        sa.Column("token", sa.LargeBinary(), nullable=False),
        sa.Column("hint", KEY, nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("claimed_until", MOMENT, nullable=True),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "customer_id", "connector", "party_id", name="pk_grant_duty"),
        sa.ForeignKeyConstraint(
            ["tenant", "customer_id"], ["customer.tenant", "customer.id"], name="fk_grant_duty_customer"
        ),
        sa.CheckConstraint("kind IN ('RENEW', 'REVOKE')", name=op.f("ck_grant_duty_kind")),
        sa.CheckConstraint("hint IN ('access_token', 'refresh_token')", name=op.f("ck_grant_duty_hint")),
    )
    op.create_index("ix_grant_duty_tenant_due_at", "grant_duty", ["tenant", "due_at"])
    # Nullable and without a default: no row is rewritten, however many there are.
    op.add_column("grant", sa.Column("granted_at", MOMENT, nullable=True))
    op.add_column("grant", sa.Column("granted_by", KEY, nullable=True))
    op.add_column("grant", sa.Column("revoked_by", KEY, nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("grant") as changed:
        for column in ("revoked_by", "granted_by", "granted_at"):
            changed.drop_column(column)
    op.drop_table("grant_duty")
    op.drop_table("grant_flow")
    op.drop_table("api_key")
