"""Products, and how customers answered offers of them."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "20261127_1"
down_revision: str | None = "20261126_1"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "product",
        sa.Column("tenant", KEY, nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("current", sa.Boolean(), nullable=False),
        sa.Column("domain", KEY, nullable=False),
        sa.Column("line", KEY, nullable=False),
        sa.Column("name", KEY, nullable=False),
        sa.Column("description", KEY, nullable=False),
        sa.Column("state", KEY, nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("content", KEY, nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "id", "version", name="pk_product"),
        sa.CheckConstraint("state IN ('DRAFT', 'ACTIVE', 'RETIRED')", name=op.f("ck_product_state")),
    )
    op.create_index(
        "uq_product_current",
        "product",
        ["tenant", "id"],
        unique=True,
        sqlite_where=sa.text("current"),
        postgresql_where=sa.text("current"),
    )
    op.create_table(
        "offer_response",
        sa.Column("tenant", KEY, nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("customer_id", KEY, nullable=False),
        sa.Column("home_id", KEY, nullable=False),
        sa.Column("product_id", KEY, nullable=False),
        sa.Column("product_version", sa.Integer(), nullable=False),
        sa.Column("event", KEY, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("agent", KEY, nullable=False),
        sa.Column("channel", KEY, nullable=True),
        sa.Column("doing", KEY, nullable=True),
        sa.Column("reason", KEY, nullable=True),
        sa.Column("stage", KEY, nullable=False),
        sa.Column("propensity", sa.Double(), nullable=True),
        sa.Column("priority", sa.Double(), nullable=True),
        sa.Column("explored", sa.Boolean(), nullable=False),
        sa.Column("parts", KEY, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "id", name="pk_offer_response"),
        sa.ForeignKeyConstraint(
            ["tenant", "customer_id"],
            ["customer.tenant", "customer.id"],
            name="fk_offer_response_customer",
        ),
        sa.ForeignKeyConstraint(
            ["tenant", "home_id"], ["customer.tenant", "customer.id"], name="fk_offer_response_home"
        ),
        sa.ForeignKeyConstraint(
            ["tenant", "product_id", "product_version"],
            ["product.tenant", "product.id", "product.version"],
            name="fk_offer_response_product",
        ),
        sa.CheckConstraint(
            "event IN ('PRESENTED', 'ACCEPTED', 'DECLINED')", name=op.f("ck_offer_response_event")
        ),
        sa.CheckConstraint("propensity BETWEEN 0 AND 1", name=op.f("ck_offer_response_propensity")),
    )
    for columns in (["customer_id", "at"], ["home_id"], ["at", "id"]):
        op.create_index(
            f"ix_offer_response_tenant_{'_'.join(columns)}", "offer_response", ["tenant", *columns]
        )


def downgrade() -> None:
    for name in ("offer_response", "product"):
        op.drop_table(name)
