"""The ASGI application: the graph, and two addresses that tell how the process is."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from api.attendance import Attendance
from api.authentication.live import live_access
from api.authentication.opening import open_authenticator
from api.browsers import BrowserHeaders, browser_middleware
from api.bulk.endpoints import UploadEndpoints
from api.endpoint import GraphQLEndpoint
from api.engine import build_engine
from api.granting.pages import grant_routes
from api.http import SAFE, RequestReader
from api.observing.requests import RequestIds
from api.presence import Presence
from api.privacy.downloading import download
from api.settings import Settings
from api.sse import Streams
from api.webhooks.receiving import PartnerCalls
from api.websocket import WebSocketEndpoint
from api.wiring import Hub
from schema.observing import OperationObserver
from store.errors import StoreError

PATH = "/graphql"
_METHODS = SAFE | {"POST"}


class Application:
    """Everything that is served: operations by their own short way, all else by its route.

    Args:
        endpoint: makes what answers operations, given what answers their ``streams``.
        routes: that; its ``state`` holds what both work with.
    """

    def __init__(self, endpoint: Callable[..., GraphQLEndpoint], routes: Starlette) -> None:
        self._routes: Any = routes
        self._endpoint = endpoint(streams=self._elsewhere)
        self.state = routes.state

    def trust(self, proxies: str | list[str]) -> None:
        """Believe what some proxies say of who asked them, and by which scheme: for addresses of our own."""
        self._routes = ProxyHeadersMiddleware(self._routes, trusted_hosts=proxies)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] == "http" and scope["path"] == PATH and scope["method"] in _METHODS:
            await self._endpoint(scope, receive, send)
        else:
            await self._routes(scope, receive, send)

    async def _elsewhere(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._routes(scope, receive, send)


def create_app(hub: Hub, settings: Settings, observer: OperationObserver | None = None) -> Application:
    """The application over an open hub."""
    engine = build_engine(hub, settings, observer)
    presence = Presence(settings.live.sockets)
    authenticator = open_authenticator(hub, settings)
    authenticate = live_access(authenticator)
    reader = RequestReader(body_limit=settings.server.body_limit, body_timeout=settings.server.body_timeout)
    streams = Streams(engine, authenticate, settings.live, presence, reader)
    endpoint = partial(
        GraphQLEndpoint,
        engine,
        authenticator,
        reader,
        Attendance(settings.server.body_timeout),
        BrowserHeaders(settings.browsers),
    )
    sockets = WebSocketEndpoint(engine, authenticate, settings.live, presence)
    calls = PartnerCalls(hub, settings)
    uploads = UploadEndpoints(hub, settings.bulk, patience=settings.server.body_timeout)
    app = Starlette(
        routes=[
            Route(PATH, streams.answer, methods=["GET", "POST"]),
            WebSocketRoute(PATH, sockets.connect),
            Route("/exports/{id}", download),
            *grant_routes(hub),
            Route("/webhooks/{instance}", calls.answer, methods=["POST"]),
            *uploads.routes(),
            Route("/health/live", live),
            Route("/health/ready", ready),
        ],
        middleware=[*browser_middleware(settings.browsers), Middleware(RequestIds)],
    )
    app.router.redirect_slashes = False  # the address it leads to would be made of what the client says
    app.state.hub = hub
    app.state.engine = engine
    app.state.authenticator = authenticator
    app.state.closing = streams.closing
    app.state.sockets = sockets
    return Application(endpoint, app)


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
