"""A request over a real connection whose time ends, or whose sender goes, while it is on its way."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from c360.contract import Limits
from c360.errors import DeadlineExceeded
from c360.http import Transport
from connectors.health import Health
from connectors.operation import during
from connectors.resilience import BARE
from connectors.transport import HostTransport
from tests.connectors.test_transport import operation
from tests.connectors.wires import LOCAL, Scene, get, partner, whole


class Slow:
    """Begins to answer when it is told to, and notes which connections were ended before that."""

    def __init__(self, *statuses: int) -> None:
        self.begun: list[bytes] = []
        self.left = 0
        self.go = asyncio.Event()
        self._statuses = list(statuses)

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.readuntil(b"\r\n\r\n"):
            self.begun.append(head)
            gone, go = (asyncio.ensure_future(each) for each in (reader.read(1), self.go.wait()))
            done, _ = await asyncio.wait({gone, go}, return_when=asyncio.FIRST_COMPLETED)
            go.cancel()
            if gone in done:
                self.left += 1
                return
            gone.cancel()
            await asyncio.wait({gone})
            status = self._statuses.pop(0) if self._statuses else 200
            writer.write(whole(b"{}").replace(b"200 OK", b"%d Said" % status))

    async def hears(self, requests: int) -> None:
        """Wait until so many have begun."""
        while len(self.begun) < requests:  # noqa: ASYNC110  # another task's list
            await asyncio.sleep(0.001)


@asynccontextmanager
async def instance(kit: Any, scene: Scene) -> AsyncIterator[tuple[Transport, int]]:
    """The transport of an instance as in production, but that it tries once; and its partner's port."""
    transport = HostTransport(resilience=BARE, addresses=LOCAL)
    async with partner(scene) as port:
        yield transport.for_instance(Limits(), Health(kit.clock)), port
    await transport.aclose()


def test_a_request_is_cut_off_soon_after_the_deadline(run: Callable[..., Any], kit: Any) -> None:
    """Also from the partner's side, who is not to work on what nobody waits for."""

    async def scenario() -> None:
        slow = Slow()
        async with instance(kit, slow) as (transport, port):
            started = time.perf_counter()
            with during(operation(seconds=0.1)), pytest.raises(DeadlineExceeded):
                await transport.send(get(port))
            assert 0.1 < time.perf_counter() - started < 0.6
            await asyncio.sleep(0.05)
            assert slow.left == 1

    run(scenario())


@pytest.mark.parametrize("status", [200, 503], ids=["answered", "to be sent anew"])
def test_who_waits_goes_on_with_a_request_whose_sender_has_gone(
    run: Callable[..., Any], kit: Any, status: int
) -> None:
    async def scenario() -> None:
        slow = Slow(status, 200)
        async with instance(kit, slow) as (transport, port):
            with during(operation()):
                first = asyncio.create_task(transport.send(get(port)))
            await slow.hears(1)
            with during(operation()):
                others = [asyncio.create_task(transport.send(get(port))) for _ in range(2)]
            await asyncio.sleep(0)
            first.cancel()
            with pytest.raises(asyncio.CancelledError):
                await first
            assert slow.left == 0
            slow.go.set()
            assert [(await other).status for other in others] == [200, 200]
            assert len(slow.begun) == (1 if status == 200 else 2)

    run(scenario())


def test_who_has_more_time_goes_on_where_the_senders_ends(run: Callable[..., Any], kit: Any) -> None:
    async def scenario() -> None:
        slow = Slow()
        async with instance(kit, slow) as (transport, port):
            with during(operation(seconds=0.05)):
                first = asyncio.create_task(transport.send(get(port)))
            await slow.hears(1)
            with during(operation(seconds=5)):
                second = asyncio.create_task(transport.send(get(port)))
            with pytest.raises(DeadlineExceeded):
                await first
            await slow.hears(2)
            slow.go.set()
            assert (await second).status == 200

    run(scenario())


def test_nobody_left_means_that_the_next_one_sends_anew(run: Callable[..., Any], kit: Any) -> None:
    async def scenario() -> None:
        slow = Slow()
        async with instance(kit, slow) as (transport, port):
            with during(operation()):
                both = [asyncio.create_task(transport.send(get(port))) for _ in range(2)]
            await slow.hears(1)
            for one in both:
                one.cancel()
            await asyncio.gather(*both, return_exceptions=True)
            slow.go.set()
            with during(operation()):
                assert (await transport.send(get(port))).status == 200
            assert len(slow.begun) == 2

    run(scenario())
