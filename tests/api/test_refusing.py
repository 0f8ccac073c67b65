"""What is no request is refused like one that is: with a code, an id, and what browsers are told."""

from __future__ import annotations

import json
import logging
import socket
from collections.abc import Iterator

import msgspec
import pytest

from api.settings import Settings
from tests.fixtures.serving import Served, serving
from tests.fixtures.tokens import bearer

SAFE = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "strict-transport-security": "max-age=31536000",
}
GET = b"GET /health/live HTTP/1.1\r\nhost: x\r\n"
SOCKET = (
    b"GET /graphql?access_token=secret HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n"
    b"sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    b"sec-websocket-protocol: graphql-transport-ws\r\n"
)


@pytest.fixture(scope="module")
def there(settings: Settings) -> Iterator[Served]:
    """The application behind a proxy that ends TLS."""
    browsers = msgspec.structs.replace(settings.browsers, tls=True)
    with serving(msgspec.structs.replace(settings, browsers=browsers)) as served:
        yield served


def answer(port: int, sent: bytes) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of the answer after which the server closes the connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
        client.sendall(sent)
        got = b""
        while more := client.recv(65536):
            got += more
    head, _, body = got.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = [line.split(": ", 1) for line in lines]
    return int(first.split(" ")[1]), {name.lower(): value for name, value in headers}, body


NO_REQUESTS = {
    "tls": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "method": b"FOO / HTTP/1.1\r\nhost: x\r\n\r\n",
    "version": b"GET / HTTP/9.9\r\nhost: x\r\n\r\n",
    "length": GET + b"content-length: -5\r\n\r\n",
    "two lengths": GET + b"content-length: 5\r\ncontent-length: 6\r\n\r\n",
    "length and chunks": GET + b"content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n",
    "chunk": GET.replace(b"GET", b"POST") + b"transfer-encoding: chunked\r\n\r\nzz\r\n",
    "zero": GET + b"x: \0\r\n\r\n",
    "address": b"GET /gr\xc3\xa4n HTTP/1.1\r\nhost: x\r\n\r\n",
    "no host": b"GET /health/live HTTP/1.1\r\n\r\n",
    "two hosts": GET + b"host: y\r\n\r\n",
}


@pytest.mark.parametrize("name", NO_REQUESTS)
def test_what_is_no_request(there: Served, name: str) -> None:
    status, headers, body = answer(there.port, NO_REQUESTS[name])
    assert status == 400
    assert json.loads(body)["errors"][0]["extensions"]["code"] == "BAD_REQUEST"
    assert headers.items() >= SAFE.items()
    assert headers["connection"] == "close"
    assert int(headers["content-length"]) == len(body)
    assert len(headers["x-request-id"]) == 32


def test_headers_without_end(there: Served) -> None:
    status, headers, body = answer(there.port, GET + b"x: y\r\n" * 20_000)
    assert status == 431
    assert json.loads(body)["errors"][0]["extensions"]["code"] == "HEADERS_TOO_LARGE"
    assert headers.items() >= SAFE.items()


@pytest.mark.parametrize(("coding", "wanted"), [(b"gzip, chunked", 400), (b"Chunked", 200)], ids=str)
def test_a_body_in_chunks_alone_is_read(
    there: Served, settings: Settings, coding: bytes, wanted: int
) -> None:
    token = bearer(settings)["authorization"].encode()
    sent = (
        b"POST /graphql HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: " + token + b"\r\n"
        b"content-type: application/json\r\ntransfer-encoding: " + coding + b"\r\n\r\n"
        b'18\r\n{"query":"{__typename}"}\r\n0\r\n\r\n'
    )
    status, headers, _ = answer(there.port, sent)
    assert status == wanted
    assert headers.items() >= SAFE.items()


def test_a_request_of_the_older_protocol_names_no_host(there: Served) -> None:
    status, headers, _ = answer(there.port, b"GET /health/live HTTP/1.0\r\n\r\n")
    assert status == 200
    assert headers.items() >= SAFE.items()


NO_SOCKETS = {
    "line": (SOCKET + b"x: " + b"y" * 9_000 + b"\r\n\r\n", 431),
    "headers": (SOCKET + b"x: y\r\n" * 300 + b"\r\n", 431),
    "address": (SOCKET.replace(b"secret", b"y" * 9_000) + b"\r\n", 414),
    "body": (SOCKET + b"content-length: 5\r\n\r\nhello", 400),
    "method": (SOCKET.replace(b"GET", b"POST") + b"\r\n", 405),
    "key": (SOCKET.replace(b"dGhl", b"!!!!") + b"\r\n", 400),
    "version": (SOCKET.replace(b": 13", b": 8") + b"\r\n", 400),
    "elsewhere": (SOCKET.replace(b"/graphql", b"/nowhere") + b"\r\n", 403),
    "beside": (SOCKET.replace(b"/graphql", b"/graphql/") + b"\r\n", 403),
    "origin": (SOCKET + b"origin: https://evil.example\r\n\r\n", 403),
    "no origin": (SOCKET + b"origin: http://[::\r\n\r\n", 403),
    "opaque origin": (SOCKET + b"origin: null\r\n\r\n", 403),
}


@pytest.mark.parametrize("name", NO_SOCKETS)
def test_sockets_that_are_not_opened(there: Served, name: str, caplog: pytest.LogCaptureFixture) -> None:
    sent, wanted = NO_SOCKETS[name]
    with caplog.at_level(logging.WARNING):
        status, headers, _ = answer(there.port, sent)
    assert status == wanted
    assert headers.items() >= SAFE.items()
    assert len(headers["x-request-id"]) == 32
    assert caplog.messages == []


def test_an_address_is_not_completed(there: Served) -> None:
    """It would lead to wherever the client says that it is."""
    asked = b"GET /graphql/ HTTP/1.1\r\nhost: evil.example\r\nconnection: close\r\n\r\n"
    status, headers, _ = answer(there.port, asked)
    assert status == 404
    assert "location" not in headers
