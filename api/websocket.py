"""GraphQL over WebSocket: operations of any kind on one connection, by ``graphql-transport-ws``.

What the messages mean is :mod:`api.graphql_transport_ws`; this carries it out. Each operation is a task of
its own that sends its answers as the client takes them, so that nothing piles up for one that does not.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import suppress
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.websockets import WebSocket, WebSocketDisconnect

from api.graphql_transport_ws import (
    SUBPROTOCOL,
    Action,
    Authenticate,
    Close,
    CloseCode,
    Protocol,
    Send,
    Start,
    Stop,
)
from api.presence import Presence
from api.sections import LiveSettings
from c360.access import Access
from c360.errors import place
from schema.engine import GraphEngine
from schema.live import AccessEnded

_log = logging.getLogger(__name__)

Authenticator = Callable[[Headers, Mapping[str, Any]], Awaitable[Access]]
"""Finds out who is calling from the headers and the payload of ``connection_init``.

Raises:
    AccessEnded: The caller is not let in.
"""


class WebSocketEndpoint:
    """The endpoint; :meth:`connect` is a Starlette WebSocket function.

    Args:
        engine: Executes the operations.
        authenticate: Finds out who is calling.
        settings: What one client may do.
        presence: Counts the sockets of each principal.
    """

    def __init__(
        self, engine: GraphEngine, authenticate: Authenticator, settings: LiveSettings, presence: Presence
    ) -> None:
        self.engine = engine
        self.authenticate = authenticate
        self.settings = settings
        self.presence = presence

    async def connect(self, websocket: WebSocket) -> None:
        """Serve one socket to its end."""
        headers = websocket.headers
        if not may_open(headers.get("origin"), headers.get("host", ""), self.settings.origins):
            refusal = PlainTextResponse("sockets cannot be opened from this origin", 403)
            await websocket.send_denial_response(refusal)
            return
        offered = websocket.scope.get("subprotocols", ())
        with suppress(WebSocketDisconnect):
            await websocket.accept(SUBPROTOCOL if SUBPROTOCOL in offered else None)
            session = _Session(self, websocket)
            if SUBPROTOCOL in offered:
                await session.serve()
            else:
                await session.close(CloseCode.SUBPROTOCOL_NOT_ACCEPTABLE, "Subprotocol not acceptable")


def may_open(origin: str | None, host: str, origins: Collection[str]) -> bool:
    """Whether the page that a browser names may open a socket: any other would act in its user's name.

    Args:
        origin: As the browser says; programs say none.
        host: Under which the server was asked.
        origins: Those that the settings name; ``*`` for all.
    """
    if origin is None or "*" in origins or origin in origins:
        return True
    try:
        named = urlsplit(origin).netloc.lower()
    except ValueError:
        return False
    return bool(named) and named == host.lower()


class _Session:
    """One socket."""

    def __init__(self, endpoint: WebSocketEndpoint, websocket: WebSocket) -> None:
        self._endpoint = endpoint
        self._websocket = websocket
        self._protocol = Protocol(operations=endpoint.settings.operations)
        self._operations: dict[str, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        """All that goes on for the socket beside reading it."""
        self._init: Mapping[str, Any] = {}
        self._entered: Access | None = None
        """As whom the socket is counted."""
        self._throttle = _Throttle(endpoint.settings.messages)

    async def serve(self) -> None:
        """Serve it until it is closed, from whichever side."""
        await self._while_there(self._read)

    async def _read(self) -> None:
        loop = asyncio.get_running_loop()
        late = loop.call_later(self._endpoint.settings.init_timeout, self._give_up)
        try:
            while not self._protocol.is_closed:
                message = await self._websocket.receive()
                if message["type"] == "websocket.disconnect":
                    break
                await self._throttle.wait()
                text = message.get("text")
                await self._do(self._protocol.bytes() if text is None else self._protocol.text(text))
        finally:
            late.cancel()
            await self._end()

    async def close(self, code: CloseCode, reason: str) -> None:
        """Close it, unless it is."""
        await self._do(self._protocol.close(code, reason))

    async def _end(self) -> None:
        """Stop all that goes on, and wait until it has."""
        if self._entered is not None:
            self._endpoint.presence.leave(self._entered)
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    def _begin(self, work: Callable[[], Awaitable[None]], name: str) -> asyncio.Task[None]:
        task = asyncio.ensure_future(self._while_there(work))
        task.set_name(name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _while_there(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do work for the client as long as it is there."""
        with suppress(WebSocketDisconnect):
            try:
                await work()
            except WebSocketDisconnect:
                raise
            except Exception as error:  # noqa: BLE001  # a fault of ours must not leave its client waiting
                _log.error("a socket is closed: unexpected %s", place(error, lines=3))
                await self.close(CloseCode.INTERNAL, "Internal server error")

    def _give_up(self) -> None:
        if self._protocol.is_new:
            reason = "Connection initialisation timeout"
            late = partial(self.close, CloseCode.INITIALISATION_TIMEOUT, reason)
            self._begin(late, "socket that is not begun")

    async def _do(self, action: Action | None) -> None:
        match action:
            case Send(text):
                await self._websocket.send_text(text)
            case Close(code, reason):
                await self._websocket.close(code, reason)
            case Authenticate(payload):
                self._init = payload
                self._begin(self._let_in, "authentication of a socket")
            case Start():
                self._operations[action.id] = self._begin(
                    partial(self._operate, action), "operation on a socket"
                )
            case Stop(one):
                if (running := self._operations.pop(one, None)) is not None:
                    running.cancel()

    async def _let_in(self) -> None:
        try:
            access = await self._access()
        except AccessEnded as refused:
            code = CloseCode.FORBIDDEN if refused.can_renew else CloseCode.UNAUTHORIZED
            await self.close(code, str(refused))
            return
        if not self._endpoint.presence.enter(access):
            await self.close(CloseCode.TOO_MANY_SOCKETS, "Too many sockets of one principal")
            return
        self._entered = access
        await self._do(self._protocol.acknowledge())
        await self._stay(access)

    async def _stay(self, access: Access) -> None:
        """Close the socket when the token that opened it ends."""
        expires = access.principal.expires_at
        if expires is not None:
            left = (expires - self._endpoint.engine.now()).total_seconds()
            await asyncio.sleep(max(0.0, left))
            await self.close(CloseCode.FORBIDDEN, "Token expired")

    async def _access(self) -> Access:
        return await self._endpoint.authenticate(self._websocket.headers, self._init)

    async def _operate(self, start: Start) -> None:
        """Execute an operation and send what it answers."""
        asked = start.request
        answers = self._endpoint.engine.stream(
            asked.query,
            asked.variables,
            asked.operation_name,
            access=self._access,
            document_id=asked.registered,
        )
        try:
            async for answer in answers:
                if answer.is_request_error:
                    await self._do(self._protocol.error(start, answer.errors))
                else:
                    await self._do(self._protocol.next(start, answer.body()))
            await self._do(self._protocol.complete(start))
        finally:
            await answers.aclose()
            if self._operations.get(start.id) is asyncio.current_task():
                del self._operations[start.id]


class _Throttle:
    """Lets so many messages through a second, after as many at once."""

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._most = max(1.0, rate)
        self._left = self._most
        self._at = asyncio.get_running_loop().time()

    async def wait(self) -> None:
        """Wait until another message may be taken."""
        now = asyncio.get_running_loop().time()
        self._left = min(self._most, self._left + (now - self._at) * self._rate) - 1.0
        self._at = now
        if self._left < 0:
            await asyncio.sleep(-self._left / self._rate)
