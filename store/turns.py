"""A pool whose connections come to those who wait for them in the order in which they asked."""

from __future__ import annotations

import asyncio
from collections import deque

from sqlalchemy.pool import AsyncAdaptedQueuePool, ConnectionPoolEntry
from sqlalchemy.util.concurrency import await_only
from sqlalchemy.util.queue import AsyncAdaptedQueue, Empty


class _Turns(AsyncAdaptedQueue[ConnectionPoolEntry]):
    """Hands what comes back to the one who has waited longest.

    The library's own queue wakes that one and lets whoever asks first take it. That is the one who gave it
    back, if it goes on to its next unit at once: the other waits anew, as the last, until its time is out.
    """

    def __init__(self, maxsize: int = 0, use_lifo: bool = False) -> None:  # the library's signature
        super().__init__(maxsize, use_lifo)
        self._waiting: deque[asyncio.Future[ConnectionPoolEntry]] = deque()

    def put_nowait(self, item: ConnectionPoolEntry) -> None:
        """Give it back: to the first who waits, else into the queue."""
        while self._waiting:
            first = self._waiting.popleft()
            if not first.done():
                first.set_result(item)
                return
        super().put_nowait(item)

    def get(
        self, block: bool = True, timeout: float | None = None
    ) -> ConnectionPoolEntry:  # the library's signature
        """Take one.

        Raises:
            Empty: none came in time.
        """
        if not block or not self.empty():
            return self.get_nowait()
        return await_only(self._in_turn(timeout))

    async def _in_turn(self, seconds: float | None) -> ConnectionPoolEntry:
        mine: asyncio.Future[ConnectionPoolEntry] = asyncio.get_running_loop().create_future()
        self._waiting.append(mine)
        try:
            async with asyncio.timeout(seconds):
                return await mine
        except BaseException as error:
            # It came while this one was being called off: the next one's. Else the future is cancelled, and
            # passed over when its turn comes.
            if mine.done() and not mine.cancelled():
                self.put_nowait(mine.result())
            if isinstance(error, TimeoutError):
                raise Empty from None
            raise


class TurnsPool(AsyncAdaptedQueuePool):
    """Connections in turn."""

    _queue_class = _Turns
    # Under the library's own name, where it is as silent as its other pools.
    _sqla_logger_namespace = "sqlalchemy.pool.TurnsPool"
