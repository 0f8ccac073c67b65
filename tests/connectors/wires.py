"""Partners on real connections, played byte by byte, and what reaches them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from c360.addresses import AddressPolicy
from c360.http import Request, Response
from connectors.reaching import Origins, Reaching

LOCAL = AddressPolicy(["127.0.0.0/8", ".partner.example"])
MOST = 10_000
Scene = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Others:
    """Stands for the client that carries the rest."""

    def __init__(self) -> None:
        self.sent: list[Request] = []

    async def send(self, request: Request) -> Response:
        self.sent.append(request)
        return Response(status=299, headers={})


class Names:
    """A resolver that tells what it is told to."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self._answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int, seconds: float | None) -> Sequence[str]:
        self.asked.append(host)
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


@asynccontextmanager
async def partner(scene: Scene, host: str = "127.0.0.1") -> AsyncIterator[int]:
    """A partner that plays a scene on each connection: its port."""
    tasks: list[asyncio.Task[None]] = []

    async def played(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await scene(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    def begun(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.append(asyncio.create_task(played(reader, writer)))

    server = await asyncio.start_server(begun, host, 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)


def answering(*answers: bytes) -> Scene:
    """Gives the answers to the requests of a connection, and ends it after the last."""

    async def scene(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in answers:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(answer)
            await writer.drain()

    return scene


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while head := await reader.readuntil(b"\r\n\r\n"):
        writer.write(whole(head))


def whole(body: bytes, *headers: str) -> bytes:
    lines = "".join(f"{header}\r\n" for header in headers)
    return f"HTTP/1.1 200 OK\r\n{lines}content-length: {len(body)}\r\n\r\n".encode() + body


@asynccontextmanager
async def reaching(
    names: Names | None = None, policy: AddressPolicy = LOCAL
) -> AsyncIterator[tuple[Reaching, Others]]:
    origins = Origins(policy, names) if names is not None else Origins(policy)
    others = Others()
    try:
        yield Reaching(origins, others, MOST), others
    finally:
        await origins.close()


def get(port: int, path: str = "/", host: str = "127.0.0.1", **more: Any) -> Request:
    return Request(method="GET", url=f"http://{host}:{port}{path}", **more)
