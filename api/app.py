"""The ASGI application: the graph, and two addresses that tell how the process is."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from api.engine import build_engine
from api.http import GraphQLEndpoint
from api.settings import Settings
from api.wiring import Hub
from c360.access import Access, Principal, Purpose
from store.errors import StoreError


def create_app(hub: Hub, settings: Settings) -> Starlette:
    """The application over an open hub."""
    endpoint = GraphQLEndpoint(
        body_limit=settings.server.body_limit, body_timeout=settings.server.body_timeout
    )
    app = Starlette(
        routes=[
            Route("/graphql", endpoint.answer, methods=["GET", "POST"]),
            Route("/health/live", live),
            Route("/health/ready", ready),
        ]
    )
    app.state.hub = hub
    app.state.engine = build_engine(hub, settings)
    # Until callers authenticate, everybody is the same principal.
    principal = Principal(subject="anonymous", tenant=hub.tenant, purposes=frozenset({Purpose.SERVICE}))
    app.state.access = Access(principal=principal, purpose=Purpose.SERVICE)
    return app


async def live(_: Request) -> Response:
    """The process runs."""
    return JSONResponse({"status": "live"})


async def ready(request: Request) -> Response:
    """The store answers; partners may be down without making the hub unready."""
    hub = request.app.state.hub
    try:
        async with hub.store.database.read(hub.tenant) as unit:
            await unit.jobs.get("ready")
    except StoreError as error:  # its message names no data and no address
        return JSONResponse({"status": "unavailable", "reason": str(error)}, status_code=503)
    return JSONResponse({"status": "ready"})
