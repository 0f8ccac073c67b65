"""Fewer indexes behind each customer: one of values in place of three, and none of what most entries lack."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import sqlalchemy as sa
from alembic import op

revision: str = "20261130_3"
down_revision: str | None = "20261130_4"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

PARTY = ["tenant", "connector", "party_id"]
VALUE, LINK, ENTRY = "profile_value", "identity_link", "identity_entry"


def upgrade() -> None:
    with without_blocking():
        create(
            "ix_profile_value_tenant_customer_id_recorded_to", VALUE, ["tenant", "customer_id", "recorded_to"]
        )
        drop("ix_profile_value_tenant_customer_id_attribute", VALUE)
        drop("ix_profile_value_believed", VALUE)
        drop("ix_profile_value_tenant_connector_party_id", VALUE)
        drop("ix_identity_link_party", LINK)
        replace("uq_identity_entry_reverses", ["tenant", "reverses"], "reverses IS NOT NULL", unique=True)
        replace("ix_identity_entry_tenant_review_id", ["tenant", "review_id"], "review_id IS NOT NULL")


def downgrade() -> None:
    with without_blocking():
        replace("ix_identity_entry_tenant_review_id", ["tenant", "review_id"])
        replace("uq_identity_entry_reverses", ["tenant", "reverses"], unique=True)
        create("ix_identity_link_party", LINK, PARTY)
        create("ix_profile_value_tenant_connector_party_id", VALUE, PARTY)
        create("ix_profile_value_believed", VALUE, ["tenant", "customer_id"], "recorded_to IS NULL")
        create("ix_profile_value_tenant_customer_id_attribute", VALUE, ["tenant", "customer_id", "attribute"])
        drop("ix_profile_value_tenant_customer_id_recorded_to", VALUE)


@contextmanager
def without_blocking() -> Iterator[None]:
    """On PostgreSQL each step by itself, while others write; broken off anywhere it can be begun anew."""
    if not postgres():
        yield
        return
    with op.get_context().autocommit_block():
        limit = op.get_bind().scalar(sa.text("SHOW lock_timeout"))
        # What is done concurrently waits for the transactions of others, and keeps nobody waiting.
        op.execute(sa.text("SET lock_timeout = 0"))
        try:
            yield
        finally:
            op.get_bind().execute(
                sa.text("SELECT set_config('lock_timeout', :limit, false)"), {"limit": limit}
            )


def create(
    name: str, table: str, columns: Sequence[str], where: str | None = None, *, unique: bool = False
) -> None:
    # One that an attempt before this one left half done is of no use.
    drop(name, table)
    condition = None if where is None else sa.text(where)
    op.create_index(
        name,
        table,
        list(columns),
        unique=unique,
        sqlite_where=condition,
        postgresql_where=condition,
        postgresql_concurrently=postgres(),
    )


def drop(name: str, table: str) -> None:
    op.drop_index(name, table, if_exists=True, postgresql_concurrently=postgres())


def replace(name: str, columns: Sequence[str], where: str | None = None, *, unique: bool = False) -> None:
    """Another index of the ledger's entries by the same name: on PostgreSQL there is one at every moment."""
    if not postgres():
        create(name, ENTRY, columns, where, unique=unique)
        return
    create(f"{name}_new", ENTRY, columns, where, unique=unique)
    drop(name, ENTRY)
    op.execute(sa.text(f'ALTER INDEX "{name}_new" RENAME TO "{name}"'))


def postgres() -> bool:
    return op.get_context().dialect.name == "postgresql"
