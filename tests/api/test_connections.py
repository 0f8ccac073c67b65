"""Clients that do nothing hold nothing for long."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import msgspec
import pytest

from api.settings import Settings
from tests.fixtures.serving import serving
from tests.fixtures.tokens import bearer

Serve = Callable[..., AbstractContextManager[int]]
QUERY = b'{"query": "{ __typename }"}'
POST = (
    b"POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
    % len(QUERY)
) + QUERY


@pytest.fixture
def post(settings: Settings) -> bytes:
    """A whole request of somebody who is let in."""
    authorization = bearer(settings)["authorization"].encode()
    return POST.replace(b"host: x", b"host: x\r\nauthorization: " + authorization)


@pytest.fixture
def serve(settings: Settings) -> Serve:
    """Factory: the application with other settings of its server; its port."""

    @contextlib.contextmanager
    def on_port(**changes: float) -> Iterator[int]:
        server = msgspec.structs.replace(settings.server, **changes)
        with serving(msgspec.structs.replace(settings, server=server)) as served:
            yield served.port

    return on_port


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=5)


def taken(client: socket.socket) -> bool:
    """Whether the query is answered; reads one answer."""
    got = b""
    while not got.endswith(b"}}"):
        more = client.recv(4096)
        if not more:
            return False
        got += more
    return got.startswith(b"HTTP/1.1 200")


def ended(client: socket.socket) -> bool:
    """Whether the server has ended the connection; waits for it."""
    with contextlib.suppress(ConnectionError):
        return client.recv(4096) == b""
    return True


@pytest.mark.parametrize("begun", [b"", b"POST", POST[:60]])
def test_headers_that_do_not_arrive_are_given_up(serve: Serve, begun: bytes) -> None:
    with serve(header_timeout=0.3) as port, connect(port) as client:
        client.sendall(begun)
        started = time.monotonic()
        assert ended(client)
        assert 0.2 < time.monotonic() - started < 3


def test_a_byte_now_and_then_does_not_buy_time(serve: Serve, post: bytes) -> None:
    with serve(header_timeout=0.4) as port, connect(port) as client:
        started = time.monotonic()
        with contextlib.suppress(ConnectionError):
            for byte in post[:60] * 10:
                client.sendall(bytes((byte,)))
                time.sleep(0.05)
        assert time.monotonic() - started < 3


def test_a_second_request_has_its_own_time(serve: Serve, post: bytes) -> None:
    with serve(header_timeout=0.3) as port, connect(port) as client:
        for _ in range(2):
            client.sendall(post)
            assert taken(client)
            time.sleep(0.5)  # idle, which the keep-alive time-out allows
        client.sendall(post[:30])
        assert ended(client), "the third request's headers never came"


@pytest.mark.parametrize("drips", [1, 100])
def test_the_rest_of_a_body_that_was_answered_is_not_waited_for(serve: Serve, drips: int) -> None:
    """Whoever is not let in is told so at once; that must not hold the connection."""
    with serve(header_timeout=0.4) as port, connect(port) as client:
        client.sendall(POST.replace(b"content-length: ", b"content-length: 9999"))
        got = b""
        while not got.endswith(b"}]}"):
            got += client.recv(4096)
        assert got.startswith(b"HTTP/1.1 401")
        started = time.monotonic()
        with contextlib.suppress(ConnectionError):
            for _ in range(drips):
                client.sendall(b" ")
                time.sleep(0.05)
        assert ended(client)
        assert time.monotonic() - started < 8


def test_many_pipelined_requests_are_answered(serve: Serve, post: bytes) -> None:
    with serve(header_timeout=0.5) as port, connect(port) as client:
        client.sendall(post * 50)
        got = b""
        while got.count(b"200 OK") < 50:
            got += client.recv(65536)


def test_there_are_only_so_many_connections(serve: Serve, post: bytes) -> None:
    with serve(connections=3) as port, contextlib.ExitStack() as stack:
        held = [stack.enter_context(connect(port)) for _ in range(3)]
        for client in held:
            client.sendall(post)
            assert taken(client)
        with connect(port) as beyond:
            assert beyond.recv(4096).startswith(b"HTTP/1.1 503")
            assert ended(beyond)
        held[0].close()
        time.sleep(0.1)
        with connect(port) as again:
            again.sendall(post)
            assert taken(again)


def test_an_answer_that_nobody_takes_is_given_up(serve: Serve, post: bytes) -> None:
    query = b'{"query": "{ __schema { types { fields { name description type { name } } } } }"}'
    request = post.replace(b": %d" % len(QUERY), b": %d" % len(query)).replace(QUERY, query)
    with serve(send_timeout=0.5, connections=1) as port:
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(("127.0.0.1", port))
        client.sendall(request * 100)
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            with connect(port) as other, contextlib.suppress(ConnectionError):
                other.sendall(post)
                if taken(other):
                    break
            time.sleep(0.1)
        else:
            pytest.fail("the connection is still held")
        client.close()
