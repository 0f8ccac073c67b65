"""The request that is being answered: an id that its lines, its errors and its answer have in common."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from contextvars import ContextVar

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bound_contextvars

HEADER = "x-request-id"
_GIVEN = re.compile(r"[A-Za-z0-9-]{8,64}\Z")
"""An id of the caller's that may stand in a log: it cannot be a name or an address."""
_PARENT = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}\Z")
_caller: ContextVar[Mapping[str, str] | None] = ContextVar("c360_caller", default=None)


def caller() -> Mapping[str, str] | None:
    """The caller's own trace, as the header ``traceparent`` names it; none where it has none."""
    return _caller.get()


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
        headers = {
            name: value for name, value in scope["headers"] if name in {b"x-request-id", b"traceparent"}
        }
        given = headers.get(b"x-request-id", b"").decode("latin-1")
        request_id = given if _GIVEN.match(given) else uuid.uuid4().hex
        parent = headers.get(b"traceparent", b"").decode("latin-1")
        token = _caller.set({"traceparent": parent} if _PARENT.match(parent) else None)

        async def answer(message: Message) -> None:
            if message["type"] in {"http.response.start", "websocket.accept"}:
                MutableHeaders(scope=message)[HEADER] = request_id
            await send(message)

        try:
            with bound_contextvars(request=request_id):
                await self._app(scope, receive, answer)
        finally:
            _caller.reset(token)
