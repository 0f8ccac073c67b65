"""Gives every request an id that its lines, its errors and its answer have in common."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.observing.asking import Asking, begin, end

HEADER = "x-request-id"
_ANSWERS = frozenset({"http.response.start", "websocket.accept", "websocket.http.response.start"})


class RequestIds:
    """Gives every request an id: the caller's own where it is a plain one.

    Args:
        app: answers the requests.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        request = Asking.of(dict(scope["headers"]))

        async def answer(message: Message) -> None:
            if message["type"] in _ANSWERS:
                MutableHeaders(scope=message)[HEADER] = request.id
            await send(message)

        token = begin(request)
        try:
            await self._app(scope, receive, answer)
        finally:
            end(token)
