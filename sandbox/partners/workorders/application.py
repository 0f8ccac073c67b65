"""The operations of the back office."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.framework import World, partner_app
from sandbox.framework.effects import KeyReusedError
from sandbox.partners.workorders.orders import Order, orders
from sandbox.partners.workorders.requests import DETAILS, Cancel, NewOrder, Refused, read
from sandbox.population.numbers import short_id

CREDENTIALS = {
    "api_key": "sandbox-workorders-key",
    "webhook_secret": "sandbox-workorders-webhook-secret",
}
"""What the hub's settings carry for this partner."""

_CODES = {400: "INVALID", 401: "UNAUTHORISED", 404: "NOT_FOUND", 405: "INVALID"}
_MOST = 200

Handler = Callable[[Request], Awaitable[Response]]


def app(world: World) -> Starlette:
    """The back office's application over a world."""
    routes = [
        Route("/orders", _served(world, _list), methods=["GET"]),
        Route("/orders", _served(world, _place), methods=["POST"]),
        Route("/orders/{order_id}", _served(world, _get), methods=["GET"]),
        Route("/orders/{order_id}/cancel", _served(world, _cancel), methods=["POST"]),
    ]
    return partner_app(world, routes, name="workorders", error_renderer=_render)


def _served(world: World, operation: Callable[[World, Request], Awaitable[Response]]) -> Handler:
    async def handler(request: Request) -> Response:
        try:
            if request.headers.get("x-api-key") != CREDENTIALS["api_key"]:
                raise Refused(401, "UNAUTHORISED")  # noqa: TRY301  # answered like those of the operations
            return await operation(world, request)
        except Refused as refused:
            return JSONResponse({"code": refused.code}, status_code=refused.status)
        except KeyReusedError:
            return JSONResponse({"code": "CONFLICT"}, status_code=409)

    return handler


def _render(status: int, message: str, headers: Mapping[str, str]) -> Response:  # noqa: ARG001  # see ErrorRenderer
    code = _CODES.get(status, "INVALID")
    return JSONResponse({"code": code}, status_code=status, headers=dict(headers))


async def _list(world: World, request: Request) -> Response:
    wanted = request.query_params.getlist("customerId")
    if len(wanted) > 50:
        raise Refused(400, "INVALID")
    key, since = request.query_params.get("idempotencyKey"), request.query_params.get("movedSince")
    found = [each.at(world.now()) for each in orders(world).values()]
    if wanted:
        found = [each for each in found if each.customer_id in wanted]
    if key is not None:
        found = [each for each in found if key in each.keys]
    if since is not None:
        moment = _moment(since)
        found = [each for each in found if each.moved_at >= moment]
    found.sort(key=lambda each: (each.moved_at, each.id))
    limit = _number(request.query_params.get("limit", "100"), 1, _MOST)
    start = _number(request.query_params.get("cursor", "0"), 0, 10**9)
    page: dict[str, Any] = {"orders": [each.shown() for each in found[start : start + limit]]}
    if start + limit < len(found):
        page["next"] = str(start + limit)
    return JSONResponse(page)


async def _get(world: World, request: Request) -> Response:
    return JSONResponse(_known(world, request.path_params["order_id"]).shown())


async def _place(world: World, request: Request) -> Response:
    body = read(await request.body(), NewOrder)
    key = _key(request)
    details = DETAILS.get(body.type)
    if details is None:
        raise Refused(422, "INVALID")
    try:
        msgspec.convert(body.details, details)
    except msgspec.ValidationError:
        raise Refused(422, "INVALID") from None
    _customer(world, body.customer_id)
    before = len(orders(world))
    order_id = world.effects.once("place_order", key, body, lambda: _new(world, body, key))
    status = 201 if len(orders(world)) > before else 200
    return JSONResponse(_known(world, order_id).shown(), status_code=status)


def _new(world: World, body: NewOrder, key: str) -> str:
    kept = orders(world)
    now = world.now()
    order = Order(
        id=f"WO-{short_id('order', len(kept), body.customer_id)[:10]}",
        customer_id=body.customer_id,
        type=body.type,
        details=body.details,
        created_at=now,
        moved_at=now,
        keys=frozenset({key}),
    )
    kept[order.id] = order
    return order.id


async def _cancel(world: World, request: Request) -> Response:
    body = read(await request.body(), Cancel)
    key, order_id = _key(request), request.path_params["order_id"]
    if _known(world, order_id).customer_id != body.customer_id:
        raise Refused(404, "NOT_FOUND")
    world.effects.once("cancel_order", key, [order_id, body], lambda: _withdraw(world, order_id, key))
    return JSONResponse(_known(world, order_id).shown())


def _withdraw(world: World, order_id: str, key: str) -> None:
    order = _known(world, order_id)
    if order.status != "RECEIVED":
        raise Refused(409, "CONFLICT")
    orders(world)[order_id] = replace(
        order, status="CANCELLED", moved_at=world.now(), keys=order.keys | {key}
    )


def _known(world: World, order_id: str) -> Order:
    order = orders(world).get(order_id)
    if order is None:
        raise Refused(404, "NOT_FOUND")
    return order.at(world.now())


def _customer(world: World, customer_id: str) -> None:
    try:
        world.population.member(customer_id)
    except KeyError:
        raise Refused(404, "NOT_FOUND") from None


def _key(request: Request) -> str:
    key = request.headers.get("idempotency-key", "")
    if not 1 <= len(key) <= 255:
        raise Refused(400, "INVALID")
    return key


def _number(text: str, least: int, most: int) -> int:
    if not (text.isascii() and text.isdigit()) or not least <= int(text) <= most:
        raise Refused(400, "INVALID")
    return int(text)


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Refused(400, "INVALID") from None
    if moment.tzinfo is None:
        raise Refused(400, "INVALID")
    return moment
