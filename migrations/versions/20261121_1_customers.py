"""Customers, what they are found by, their links to partners and their profile values."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "20261121_1"
down_revision: str | None = None
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    customer()
    name_token()
    lookup_key()
    identity_link()
    profile_value()


def downgrade() -> None:
    for name in ("profile_value", "identity_link", "lookup_key", "name_token", "customer"):
        op.drop_table(name)


def of_customer(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["tenant", "customer_id"], ["customer.tenant", "customer.id"], name=f"fk_{table}_customer"
    )


def partial(name: str, table: str, columns: list[str], condition: str, *, unique: bool = False) -> None:
    where = sa.text(condition)
    op.create_index(name, table, columns, unique=unique, sqlite_where=where, postgresql_where=where)


def customer() -> None:
    op.create_table(
        "customer",
        sa.Column("tenant", KEY, nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("kind", KEY, nullable=False),
        sa.Column("external_id", KEY, nullable=False),
        sa.Column("display_name", KEY, nullable=False),
        sa.Column("sort_name", KEY, nullable=False),
        sa.Column("country", KEY, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.Column("erased_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("tenant", "id", name="pk_customer"),
        sa.UniqueConstraint("tenant", "external_id", name="uq_customer_tenant_external_id"),
        sa.CheckConstraint("kind IN ('PERSON', 'ORGANIZATION')", name=op.f("ck_customer_kind")),
    )
    for columns in (
        ["sort_name"],
        ["created_at"],
        ["updated_at"],
        ["country", "sort_name"],
        ["kind", "sort_name"],
    ):
        name = f"ix_customer_{'_'.join(columns)}"
        partial(name, "customer", ["tenant", *columns, "id"], "erased_at IS NULL")


def name_token() -> None:
    op.create_table(
        "name_token",
        sa.Column("tenant", KEY, nullable=False),
        sa.Column("token", KEY, nullable=False),
        sa.Column("customer_id", KEY, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "token", "customer_id", name="pk_name_token"),
        of_customer("name_token"),
    )
    op.create_index("ix_name_token_tenant_customer_id", "name_token", ["tenant", "customer_id"])


def lookup_key() -> None:
    op.create_table(
        "lookup_key",
        sa.Column("tenant", KEY, nullable=False),
        sa.Column("kind", KEY, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("customer_id", KEY, nullable=False),
        sa.Column("connector", KEY, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "kind", "hash", "customer_id", "connector", name="pk_lookup_key"),
        of_customer("lookup_key"),
    )
    op.create_index(
        "ix_lookup_key_tenant_customer_id_connector", "lookup_key", ["tenant", "customer_id", "connector"]
    )


def identity_link() -> None:
    op.create_table(
        "identity_link",
        sa.Column("tenant", KEY, nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("customer_id", KEY, nullable=False),
        sa.Column("connector", KEY, nullable=False),
        sa.Column("party_id", KEY, nullable=False),
        sa.Column("status", KEY, nullable=False),
        sa.Column("method", KEY, nullable=False),
        sa.Column("confidence", sa.Double(), nullable=False),
        sa.Column("evidence", KEY, nullable=False),
        sa.Column("linked_at", MOMENT, nullable=False),
        sa.Column("unlinked_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("tenant", "id", name="pk_identity_link"),
        of_customer("identity_link"),
        sa.CheckConstraint("status IN ('ACTIVE', 'ENDED')", name=op.f("ck_identity_link_status")),
        sa.CheckConstraint(
            "(status = 'ENDED') = (unlinked_at IS NOT NULL)", name=op.f("ck_identity_link_ended")
        ),
        sa.CheckConstraint("confidence BETWEEN 0 AND 1", name=op.f("ck_identity_link_confidence")),
    )
    active = "unlinked_at IS NULL"
    partial(
        "uq_identity_link_party", "identity_link", ["tenant", "connector", "party_id"], active, unique=True
    )
    partial("ix_identity_link_held", "identity_link", ["tenant", "connector", "customer_id"], active)
    op.create_index("ix_identity_link_tenant_customer_id", "identity_link", ["tenant", "customer_id"])


def profile_value() -> None:
    op.create_table(
        "profile_value",
        sa.Column("tenant", KEY, nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("customer_id", KEY, nullable=False),
        sa.Column("connector", KEY, nullable=False),
        sa.Column("party_id", KEY, nullable=False),
        sa.Column("attribute", KEY, nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("value", KEY, nullable=False),
        sa.Column("verified", sa.Boolean(), nullable=False),
        sa.Column("observed_at", MOMENT, nullable=False),
        sa.Column("valid_from", MOMENT, nullable=False),
        sa.Column("valid_to", MOMENT, nullable=True),
        sa.Column("recorded_from", MOMENT, nullable=False),
        sa.Column("recorded_to", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("tenant", "id", name="pk_profile_value"),
        of_customer("profile_value"),
        sa.CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name=op.f("ck_profile_value_valid")),
        sa.CheckConstraint(
            "recorded_to IS NULL OR recorded_to >= recorded_from", name=op.f("ck_profile_value_recorded")
        ),
    )
    op.create_index(
        "ix_profile_value_tenant_customer_id_attribute",
        "profile_value",
        ["tenant", "customer_id", "attribute"],
    )
    partial("ix_profile_value_believed", "profile_value", ["tenant", "customer_id"], "recorded_to IS NULL")
