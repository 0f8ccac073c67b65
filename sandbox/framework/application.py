"""Puts a partner's routes behind counting, behaviour and control routes."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from sandbox.framework.control import control_routes
from sandbox.framework.errors import ErrorRenderer, plain_error
from sandbox.framework.middleware import BehaviourMiddleware
from sandbox.framework.world import World


def partner_app(
    world: World,
    routes: Sequence[BaseRoute],
    *,
    name: str,
    error_renderer: ErrorRenderer = plain_error,
) -> Starlette:
    """The ASGI application of a partner.

    Adds the control routes below ``/_sandbox``, counts each call of ``routes`` by method and route
    template in ``world.counters``, makes the calls go wrong as ``world.behaviour`` says, and renders
    every error through ``error_renderer``. Handlers find the world in ``request.app.state.world``.
    """

    async def http_error(_request: Request, error: Exception) -> Response:
        if not isinstance(error, HTTPException):
            return error_renderer(500, "Internal server error", {})
        return error_renderer(error.status_code, error.detail, error.headers or {})

    application = Starlette(
        routes=[*control_routes(world), *routes],
        exception_handlers={HTTPException: http_error, Exception: http_error},
        middleware=[
            Middleware(BehaviourMiddleware, world=world, routes=routes, error_renderer=error_renderer)
        ],
    )
    application.state.world = world
    application.state.name = name
    return application
