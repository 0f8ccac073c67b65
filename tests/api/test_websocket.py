"""GraphQL over WebSocket, by a client of somebody else's on a real socket."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

WS = Subprotocol("graphql-transport-ws")


@contextmanager
def opened(address: str, **more: Any) -> Iterator[ClientConnection]:
    with connect(address.replace("http", "ws") + "/graphql", subprotocols=[WS], proxy=None, **more) as client:
        yield client


@contextmanager
def begun(address: str) -> Iterator[ClientConnection]:
    with opened(address) as client:
        said(client, {"type": "connection_init"})
        assert heard(client) == {"type": "connection_ack"}
        yield client


def said(client: ClientConnection, message: object) -> None:
    client.send(json.dumps(message))


def heard(client: ClientConnection) -> Any:
    return json.loads(client.recv(timeout=5))


def test_a_query_is_answered_once(served: str) -> None:
    with begun(served) as client:
        said(client, {"type": "subscribe", "id": "1", "payload": {"query": "{ __typename }"}})
        assert heard(client) == {"type": "next", "id": "1", "payload": {"data": {"__typename": "Query"}}}
        assert heard(client) == {"type": "complete", "id": "1"}
