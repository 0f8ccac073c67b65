"""Who is who: ledger, redirects, reviews, households; what hangs on a party says on which."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "20261126_1"
down_revision: str | None = "20261121_3"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
MOMENT = sa.DateTime(timezone=True)
DECIMAL = sa.Numeric().with_variant(sa.Text(), "sqlite")
LISTED = "erased_at IS NULL AND standing = 'PRESENT'"
LISTINGS = (
    ["sort_name"],
    ["created_at"],
    ["updated_at"],
    ["country", "sort_name"],
    ["kind", "sort_name"],
)
A_PARTY = (
    "(SELECT min(l.party_id) FROM identity_link l WHERE l.tenant = old.tenant "
    "AND l.customer_id = old.customer_id AND l.connector = old.connector AND l.unlinked_at IS NULL)"
)
"""The customer's party at the connector. Who has two there has what is the customer's with the first."""


def upgrade() -> None:
    standing()
    remade("identity_link", lambda: identity_link(home=True), "*, customer_id, linked_at")
    remade("name_token", lambda: name_token(home=True), "*, customer_id")
    # A key of a customer with two parties at the connector may be either's: it is kept with both.
    remade(
        "lookup_key",
        lambda: lookup_key(party=True),
        "old.*, link.party_id",
        "old JOIN identity_link link ON link.tenant = old.tenant AND link.customer_id = old.customer_id "
        "AND link.connector = old.connector AND link.unlinked_at IS NULL",
    )
    remade(
        "grant",
        lambda: grant(party=True),
        f"tenant, customer_id, connector, {A_PARTY}, customer_id, token, scopes, expires_at, revoked_at, "
        "updated_at",
        f"old WHERE {A_PARTY} IS NOT NULL",
    )
    remade(
        "summary",
        lambda: summary(party=True),
        f"tenant, customer_id, connector, {A_PARTY}, line, measure, number, text, as_of",
        f"old WHERE {A_PARTY} IS NOT NULL",
    )
    # Copies say now of which parties they are, which nobody noted: they are fetched again when needed.
    op.drop_table("snapshot")
    snapshot(parties=True)
    op.create_index(
        "ix_profile_value_tenant_connector_party_id",
        "profile_value",
        ["tenant", "connector", "party_id"],
    )
    identity_entry()
    redirect()
    apart()
    review()
    household()
    answered_request()


def downgrade() -> None:
    for name in (
        "erased_party",
        "request_customer",
        "answered_request",
        "household_member",
        "household",
        "review",
        "apart",
        "redirect",
        "evidence",
        "entry_party",
        "entry_customer",
        "identity_entry",
    ):
        op.drop_table(name)
    op.drop_index("ix_profile_value_tenant_connector_party_id", "profile_value")
    op.drop_table("snapshot")
    snapshot(parties=False)
    remade(
        "summary",
        lambda: summary(party=False),
        "tenant, customer_id, connector, line, measure, number, text, as_of",
        f"old WHERE party_id = {A_PARTY}",
    )
    remade(
        "grant",
        lambda: grant(party=False),
        "tenant, customer_id, connector, token, scopes, expires_at, revoked_at, updated_at",
        f"old WHERE party_id = {A_PARTY} AND sealed_for = customer_id",
    )
    remade(
        "lookup_key",
        lambda: lookup_key(party=False),
        "DISTINCT tenant, kind, hash, customer_id, connector",
        "old WHERE kind <> 'BLOCK'",
    )
    remade("name_token", lambda: name_token(home=False), "DISTINCT tenant, token, customer_id")
    remade(
        "identity_link",
        lambda: identity_link(home=False),
        "tenant, id, customer_id, connector, party_id, status, method, confidence, evidence, linked_at, "
        "unlinked_at",
    )
    for columns in LISTINGS:
        op.drop_index(f"ix_customer_{'_'.join(columns)}", "customer")
    op.drop_index("uq_customer_standing", "customer")
    op.drop_column("customer", "standing")
    for columns in LISTINGS:
        name = f"ix_customer_{'_'.join(columns)}"
        partial(name, "customer", ["tenant", *columns, "id"], "erased_at IS NULL")


def remade(table: str, create: Callable[[], None], columns: str, source: str = "old") -> None:
    """Make a table anew with the rows it had: neither database changes a primary key in place alike."""
    op.execute(f'CREATE TABLE old AS SELECT * FROM "{table}"')  # noqa: S608  # names of this file
    op.drop_table(table)
    create()
    op.execute(f'INSERT INTO "{table}" SELECT {columns} FROM {source}')  # noqa: S608  # of this file
    op.drop_table("old")


def partial(name: str, table: str, columns: list[str], condition: str, *, unique: bool = False) -> None:
    where = sa.text(condition)
    op.create_index(name, table, columns, unique=unique, sqlite_where=where, postgresql_where=where)


def of(table: str, column: str, other: str, *, name: str | None = None) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["tenant", column], [f"{other}.tenant", f"{other}.id"], name=name or f"fk_{table}_{other}"
    )


def of_customer(table: str) -> sa.ForeignKeyConstraint:
    return of(table, "customer_id", "customer")


def of_home(table: str) -> sa.ForeignKeyConstraint:
    return of(table, "home_id", "customer", name=f"fk_{table}_home")


def key(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, KEY, nullable=nullable)


def moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, MOMENT, nullable=nullable)


def standing() -> None:
    # In one statement with its check: neither database needs to rewrite the table for it.
    op.execute(
        "ALTER TABLE customer ADD COLUMN standing TEXT "
        + ('COLLATE "C" ' if op.get_bind().dialect.name == "postgresql" else "")
        + "DEFAULT 'PRESENT' NOT NULL CONSTRAINT ck_customer_standing "
        "CHECK (standing IN ('PRESENT', 'MERGED'))"
    )
    op.create_index("uq_customer_standing", "customer", ["tenant", "id", "standing"], unique=True)
    for columns in LISTINGS:
        name = f"ix_customer_{'_'.join(columns)}"
        op.drop_index(name, "customer")
        partial(name, "customer", ["tenant", *columns, "id"], LISTED)


def identity_link(*, home: bool) -> None:
    op.create_table(
        "identity_link",
        key("tenant"),
        key("id"),
        key("customer_id"),
        key("connector"),
        key("party_id"),
        key("status"),
        key("method"),
        sa.Column("confidence", sa.Double(), nullable=False),
        key("evidence"),
        moment("linked_at"),
        moment("unlinked_at", nullable=True),
        *((key("home_id"), moment("recorded_at"), of_home("identity_link")) if home else ()),
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
    if home:
        op.create_index("ix_identity_link_tenant_home_id", "identity_link", ["tenant", "home_id"])
        op.create_index("ix_identity_link_party", "identity_link", ["tenant", "connector", "party_id"])


def name_token(*, home: bool) -> None:
    names = ["tenant", "token", "customer_id", *(["home_id"] if home else [])]
    op.create_table(
        "name_token",
        *map(key, names),
        sa.PrimaryKeyConstraint(*names, name="pk_name_token"),
        of_customer("name_token"),
        *((of_home("name_token"),) if home else ()),
    )
    op.create_index("ix_name_token_tenant_customer_id", "name_token", ["tenant", "customer_id"])


def lookup_key(*, party: bool) -> None:
    more = ["party_id"] if party else []
    op.create_table(
        "lookup_key",
        key("tenant"),
        key("kind"),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        key("customer_id"),
        key("connector"),
        *map(key, more),
        sa.PrimaryKeyConstraint(
            "tenant", "kind", "hash", "customer_id", "connector", *more, name="pk_lookup_key"
        ),
        of_customer("lookup_key"),
    )
    op.create_index(
        "ix_lookup_key_tenant_customer_id_connector", "lookup_key", ["tenant", "customer_id", "connector"]
    )


def grant(*, party: bool) -> None:
    op.create_table(
        "grant",
        key("tenant"),
        key("customer_id"),
        key("connector"),
        *((key("party_id"), key("sealed_for")) if party else ()),
        sa.Column("token", sa.LargeBinary(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        moment("expires_at", nullable=True),
        moment("revoked_at", nullable=True),
        moment("updated_at"),
        sa.PrimaryKeyConstraint(
            "tenant", "customer_id", "connector", *(["party_id"] if party else []), name="pk_grant"
        ),
        of_customer("grant"),
    )


def summary(*, party: bool) -> None:
    more = ["party_id"] if party else []
    op.create_table(
        "summary",
        key("tenant"),
        key("customer_id"),
        key("connector"),
        *map(key, more),
        key("line"),
        key("measure"),
        sa.Column("number", DECIMAL, nullable=True),
        key("text", nullable=True),
        moment("as_of"),
        sa.PrimaryKeyConstraint(
            "tenant", "customer_id", "connector", *more, "line", "measure", name="pk_summary"
        ),
        of_customer("summary"),
    )


def snapshot(*, parties: bool) -> None:
    op.create_table(
        "snapshot",
        key("tenant"),
        key("customer_id"),
        key("connector"),
        key("kind"),
        *(
            (sa.Column("parties_hash", sa.LargeBinary(), nullable=False), key("parties"), key("sealed_for"))
            if parties
            else ()
        ),
        sa.Column("since", sa.Date(), nullable=True),
        sa.Column("until", sa.Date(), nullable=True),
        moment("fetched_at"),
        sa.Column("ciphertext", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint(
            "tenant",
            "customer_id",
            "connector",
            "kind",
            *(["parties_hash"] if parties else []),
            name="pk_snapshot",
        ),
        of_customer("snapshot"),
    )


def identity_entry() -> None:
    op.create_table(
        "identity_entry",
        key("tenant"),
        key("id"),
        key("kind"),
        moment("at"),
        key("actor"),
        key("rule"),
        sa.Column("probability", sa.Double(), nullable=True),
        key("model_version", nullable=True),
        key("reason"),
        key("review_id", nullable=True),
        key("reverses", nullable=True),
        sa.PrimaryKeyConstraint("tenant", "id", name="pk_identity_entry"),
        sa.CheckConstraint("probability BETWEEN 0 AND 1", name=op.f("ck_identity_entry_probability")),
    )
    op.create_index("uq_identity_entry_reverses", "identity_entry", ["tenant", "reverses"], unique=True)
    op.create_index("ix_identity_entry_tenant_review_id", "identity_entry", ["tenant", "review_id"])
    op.create_table(
        "entry_customer",
        key("tenant"),
        key("entry_id"),
        sa.Column("place", sa.Integer(), nullable=False),
        key("node_id"),
        sa.PrimaryKeyConstraint("tenant", "entry_id", "place", name="pk_entry_customer"),
        of("entry_customer", "entry_id", "identity_entry"),
        of("entry_customer", "node_id", "customer"),
    )
    op.create_index(
        "ix_entry_customer_tenant_node_id_entry_id", "entry_customer", ["tenant", "node_id", "entry_id"]
    )
    op.create_table(
        "entry_party",
        key("tenant"),
        key("entry_id"),
        key("connector"),
        key("party_id"),
        key("from_id", nullable=True),
        key("to_id", nullable=True),
        sa.PrimaryKeyConstraint("tenant", "entry_id", "connector", "party_id", name="pk_entry_party"),
        of("entry_party", "entry_id", "identity_entry"),
    )
    op.create_index(
        "ix_entry_party_tenant_connector_party_id", "entry_party", ["tenant", "connector", "party_id"]
    )
    op.create_table(
        "evidence",
        key("tenant"),
        key("entry_id"),
        sa.Column("place", sa.Integer(), nullable=False),
        key("field"),
        key("agreement"),
        sa.Column("weight", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "entry_id", "place", name="pk_evidence"),
        of("evidence", "entry_id", "identity_entry"),
    )


def redirect() -> None:
    op.create_table(
        "redirect",
        key("tenant"),
        key("id"),
        key("customer_id"),
        key("parent_id"),
        key("survivor_id"),
        key("entry_id"),
        moment("merged_at"),
        moment("ended_at", nullable=True),
        key("customer_standing", nullable=True),
        key("survivor_standing", nullable=True),
        sa.PrimaryKeyConstraint("tenant", "id", name="pk_redirect"),
        of("redirect", "entry_id", "identity_entry"),
        sa.ForeignKeyConstraint(
            ["tenant", "customer_id", "customer_standing"],
            ["customer.tenant", "customer.id", "customer.standing"],
            name="fk_redirect_merged",
        ),
        sa.ForeignKeyConstraint(
            ["tenant", "survivor_id", "survivor_standing"],
            ["customer.tenant", "customer.id", "customer.standing"],
            name="fk_redirect_present",
        ),
        sa.CheckConstraint(
            "(ended_at IS NULL AND customer_standing = 'MERGED' AND survivor_standing = 'PRESENT') "
            "OR (ended_at IS NOT NULL AND customer_standing IS NULL AND survivor_standing IS NULL)",
            name=op.f("ck_redirect_standing"),
        ),
    )
    partial("uq_redirect_customer", "redirect", ["tenant", "customer_id"], "ended_at IS NULL", unique=True)
    op.create_index("ix_redirect_tenant_survivor_id", "redirect", ["tenant", "survivor_id"])
    op.create_index("ix_redirect_tenant_parent_id", "redirect", ["tenant", "parent_id"])
    op.create_index("ix_redirect_history", "redirect", ["tenant", "customer_id", "merged_at"])


def apart() -> None:
    names = ["tenant", "low_connector", "low_party", "high_connector", "high_party"]
    op.create_table(
        "apart",
        *map(key, names),
        key("entry_id"),
        sa.PrimaryKeyConstraint(*names, name="pk_apart"),
        of("apart", "entry_id", "identity_entry"),
        sa.CheckConstraint(
            "low_connector < high_connector OR (low_connector = high_connector AND low_party < high_party)",
            name=op.f("ck_apart_ordered"),
        ),
    )
    op.create_index(
        "ix_apart_tenant_high_connector_high_party", "apart", ["tenant", "high_connector", "high_party"]
    )
    op.create_index("ix_apart_tenant_entry_id", "apart", ["tenant", "entry_id"])


def review() -> None:
    op.create_table(
        "review",
        key("tenant"),
        key("id"),
        key("entry_id"),
        key("left_connector"),
        key("left_party"),
        key("left_id", nullable=True),
        key("right_connector"),
        key("right_party"),
        key("right_id", nullable=True),
        key("low_id", nullable=True),
        key("high_id", nullable=True),
        key("verdict", nullable=True),
        key("decided_id", nullable=True),
        sa.PrimaryKeyConstraint("tenant", "id", name="pk_review"),
        of("review", "entry_id", "identity_entry"),
        sa.CheckConstraint("verdict IN ('SAME', 'NOT_SAME')", name=op.f("ck_review_verdict")),
        sa.CheckConstraint("(verdict IS NULL) = (decided_id IS NULL)", name=op.f("ck_review_decided")),
    )
    open_ = "verdict IS NULL"
    partial("ix_review_pair", "review", ["tenant", "low_id", "high_id", "id"], open_)
    partial("ix_review_queue", "review", ["tenant", "id"], open_)
    for columns in (
        ["left_id"],
        ["right_id"],
        ["left_connector", "left_party"],
        ["right_connector", "right_party"],
    ):
        op.create_index(f"ix_review_tenant_{'_'.join(columns)}", "review", ["tenant", *columns])


def household() -> None:
    op.create_table(
        "household",
        key("tenant"),
        key("id"),
        moment("since"),
        key("rule"),
        key("evidence"),
        sa.PrimaryKeyConstraint("tenant", "id", name="pk_household"),
    )
    op.create_table(
        "household_member",
        key("tenant"),
        key("household_id"),
        key("home_id"),
        key("customer_id"),
        moment("noted_at"),
        sa.PrimaryKeyConstraint("tenant", "household_id", "home_id", name="pk_household_member"),
        of_customer("household_member"),
        of_home("household_member"),
        of("household_member", "household_id", "household"),
    )
    op.create_index("ix_household_member_tenant_customer_id", "household_member", ["tenant", "customer_id"])
    op.create_index("ix_household_member_tenant_home_id", "household_member", ["tenant", "home_id"])


def answered_request() -> None:
    op.create_table(
        "answered_request",
        key("tenant"),
        sa.Column("key_hash", sa.LargeBinary(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("response", sa.LargeBinary(), nullable=True),
        moment("at"),
        moment("expires_at"),
        sa.PrimaryKeyConstraint("tenant", "key_hash", name="pk_answered_request"),
    )
    op.create_index("ix_answered_request_tenant_expires_at", "answered_request", ["tenant", "expires_at"])
    op.create_table(
        "request_customer",
        key("tenant"),
        sa.Column("key_hash", sa.LargeBinary(), nullable=False),
        key("node_id"),
        sa.PrimaryKeyConstraint("tenant", "key_hash", "node_id", name="pk_request_customer"),
        sa.ForeignKeyConstraint(
            ["tenant", "key_hash"],
            ["answered_request.tenant", "answered_request.key_hash"],
            name="fk_request_customer_answered_request",
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_request_customer_tenant_node_id", "request_customer", ["tenant", "node_id"])
    op.create_table(
        "erased_party",
        key("tenant"),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        moment("at"),
        sa.PrimaryKeyConstraint("tenant", "hash", name="pk_erased_party"),
    )
