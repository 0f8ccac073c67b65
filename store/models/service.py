"""What the hub's own people keep of customers: what was said, what went wrong, what is to be done.

Every row hangs on the customer it was noted for. Texts that a person typed stand in ``content``, sealed with
the key of that customer, so that erasing them makes the texts unreadable wherever a copy of them lies.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, text

from store.columns import BINARY_TEXT, ExactDecimal, Key, Moment, UtcDateTime
from store.mapping import Mapped, mapped_column
from store.models.base import Base, of_customer, of_home

OPEN_TASK = text("state = 'OPEN'")
OPEN_COMPLAINT = text("state IN ('OPEN', 'ASSIGNED')")
IMPORTED = text("external_id IS NOT NULL")


def _hanging(name: str, *more: Any) -> tuple[Any, ...]:
    """What every table has whose rows hang on a customer, and more."""
    return (
        of_customer(),
        of_home(name),
        Index(None, "tenant", "customer_id"),
        Index(None, "tenant", "home_id"),
        *more,
    )


class Task(Base):
    """Something that a person is to do."""

    __tablename__ = "task"

    id: Mapped[Key] = mapped_column(primary_key=True)
    customer_id: Mapped[Key]
    home_id: Mapped[Key]
    kind: Mapped[Key]
    state: Mapped[Key]
    assignee: Mapped[str | None] = mapped_column(BINARY_TEXT)
    about_kind: Mapped[str | None] = mapped_column(BINARY_TEXT)
    about_id: Mapped[str | None] = mapped_column(BINARY_TEXT)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    content: Mapped[bytes | None]
    version: Mapped[int]
    opened_at: Mapped[Moment]
    opened_by: Mapped[str] = mapped_column(BINARY_TEXT)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_by: Mapped[str | None] = mapped_column(BINARY_TEXT)

    __table_args__: Any = _hanging(
        "task",
        CheckConstraint("state IN ('OPEN', 'DONE', 'CANCELLED')", name="state"),
        CheckConstraint("(state = 'OPEN') = (closed_at IS NULL)", name="closed"),
        Index("ix_task_queue", "tenant", "id", sqlite_where=OPEN_TASK, postgresql_where=OPEN_TASK),
        Index("ix_task_about", "tenant", "about_kind", "about_id"),
        Index(
            "ix_task_assigned",
            "tenant",
            "assignee",
            "id",
            sqlite_where=OPEN_TASK,
            postgresql_where=OPEN_TASK,
        ),
    )


class Interaction(Base):
    """A call, message, visit or the like between a customer and the company."""

    __tablename__ = "interaction"

    id: Mapped[Key] = mapped_column(primary_key=True)
    customer_id: Mapped[Key]
    home_id: Mapped[Key]
    channel: Mapped[Key]
    direction: Mapped[Key]
    started_at: Mapped[Moment]
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    agent: Mapped[str | None] = mapped_column(BINARY_TEXT)
    sentiment: Mapped[str | None] = mapped_column(BINARY_TEXT)
    content: Mapped[bytes | None]
    version: Mapped[int]
    recorded_at: Mapped[Moment]
    recorded_by: Mapped[str] = mapped_column(BINARY_TEXT)
    source: Mapped[str | None] = mapped_column(BINARY_TEXT)
    external_id: Mapped[str | None] = mapped_column(BINARY_TEXT)

    __table_args__: Any = _hanging(
        "interaction",
        CheckConstraint("ended_at IS NULL OR ended_at >= started_at", name="ended"),
        Index("ix_interaction_newest", "tenant", "customer_id", "started_at", "id"),
        Index(
            "uq_interaction_external",
            "tenant",
            "source",
            "external_id",
            unique=True,
            sqlite_where=IMPORTED,
            postgresql_where=IMPORTED,
        ),
    )


class Note(Base):
    """What somebody wrote down of a customer."""

    __tablename__ = "note"

    id: Mapped[Key] = mapped_column(primary_key=True)
    customer_id: Mapped[Key]
    home_id: Mapped[Key]
    content: Mapped[bytes | None]
    version: Mapped[int]
    written_at: Mapped[Moment]
    written_by: Mapped[str] = mapped_column(BINARY_TEXT)
    changed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    changed_by: Mapped[str | None] = mapped_column(BINARY_TEXT)

    __table_args__: Any = _hanging("note")


class Preference(Base):
    """What a customer likes best, by a key of the catalogue. No free text."""

    __tablename__ = "preference"

    home_id: Mapped[Key] = mapped_column(primary_key=True)
    key: Mapped[Key] = mapped_column(primary_key=True)
    customer_id: Mapped[Key]
    value: Mapped[str] = mapped_column(BINARY_TEXT)
    set_at: Mapped[Moment]
    set_by: Mapped[str] = mapped_column(BINARY_TEXT)

    __table_args__: Any = (of_customer(), of_home("preference"), Index(None, "tenant", "customer_id"))


class Complaint(Base):
    """What a customer complained of, and what became of it."""

    __tablename__ = "complaint"

    id: Mapped[Key] = mapped_column(primary_key=True)
    customer_id: Mapped[Key]
    home_id: Mapped[Key]
    state: Mapped[Key]
    category: Mapped[Key]
    severity: Mapped[Key]
    line: Mapped[str | None] = mapped_column(BINARY_TEXT)
    product: Mapped[str | None] = mapped_column(BINARY_TEXT)
    region: Mapped[str | None] = mapped_column(BINARY_TEXT)
    employee: Mapped[str | None] = mapped_column(BINARY_TEXT)
    assignee: Mapped[str | None] = mapped_column(BINARY_TEXT)
    due_at: Mapped[Moment]
    about_connector: Mapped[str | None] = mapped_column(BINARY_TEXT)
    about_kind: Mapped[str | None] = mapped_column(BINARY_TEXT)
    about_id: Mapped[str | None] = mapped_column(BINARY_TEXT)
    content: Mapped[bytes | None]
    version: Mapped[int]
    opened_at: Mapped[Moment]
    opened_by: Mapped[str] = mapped_column(BINARY_TEXT)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_by: Mapped[str | None] = mapped_column(BINARY_TEXT)

    __table_args__: Any = _hanging(
        "complaint",
        CheckConstraint("state IN ('OPEN', 'ASSIGNED', 'UPHELD', 'REJECTED')", name="state"),
        CheckConstraint("(state IN ('OPEN', 'ASSIGNED')) = (closed_at IS NULL)", name="closed"),
        Index("ix_complaint_opened", "tenant", "opened_at", "id"),
        Index(
            "ix_complaint_due",
            "tenant",
            "due_at",
            "id",
            sqlite_where=OPEN_COMPLAINT,
            postgresql_where=OPEN_COMPLAINT,
        ),
    )


class Compensation(Base):
    """What a customer was promised for what they complained of."""

    __tablename__ = "compensation"

    id: Mapped[Key] = mapped_column(primary_key=True)
    complaint_id: Mapped[Key]
    customer_id: Mapped[Key]
    home_id: Mapped[Key]
    amount: Mapped[Decimal] = mapped_column(ExactDecimal)
    currency: Mapped[str | None] = mapped_column(BINARY_TEXT)
    """Of money; points have none."""
    programme: Mapped[str | None] = mapped_column(BINARY_TEXT)
    """Of points: the connector instance of the programme."""
    granted_at: Mapped[Moment]
    granted_by: Mapped[str] = mapped_column(BINARY_TEXT)

    __table_args__: Any = _hanging(
        "compensation",
        ForeignKeyConstraint(
            ["tenant", "complaint_id"],
            ["complaint.tenant", "complaint.id"],
            name="fk_compensation_complaint",
            ondelete="CASCADE",
        ),
        CheckConstraint("(currency IS NULL) <> (programme IS NULL)", name="of"),
        Index(None, "tenant", "complaint_id"),
    )


class Appointment(Base):
    """When a customer meets a sales person."""

    __tablename__ = "appointment"

    id: Mapped[Key] = mapped_column(primary_key=True)
    customer_id: Mapped[Key]
    home_id: Mapped[Key]
    employee: Mapped[Key]
    kind: Mapped[Key]
    starts_at: Mapped[Moment]
    ends_at: Mapped[Moment]
    time_zone: Mapped[str] = mapped_column(BINARY_TEXT)
    state: Mapped[Key]
    content: Mapped[bytes | None]
    version: Mapped[int]
    booked_at: Mapped[Moment]
    booked_by: Mapped[str] = mapped_column(BINARY_TEXT)

    __table_args__: Any = _hanging(
        "appointment",
        CheckConstraint("state IN ('BOOKED', 'CANCELLED')", name="state"),
        CheckConstraint("ends_at > starts_at", name="ends"),
        Index("ix_appointment_calendar", "tenant", "employee", "starts_at"),
    )


class AppointmentSlot(Base):
    """Five minutes of a sales person's time that an appointment takes. Nobody's time is taken twice."""

    __tablename__ = "appointment_slot"

    employee: Mapped[Key] = mapped_column(primary_key=True)
    slot_at: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True)
    appointment_id: Mapped[Key]

    __table_args__: Any = (
        ForeignKeyConstraint(
            ["tenant", "appointment_id"],
            ["appointment.tenant", "appointment.id"],
            name="fk_appointment_slot_appointment",
            ondelete="CASCADE",
        ),
        Index(None, "tenant", "appointment_id"),
    )
