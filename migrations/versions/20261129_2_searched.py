"""Words of names and look-up keys refer to their customer without a check of each row."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "20261129_2"
down_revision: str | None = "20261128_1"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

CUSTOMER = ["tenant", "id"]
REFERENCES = (
    ("name_token", "fk_name_token_customer", ["tenant", "customer_id"]),
    ("name_token", "fk_name_token_home", ["tenant", "home_id"]),
    ("lookup_key", "fk_lookup_key_customer", ["tenant", "customer_id"]),
)


def upgrade() -> None:
    for table, name, _ in REFERENCES:
        with op.batch_alter_table(table) as batch:
            batch.drop_constraint(name, type_="foreignkey")


def downgrade() -> None:
    for table, name, columns in REFERENCES:
        if op.get_context().dialect.name == "sqlite":
            with op.batch_alter_table(table) as batch:
                batch.create_foreign_key(name, "customer", columns, CUSTOMER)
            continue
        # What is there is checked afterwards, while others write on.
        op.create_foreign_key(name, table, "customer", columns, CUSTOMER, postgresql_not_valid=True)
        op.execute(sa.text(f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}"))
