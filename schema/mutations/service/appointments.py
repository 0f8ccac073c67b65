"""``bookAppointment``, ``moveAppointment`` and ``cancelAppointment``."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from msgspec import Meta

from resolvers.service import appointments
from resolvers.service.zones import is_time_zone
from schema.errors import ErrorCode, InputError
from schema.inputs import NodeId
from schema.mutations.problems import ProblemCode
from schema.mutations.service.base import (
    LONGEST_TEXT,
    OnCustomer,
    RowMutation,
    RowOutcome,
    RowPayload,
    Versioned,
    line,
    maybe_line,
    maybe_text,
    refused_input,
)
from schema.ports import Unit
from schema.service.answers import APPOINTMENT
from schema.service.shapes import Appointment
from store.data_service import AppointmentKind

_STARTS = Annotated[dt.datetime, Meta(description="When it begins: a multiple of 5 minutes.")]
_ENDS = Annotated[dt.datetime, Meta(description="When it ends: likewise, and later.")]


class BookAppointmentInput(OnCustomer, frozen=True, kw_only=True):
    """When a customer is to meet a sales person."""

    employee: Annotated[str, Meta(description="The sales person.")]
    kind: Annotated[AppointmentKind, Meta(description="How they meet.")] = AppointmentKind.MEETING
    starts_at: _STARTS
    ends_at: _ENDS
    time_zone: Annotated[
        str | None,
        Meta(description="By whose clock it is agreed, such as `Europe/Zurich`; theirs unless told."),
    ] = None
    text: Annotated[
        str | None, Meta(description=f"What it is about; up to {LONGEST_TEXT:,} characters. Kept sealed.")
    ] = None


class MoveAppointmentInput(Versioned, frozen=True, kw_only=True):
    """When, or with whom, instead."""

    id: Annotated[NodeId, Meta(description="Id of the appointment.")]
    starts_at: _STARTS
    ends_at: _ENDS
    employee: Annotated[str | None, Meta(description="Another sales person; the same unless told.")] = None


class CancelAppointmentInput(Versioned, frozen=True, kw_only=True):
    """An appointment that does not take place."""

    id: Annotated[NodeId, Meta(description="Id of the appointment.")]


class _AppointmentPayload(RowPayload, frozen=True, kw_only=True):
    appointment: Annotated[Appointment | None, Meta(description="The appointment as it is now.")] = None


class BookAppointmentPayload(_AppointmentPayload, frozen=True, kw_only=True):
    """What booking an appointment did."""


class MoveAppointmentPayload(_AppointmentPayload, frozen=True, kw_only=True):
    """What moving an appointment did."""


class CancelAppointmentPayload(_AppointmentPayload, frozen=True, kw_only=True):
    """What cancelling an appointment did."""


class _AppointmentMutation(RowMutation):
    row_type = APPOINTMENT
    field = "appointment"

    def _allowed(self, employee: str) -> None:
        """Refuse a time at which the sales person cannot be booked."""
        rules = self.service.appointments
        why = appointments.refused(rules, employee, self.asked.starts_at, self.asked.ends_at, self.at)
        if why is not None:
            raise refused_input(why, "startsAt", code=ProblemCode.OUTSIDE_HOURS)


class BookAppointment(_AppointmentMutation):
    """Books an appointment."""

    name = "bookAppointment"
    description = (
        "Books a sales person's time for a customer, within their working hours. Nobody is booked twice, "
        "whoever books at the same moment."
    )
    input_type = BookAppointmentInput
    payload_type = BookAppointmentPayload

    def check(self) -> None:
        """Read the id, the texts and the times."""
        asked = self.asked
        self._customer = self.customer_id()
        self._employee = line(asked.employee, "employee")
        self._text = maybe_text(asked.text, "text")
        if asked.time_zone is not None and not is_time_zone(asked.time_zone):
            message = "Name one of the IANA's time zones, such as `Europe/Zurich`."
            raise InputError(message, code=ErrorCode.BAD_USER_INPUT, argument="input.timeZone")
        self._allowed(self._employee)

    async def decide(self, unit: Unit) -> RowOutcome:
        """Book it."""
        zone = self.asked.time_zone or self.service.appointments.hours(self._employee).time_zone
        made = await unit.appointments.book(
            self._customer,
            self._employee,
            by=self.actor,
            kind=self.asked.kind,
            starts_at=self.asked.starts_at,
            ends_at=self.asked.ends_at,
            time_zone=zone,
            text=self._text,
        )
        return RowOutcome(customer=made.customer_id, row=made.id)


class MoveAppointment(_AppointmentMutation):
    """Moves an appointment."""

    name = "moveAppointment"
    description = "Lets a booked appointment take place at another time, or with another sales person."
    input_type = MoveAppointmentInput
    payload_type = MoveAppointmentPayload

    def check(self) -> None:
        """Read the id, the name and the times."""
        self._appointment = self.row_id()
        self._employee = maybe_line(self.asked.employee, "employee")

    async def decide(self, unit: Unit) -> RowOutcome:
        """Move it."""
        found = (await unit.appointments.get([self._appointment])).get(self._appointment)
        if found is not None:
            self._allowed(self._employee or found.employee)
        made = await unit.appointments.move(
            self._appointment,
            starts_at=self.asked.starts_at,
            ends_at=self.asked.ends_at,
            employee=self._employee,
            expected=self.expected,
        )
        return RowOutcome(customer=made.customer_id, row=made.id)


class CancelAppointment(_AppointmentMutation):
    """Cancels an appointment."""

    name = "cancelAppointment"
    description = "Lets a booked appointment not take place: the sales person's time is free again."
    input_type = CancelAppointmentInput
    payload_type = CancelAppointmentPayload

    def check(self) -> None:
        """Read the id."""
        self._appointment = self.row_id()

    async def decide(self, unit: Unit) -> RowOutcome:
        """Cancel it."""
        made = await unit.appointments.cancel(self._appointment, expected=self.expected)
        return RowOutcome(customer=made.customer_id, row=made.id)
