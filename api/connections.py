"""What one client may hold of the server: uvicorn by itself waits for ever and takes everybody.

A request's headers have to arrive in time, an answer has to be taken in time, and there are only so many
connections. (A body has its own limit, in :mod:`api.http`.) A proxy in front does the same and more; this
keeps a server that is reached directly from being held by clients that do nothing.
"""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from http import HTTPStatus
from typing import Any, ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from api import logs
from api.answers import WHOLE, write_whole
from api.browsers import Browsers
from api.refusing import Headers, written
from api.sections import Server

LONGEST_HEAD = 64 * 1024
"""Bytes of a request before its body that come in several pieces."""
_QUIET = 60.0
_log = logging.getLogger(__name__)


class GuardedProtocol(HttpToolsProtocol):
    """A connection whose client is not waited for longer than the settings say."""

    server_settings: ClassVar[Server] = Server()
    browsers: ClassVar[Browsers] = Browsers()
    leaving: ClassVar[float] = 0.0
    """Where the process ends: seconds in which idle clients are answered once more, and then told to connect
    anew. A connection that is closed under a client's hands costs it a request."""
    _quiet_until: ClassVar[float] = 0.0
    """When a refusal is logged again, on the event loop's clock: a flood is not one in the log too."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.logger = logging.getLogger(logs.CONNECTIONS)
        self._late: asyncio.TimerHandle | None = None
        self._stuck: asyncio.TimerHandle | None = None
        self._head: int | None = None
        """Bytes that came since a request began, until its headers are there."""
        self._upgraded = False
        self._ending = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        """Take the connection, or say that there are too many."""
        super().connection_made(transport)
        if len(self.connections) > self.server_settings.connections:
            self._turn_away()
        self._watch()
        if self.leaving:
            self.shutdown()

    def data_received(self, data: bytes) -> None:
        """Read on."""
        super().data_received(data)
        if self._head is not None:
            self._head += len(data)
            if self._head > LONGEST_HEAD:
                self._refuse(
                    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
                    f"what stands before a body has at most {LONGEST_HEAD} bytes",
                    "HEADERS_TOO_LARGE",
                )
        # What comes while nothing is answered is the rest of a body that was answered before it was there:
        # the library takes it for a sign of life, and waits on without end.
        if self._head is not None or self._late is not None or not self._answering():
            self._watch()

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._head = 0

    def on_headers_complete(self) -> None:
        """The headers of a request are there.

        Raises:
            ValueError: it names no host, or several, of which readers take different ones (RFC 9112, section
                3.2); told as any other request that is none.
        """
        self._head = None
        if [name for name, _ in self.headers].count(b"host") != 1 and self.parser.get_http_version() != "1.0":
            raise ValueError("a request names one host")
        super().on_headers_complete()
        if self.cycle is None:
            return
        told: Any = self.cycle.scope
        told[WHOLE] = partial(write_whole, self.cycle)
        if self._ending:
            self.cycle.keep_alive = False

    def shutdown(self) -> None:
        """End as soon as what was asked is answered."""
        if self.leaving and (not self._answering() or self.cycle.response_started):
            self._ending = True
            self.loop.call_later(self.leaving, self._end)
        else:
            super().shutdown()

    def handle_websocket_upgrade(self) -> None:
        """Hand the connection over to those who have time-outs of their own."""
        self._upgraded = True
        super().handle_websocket_upgrade()

    def on_response_complete(self) -> None:
        """Wait for the next request, which may have begun already."""
        super().on_response_complete()
        if self._head is not None:
            self._unset_keepalive_if_required()
        if self._head is not None or self.transport.is_closing():
            self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the client."""
        super().connection_lost(exc)
        _cancel(self._late)
        self._late = None
        _cancel(self._stuck)
        self._stuck = None

    def pause_writing(self) -> None:
        """The client does not take what is sent: give it a while."""
        super().pause_writing()
        self._stuck = self._stuck or self.loop.call_later(
            self.server_settings.send_timeout, self.transport.abort
        )

    def resume_writing(self) -> None:
        """The client takes it again."""
        super().resume_writing()
        if not self.transport.is_closing():
            _cancel(self._stuck)
            self._stuck = None

    def timeout_keep_alive_handler(self) -> None:
        """End an idle connection, also one whose client never took the end of its answer."""
        self.transport.abort()

    def _answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _end(self) -> None:
        if not self._answering():
            self.transport.close()
        elif not self.cycle.response_started:
            self.cycle.keep_alive = False

    def send_400_response(self, msg: str) -> None:
        """Say that what came is no request."""
        self._refuse(HTTPStatus.BAD_REQUEST, "this is no request of HTTP/1.1", "BAD_REQUEST")

    def _refuse(self, status: HTTPStatus, message: str, code: str, more: Headers = ()) -> None:
        said = (*more, *self.server_state.default_headers)
        self.transport.write(written(status, message, code, said, tls=self.browsers.tls))
        self.transport.close()

    def _turn_away(self) -> None:
        now = self.loop.time()
        if now >= self._quiet_until:
            GuardedProtocol._quiet_until = now + _QUIET
            _log.warning("more than %d connections: clients are refused", self.server_settings.connections)
        self._refuse(
            HTTPStatus.SERVICE_UNAVAILABLE,
            "too many connections at the moment",
            "UNAVAILABLE",
            ((b"retry-after", b"1"),),
        )

    def _watch(self) -> None:
        """Wait for the headers of a request, from the first moment at which the client could send them.

        After an answer the keep-alive time-out runs until the client begins to send. A connection that is
        being closed waits for nothing but its client to take the rest.
        """
        closing = self.transport.is_closing()
        waiting = not self._answering() and not self._upgraded and self.timeout_keep_alive_task is None
        if closing or not waiting:
            _cancel(self._late)
            self._late = None
        elif self._late is None:
            self._late = self.loop.call_later(self.server_settings.header_timeout, self.transport.abort)
        if closing and self._stuck is None and not self._upgraded:
            self._stuck = self.loop.call_later(self.server_settings.send_timeout, self.transport.abort)


def _cancel(timer: asyncio.TimerHandle | None) -> None:
    if timer is not None:
        timer.cancel()


def guarded(server: Server, told: Browsers) -> type[GuardedProtocol]:
    """The protocol under these settings, as uvicorn takes it: a class of its own.

    Args:
        server: how long clients are waited for, and how many.
        told: what browsers are told.
    """

    class Protocol(GuardedProtocol):
        server_settings = server
        browsers = told

    return Protocol
