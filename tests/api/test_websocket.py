"""GraphQL over WebSocket, by a client of somebody else's on a real socket."""

from __future__ import annotations

import json
import logging
import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from typing import Any

import msgspec
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from api.settings import Settings
from api.websocket import may_open
from tests.fixtures.serving import Served, serving
from tests.fixtures.sockets import asked, begun, closed, heard, opened, said
from tests.fixtures.tokens import bearer, token


def test_a_query_is_answered_once(served: str, settings: Settings) -> None:
    with begun(served, {"Authorization": bearer(settings)["authorization"]}) as client:
        asked(client, "1", "{ __typename }")
        assert heard(client) == {"type": "next", "id": "1", "payload": {"data": {"__typename": "Query"}}}
        assert heard(client) == {"type": "complete", "id": "1"}


def test_programs_may_send_their_token_as_a_header(served: str, settings: Settings) -> None:
    with opened(served, additional_headers=bearer(settings)) as client:
        said(client, {"type": "connection_init"})
        assert heard(client) == {"type": "connection_ack"}


@pytest.mark.parametrize(("payload", "code"), [({}, 4401), ({"Authorization": "Bearer a.b.c"}, 4403)])
def test_nobody_is_let_in_without_a_token(served: str, payload: dict[str, Any], code: int) -> None:
    with opened(served) as client:
        said(client, {"type": "connection_init", "payload": payload})
        assert closed(client)[0] == code


def test_a_purpose_beyond_the_token_is_refused(served: str, settings: Settings) -> None:
    payload = {"authorization": f"Bearer {token(settings, 'partner')}", "C360-Purpose": "FRAUD"}
    with opened(served) as client:
        said(client, {"type": "connection_init", "payload": payload})
        assert closed(client)[0] == 4403


BIG = "{ __schema { types { fields { name description type { name } } } } }"


@pytest.fixture(scope="module")
def there(settings: Settings) -> Iterator[Served]:
    """The application with little patience."""
    with serving(
        msgspec.structs.replace(
            settings,
            server=msgspec.structs.replace(settings.server, send_timeout=0.5),
            live=msgspec.structs.replace(
                settings.live,
                origins=("https://desk.example",),
                init_timeout=0.3,
                heartbeat=0.5,
                sockets=3,
                messages=40.0,
            ),
        ),
        send_buffer=16_384,
    ) as served:
        yield served


@pytest.fixture
def headers(settings: Settings) -> dict[str, Any]:
    return {"additional_headers": bearer(settings)}


@pytest.fixture(autouse=True)
def _no_traceback(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == []


def until(done: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not done():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_mutation_takes_effect_and_answers_in_problems(served: str, headers: dict[str, Any]) -> None:
    query = 'mutation { contestScore(input: {customerId: "x", reason: "no"}) { problems { code } } }'
    with begun(served, **headers) as client:
        asked(client, "1", query)
        told = heard(client)["payload"]
        assert told["data"]["contestScore"]["problems"] == [{"code": "INVALID_ID"}]


def test_a_subprotocol_that_is_not_spoken(served: str) -> None:
    for offered in (None, ["graphql-ws"]):
        with opened(served, subprotocols=offered) as client:
            assert closed(client)[0] == 4406


def test_a_client_that_says_nothing_is_given_up(there: Served) -> None:
    with opened(there.address) as client:
        assert closed(client) == (4408, "Connection initialisation timeout")


@pytest.mark.parametrize(
    ("origin", "origins", "lets"),
    [
        (None, (), True),
        ("http://hub.example:8360", (), True),
        ("http://evil.example", (), False),
        ("http://evil.example:8360", (), False),
        ("http://hub.example", (), False),
        ("null", (), False),
        ("", (), False),
        ("https://desk.example", ("https://desk.example",), True),
        ("https://desk.example.evil.example", ("https://desk.example",), False),
        ("http://evil.example", ("*",), True),
    ],
)
def test_whose_pages_may_open_sockets(origin: str | None, origins: tuple[str, ...], lets: bool) -> None:
    assert may_open(origin, "hub.example:8360", origins) is lets


def test_a_page_of_another_origin_opens_no_socket(there: Served, headers: dict[str, Any]) -> None:
    with begun(there.address, origin="https://desk.example", **headers):
        pass
    with (
        pytest.raises(InvalidStatus) as refused,
        opened(there.address, origin="http://evil.example", **headers),
    ):
        pass
    assert refused.value.response.status_code == 403


def test_a_principal_has_so_many_sockets(there: Served, settings: Settings) -> None:
    mine = {"additional_headers": bearer(settings, subject="many")}
    with ExitStack() as stack:
        first, *_ = [stack.enter_context(begun(there.address, **mine)) for _ in range(3)]
        with opened(there.address, **mine) as beyond:
            said(beyond, {"type": "connection_init"})
            assert closed(beyond)[0] == 4029
        other = {"additional_headers": bearer(settings, subject="another")}
        stack.enter_context(begun(there.address, **other))
        first.close()
        until(lambda: _is_let_in(there, mine))


def _is_let_in(there: Served, headers: dict[str, Any]) -> bool:
    with suppress(ConnectionClosed), begun(there.address, **headers):
        return True
    return False


def test_the_socket_ends_with_its_token(served: str, settings: Settings) -> None:
    soon = {"additional_headers": bearer(settings, hours=2 / 3600)}
    with begun(served, **soon) as client:
        assert closed(client) == (4403, "Token expired")


def test_messages_beyond_the_rate_wait(there: Served, headers: dict[str, Any]) -> None:
    """Also for longer than a sign of life may take, which then waits behind them."""
    with begun(there.address, **headers) as client:
        started = time.monotonic()
        for _ in range(110):
            said(client, {"type": "ping"})
        for _ in range(110):
            assert heard(client) == {"type": "pong"}
        assert time.monotonic() - started > 1.6, "40 at once, then 40 a second"


def test_a_quiet_socket_is_kept_alive(there: Served, headers: dict[str, Any]) -> None:
    with begun(there.address, **headers) as client:
        time.sleep(1.2)  # the client's library answers pings
        said(client, {"type": "ping"})
        assert heard(client) == {"type": "pong"}


def test_a_client_without_signs_of_life_is_given_up(there: Served, settings: Settings) -> None:
    init = json.dumps({"type": "connection_init", "payload": bearer(settings)}).encode()
    asked_for = (
        b"GET /graphql HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n"
        b"sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        b"sec-websocket-protocol: graphql-transport-ws\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", there.port), timeout=5) as client:
        client.sendall(asked_for)
        got = client.recv(4096)
        client.sendall(struct.pack("!BBHI", 0x81, 0x80 | 126, len(init), 0) + init)
        while more := client.recv(4096):
            got += more
    assert b"connection_ack" in got
    assert b"keepalive ping timeout" in got


def test_a_client_that_takes_nothing_is_told_so_and_given_up(there: Served, headers: dict[str, Any]) -> None:
    slow = socket.socket()
    slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    slow.connect(("127.0.0.1", there.port))
    with begun(there.address, sock=slow, max_queue=1, **headers) as client:
        for one in range(8):
            asked(client, str(one), BIG)
        time.sleep(1.5)
        code, _ = closed(client)
    assert code in {4008, 1006}, "the close frame comes behind what the network holds already"
    until(lambda: not there.tasks())


def test_a_fault_of_ours_ends_the_socket_and_says_nothing_of_it(
    there: Served, headers: dict[str, Any], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("hunter2")

    monkeypatch.setattr(there.app.state.sockets, "authenticate", broken)
    with opened(there.address, **headers) as client:
        said(client, {"type": "connection_init"})
        assert closed(client) == (4500, "Internal server error")
    (record,) = (record for record in caplog.records if record.levelno >= logging.ERROR)
    assert "hunter2" not in record.getMessage()
    caplog.clear()


def test_sockets_count_as_connections_and_are_told_when_the_server_stops(
    settings: Settings, headers: dict[str, Any]
) -> None:
    server = msgspec.structs.replace(settings.server, connections=2)
    with serving(msgspec.structs.replace(settings, server=server)) as there, ExitStack() as stack:
        held = [stack.enter_context(begun(there.address, **headers)) for _ in range(2)]
        with socket.create_connection(("127.0.0.1", there.port), timeout=5) as beyond:
            assert beyond.recv(4096).startswith(b"HTTP/1.1 503")
        there.stop()
        assert [closed(client)[0] for client in held] == [1001, 1001]
