"""Over real connections: what is known of a request that changes something and got no answer."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from c360.addresses import AddressPolicy
from c360.contract import Limits
from c360.errors import ConnectorError, OutcomeUnknown, PartnerFault, RetryLater
from c360.http import Request
from connectors.health import Health
from connectors.transport import HostTransport

Peer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def outcome(kit: Any, peer: Peer, *, safe: bool, **limits: Any) -> type[Exception]:
    """The error of a request to a peer that behaves so."""

    async def scenario() -> type[Exception]:
        ended = []

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            ended.append(asyncio.current_task())
            await peer(reader, writer)
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        transport = HostTransport(addresses=AddressPolicy(["127.0.0.1"]))
        send = transport.for_instance(Limits(**limits), Health(kit.clock)).send
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        with pytest.raises(ConnectorError) as caught:
            await send(Request(method="POST", url=url, content=b"{}", safe=safe, timeout=0.2))
        await transport.aclose()
        server.close()
        await server.wait_closed()
        await asyncio.wait([task for task in ended if task])
        return type(caught.value)

    return asyncio.run(scenario())


async def hangs_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")


async def says_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def breaks_off(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{")
    await writer.drain()


async def answers_too_much(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n" + b"x" * 100)
    await writer.drain()


@pytest.mark.parametrize(
    ("peer", "reading"),
    [
        (hangs_up, RetryLater),
        (says_nothing, RetryLater),
        (breaks_off, RetryLater),
        (answers_too_much, PartnerFault),
    ],
)
def test_what_may_have_arrived_is_unknown(kit: Any, peer: Peer, reading: type[Exception]) -> None:
    assert outcome(kit, peer, safe=True, max_bytes=10) is reading
    assert outcome(kit, peer, safe=False, max_bytes=10) is OutcomeUnknown


def test_what_found_no_connection_surely_did_not_arrive(kit: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]

    async def scenario() -> None:
        transport = HostTransport(addresses=AddressPolicy(["127.0.0.1"]))
        send = transport.for_instance(Limits(), Health(kit.clock)).send
        request = Request(method="POST", url=f"http://127.0.0.1:{port}/", safe=False, timeout=2)
        with pytest.raises(RetryLater) as caught:
            await send(request)
        assert type(caught.value) is RetryLater
        await transport.aclose()

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("failure", "expected"),
    [
        (httpx.ConnectError("x"), RetryLater),
        (httpx.ConnectTimeout("x"), RetryLater),
        (httpx.PoolTimeout("x"), RetryLater),
        (httpx.WriteError("x"), OutcomeUnknown),
        (httpx.ReadTimeout("x"), OutcomeUnknown),
        (httpx.RemoteProtocolError("x"), OutcomeUnknown),
        (httpx.DecodingError("x"), OutcomeUnknown),
    ],
)
def test_a_carrier_that_tells_nothing_else_is_taken_at_its_error(
    kit: Any, failure: Exception, expected: type[Exception]
) -> None:
    def fail(_: httpx.Request) -> httpx.Response:
        raise failure

    send = HostTransport(httpx.MockTransport(fail)).for_instance(Limits(), Health(kit.clock)).send
    with pytest.raises(ConnectorError) as caught:
        asyncio.run(send(Request(method="POST", url="https://partner.example/", safe=False)))
    assert type(caught.value) is expected
