"""What one WebSocket client may hold of the server, beside what :mod:`api.connections` says of all clients.

uvicorn by itself compresses, gathers as many fragments as are sent, answers pings without end, logs the
traceback of text that is no UTF-8, and waits for ever for a client that takes nothing.
"""

from __future__ import annotations

import asyncio
import logging
from http import HTTPStatus
from typing import Any, ClassVar

from uvicorn._types import ASGISendEvent
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame
from websockets.http11 import Response
from websockets.protocol import State
from websockets.server import ServerProtocol

from api import logs
from api.browsers import Browsers, safe_headers
from api.graphql_transport_ws import CloseCode
from api.observing.asking import Asking
from api.observing.requests import HEADER
from api.refusing import written
from api.sections import Server

_MOST_FRAGMENTS = 1_024
"""Frames of one message; browsers send one, others a few."""
_MESSAGE_TOO_BIG = 1009
_NOT_TEXT = 1007


class _Handshake(ServerProtocol):
    """The library's part, whose refusals say what every answer says.

    Args:
        tls: whether browsers come by TLS.
        more: as the library takes it.
    """

    def __init__(self, *, tls: bool, **more: Any) -> None:
        super().__init__(**more)
        self._safe = safe_headers(tls=tls)

    def send_response(self, response: Response) -> None:
        """Answer the request for a socket."""
        if response.status_code != HTTPStatus.SWITCHING_PROTOCOLS:
            for name, value in ((HEADER.encode(), Asking.of({}).id.encode()), *self._safe):
                response.headers.setdefault(name.decode(), value.decode())
        super().send_response(response)


class GuardedSocket(WebSocketsSansIOProtocol):
    """A socket whose client is not waited for longer than the settings say."""

    server_settings: ClassVar[Server] = Server()
    browsers: ClassVar[Browsers] = Browsers()

    _fragments = 0
    _heard = False
    """Whether the client said anything since it was last looked whether it is there."""
    _stuck: asyncio.TimerHandle | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.logger = logging.getLogger(logs.CONNECTIONS)
        self.conn = _Handshake(
            tls=self.browsers.tls,
            max_size=self.config.ws_max_size,
            logger=logging.getLogger(logs.CONNECTIONS),
        )

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the client."""
        super().connection_lost(exc)
        self._unstick()

    def keepalive_timeout(self) -> None:
        """Give up a client that says nothing.

        One that says a lot is waited for: its answer to a ping is behind what it said before, of which only
        so much is taken in a second.
        """
        if self._heard or self.read_paused:
            self._heard = False
            self.pong_timer = self.loop.call_later(self.ping_timeout or 0.0, self.keepalive_timeout)
        else:
            super().keepalive_timeout()

    def data_received(self, data: bytes) -> None:
        """Read on; the library by itself leaves those waiting for ever whose request it cannot read."""
        self._heard = True
        super().data_received(data)
        if self.conn.handshake_exc is not None and not self.handshake_initiated:
            said = b"".join(self.conn.data_to_send()) or written(
                HTTPStatus.BAD_REQUEST,
                "this is no request for a socket",
                "BAD_REQUEST",
                self.default_headers,
                tls=self.browsers.tls,
            )
            self.transport.write(said)
            self.transport.close()

    def pause_writing(self) -> None:
        """The client does not take what is sent: give it a while."""
        super().pause_writing()
        self._stuck = self._stuck or self.loop.call_later(self.server_settings.send_timeout, self._give_up)

    def resume_writing(self) -> None:
        """The client takes it again."""
        super().resume_writing()
        if not self.transport.is_closing():
            self._unstick()

    def handle_ping(self) -> None:
        """Answer a ping, unless the client takes no answers."""
        if self.writable.is_set():
            super().handle_ping()
        else:
            self.conn.data_to_send()  # drops the answer

    def handle_text(self, event: Frame) -> None:
        """Take the first fragment of a text, which for most clients is all of it."""
        self._fragments = 1
        super().handle_text(event)

    def handle_bytes(self, event: Frame) -> None:
        """Take the first fragment of bytes."""
        self._fragments = 1
        super().handle_bytes(event)

    def handle_cont(self, event: Frame) -> None:
        """Take another fragment, of which there are only so many: empty ones cost their sender nothing."""
        self._fragments += 1
        if self._fragments > _MOST_FRAGMENTS:
            self._fail(_MESSAGE_TOO_BIG, f"more than {_MOST_FRAGMENTS} fragments")
            return
        super().handle_cont(event)

    def send_receive_event_to_app(self) -> None:
        """Hand a message on, unless it says that it is text and is not."""
        if self.curr_msg_data_type == "text":
            try:
                b"".join(self.frames).decode()
            except UnicodeDecodeError:
                self._fail(_NOT_TEXT, "not UTF-8")
                return
        super().send_receive_event_to_app()

    async def send(self, message: ASGISendEvent) -> None:
        """Send what the application sends; to a socket that was closed meanwhile, nothing."""
        await self.writable.wait()
        if self.close_sent:
            raise ClientDisconnected
        await super().send(message)
        if message["type"] == "websocket.http.response.body" and self.close_sent:
            self.handshake_complete = True  # refused on purpose, which the library logs as a fault

    def shutdown(self) -> None:
        """End the connection because the server ends; asked to, not because something went wrong."""
        if self._is_open:
            self._disconnect(CloseCode.GOING_AWAY, "the server stops")
            self.stop_keepalive()
        super().shutdown()

    def _fail(self, code: int, reason: str) -> None:
        if self._is_open:
            self._disconnect(code, reason)
            self.transport.close()

    @property
    def _is_open(self) -> bool:
        return self.handshake_complete and self.conn.state is State.OPEN

    def _disconnect(self, code: int, reason: str) -> None:
        """Send a close frame, past all that waits to be sent, and tell the application."""
        self.frames = []
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        self.conn.send_close(code, reason)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True

    def _give_up(self) -> None:
        """Tell the client so, should it ever look; what it does not take then is dropped."""
        if self._is_open:
            self._disconnect(CloseCode.SLOW_CONSUMER, "what was sent was not taken in time")
            self.writable.set()  # lets those go on who wait to send
            self.transport.close()
            self._stuck = self.loop.call_later(self.server_settings.send_timeout, self.transport.abort)
        else:
            self.transport.abort()

    def _unstick(self) -> None:
        if self._stuck is not None:
            self._stuck.cancel()
            self._stuck = None


def guarded_socket(server: Server, told: Browsers) -> type[GuardedSocket]:
    """The protocol under these settings, as uvicorn takes it: a class of its own.

    Args:
        server: how long clients are waited for.
        told: what browsers are told.
    """

    class Protocol(GuardedSocket):
        server_settings = server
        browsers = told

    return Protocol
