"""What customers agreed to and objected to, with the words it was asked in."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "20261128_3"
down_revision: str | None = "20261128_2"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _wordings()
    _decisions()


def _wordings() -> None:
    op.create_table(
        "consent_wording",
        sa.Column("tenant", KEY, nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("language", KEY, nullable=False),
        sa.Column("text", KEY, nullable=False),
        sa.Column("valid_from", MOMENT, nullable=False),
        sa.Column("published_at", MOMENT, nullable=False),
        sa.Column("published_by", KEY, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "id", "version", "language", name="pk_consent_wording"),
        sa.CheckConstraint("version > 0", name=op.f("ck_consent_wording_version")),
    )


def _decisions() -> None:
    op.create_table(
        "consent_decision",
        sa.Column("tenant", KEY, nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("customer_id", KEY, nullable=False),
        sa.Column("home_id", KEY, nullable=False),
        sa.Column("others", KEY, nullable=False),
        sa.Column("kind", KEY, nullable=False),
        sa.Column("state", KEY, nullable=False),
        sa.Column("purpose", KEY, nullable=True),
        sa.Column("channel", KEY, nullable=True),
        sa.Column("connector", KEY, nullable=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.Column("recorded_by", KEY, nullable=False),
        sa.Column("source", KEY, nullable=False),
        sa.Column("wording_id", KEY, nullable=True),
        sa.Column("wording_version", sa.Integer(), nullable=True),
        sa.Column("wording_language", KEY, nullable=True),
        sa.Column("expires_at", MOMENT, nullable=True),
        sa.Column("proof", sa.LargeBinary(), nullable=True),
        sa.Column("import_key", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("tenant", "id", name="pk_consent_decision"),
        sa.ForeignKeyConstraint(
            ["tenant", "customer_id"],
            ["customer.tenant", "customer.id"],
            name="fk_consent_decision_customer",
        ),
        sa.ForeignKeyConstraint(
            ["tenant", "home_id"], ["customer.tenant", "customer.id"], name="fk_consent_decision_home"
        ),
        sa.ForeignKeyConstraint(
            ["tenant", "wording_id", "wording_version", "wording_language"],
            [
                "consent_wording.tenant",
                "consent_wording.id",
                "consent_wording.version",
                "consent_wording.language",
            ],
            name="fk_consent_decision_consent_wording",
        ),
        sa.CheckConstraint(
            "(kind = 'CONSENT' AND state IN ('GIVEN', 'REFUSED', 'WITHDRAWN')) "
            "OR (kind IN ('OBJECTION', 'RESTRICTION') AND state IN ('RAISED', 'LIFTED'))",
            name=op.f("ck_consent_decision_state"),
        ),
        sa.CheckConstraint(
            "(kind = 'RESTRICTION') = (purpose IS NULL)", name=op.f("ck_consent_decision_purpose")
        ),
    )
    for column in ("customer_id", "home_id"):
        op.create_index(f"ix_consent_decision_tenant_{column}", "consent_decision", ["tenant", column])
    op.create_index("uq_consent_decision_import", "consent_decision", ["tenant", "import_key"], unique=True)


def downgrade() -> None:
    op.drop_table("consent_decision")
    op.drop_table("consent_wording")
