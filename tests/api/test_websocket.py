"""GraphQL over WebSocket, by a client of somebody else's on a real socket."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from api.settings import Settings
from tests.fixtures.tokens import bearer, token

WS = Subprotocol("graphql-transport-ws")


@contextmanager
def opened(address: str, **more: Any) -> Iterator[ClientConnection]:
    with connect(address.replace("http", "ws") + "/graphql", subprotocols=[WS], proxy=None, **more) as client:
        yield client


@contextmanager
def begun(address: str, payload: dict[str, Any]) -> Iterator[ClientConnection]:
    with opened(address) as client:
        said(client, {"type": "connection_init", "payload": payload})
        assert heard(client) == {"type": "connection_ack"}
        yield client


def said(client: ClientConnection, message: object) -> None:
    client.send(json.dumps(message))


def heard(client: ClientConnection) -> Any:
    return json.loads(client.recv(timeout=5))


def test_a_query_is_answered_once(served: str, settings: Settings) -> None:
    with begun(served, {"Authorization": bearer(settings)["authorization"]}) as client:
        said(client, {"type": "subscribe", "id": "1", "payload": {"query": "{ __typename }"}})
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
        with pytest.raises(ConnectionClosed) as closed:
            heard(client)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == code


def test_a_purpose_beyond_the_token_is_refused(served: str, settings: Settings) -> None:
    payload = {"authorization": f"Bearer {token(settings, 'partner')}", "C360-Purpose": "FRAUD"}
    with opened(served) as client:
        said(client, {"type": "connection_init", "payload": payload})
        with pytest.raises(ConnectionClosed) as closed:
            heard(client)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4403
