"""Routes, credentials and rules of the rental operator."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from http import HTTPStatus
from typing import Annotated, Any, Literal

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.framework import World, partner_app
from sandbox.partners.rental import render
from sandbox.partners.rental.bookings import DOMAIN, Booking, Bookings

CREDENTIALS = {"credential": "sandbox-rental-key", "maas_id": "c360-sandbox"}
"""What the hub's settings carry to be let in."""

STATES = {
    "NEW",
    "PENDING",
    "REJECTED",
    "RELEASED",
    "EXPIRED",
    "CONDITIONAL_CONFIRMED",
    "CONFIRMED",
    "CANCELLED",
    "STARTED",
    "FINISHED",
}
JOURNAL_STATES = {"TO_INVOICE", "INVOICED"}
CATEGORIES = {
    "ALL",
    "DAMAGE",
    "LOSS",
    "STOLEN",
    "EXTRA_USAGE",
    "REFUND",
    "FINE",
    "OTHER_ASSET_USED",
    "CREDIT",
    "VOUCHER",
    "DEPOSIT",
    "OTHER",
    "FARE",
}
LANGUAGE = {"Content-Language": "en"}


def app(world: World) -> Starlette:
    """The operator's application over a world."""
    operator = Operator(world)
    routes = [
        Route("/bookings", operator.bookings, methods=["GET"]),
        Route("/bookings/one-stop", operator.one_stop, methods=["POST"]),
        Route("/bookings/{id}", operator.booking, methods=["GET"]),
        Route("/bookings/{id}/events", operator.booking_event, methods=["POST"]),
        Route("/customers/{id}", operator.customer, methods=["GET"]),
        Route("/payment/journal-entry", operator.journal, methods=["GET"]),
    ]
    return partner_app(world, routes, name=DOMAIN, error_renderer=render_error)


class _Event(msgspec.Struct):
    operation: Literal["CANCEL", "DENY", "COMMIT", "EXTEND_EXPIRY_TIME"]


class _Customer(msgspec.Struct):
    id: str


class _OneStop(msgspec.Struct, rename="camel"):
    start: Annotated[datetime, msgspec.Meta(tz=True)] = msgspec.field(name="departureTime")
    end: Annotated[datetime, msgspec.Meta(tz=True)] = msgspec.field(name="arrivalTime")
    use_asset_types: tuple[str]
    customer: _Customer


class Operator:
    """The operations."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._bookings = Bookings(world)

    async def bookings(self, request: Request) -> Response:
        """``GET /bookings``: those that overlap a window and match the other filters."""
        _admit(request)
        query = request.query_params
        state = _choice(query.get("state"), STATES, "state")
        start, end = _moment(query.get("min-time"), "min-time"), _moment(query.get("max-time"), "max-time")
        lowest, highest = _number(query.get("min-price")), _number(query.get("max-price"))
        if start and end and start > end:
            raise HTTPException(400, "min-time is after max-time")
        now = self._world.now()
        found = [
            item
            for item in await self._bookings.everything()
            if (start is None or item.end >= start)
            and (end is None or item.start <= end)
            and (state is None or item.state(now) == state)
            and (lowest is None or _price(item) >= lowest)
            and (highest is None or _price(item) <= highest)
            and query.get("contains-asset-type") in {None, render.asset_type(item)["id"]}
        ]
        return _answer([render.booking(item, now) for item in found])

    async def booking(self, request: Request) -> Response:
        """``GET /bookings/{id}``."""
        _admit(request)
        found = self._bookings.find(request.path_params["id"])
        if found is None:
            raise HTTPException(404, "no such booking")
        return _answer(render.booking(found, self._world.now()))

    async def one_stop(self, request: Request) -> Response:
        """``POST /bookings/one-stop``: reserves a vehicle of the one type that is asked for."""
        _admit(request)
        try:
            asked = msgspec.json.decode(await request.body(), type=_OneStop)
        except msgspec.DecodeError:
            raise HTTPException(400, "the body asks for no booking of one type of vehicle") from None
        customer = self._world.population.presence(DOMAIN, asked.customer.id)
        now = self._world.now()
        if customer is None or not now <= asked.start < asked.end:
            raise HTTPException(403, "nobody can book that")
        (asset_type,) = asked.use_asset_types
        made = await self._bookings.propose(
            customer, asset_type, asked.start.astimezone(UTC), asked.end.astimezone(UTC)
        )
        if made is None or made.expires is None:
            return JSONResponse(_error(406, "there is no such type of vehicle"), 406, LANGUAGE)
        answer = JSONResponse(render.booking(made, now), 201, LANGUAGE)
        answer.headers["Expires"] = format_datetime(made.expires, usegmt=True)
        return answer

    async def booking_event(self, request: Request) -> Response:
        """``POST /bookings/{id}/events``, of which committing and calling off are served."""
        _admit(request)
        try:
            event = msgspec.json.decode(await request.body(), type=_Event)
        except msgspec.DecodeError:
            raise HTTPException(400, "the body is no operation on a booking") from None
        found = self._bookings.find(request.path_params["id"])
        if found is None:
            raise HTTPException(404, "no such booking")
        now = self._world.now()
        change = {
            ("CANCEL", "CONFIRMED"): self._bookings.cancel,
            ("COMMIT", "PENDING"): self._bookings.commit,
        }.get((event.operation, found.state(now)))
        if change is None:
            raise HTTPException(403, "the booking cannot do that as it stands")
        answer = _answer(render.booking(change(found), now))
        answer.headers["Expires"] = format_datetime(now, usegmt=True)
        return answer

    async def customer(self, request: Request) -> Response:
        """``GET /customers/{id}``, which wants no more than a language."""
        _admit(request, ("Accept-Language",))
        presence = self._world.population.presence(DOMAIN, request.path_params["id"])
        if presence is None:
            return JSONResponse({"errors": [_error(404, "no such customer")]}, 404, LANGUAGE)
        return _answer(render.customer(presence))

    async def journal(self, request: Request) -> Response:
        """``GET /payment/journal-entry``: what is to be paid, paged by offset and limit."""
        _admit(request)
        query = request.query_params
        state = _choice(query.get("state"), JOURNAL_STATES, "state")
        category = _choice(query.get("category"), CATEGORIES, "category")
        start, end = _moment(query.get("from"), "from"), _moment(query.get("to"), "to")
        offset, limit = _count(query.get("offset")) or 0, _count(query.get("limit"))
        leg = query.get("id")
        if leg is None:
            candidates = await self._bookings.everything()
        else:
            candidates = [item for item in [self._bookings.find_leg(leg)] if item]
        now = self._world.now()
        entries = [
            entry
            for item in candidates
            if (entry := render.journal_entry(item, now))
            and state in {None, entry["state"]}
            and category in {None, "ALL", entry["category"]}
            and (start is None or item.end >= start)
            and (end is None or item.end <= end)
        ]
        return _answer(entries[offset : None if limit is None else offset + limit])


def render_error(status: int, message: str, headers: Mapping[str, str]) -> Response:
    """An error as the API has it: an ``error`` object, but nothing at all with 404 and 410."""
    if status in {404, 410}:
        return Response(status_code=status, headers=headers)
    return JSONResponse(_error(status, message), status, {**LANGUAGE, **headers})


def _error(status: int, message: str) -> dict[str, Any]:
    return {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": message}


def _answer(content: Any) -> Response:
    return JSONResponse(content, headers=LANGUAGE)


def _admit(
    request: Request, required: tuple[str, ...] = ("Accept-Language", "Api", "Api-Version", "maas-id")
) -> None:
    given = request.headers.get("x-api-key", "")
    if not hmac.compare_digest(given.encode(), CREDENTIALS["credential"].encode()):
        raise HTTPException(401, "the API key is missing or unknown")
    for name in required:
        if not request.headers.get(name):
            raise HTTPException(400, f"the header {name} is required")
    if "maas-id" in required and request.headers["maas-id"] != CREDENTIALS["maas_id"]:
        raise HTTPException(401, "the sender is unknown")


def _moment(text: str | None, name: str) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise HTTPException(400, f"{name} is not a date and time") from None
    if moment.tzinfo is None:
        raise HTTPException(400, f"{name} has no zone")
    return moment.astimezone(UTC)


def _choice(text: str | None, known: set[str], name: str) -> str | None:
    if text is not None and text not in known:
        raise HTTPException(400, f"{name} is none of the known values")
    return text


def _count(text: str | None) -> int | None:
    if text is None:
        return None
    if not text.isascii() or not text.isdigit():
        raise HTTPException(400, "offset and limit are whole numbers from 0")
    return int(text)


def _number(text: str | None) -> float | None:
    if text is None:
        return None
    try:
        return float(text)
    except ValueError:
        raise HTTPException(400, "a price is a number") from None


def _price(item: Booking) -> float:
    return float(item.event.amount or 0)
