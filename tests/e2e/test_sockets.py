"""Both servers send small answers at once instead of waiting 40 ms for an acknowledgement."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable

import pytest

from api import listening
from sandbox import server


@pytest.mark.parametrize(
    "listening",
    [lambda: listening.listen("127.0.0.1", 0), lambda: server.listen("127.0.0.1", 0, ["partner"])[0]],
    ids=["api", "sandbox"],
)
def test_accepted_connections_do_not_wait(listening: Callable[[], socket.socket]) -> None:
    at_once: list[int] = []

    async def accepted(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = writer.get_extra_info("socket")
        at_once.append(connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        writer.close()
        await writer.wait_closed()

    async def run() -> None:
        listener = listening()
        host, port = listener.getsockname()[:2]
        async with await asyncio.start_server(accepted, sock=listener):
            reader, writer = await asyncio.open_connection(host, port)
            await reader.read()
            writer.close()
            await writer.wait_closed()

    asyncio.run(run())
    assert len(at_once) == 1
    assert at_once[0] != 0
