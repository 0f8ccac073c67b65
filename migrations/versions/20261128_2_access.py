"""Who may come to which customer: books, verified callers, reveals, emergency access."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "20261128_2"
down_revision: str | None = "20261128_8"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
MOMENT = sa.DateTime(timezone=True)
HELD = sa.text("until IS NULL")
STANDING = sa.text("ended_at IS NULL")
UNREVIEWED = sa.text("verdict IS NULL")
TABLES = ("book", "verification", "answer_check", "reveal", "emergency_access")


def upgrade() -> None:
    _create(
        "book",
        _key("agent"),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("until", MOMENT, nullable=True),
        _key("assigned_by"),
        sa.Column("ended_by", KEY, nullable=True),
        sa.CheckConstraint("(until IS NULL) = (ended_by IS NULL)", name=op.f("ck_book_ended")),
    )
    _index("uq_book_held", "book", "agent", "home_id", where=HELD, unique=True)
    _index("ix_book_agent", "book", "agent", "customer_id", where=HELD)
    _create(
        "verification",
        _key("subject"),
        _key("method"),
        sa.Column("session", KEY, nullable=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("until", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
    )
    _index("ix_verification_subject", "verification", "subject", "customer_id", where=STANDING)
    _create(
        "answer_check",
        _key("subject"),
        _key("attribute"),
        sa.Column("matched", sa.Boolean(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
    )
    _index("ix_answer_check_customer_id", "answer_check", "customer_id", "at")
    _index("ix_answer_check_subject", "answer_check", "subject", "at")
    _create(
        "reveal",
        _key("subject"),
        _key("path"),
        _key("reason"),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
    )
    _index("ix_reveal_subject", "reveal", "subject", "at")
    _create(
        "emergency_access",
        _key("subject"),
        _key("ticket"),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("until", MOMENT, nullable=False),
        sa.Column("verdict", KEY, nullable=True),
        sa.Column("reviewed_at", MOMENT, nullable=True),
        sa.Column("reviewed_by", KEY, nullable=True),
        sa.CheckConstraint(
            "verdict IN ('JUSTIFIED', 'UNJUSTIFIED')", name=op.f("ck_emergency_access_verdict")
        ),
        sa.CheckConstraint(
            "(verdict IS NULL) = (reviewed_at IS NULL) AND (verdict IS NULL) = (reviewed_by IS NULL)",
            name=op.f("ck_emergency_access_reviewed"),
        ),
        sa.CheckConstraint("reviewed_by <> subject", name=op.f("ck_emergency_access_four_eyes")),
    )
    _index("ix_emergency_access_subject", "emergency_access", "subject", "until")
    _index("ix_emergency_access_queue", "emergency_access", "id", where=UNREVIEWED)


def downgrade() -> None:
    for name in reversed(TABLES):
        op.drop_table(name)


def _create(name: str, *rest: sa.Column[object] | sa.CheckConstraint) -> None:
    """A table of rows that hang on a customer and go where that customer goes."""
    op.create_table(
        name,
        _key("tenant"),
        _key("id"),
        _key("customer_id"),
        _key("home_id"),
        *rest,
        sa.PrimaryKeyConstraint("tenant", "id", name=f"pk_{name}"),
        sa.ForeignKeyConstraint(
            ["tenant", "customer_id"], ["customer.tenant", "customer.id"], name=f"fk_{name}_customer"
        ),
        sa.ForeignKeyConstraint(
            ["tenant", "home_id"], ["customer.tenant", "customer.id"], name=f"fk_{name}_home"
        ),
    )
    for column in ("customer_id", "home_id"):
        if (name, column) != ("answer_check", "customer_id"):  # which has one with the moment
            op.create_index(f"ix_{name}_tenant_{column}", name, ["tenant", column])


def _key(name: str) -> sa.Column[object]:
    return sa.Column(name, KEY, nullable=False)


def _index(
    name: str, table: str, *columns: str, where: sa.TextClause | None = None, unique: bool = False
) -> None:
    op.create_index(
        name, table, ["tenant", *columns], unique=unique, sqlite_where=where, postgresql_where=where
    )
