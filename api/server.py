"""The server of one process: when it begins to answer, and how it ends."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
from collections.abc import Iterator

import uvicorn

from api.connections import GuardedProtocol
from api.sharing import Shared

_LEAVING = 2.0
"""Seconds in which clients of a process that is replaced are told to connect anew."""
_LONGEST = 35
"""Seconds that such a process answers at the most: no operation takes longer."""


class Server(uvicorn.Server):
    """A server that leaves signals to who runs it.

    The library's own handling ends the process before the hub is closed.

    Args:
        config: as the library takes it.
        protocol: its connections, of a class of their own.
        closing: set when it ends, for streams that would go on for ever.
    """

    def __init__(
        self, config: uvicorn.Config, protocol: type[GuardedProtocol], closing: asyncio.Event
    ) -> None:
        super().__init__(config)
        self.closing = closing
        self._protocol = protocol
        self._answering = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer."""
        await super().startup(sockets)
        self._answering.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End, event streams first: the library would wait for their end."""
        self.closing.set()
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave them alone."""
        yield

    def stop(self) -> None:
        """End soon; asked twice, without waiting for open requests."""
        self.force_exit = self.should_exit
        self.should_exit = True

    def leave(self) -> None:
        """End, and let others answer at this address: no request that comes here meanwhile is lost."""
        self._protocol.leaving = _LEAVING
        self.config.timeout_graceful_shutdown = _LONGEST
        self.stop()

    def heed_signals(self) -> None:
        """End by SIGINT and SIGTERM."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.stop)

    async def heed(self, shared: Shared, metrics: int) -> None:
        """Say when it answers, and leave by SIGTERM or when the supervisor is gone.

        Args:
            shared: what there is from the supervisor.
            metrics: port of loopback where the metrics are.
        """
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGINT, self.stop)
        loop.add_signal_handler(signal.SIGTERM, self.leave)

        def abandoned() -> None:
            loop.remove_reader(shared.alive)
            self.leave()

        loop.add_reader(shared.alive, abandoned)
        await self._answering.wait()
        shared.tell(metrics)
