"""A whole answer is what the library would send, in one piece; and what it knows better is left to it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import pytest
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from api.answers import write_whole

CONTENT = b'{"data":{}}'
HEADERS = [(b"content-type", b"application/json"), (b"content-length", b"11"), (b"x-request-id", b"r-1")]


class Wire:
    """A connection that remembers what was written, and whether the request was told to be over."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.ended = 0
        self.closed = False

    def write(self, data: bytes) -> None:
        self.written.append(data)

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed

    def end(self) -> None:
        self.ended += 1


def cycle_on(wire: Any) -> RequestResponseCycle:
    log = logging.getLogger("test")
    scope: Any = {"type": "http", "method": "POST", "http_version": "1.1", "path": "/graphql", "headers": []}
    return RequestResponseCycle(
        scope=scope,
        transport=wire,
        flow=FlowControl(wire),
        logger=log,
        access_logger=log,
        access_log=False,
        default_headers=[(b"date", b"Thu, 01 Jan 2026 00:00:00 GMT")],
        message_event=asyncio.Event(),
        expect_100_continue=False,
        keep_alive=True,
        on_response=wire.end,
    )


def test_it_is_what_the_library_sends_in_one_piece() -> None:
    async def sent() -> Wire:
        wire = Wire()
        cycle = cycle_on(wire)
        await cycle.send({"type": "http.response.start", "status": 200, "headers": HEADERS})
        await cycle.send({"type": "http.response.body", "body": CONTENT, "more_body": False})
        return wire

    wire = Wire()
    cycle = cycle_on(wire)
    assert write_whole(cycle, 200, HEADERS, CONTENT)
    (piece,) = wire.written
    known = asyncio.run(sent())
    assert piece == b"".join(known.written)
    assert (wire.ended, wire.closed) == (known.ended, known.closed) == (1, False)
    assert cycle.response_complete
    assert cycle.message_event.is_set()


def _paused(cycle: RequestResponseCycle) -> None:
    cycle.flow.pause_writing()


def _gone(cycle: RequestResponseCycle) -> None:
    cycle.disconnected = True


def _last(cycle: RequestResponseCycle) -> None:
    cycle.keep_alive = False


def _begun(cycle: RequestResponseCycle) -> None:
    cycle.response_started = True


def _head(cycle: RequestResponseCycle) -> None:
    cycle.scope["method"] = "HEAD"


@pytest.mark.parametrize("changed", [_paused, _gone, _last, _begun, _head])
def test_what_the_library_knows_better_is_left_to_it(changed: Callable[[RequestResponseCycle], None]) -> None:
    wire = Wire()
    cycle = cycle_on(wire)
    changed(cycle)
    assert not write_whole(cycle, 200, HEADERS, CONTENT)
    assert (wire.written, wire.ended) == ([], 0)


@pytest.mark.parametrize(
    "header", [(b"connection", b"close"), (b"allow", b"POST\r\nset-cookie: a=b"), (b"allow", b"POST\n")]
)
def test_headers_that_would_be_several_or_close_are_left_to_it(header: tuple[bytes, bytes]) -> None:
    wire = Wire()
    assert not write_whole(cycle_on(wire), 405, [*HEADERS, header], CONTENT)
    assert wire.written == []
