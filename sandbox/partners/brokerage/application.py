"""Routes, credentials and rules of the custodian."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.framework import World, partner_app
from sandbox.partners.brokerage import render
from sandbox.population.model import Life, Presence

CREDENTIALS = {"credential": "sandbox-brokerage-token"}
"""What the hub's settings carry to be let in."""

PAGE = 50
"""Items of a page where the caller names no limit, and at the most."""

PROBLEMS = {
    400: "INVALID_PAYLOAD",
    401: "INVALID_TOKEN",
    403: "INSUFFICIENT_PRIVILEGES",
    404: "RESOURCE_DOES_NOT_EXIST",
    405: "WRONG_METHOD",
    429: "SERVICE_UNAVAILABLE",
    501: "NOT_IMPLEMENTED",
    503: "SERVICE_UNAVAILABLE",
}


def app(world: World) -> Starlette:
    """The custodian's application over a world."""
    bank = Custodian(world)
    routes = [
        Route("/customers", bank.customers, methods=["GET"]),
        Route("/customers/{customer_id}", bank.customer, methods=["GET"]),
        Route("/customers/{customer_id}/accounts", bank.accounts, methods=["GET"]),
        Route("/customers/{customer_id}/positions", bank.positions, methods=["GET"]),
        Route("/customers/{customer_id}/transactions", bank.transactions, methods=["GET"]),
    ]
    return partner_app(world, routes, name=render.DOMAIN, error_renderer=render_error)


class Custodian:
    """The operations."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def customers(self, request: Request) -> Response:
        """``GET /customers``."""
        _admit(request)
        presences = self._world.population.presences(render.DOMAIN)
        return _page(request, [render.customer(presence) for presence in presences])

    async def customer(self, request: Request) -> Response:
        """``GET /customers/{customerId}``."""
        return _answer(request, render.customer(self._presence(request)))

    async def accounts(self, request: Request) -> Response:
        """``GET /customers/{customerId}/accounts``."""
        return _page(request, render.accounts(self._presence(request)))

    async def positions(self, request: Request) -> Response:
        """``GET /customers/{customerId}/positions``; the future has none."""
        presence = self._presence(request)
        day, today = _day(request), self._world.now().date()
        shown = render.positions(presence, self._life(presence), day, today) if day <= today else []
        return _page(request, _confirmed(request, shown))

    async def transactions(self, request: Request) -> Response:
        """``GET /customers/{customerId}/transactions``: those of one day."""
        presence = self._presence(request)
        day, today = _day(request), self._world.now().date()
        shown = render.transactions(presence, self._life(presence), day, today) if day <= today else []
        return _page(request, _confirmed(request, shown))

    def _presence(self, request: Request) -> Presence:
        _admit(request)
        presence = self._world.population.presence(render.DOMAIN, request.path_params["customer_id"])
        if presence is None:
            raise HTTPException(404, "no such customer")
        return presence

    def _life(self, presence: Presence) -> Life:
        return self._world.population.life(presence.member_id)


def render_error(status: int, message: str, headers: Mapping[str, str]) -> Response:
    """An error as the API has it: a problem of RFC 7807."""
    problem = {
        "type": f"/problems/{PROBLEMS.get(status, 'TECHNICAL_ERROR')}",
        "title": PROBLEMS.get(status, "TECHNICAL_ERROR").replace("_", " ").capitalize(),
        "detail": message,
    }
    return Response(
        msgspec.json.encode(problem),
        status,
        {"Content-Language": "en", **headers},
        media_type="application/problem+json",
    )


def _admit(request: Request) -> None:
    expected = f"Bearer {CREDENTIALS['credential']}"
    if not hmac.compare_digest(request.headers.get("authorization", "").encode(), expected.encode()):
        raise HTTPException(401, "the token is missing or unknown")
    if not request.headers.get("x-correlation-id"):
        raise HTTPException(400, "the header X-Correlation-ID is required")


def _day(request: Request) -> date:
    try:
        return date.fromisoformat(request.query_params["date"])
    except (KeyError, ValueError):
        raise HTTPException(400, "date is required, as YYYY-MM-DD") from None


def _confirmed(request: Request, items: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The items that the end-of-day processing has confirmed, or those it has not, as asked for."""
    wanted = request.query_params.get("end_of_day_indicator")
    if wanted not in {None, "true", "false"}:
        raise HTTPException(400, "end_of_day_indicator is true or false")
    return [item for item in items if wanted is None or item["endOfDayIndicator"] is (wanted == "true")]


def _page(request: Request, items: Sequence[dict[str, Any]]) -> Response:
    limit = request.query_params.get("limit", str(PAGE))
    if not limit.isascii() or not limit.isdigit() or int(limit) < 1:
        raise HTTPException(400, "limit is a whole number from 1")
    start = _position(request.query_params.get("cursor"))
    end = start + min(int(limit), PAGE)
    cursor = base64.urlsafe_b64encode(f"at {end}".encode()).decode() if end < len(items) else ""
    return _answer(request, list(items[start:end]), {"nextCursor": cursor})


def _position(cursor: str | None) -> int:
    if cursor is None:
        return 0
    try:
        word, _, start = base64.urlsafe_b64decode(cursor.encode()).decode().partition(" ")
        if word == "at":
            return int(start)
    except (binascii.Error, ValueError):
        pass
    raise HTTPException(400, "the cursor is not one of this API")


def _answer(request: Request, content: Any, headers: Mapping[str, str] | None = None) -> Response:
    correlation = {"X-Correlation-ID": request.headers["x-correlation-id"]}
    return JSONResponse(content, headers={**correlation, **(headers or {})})
