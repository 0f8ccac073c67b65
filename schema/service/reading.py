"""Reads what people keep of customers, for all customers of an operation at once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Coroutine, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import msgspec

from schema import cursors
from schema.errors import ErrorCode, InputError
from schema.inputs import LONGEST_WINDOW
from schema.paging import page_size
from schema.ports import Unit
from schema.service.arguments import (
    AppointmentsArguments,
    CustomerTasksArguments,
    InteractionsArguments,
    ListArguments,
    TimelineArguments,
    TimelineKind,
)
from store.cursors import moment
from store.data import CustomerData
from store.data_service import CompensationData, ComplaintData
from store.errors import CursorError
from store.repositories.own import Stretch
from store.repositories.timeline import Entry

TIMELINE = "timeline"
_BACK = _AHEAD = timedelta(days=90)
Customers = Mapping[str, CustomerData]
Reading = Callable[[Unit, Customers, Any], Coroutine[Any, Any, Mapping[str, Any]]]


class Settled(msgspec.Struct, frozen=True, kw_only=True):
    """A complaint with what was promised for it."""

    complaint: ComplaintData
    compensations: tuple[CompensationData, ...] = ()


def _paged(read: Callable[[Unit, Customers, Any, Stretch], Awaitable[Mapping[str, Any]]]) -> Reading:
    """A reader of a stretch of each customer's list."""

    async def reading(unit: Unit, customers: Customers, asked: ListArguments) -> Mapping[str, Any]:
        stretch = Stretch(size=page_size(asked.first, "first"), after=asked.after)
        try:
            return await read(unit, customers, asked, stretch)
        except CursorError:
            raise cursors.refused("after") from None

    return reading


async def _interactions(
    unit: Unit, customers: Customers, asked: InteractionsArguments, stretch: Stretch
) -> Mapping[str, Any]:
    return await unit.interactions.of(customers, channels=asked.channels, stretch=stretch)


async def _tasks(
    unit: Unit, customers: Customers, asked: CustomerTasksArguments, stretch: Stretch
) -> Mapping[str, Any]:
    return await unit.tasks.of(customers, state=asked.state, stretch=stretch)


async def _notes(unit: Unit, customers: Customers, _: ListArguments, stretch: Stretch) -> Mapping[str, Any]:
    return await unit.notes.of(customers, stretch=stretch)


async def _complaints(
    unit: Unit, customers: Customers, _: ListArguments, stretch: Stretch
) -> Mapping[str, Any]:
    pages = await unit.complaints.of(customers, stretch=stretch)
    every = [one for page in pages.values() for one in page.items]
    with_all = {one.complaint.id: one for one in await settled(unit, every)}
    return {
        customer: msgspec.structs.replace(page, items=tuple(with_all[one.id] for one in page.items))
        for customer, page in pages.items()
    }


async def settled(unit: Unit, complaints: list[ComplaintData]) -> list[Settled]:
    """Complaints with what was promised for each."""
    found = await unit.complaints.compensations([one.id for one in complaints]) if complaints else {}
    return [Settled(complaint=one, compensations=found.get(one.id, ())) for one in complaints]


async def _appointments(
    unit: Unit, customers: Customers, asked: AppointmentsArguments, stretch: Stretch
) -> Mapping[str, Any]:
    return await unit.appointments.of(customers, since=asked.since, stretch=stretch)


async def _bookings(
    unit: Unit, customers: Customers, _: ListArguments, stretch: Stretch
) -> Mapping[str, Any]:
    return await unit.bookings.of(customers, stretch=stretch)


async def _journeys(unit: Unit, customers: Customers, _: Any) -> Mapping[str, Any]:
    return await unit.touchpoints.journeys(customers)


async def _preferences(unit: Unit, customers: Customers, _: Any) -> Mapping[str, Any]:
    return await unit.preferences.of(customers)


async def _timeline(unit: Unit, customers: Customers, asked: TimelineArguments) -> Mapping[str, Any]:
    size = page_size(asked.first, "first")
    after = timeline_place(asked.after)
    # The day in every time zone: what partners say decides by their own zone which day a record is on.
    since, until = timeline_window(asked, unit.timeline.today())
    before = None if after is None else (datetime.fromisoformat(after[0]), after[1], after[2])
    found = await unit.timeline.of(
        tuple(customers),
        kinds=[kind.value for kind in asked.kinds or TimelineKind],
        first=size + 1,
        since=datetime.combine(since, time(), UTC),
        until=datetime.combine(until, time.max, UTC),
        before=before,
        apart=(TimelineKind.CONSENT.value,),
    )
    details = await _details(unit, [entry for mine in found.values() for entry in mine])
    return {one: HubEntries(entries=mine, details=details) for one, mine in found.items()}


async def _details(unit: Unit, entries: Collection[Entry]) -> Mapping[tuple[str, str], Any]:
    """What the entries stand for, by kind and id."""
    ids: dict[str, list[str]] = {}
    for entry in entries:
        ids.setdefault(entry.kind, []).append(entry.id)
    read: Mapping[str, Callable[[list[str]], Awaitable[Mapping[str, Any]]]] = {
        TimelineKind.APPOINTMENT.value: unit.appointments.get,
        TimelineKind.BOOKING.value: unit.bookings.get,
        TimelineKind.COMPLAINT.value: lambda wanted: _settled_by_id(unit, wanted),
        TimelineKind.CONSENT.value: unit.consents.get,
        TimelineKind.INTERACTION.value: unit.interactions.get,
        TimelineKind.OFFER_RESPONSE.value: unit.offer_responses.get,
    }
    return {
        (kind, one): detail
        for kind, wanted in ids.items()
        for one, detail in (await read[kind](wanted)).items()
    }


async def _settled_by_id(unit: Unit, ids: Collection[str]) -> Mapping[str, Settled]:
    complaints = await unit.complaints.get(ids)
    return {one.complaint.id: one for one in await settled(unit, list(complaints.values()))}


class HubEntries(msgspec.Struct, frozen=True, kw_only=True):
    """What the hub itself has for a timeline."""

    entries: tuple[Entry, ...] = ()
    details: Mapping[tuple[str, str], Any] = {}
    """By kind and id."""


def timeline_window(asked: TimelineArguments, today: date) -> tuple[date, date]:
    """First and last day of a timeline.

    Raises:
        InputError: it ends before it begins, or is too long.
    """
    until = asked.until or max(today, asked.since or today) + _AHEAD
    since = asked.since or min(today, until) - _BACK
    if until < since:
        message = "The window ends before it begins."
        raise InputError(message, code=ErrorCode.BAD_USER_INPUT, argument="until")
    if until - since > LONGEST_WINDOW:
        message = f"A window may be {LONGEST_WINDOW.days} days long at the most."
        raise InputError(message, code=ErrorCode.LIMIT_EXCEEDED, argument="since")
    return since, until


def timeline_place(cursor: str | None) -> tuple[str, str, str] | None:
    """The place that a cursor of a timeline stands for: moment, kind and id.

    Raises:
        InputError: ``INVALID_CURSOR``.
    """
    if cursor is None:
        return None
    at, kind, row_id = cursors.decode(cursor, scope=TIMELINE, parts=3, argument="after")
    try:
        moment(at)
    except CursorError:
        raise cursors.refused("after") from None
    return at, kind, row_id


INTERACTIONS, TASKS, NOTES, COMPLAINTS = "interactions", "tasks", "notes", "complaints"
APPOINTMENTS, BOOKINGS, JOURNEYS, PREFERENCES = "appointments", "bookings", "journeys", "preferences"
READINGS: Mapping[str, Reading] = {
    INTERACTIONS: _paged(_interactions),
    TASKS: _paged(_tasks),
    NOTES: _paged(_notes),
    COMPLAINTS: _paged(_complaints),
    APPOINTMENTS: _paged(_appointments),
    BOOKINGS: _paged(_bookings),
    JOURNEYS: _journeys,
    PREFERENCES: _preferences,
    TIMELINE: _timeline,
}
"""By the names under which :data:`schema.hub.READERS` has them."""
