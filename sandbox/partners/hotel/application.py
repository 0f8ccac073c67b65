"""The operations of the hotel group."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable, Sequence
from datetime import date, datetime
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.framework import World, partner_app
from sandbox.partners.hotel import render
from sandbox.partners.hotel.bookings import DOMAIN, Booking, all_bookings, booking_by_id, bookings_of
from sandbox.partners.hotel.houses import HOUSES
from sandbox.partners.hotel.parameters import Json, Query, Refused, listed, render_error, today
from sandbox.population.model import Presence

BASE_PATH = "/api/v1.3"
CREDENTIALS = {"api_key": "sandbox-hotel-key"}
"""What the hub's settings carry for this partner."""
PACE = {"requests_per_second": 1_000}
"""These hotels take more than the published API allows one property: the hub is to be tried, not the pace."""

Operation = Callable[[World, Query], Awaitable[Json]]
STATUSES = frozenset({"not_confirmed", "confirmed", "canceled", "checked_in", "checked_out", "no_show"})


def app(world: World) -> Starlette:
    """The partner's application over a world."""
    operations: Sequence[tuple[str, Operation]] = (
        ("/getGuest", _get_guest),
        ("/getGuestList", _get_guest_list),
        ("/getGuestsModified", _get_guests_modified),
        ("/getHotels", _get_hotels),
        ("/getReservations", _get_reservations),
        ("/getReservationsWithRateDetails", _get_reservations_with_rate_details),
        ("/getReservationNotes", _get_reservation_notes),
    )
    routes = [
        Route(f"{BASE_PATH}{path}", _served(world, operation), methods=["GET"])
        for path, operation in operations
    ]
    return partner_app(world, routes, name="hotel", error_renderer=render_error)


def _served(world: World, operation: Operation) -> Callable[[Request], Awaitable[Response]]:
    @functools.wraps(operation)
    async def handler(request: Request) -> Response:
        if request.headers.get("x-api-key") != CREDENTIALS["api_key"]:
            raise HTTPException(401, "The resource owner or authorization server denied the request.")
        try:
            return JSONResponse(await operation(world, Query(request)))
        except Refused as refused:
            return refused.response()

    return handler


async def _get_guest(world: World, query: Query) -> Json:
    guest_id, reservation_id = query.text("guestID"), query.text("reservationID")
    if guest_id is not None:
        guest = world.population.presence(DOMAIN, guest_id)
    elif reservation_id is not None:
        booking = booking_by_id(world, reservation_id)
        guest = booking.guest if booking else None
    else:
        raise Refused("Parameter guestID or reservationID is required", status=400)
    if guest is None:
        raise Refused("Guest not found")
    return {"success": True, "data": render.guest(guest)}


async def _get_guest_list(world: World, query: Query) -> Json:
    found = sorted(_guests(world, query), key=lambda it: (it.updated_at, it.party_id), reverse=True)
    details = query.flag("includeGuestInfo")
    entries = {
        guest.party_id: render.listed_guest(guest, await _latest(world, guest), details=details)
        for guest in query.page(found)
    }
    return listed(entries, len(found))


def _guests(world: World, query: Query) -> list[Presence]:
    """Guests that pass the filters; the indexed ones narrow the search."""
    population = world.population
    wanted: dict[str, Callable[[Presence], str | None]] = {
        "guestEmail": lambda it: it.email,
        "guestPhone": lambda it: render.phones(it)[0],
        "guestCellPhone": lambda it: render.phones(it)[1],
        "guestFirstName": lambda it: render.names(it)[0],
        "guestLastName": lambda it: render.names(it)[1],
    }
    filters = {name: value for name in wanted if (value := query.text(name))}
    phone = filters.get("guestPhone") or filters.get("guestCellPhone")
    candidates: Sequence[Presence] = population.presences(DOMAIN)
    if "guestEmail" in filters:
        candidates = population.by_email(DOMAIN, filters["guestEmail"])
    elif phone:
        candidates = population.by_phone(DOMAIN, phone)
    start, end = query.moments("resultsFrom", "resultsTo")
    return [
        guest
        for guest in candidates
        if start <= guest.updated_at <= end
        and all((wanted[name](guest) or "").casefold() == value.casefold() for name, value in filters.items())
    ]


async def _get_guests_modified(world: World, query: Query) -> Json:
    limits = (
        query.moments("resultsFrom", "resultsTo")
        if query.text("resultsFrom") or query.text("resultsTo")
        else today(world.now())
    )
    found = [it for it in world.population.presences(DOMAIN) if limits[0] <= it.updated_at <= limits[1]]
    found.sort(key=lambda it: (it.updated_at, it.party_id), reverse=True)
    some = [render.modified_guest(guest, await _latest(world, guest)) for guest in query.page(found)]
    return listed(some, len(found))


async def _latest(world: World, guest: Presence) -> Booking | None:
    await asyncio.sleep(0)  # lives take their time to write: let others in between
    return max(bookings_of(world, guest), key=lambda it: it.modified_at, default=None)


async def _get_hotels(_: World, query: Query) -> Json:
    wanted = query.ids("propertyIDs")
    found = [house for house in HOUSES if not wanted or house.id in wanted]
    some = [render.hotel(house) for house in query.page(found, size=20)]
    return listed(some, len(found))


async def _get_reservations(world: World, query: Query) -> Json:
    arrives, leaves = query.days("checkInFrom", "checkInTo"), query.days("checkOutFrom", "checkOutTo")
    status = query.text("status")
    if status is not None and status not in STATUSES:
        raise Refused("Parameter status is invalid", status=400)
    found = [
        it
        for it in await _bookings(world, query)
        if _between(it.check_in, arrives) and _between(it.check_out, leaves) and status in {None, it.status}
    ]
    return listed([render.reservation(it) for it in query.page(found)], len(found))


async def _get_reservations_with_rate_details(world: World, query: Query) -> Json:
    leaves = query.days("reservationCheckOutFrom", "reservationCheckOutTo")
    excluded = query.ids("excludeStatuses")
    ids = query.ids("reservationID")
    guests = query.flag("includeGuestsDetails")
    query.flag("includeDeleted")  # nothing is ever deleted here
    bookings = _by_ids(world, ids) if ids else await _bookings(world, query)
    found = [it for it in bookings if _between(it.check_out, leaves) and it.status not in excluded]
    some = [render.detailed_reservation(it, guests=guests) for it in query.page(found)]
    return listed(some, len(found))


def _by_ids(world: World, ids: Sequence[str]) -> list[Booking]:
    found = (booking_by_id(world, reservation_id) for reservation_id in dict.fromkeys(ids))
    return [booking for booking in found if booking is not None]


async def _bookings(world: World, query: Query) -> list[Booking]:
    """Reservations of one guest or of all, by when they were booked and last changed."""
    guest_id = query.text("guestID")
    if guest_id is None:
        bookings = await all_bookings(world)
    else:
        guest = world.population.presence(DOMAIN, guest_id)
        bookings = [] if guest is None else bookings_of(world, guest)
    booked = query.moments("resultsFrom", "resultsTo")
    modified = query.moments("modifiedFrom", "modifiedTo")
    found = [it for it in bookings if _between(it.booked_at, booked) and _between(it.modified_at, modified)]
    if query.flag("sortByRecent"):
        found.sort(key=lambda it: (it.modified_at, it.id), reverse=True)
    return found


def _between(value: date | datetime, limits: tuple[Any, Any]) -> bool:
    return bool(limits[0] <= value <= limits[1])


async def _get_reservation_notes(world: World, query: Query) -> Json:
    reservation_id = query.text("reservationID")
    if reservation_id is None:
        raise Refused("Parameter reservationID is required", status=400)
    booking = booking_by_id(world, reservation_id)
    if booking is None:
        raise Refused("Reservation not found")
    return {"success": True, "data": render.notes(booking)}
