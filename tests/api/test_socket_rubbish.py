"""What no client of the protocol sends: each ends in a code that says so, or harms nobody."""

from __future__ import annotations

import json
import logging
import os
import socket
import struct
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import msgspec
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

from api.settings import Settings
from tests.fixtures.serving import Served, serving
from tests.fixtures.sockets import asked, begun, closed, heard, opened, said
from tests.fixtures.tokens import bearer

LIMIT = 16_384
LONGEST_STALL = 0.5
"""Seconds of processor time that nobody may hold the event loop."""


@pytest.fixture(scope="module")
def there(settings: Settings) -> Iterator[Served]:
    live = msgspec.structs.replace(settings.live, message_limit=LIMIT, messages=10_000.0)
    with serving(msgspec.structs.replace(settings, live=live)) as served:
        yield served


@pytest.fixture
def headers(settings: Settings) -> dict[str, Any]:
    return {"additional_headers": bearer(settings)}


@pytest.fixture(autouse=True)
def _harmless(there: Served, headers: dict[str, Any], caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Nothing is logged as an error, nobody is held up, and the next client is served."""
    with caplog.at_level(logging.WARNING):
        yield
    with begun(there.address, **headers) as client:
        asked(client, "1", "{ __typename }")
        assert heard(client)["type"] == "next"
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == []
    assert there.longest[0] < LONGEST_STALL


def frame(opcode: int, content: bytes = b"", *, fin: bool = True, rsv: int = 0, masked: bool = True) -> bytes:
    first = (0x80 if fin else 0) | rsv << 4 | opcode
    mask = 0x80 if masked else 0
    if len(content) < 126:
        head = struct.pack("!BB", first, mask | len(content))
    elif len(content) < 65536:
        head = struct.pack("!BBH", first, mask | 126, len(content))
    else:
        head = struct.pack("!BBQ", first, mask | 127, len(content))
    return head + (b"\0\0\0\0" if masked else b"") + content  # a mask of zeros leaves the content as it is


TEXT, BINARY, CONTINUED, CLOSE, PING = 1, 2, 0, 8, 9
INIT = json.dumps({"type": "connection_init"})


def subscribe(**more: Any) -> str:
    return json.dumps({"type": "subscribe", "id": "1", "payload": {"query": "{ __typename }"}, **more})


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        '"str"',
        "1",
        "null",
        "true",
        "{}",
        "",
        " ",
        "nul",
        "{",
        '{"type"',
        '{"type": "connection_init"} x',
        '{"type": 1}',
        '{"type": null}',
        '{"type": ["connection_init"]}',
        '{"type": {"connection_init": 1}}',
        '{"type": "CONNECTION_INIT"}',
        '{"type": "start"}',
        '{"type": "connection_ack"}',
        '{"type": "next", "id": "1", "payload": {}}',
        '{"type": "connection_init", "payload": "x"}',
        '{"type": "connection_init", "payload": []}',
        '{"type": "connection_init", "payload": 0}',
        '{"type": "ping", "payload": "x"}',
        '{"type": "ping", "type": "nope"}',
        '{"type": "complete"}',
        '{"type": "complete", "id": []}',
        '{"type": "ping", "payload": NaN}',
        '{"type": "ping", "payload": {"a": 1e999}}',
        '{"type": "ping", "payload": {"a": ' + "9" * 6000 + "}}",
        '{"type": "ping", "payload": {"a": "\\ud800"}}',
        "\ufeff" + INIT,
        "[" * 8_000,
        '{"type": "ping", "payload": ' + '{"a": ' * 1_000 + "1" + "}" * 1_000 + "}",
        "x" * (LIMIT - 1),
        '"' + "\\" * (LIMIT - 3) + '"',
    ],
    ids=lambda text: text[:40].encode("ascii", "backslashreplace").decode(),
)
def test_text_that_is_no_message(there: Served, headers: dict[str, Any], text: str) -> None:
    for open_one in (opened, begun):
        with open_one(there.address, **headers) as client:
            client.send(text)
            assert closed(client)[0] == 4400


@pytest.mark.parametrize(
    "text",
    [
        subscribe(id=[]),
        subscribe(id=["1"]),
        subscribe(id=1),
        subscribe(id=None),
        subscribe(id={}),
        subscribe(id="x" * 300),
        subscribe(payload=None),
        subscribe(payload="{ __typename }"),
        subscribe(payload=[]),
        subscribe(payload={}),
        subscribe(payload={"query": 1}),
        subscribe(payload={"query": None}),
        subscribe(payload={"query": "{ __typename }", "variables": []}),
        subscribe(payload={"query": "{ __typename }", "variables": "{}"}),
        subscribe(payload={"query": "{ __typename }", "operationName": 1}),
        subscribe(payload={"query": "{ __typename }", "extensions": "x"}),
        '{"type": "subscribe", "payload": {"query": "{ __typename }"}}',
    ],
)
def test_operations_that_are_none(there: Served, headers: dict[str, Any], text: str) -> None:
    with begun(there.address, **headers) as client:
        client.send(text)
        assert closed(client)[0] == 4400


@pytest.mark.parametrize(
    ("texts", "code"),
    [((INIT, INIT), 4429), ((subscribe(),), 4401), ((subscribe(), INIT), 4401)],
    ids=["begun twice", "not begun", "begun too late"],
)
def test_sequences_that_are_none(
    there: Served, headers: dict[str, Any], texts: tuple[str, ...], code: int
) -> None:
    with opened(there.address, **headers) as client:
        with suppress(ConnectionClosed):  # it may be before the last of them is sent
            for text in texts:
                client.send(text)
        assert closed(client)[0] == code


@pytest.mark.parametrize(
    ("raw", "codes"),
    [
        (frame(BINARY, INIT.encode()), {4400}),
        (frame(BINARY), {4400}),
        (frame(TEXT, b"\xff\xfe"), {1007}),
        (frame(TEXT, b'{"type": "ping", "payload": {"a": "\xc3"}}'), {1007}),
        (frame(TEXT, b"\xc3", fin=False) + frame(CONTINUED, b"\x28"), {1007}),
        (frame(3, b"x"), {1002}),
        (frame(11, b"x"), {1002}),
        (frame(TEXT, b"{}", rsv=4), {1002}),
        (frame(TEXT, b"{}", masked=False), {1002}),
        (frame(PING, b"x" * 126), {1002}),
        (frame(PING, b"x", fin=False), {1002}),
        (frame(CONTINUED, b"x"), {1002}),
        (frame(TEXT, b"{", fin=False) + frame(TEXT, b"}"), {1002}),
        (frame(TEXT, b"x" * (LIMIT + 1)), {1009}),
        (struct.pack("!BBQ", 0x81, 0xFF, 2**63 - 1) + b"\0\0\0\0", {1009}),
        (struct.pack("!BBQ", 0x81, 0xFF, 2**64 - 1) + b"\0\0\0\0", {1002, 1009}),
        (frame(TEXT, b"x" * LIMIT, fin=False) + frame(CONTINUED, b"x"), {1009}),
        (frame(TEXT, b"", fin=False) + frame(CONTINUED, b"", fin=False) * 2_000, {1009}),
        (frame(CLOSE, b"x"), {1002}),
        (frame(CLOSE, struct.pack("!H", 1005)), {1002}),
        (frame(CLOSE, struct.pack("!H", 1000) + b"\xff"), {1002, 1007}),
        (b"GET /graphql HTTP/1.1\r\nhost: x\r\n\r\n", {1002}),
        (b"\0" * 64, {1002}),
    ],
)
def test_frames_that_are_none(there: Served, headers: dict[str, Any], raw: bytes, codes: set[int]) -> None:
    with begun(there.address, **headers) as client:
        sent_raw(client, raw)
        assert closed(client)[0] in codes


def sent_raw(client: ClientConnection, raw: bytes) -> None:
    with suppress(OSError):  # the server may have had enough already
        client.socket.sendall(raw)


def test_random_bytes(there: Served, headers: dict[str, Any]) -> None:
    for _ in range(10):
        with begun(there.address, **headers) as client:
            sent_raw(client, os.urandom(2_000))
            with suppress(OSError):
                client.socket.shutdown(socket.SHUT_WR)
            with suppress(ConnectionClosed):
                while True:
                    client.recv(timeout=10)


def test_a_message_in_many_fragments_is_one(there: Served, headers: dict[str, Any]) -> None:
    text = subscribe().encode()
    pieces = [frame(TEXT if not at else CONTINUED, text[at : at + 1], fin=False) for at in range(len(text))]
    with begun(there.address, **headers) as client:
        sent_raw(client, frame(PING, b"between").join(pieces) + frame(CONTINUED))
        assert heard(client)["type"] == "next"


def test_a_flood_of_pings_is_answered_or_dropped(there: Served, headers: dict[str, Any]) -> None:
    with begun(there.address, **headers) as client:
        for _ in range(10):
            sent_raw(client, frame(PING, b"x" * 100) * 1_000)
        said(client, {"type": "ping"})
        assert heard(client) == {"type": "pong"}


@pytest.mark.parametrize("query", ["{", "{ nope }", "", "query A { __typename } query B { __typename }"])
def test_a_mistake_in_one_operation_leaves_its_siblings_alone(
    there: Served, headers: dict[str, Any], query: str
) -> None:
    with begun(there.address, **headers) as client:
        asked(client, "bad", query)
        told = heard(client)
        assert (told["type"], told["id"]) == ("error", "bad")
        assert told["payload"][0]["extensions"]["code"]
        asked(client, "bad", "{ __typename }")
        assert [heard(client)["type"], heard(client)["type"]] == ["next", "complete"]


def test_clients_that_vanish_leave_nothing(there: Served, headers: dict[str, Any]) -> None:
    for cut in (b"", frame(TEXT, subscribe().encode())[:-5], frame(TEXT, b"{", fin=False)):
        with begun(there.address, **headers) as client:
            asked(client, "1", "{ connectors { instance } }")
            sent_raw(client, cut)
            client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            client.socket.close()  # a reset, not an end
    for _ in range(500):
        if not there.tasks():
            return
    pytest.fail(f"left behind: {there.tasks()}")
