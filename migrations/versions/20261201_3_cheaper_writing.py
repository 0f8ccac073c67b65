"""What is written by the thousand costs less: references are checked by the statement on PostgreSQL, and
marks of the audit stand in their key alone on SQLite."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "20261201_3"
down_revision: str | None = "20261201_2"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

REFERENCES: Mapping[str, Sequence[tuple[str, str, str]]] = {
    "profile_value": [("customer_id", "customer", "fk_profile_value_customer")],
    "identity_link": [
        ("customer_id", "customer", "fk_identity_link_customer"),
        ("home_id", "customer", "fk_identity_link_home"),
    ],
    "entry_customer": [
        ("entry_id", "identity_entry", "fk_entry_customer_identity_entry"),
        ("node_id", "customer", "fk_entry_customer_customer"),
    ],
    "entry_party": [("entry_id", "identity_entry", "fk_entry_party_identity_entry")],
}
"""By table: the column, the table whose row it names by id, the reference's name."""
REFERRED = ("customer", "identity_entry")
MARKS = "audit_mark"
KEY = ("tenant", "kind", "key", "ref_id")


def upgrade() -> None:
    if op.get_context().dialect.name == "sqlite":
        rebuild_marks(rowid=False)
        return
    for table in REFERRED:
        op.execute(
            f"CREATE FUNCTION c360_{table}_stays() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"RAISE EXCEPTION 'rows refer to {table}: none of it goes' "
            "USING ERRCODE = 'foreign_key_violation', CONSTRAINT = TG_NAME; END $$"
        )
        op.execute(
            f"CREATE TRIGGER {table}_stays BEFORE DELETE OR UPDATE OF tenant, id ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION c360_{table}_stays()"
        )
    for table, references in REFERENCES.items():
        op.execute(checking(table, references))
        op.execute(
            f"CREATE TRIGGER {table}_refers AFTER INSERT ON {table} REFERENCING NEW TABLE AS written "
            f"FOR EACH STATEMENT EXECUTE FUNCTION c360_{table}_refers()"
        )
        changed = ", ".join(["tenant", *(column for column, _, _ in references)])
        op.execute(
            f"CREATE TRIGGER {table}_moves AFTER UPDATE OF {changed} ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION c360_{table}_refers()"
        )
        for _, _, name in references:
            op.drop_constraint(name, table, type_="foreignkey")


def downgrade() -> None:
    if op.get_context().dialect.name == "sqlite":
        rebuild_marks(rowid=True)
        return
    # Step by step, so that nobody waits while what is there is looked through; broken off anywhere it can be
    # begun anew.
    with op.get_context().autocommit_block():
        for table, references in REFERENCES.items():
            for column, to, name in references:
                op.execute(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name}")
                op.execute(
                    f"ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY (tenant, {column}) "
                    f"REFERENCES {to} (tenant, id) NOT VALID"
                )
                op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}")
            op.execute(f"DROP FUNCTION IF EXISTS c360_{table}_refers() CASCADE")
        for table in REFERRED:
            op.execute(f"DROP FUNCTION IF EXISTS c360_{table}_stays() CASCADE")


def checking(table: str, references: Sequence[tuple[str, str, str]]) -> str:
    """The function that refuses rows which name nobody: all that a statement inserted, or one that moved."""
    inserted = " OR ".join(
        f"EXISTS (SELECT FROM (SELECT DISTINCT tenant, {column} AS id FROM written) AS said WHERE NOT EXISTS "  # noqa: S608  # our own
        f"(SELECT FROM {to} AS there WHERE there.tenant = said.tenant AND there.id = said.id))"
        for column, to, _ in references
    )
    moved = " OR ".join(
        f"NOT EXISTS (SELECT FROM {to} AS there WHERE there.tenant = NEW.tenant AND there.id = NEW.{column})"
        for column, to, _ in references
    )
    # Its plan is kept for the session: it must not be one that reads all customers, as one for the first few
    # thousand of an empty table would be. Who loads a dump has no search path.
    return (
        f"CREATE FUNCTION c360_{table}_refers() RETURNS trigger LANGUAGE plpgsql "
        "SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off "
        "SET search_path FROM CURRENT AS $$ DECLARE wrong boolean; BEGIN "
        f"IF TG_LEVEL = 'STATEMENT' THEN wrong := {inserted}; ELSE wrong := {moved}; END IF; "
        f"IF wrong THEN RAISE EXCEPTION 'a row of {table} refers to what is not there' "
        "USING ERRCODE = 'foreign_key_violation', CONSTRAINT = TG_NAME; END IF; RETURN NULL; END $$"
    )


def rebuild_marks(*, rowid: bool) -> None:
    """The same table with every row that it holds."""
    op.create_table(
        f"{MARKS}_new",
        *(sa.Column(name, sa.Text(), nullable=False) for name in KEY),
        sa.PrimaryKeyConstraint(*KEY, name=f"pk_{MARKS}"),
        sqlite_with_rowid=rowid,
    )
    # In the order of the key: each page of the tree is filled once.
    held, kept = (sa.table(name, *map(sa.column, KEY)) for name in (MARKS, f"{MARKS}_new"))
    op.execute(kept.insert().from_select(list(KEY), sa.select(held).order_by(*held.c)))
    # A table that is dropped takes the triggers with it by which its rows are only ever added.
    op.drop_table(MARKS)
    op.rename_table(f"{MARKS}_new", MARKS)
    for event in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {MARKS}_no_{event.lower()} BEFORE {event} ON {MARKS} "
            f"BEGIN SELECT RAISE(ABORT, '{MARKS} is only ever added to'); END"
        )
