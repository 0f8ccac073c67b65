"""Counts calls and makes them go wrong as the behaviour says."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Match, Mount, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.framework.behaviour import Behaviour, Mode, Rule, fails
from sandbox.framework.control import PREFIX
from sandbox.framework.counters import UNKNOWN
from sandbox.framework.errors import ErrorRenderer
from sandbox.framework.world import World


class BehaviourMiddleware:
    """Stands before the partner's routes; lets the control routes through untouched."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        world: World,
        routes: Sequence[BaseRoute],
        error_renderer: ErrorRenderer,
    ) -> None:
        self._app = app
        self._world = world
        self._routes = routes
        self._render = error_renderer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the call on, or answer it instead."""
        if scope["type"] != "http" or scope["path"].startswith(PREFIX):
            await self._app(scope, receive, send)
            return
        operation = operation_of(self._routes, scope) or f"{scope['method']} {UNKNOWN}"
        self._world.counters.add(operation)
        rule = self._world.behaviour.rule(operation)
        if rule.mode is Mode.TRUNCATED:
            await self._app(scope, receive, _half(send))
            return
        answer = await self._instead(rule, receive)
        await (answer or self._app)(scope, receive, send)

    async def _instead(self, rule: Rule, receive: Receive) -> Response | None:
        """What is answered instead of the partner's own answer, if anything."""
        behaviour = self._world.behaviour
        match rule.mode:
            case Mode.SLOW:
                await asyncio.sleep(rule.delay)
                return None
            case Mode.HANG:
                await _until_gone(behaviour, receive)
            case Mode.FLAKY if not fails(behaviour.turn(rule), rule.share):
                return None
            case Mode.WRONG:
                return _wrong(behaviour.turn(rule))
            case Mode.RATE_LIMITED:
                return self._render(429, "Too many requests", {"Retry-After": str(rule.retry_after)})
            case Mode.OK | Mode.TRUNCATED:
                return None
        return self._render(503, "Service unavailable", {})


def _wrong(turn: int) -> Response:
    if turn % 2:
        return JSONResponse({"unexpected": [1, "two", None]})
    return HTMLResponse("<!doctype html><title>Maintenance</title><p>Back soon.")


def operation_of(routes: Sequence[BaseRoute], scope: Scope) -> str | None:
    """Method and template of the route that answers a request, if one does."""
    for route in routes:
        match, child = route.matches(scope)
        if match is not Match.FULL:
            continue
        if isinstance(route, Mount):
            inner = operation_of(route.routes, {**scope, **child})
            method, _, path = (inner or f"{scope['method']} {UNKNOWN}").partition(" ")
            return f"{method} {route.path}{path}"
        if isinstance(route, Route):
            return f"{scope['method']} {route.path}"
    return None


def _half(send: Send) -> Send:
    """Promise the whole body, send the first half, and end."""
    start: Message = {}
    body = bytearray()

    async def halved(message: Message) -> None:
        nonlocal start
        if message["type"] == "http.response.start":
            start = message
            return
        body.extend(message.get("body", b""))
        if message.get("more_body"):
            return
        promised = max(len(body), 2)
        headers = [pair for pair in start["headers"] if pair[0].lower() != b"content-length"]
        headers.append((b"content-length", str(promised).encode()))
        await send({**start, "headers": headers})
        # A server objects to fewer bytes than promised and closes the connection: what is wanted.
        await send({"type": "http.response.body", "body": bytes(body[: promised // 2])})

    return halved


async def _until_gone(behaviour: Behaviour, receive: Receive) -> None:
    """Wait until the client goes away or the server stops."""
    stopped = asyncio.ensure_future(behaviour.hang())
    gone = asyncio.ensure_future(_disconnected(receive))
    try:
        await asyncio.wait({stopped, gone}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (stopped, gone):
            task.cancel()


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
