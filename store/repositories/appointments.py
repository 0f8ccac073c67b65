"""When customers meet sales people. Nobody is booked twice: the database itself holds to that."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete

from store.columns import new_id
from store.data_service import AppointmentData, AppointmentKind, AppointmentState, OwnPage, Text
from store.errors_service import TimeTaken
from store.models import Appointment, AppointmentSlot
from store.repositories.own import Order, OwnRepository, Stretch

SLOT = timedelta(minutes=5)
"""Appointments begin and end at multiples of it."""
_BOOKED = {"state": (AppointmentState.BOOKED,)}
_SOONEST = Order(columns=("starts_at", "id"))


class AppointmentRepository(OwnRepository[AppointmentData]):
    """They go where the customer goes.

    An appointment takes every slot of the sales person's time that it lasts for, and a slot is taken once:
    the same on both databases, however many book at the same moment.
    """

    model = Appointment
    data = AppointmentData

    async def book(
        self,
        customer_id: str,
        employee: str,
        *,
        by: str,
        kind: AppointmentKind,
        starts_at: datetime,
        ends_at: datetime,
        time_zone: str,
        text: str | None = None,
    ) -> AppointmentData:
        """Book an appointment.

        Args:
            customer_id: who comes; the survivor has it where the customer was merged.
            employee: the sales person.
            by: who books.
            kind: how they meet.
            starts_at: a multiple of a slot.
            ends_at: likewise, and later.
            time_zone: by whose clock it was agreed.
            text: what it is about; sealed with the customer's key.

        Raises:
            CustomerUnknown: no customer answers for the id.
            TimeTaken: the sales person has another appointment then.
        """
        made = AppointmentData(
            id=new_id(),
            customer_id=await self.holder(customer_id),
            employee=employee,
            kind=kind,
            starts_at=starts_at,
            ends_at=ends_at,
            time_zone=time_zone,
            content=None if text is None else Text(text=text),
            booked_at=self._scope.clock(),
            booked_by=by,
        )
        await self._insert([made])
        await self._take(made)
        return made

    async def move(
        self,
        appointment_id: str,
        *,
        starts_at: datetime,
        ends_at: datetime,
        employee: str | None = None,
        expected: int | None = None,
    ) -> AppointmentData:
        """Let a booked appointment take place at another time, or with somebody else.

        Raises:
            ServiceError: it is not there, cancelled, of another version, or the time is taken.
        """
        other = {} if employee is None else {"employee": employee}
        moved = await self._change(
            appointment_id,
            expected=expected,
            allowed=_BOOKED,
            starts_at=starts_at,
            ends_at=ends_at,
            **other,
        )
        await self._leave(appointment_id)
        await self._take(moved)
        return moved

    async def cancel(self, appointment_id: str, *, expected: int | None = None) -> AppointmentData:
        """Let a booked appointment not take place; its time is free again.

        Raises:
            ServiceError: it is not there, cancelled already, or of another version.
        """
        cancelled = await self._change(
            appointment_id, expected=expected, allowed=_BOOKED, state=AppointmentState.CANCELLED
        )
        await self._leave(appointment_id)
        return cancelled

    async def of(
        self, customer_ids: Iterable[str], *, since: datetime | None = None, stretch: Stretch
    ) -> Mapping[str, OwnPage[AppointmentData]]:
        """The appointments of each customer that end later than a moment, the soonest first; than now.

        Raises:
            CursorError: the cursor is damaged.
        """
        later = self._columns.ends_at > (since or self._scope.clock())
        return await self._pages(set(customer_ids), later, order=_SOONEST, stretch=stretch)

    async def of_employee(
        self, employee: str, *, since: datetime, until: datetime, stretch: Stretch
    ) -> OwnPage[AppointmentData]:
        """The booked appointments of a sales person within a time, the soonest first.

        Raises:
            CursorError: a cursor is damaged.
        """
        columns = self._columns
        return await self._page(
            columns.employee == employee,
            columns.state == AppointmentState.BOOKED.value,
            columns.ends_at > since,
            columns.starts_at < until,
            order=_SOONEST,
            stretch=stretch,
        )

    async def _take(self, booked: AppointmentData) -> None:
        # In the order of time, so that of two who want the same slots one waits for the other.
        rows = [
            {
                "tenant": self._tenant,
                "employee": booked.employee,
                "slot_at": at,
                "appointment_id": booked.id,
            }
            for at in slots(booked.starts_at, booked.ends_at)
        ]
        taken = await self._session.execute(
            self._scope.upsert(AppointmentSlot)
            .values(rows)
            .on_conflict_do_nothing()
            .returning(AppointmentSlot.slot_at)
        )
        if len(taken.all()) < len(rows):
            raise TimeTaken

    async def _leave(self, appointment_id: str) -> None:
        await self._scope.change(
            delete(AppointmentSlot).where(
                AppointmentSlot.tenant == self._tenant, AppointmentSlot.appointment_id == appointment_id
            )
        )


def slots(starts_at: datetime, ends_at: datetime) -> tuple[datetime, ...]:
    """The slots that an appointment takes, in UTC.

    Raises:
        ValueError: it does not begin and end at multiples of a slot, or not in this order.
    """
    start, end = starts_at.astimezone(UTC), ends_at.astimezone(UTC)
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    if (start - epoch) % SLOT or (end - epoch) % SLOT or end <= start:
        raise ValueError("an appointment begins and ends at multiples of a slot")
    return tuple(start + SLOT * place for place in range((end - start) // SLOT))
