from __future__ import annotations

import asyncio
from typing import Any

from c360.addresses import AddressPolicy
from c360.contract import Limits
from c360.http import Request
from connectors.health import Health
from connectors.transport import HostTransport

ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"


def test_a_partner_that_hangs_costs_another_nothing_and_connections_are_reused(kit: Any) -> None:
    opened: list[str] = []

    async def scenario() -> None:
        stop = asyncio.Event()

        async def well(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            opened.append("well")
            while await reader.readline():
                await reader.readuntil(b"\r\n\r\n")
                writer.write(ANSWER)
            writer.close()

        async def hung(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            opened.append("hung")
            await stop.wait()
            writer.close()

        servers = [await asyncio.start_server(each, "127.0.0.1", 0) for each in (well, hung)]
        transport = HostTransport(addresses=AddressPolicy(["127.0.0.1"]))
        sends = [transport.for_instance(Limits(concurrency=3), Health(kit.clock)).send for _ in servers]
        urls = [f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/" for server in servers]
        hanging = [
            asyncio.create_task(sends[1](Request(method="GET", url=urls[1], timeout=30))) for _ in range(9)
        ]
        await asyncio.sleep(0.05)
        for _ in range(5):
            response = await asyncio.wait_for(sends[0](Request(method="GET", url=urls[0])), 2)
            assert response.content == b"{}"
        assert opened == ["hung"] * 3 + ["well"]
        for task in hanging:
            task.cancel()
        await asyncio.gather(*hanging, return_exceptions=True)
        await transport.aclose()
        stop.set()
        for server in servers:
            server.close()
            await server.wait_closed()
        await asyncio.sleep(0.01)

    asyncio.run(scenario())
