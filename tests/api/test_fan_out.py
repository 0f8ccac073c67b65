"""Many sockets and one that lets things happen: everybody hears all of it, in order, and soon."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from contextlib import AsyncExitStack

import msgspec
from websockets.asyncio.client import ClientConnection, connect

from api.settings import Settings
from tests.fixtures.happenings import PROGRESS, followers, progress
from tests.fixtures.serving import Served, serving
from tests.fixtures.sockets import WS
from tests.fixtures.tokens import bearer

SOCKETS = 50
SOON = 20.0
"""Seconds within which all of them know; a quiet machine takes a fraction."""


async def opened(stack: AsyncExitStack, there: Served, settings: Settings) -> ClientConnection:
    address = there.address.replace("http", "ws") + "/graphql"
    client = await stack.enter_async_context(
        connect(address, subprotocols=[WS], additional_headers=bearer(settings), proxy=None, compression=None)
    )
    await client.send('{"type": "connection_init"}')
    assert json.loads(await client.recv()) == {"type": "connection_ack"}
    asking = {"type": "subscribe", "id": "1", "payload": {"query": PROGRESS}}
    await client.send(json.dumps(asking))
    return client


async def heard(client: ClientConnection, last: int) -> list[int]:
    """What a client is told, up to a last step."""
    told: list[int] = []
    while not told or told[-1] != last:
        message = json.loads(await asyncio.wait_for(client.recv(), 30))
        assert message["type"] == "next"
        told.append(message["payload"]["data"]["jobProgress"]["done"])
    return told


async def until(done: Callable[[], bool]) -> None:
    while not done():  # noqa: ASYNC110  # the server is in another thread
        await asyncio.sleep(0.05)


async def scene(there: Served, settings: Settings) -> None:
    async with AsyncExitStack() as stack:
        clients = [await opened(stack, there, settings) for _ in range(SOCKETS)]
        await until(lambda: followers(there) == SOCKETS)
        hearing = asyncio.gather(*(heard(client, 11) for client in clients))
        started = time.monotonic()
        await asyncio.to_thread(progress, there, *range(2, 12))
        for told in await hearing:
            assert told == sorted(set(told)), "in order, none twice"
            assert len(told) < 10, "what comes close together is told once"
        assert time.monotonic() - started < SOON
        # A subscription that its client completes goes, and the socket with the others stays.
        await clients[0].send('{"type": "complete", "id": "1"}')
        await until(lambda: followers(there) == SOCKETS - 1)
    await until(lambda: not followers(there))


def test_everybody_hears_of_everything(settings: Settings) -> None:
    live = msgspec.structs.replace(settings.live, sockets=SOCKETS, gathering=0.2)
    with serving(msgspec.structs.replace(settings, live=live)) as there:
        progress(there, 1)
        asyncio.run(asyncio.wait_for(scene(there, settings), 60))
        assert there.tasks() == []
