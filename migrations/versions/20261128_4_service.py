"""What the hub's own people keep of customers, and what is brought in by the million."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

revision: str = "20261128_4"
down_revision: str | None = "20261128_5"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
MOMENT = sa.DateTime(timezone=True)
DECIMAL = sa.Numeric().with_variant(sa.Text(), "sqlite")
TABLES = (
    "compensation",
    "appointment_slot",
    "upload_problem",
    "upload_chunk",
    "touchpoint",
    "task",
    "preference",
    "note",
    "interaction",
    "complaint",
    "booking",
    "appointment",
    "upload",
)


def upgrade() -> None:
    op.create_table(
        "upload",
        need("tenant", KEY),
        need("id", KEY),
        need("kind", KEY),
        need("format", KEY),
        need("source", KEY),
        sa.Column("size", sa.BigInteger(), nullable=False),
        need("digest", KEY),
        sa.Column("key", sa.LargeBinary(), nullable=True),
        need("state", KEY),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("changed", sa.BigInteger(), nullable=False),
        sa.Column("unchanged", sa.BigInteger(), nullable=False),
        sa.Column("failed", sa.BigInteger(), nullable=False),
        may("reason", KEY),
        need("created_at", MOMENT),
        need("created_by", KEY),
        need("expires_at", MOMENT),
        may("started_at", MOMENT),
        may("finished_at", MOMENT),
        sa.CheckConstraint("format IN ('CSV', 'NDJSON')", name=op.f("ck_upload_format")),
        sa.CheckConstraint(
            "kind IN ('CUSTOMERS', 'INTERACTIONS', 'JOURNEYS', 'BOOKINGS')", name=op.f("ck_upload_kind")
        ),
        sa.CheckConstraint(
            "state IN ('RECEIVING', 'QUEUED', 'RUNNING', 'DONE', 'FAILED', 'CANCELLED')",
            name=op.f("ck_upload_state"),
        ),
        sa.CheckConstraint(
            "received BETWEEN 0 AND size AND position BETWEEN 0 AND size", name=op.f("ck_upload_received")
        ),
        sa.PrimaryKeyConstraint("tenant", "id", name="pk_upload"),
    )
    op.create_index("ix_upload_tenant_created_by", "upload", ["tenant", "created_by"])
    op.create_index(
        "ix_upload_waiting",
        "upload",
        ["tenant", "id"],
        sqlite_where=sa.text("state IN ('QUEUED', 'RUNNING')"),
        postgresql_where=sa.text("state IN ('QUEUED', 'RUNNING')"),
    )
    op.create_table(
        "appointment",
        need("tenant", KEY),
        need("id", KEY),
        need("customer_id", KEY),
        need("home_id", KEY),
        need("employee", KEY),
        need("kind", KEY),
        need("starts_at", MOMENT),
        need("ends_at", MOMENT),
        need("time_zone", KEY),
        need("state", KEY),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        need("booked_at", MOMENT),
        need("booked_by", KEY),
        sa.CheckConstraint("state IN ('BOOKED', 'CANCELLED')", name=op.f("ck_appointment_state")),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_appointment_ends")),
        of_customer("appointment"),
        of_home("appointment"),
        sa.PrimaryKeyConstraint("tenant", "id", name="pk_appointment"),
    )
    op.create_index("ix_appointment_calendar", "appointment", ["tenant", "employee", "starts_at"])
    op.create_index("ix_appointment_tenant_customer_id", "appointment", ["tenant", "customer_id"])
    op.create_index("ix_appointment_tenant_home_id", "appointment", ["tenant", "home_id"])
    op.create_table(
        "booking",
        need("tenant", KEY),
        need("id", KEY),
        need("customer_id", KEY),
        need("home_id", KEY),
        need("source", KEY),
        need("external_id", KEY),
        need("kind", KEY),
        need("state", KEY),
        need("starts_at", MOMENT),
        may("ends_at", MOMENT),
        may("provider", KEY),
        may("origin", KEY),
        may("destination", KEY),
        sa.Column("amount", DECIMAL, nullable=True),
        may("currency", KEY),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        need("recorded_at", MOMENT),
        sa.CheckConstraint("(amount IS NULL) = (currency IS NULL)", name=op.f("ck_booking_amount")),
        of_customer("booking"),
        of_home("booking"),
        sa.PrimaryKeyConstraint("tenant", "id", name="pk_booking"),
    )
    op.create_index("ix_booking_newest", "booking", ["tenant", "customer_id", "starts_at", "id"])
    op.create_index("ix_booking_tenant_home_id", "booking", ["tenant", "home_id"])
    op.create_index("uq_booking_external", "booking", ["tenant", "source", "external_id"], unique=True)
    op.create_table(
        "complaint",
        need("tenant", KEY),
        need("id", KEY),
        need("customer_id", KEY),
        need("home_id", KEY),
        need("state", KEY),
        need("category", KEY),
        need("severity", KEY),
        may("line", KEY),
        may("product", KEY),
        may("region", KEY),
        may("employee", KEY),
        may("assignee", KEY),
        need("due_at", MOMENT),
        may("about_connector", KEY),
        may("about_kind", KEY),
        may("about_id", KEY),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        need("opened_at", MOMENT),
        need("opened_by", KEY),
        may("closed_at", MOMENT),
        may("closed_by", KEY),
        sa.CheckConstraint(
            "(state IN ('OPEN', 'ASSIGNED')) = (closed_at IS NULL)", name=op.f("ck_complaint_closed")
        ),
        sa.CheckConstraint(
            "state IN ('OPEN', 'ASSIGNED', 'UPHELD', 'REJECTED')", name=op.f("ck_complaint_state")
        ),
        of_customer("complaint"),
        of_home("complaint"),
        sa.PrimaryKeyConstraint("tenant", "id", name="pk_complaint"),
    )
    op.create_index(
        "ix_complaint_due",
        "complaint",
        ["tenant", "due_at", "id"],
        sqlite_where=sa.text("state IN ('OPEN', 'ASSIGNED')"),
        postgresql_where=sa.text("state IN ('OPEN', 'ASSIGNED')"),
    )
    op.create_index("ix_complaint_opened", "complaint", ["tenant", "opened_at", "id"])
    op.create_index("ix_complaint_tenant_customer_id", "complaint", ["tenant", "customer_id"])
    op.create_index("ix_complaint_tenant_home_id", "complaint", ["tenant", "home_id"])
    op.create_table(
        "interaction",
        need("tenant", KEY),
        need("id", KEY),
        need("customer_id", KEY),
        need("home_id", KEY),
        need("channel", KEY),
        need("direction", KEY),
        need("started_at", MOMENT),
        may("ended_at", MOMENT),
        may("agent", KEY),
        may("sentiment", KEY),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        need("recorded_at", MOMENT),
        need("recorded_by", KEY),
        may("source", KEY),
        may("external_id", KEY),
        sa.CheckConstraint("ended_at IS NULL OR ended_at >= started_at", name=op.f("ck_interaction_ended")),
        of_customer("interaction"),
        of_home("interaction"),
        sa.PrimaryKeyConstraint("tenant", "id", name="pk_interaction"),
    )
    op.create_index("ix_interaction_newest", "interaction", ["tenant", "customer_id", "started_at", "id"])
    op.create_index("ix_interaction_tenant_customer_id", "interaction", ["tenant", "customer_id"])
    op.create_index("ix_interaction_tenant_home_id", "interaction", ["tenant", "home_id"])
    op.create_index(
        "uq_interaction_external",
        "interaction",
        ["tenant", "source", "external_id"],
        unique=True,
        sqlite_where=sa.text("external_id IS NOT NULL"),
        postgresql_where=sa.text("external_id IS NOT NULL"),
    )
    op.create_table(
        "note",
        need("tenant", KEY),
        need("id", KEY),
        need("customer_id", KEY),
        need("home_id", KEY),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        need("written_at", MOMENT),
        need("written_by", KEY),
        may("changed_at", MOMENT),
        may("changed_by", KEY),
        of_customer("note"),
        of_home("note"),
        sa.PrimaryKeyConstraint("tenant", "id", name="pk_note"),
    )
    op.create_index("ix_note_tenant_customer_id", "note", ["tenant", "customer_id"])
    op.create_index("ix_note_tenant_home_id", "note", ["tenant", "home_id"])
    op.create_table(
        "preference",
        need("tenant", KEY),
        need("home_id", KEY),
        need("key", KEY),
        need("customer_id", KEY),
        need("value", KEY),
        need("set_at", MOMENT),
        need("set_by", KEY),
        of_customer("preference"),
        of_home("preference"),
        sa.PrimaryKeyConstraint("tenant", "home_id", "key", name="pk_preference"),
    )
    op.create_index("ix_preference_tenant_customer_id", "preference", ["tenant", "customer_id"])
    op.create_table(
        "task",
        need("tenant", KEY),
        need("id", KEY),
        need("customer_id", KEY),
        need("home_id", KEY),
        need("kind", KEY),
        need("state", KEY),
        may("assignee", KEY),
        may("about_kind", KEY),
        may("about_id", KEY),
        may("due_at", MOMENT),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        need("opened_at", MOMENT),
        need("opened_by", KEY),
        may("closed_at", MOMENT),
        may("closed_by", KEY),
        sa.CheckConstraint("(state = 'OPEN') = (closed_at IS NULL)", name=op.f("ck_task_closed")),
        sa.CheckConstraint("state IN ('OPEN', 'DONE', 'CANCELLED')", name=op.f("ck_task_state")),
        of_customer("task"),
        of_home("task"),
        sa.PrimaryKeyConstraint("tenant", "id", name="pk_task"),
    )
    op.create_index("ix_task_about", "task", ["tenant", "about_kind", "about_id"])
    op.create_index(
        "ix_task_assigned",
        "task",
        ["tenant", "assignee", "id"],
        sqlite_where=sa.text("state = 'OPEN'"),
        postgresql_where=sa.text("state = 'OPEN'"),
    )
    op.create_index(
        "ix_task_queue",
        "task",
        ["tenant", "id"],
        sqlite_where=sa.text("state = 'OPEN'"),
        postgresql_where=sa.text("state = 'OPEN'"),
    )
    op.create_index("ix_task_tenant_customer_id", "task", ["tenant", "customer_id"])
    op.create_index("ix_task_tenant_home_id", "task", ["tenant", "home_id"])
    op.create_table(
        "touchpoint",
        need("tenant", KEY),
        need("id", KEY),
        need("customer_id", KEY),
        need("home_id", KEY),
        need("source", KEY),
        need("external_id", KEY),
        need("journey", KEY),
        need("kind", KEY),
        need("at", MOMENT),
        may("origin", KEY),
        may("destination", KEY),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        need("recorded_at", MOMENT),
        of_customer("touchpoint"),
        of_home("touchpoint"),
        sa.PrimaryKeyConstraint("tenant", "id", name="pk_touchpoint"),
    )
    op.create_index("ix_touchpoint_journey", "touchpoint", ["tenant", "customer_id", "journey", "at"])
    op.create_index("ix_touchpoint_tenant_home_id", "touchpoint", ["tenant", "home_id"])
    op.create_index("uq_touchpoint_external", "touchpoint", ["tenant", "source", "external_id"], unique=True)
    op.create_table(
        "upload_chunk",
        need("tenant", KEY),
        need("upload_id", KEY),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant", "upload_id"],
            ["upload.tenant", "upload.id"],
            name="fk_upload_chunk_upload",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant", "upload_id", "start", name="pk_upload_chunk"),
    )
    op.create_table(
        "upload_problem",
        need("tenant", KEY),
        need("upload_id", KEY),
        sa.Column("number", sa.BigInteger(), nullable=False),
        need("field", KEY),
        need("code", KEY),
        need("message", KEY),
        sa.ForeignKeyConstraint(
            ["tenant", "upload_id"],
            ["upload.tenant", "upload.id"],
            name="fk_upload_problem_upload",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant", "upload_id", "number", "field", name="pk_upload_problem"),
    )
    op.create_table(
        "appointment_slot",
        need("tenant", KEY),
        need("employee", KEY),
        need("slot_at", MOMENT),
        need("appointment_id", KEY),
        sa.ForeignKeyConstraint(
            ["tenant", "appointment_id"],
            ["appointment.tenant", "appointment.id"],
            name="fk_appointment_slot_appointment",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant", "employee", "slot_at", name="pk_appointment_slot"),
    )
    op.create_index(
        "ix_appointment_slot_tenant_appointment_id", "appointment_slot", ["tenant", "appointment_id"]
    )
    op.create_table(
        "compensation",
        need("tenant", KEY),
        need("id", KEY),
        need("complaint_id", KEY),
        need("customer_id", KEY),
        need("home_id", KEY),
        sa.Column("amount", DECIMAL, nullable=False),
        may("currency", KEY),
        may("programme", KEY),
        need("granted_at", MOMENT),
        need("granted_by", KEY),
        sa.CheckConstraint("(currency IS NULL) <> (programme IS NULL)", name=op.f("ck_compensation_of")),
        sa.ForeignKeyConstraint(
            ["tenant", "complaint_id"],
            ["complaint.tenant", "complaint.id"],
            name="fk_compensation_complaint",
            ondelete="CASCADE",
        ),
        of_customer("compensation"),
        of_home("compensation"),
        sa.PrimaryKeyConstraint("tenant", "id", name="pk_compensation"),
    )
    op.create_index("ix_compensation_tenant_complaint_id", "compensation", ["tenant", "complaint_id"])
    op.create_index("ix_compensation_tenant_customer_id", "compensation", ["tenant", "customer_id"])
    op.create_index("ix_compensation_tenant_home_id", "compensation", ["tenant", "home_id"])


def downgrade() -> None:
    for name in TABLES:
        op.drop_table(name)


def need(name: str, kind: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def may(name: str, kind: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=True)


def of_customer(name: str) -> sa.ForeignKeyConstraint:
    return _of("customer_id", f"fk_{name}_customer")


def of_home(name: str) -> sa.ForeignKeyConstraint:
    return _of("home_id", f"fk_{name}_home")


def _of(column: str, name: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["tenant", column], ["customer.tenant", "customer.id"], name=name)
