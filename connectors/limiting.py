"""Keeps to what a partner bears, and counts."""

from __future__ import annotations

import asyncio
import time
from collections import deque

from c360.contract import Limits
from c360.http import Request, Response, Transport
from connectors.health import Health


class Pace:
    """No more than so many starts in any second (or one in several, for a rate below one)."""

    def __init__(self, per_second: float) -> None:
        burst = max(1, int(per_second))
        self._window = burst / per_second
        self._starts: deque[float] = deque(maxlen=burst)

    def start(self, now: float) -> float:
        """Take a start; or, where there is none at this moment, the seconds until there may be one.

        Nothing is reserved: who gives up waiting takes nothing from those who come after.
        """
        if len(self._starts) == self._starts.maxlen:
            wait = self._starts[0] + self._window - now
            if wait > 0:
                return wait
        self._starts.append(now)
        return 0.0


class Limiting:
    """The stage of an instance's transport that waits for its turn."""

    def __init__(self, inner: Transport, limits: Limits, health: Health) -> None:
        self._inner = inner
        self._health = health
        self._slots = asyncio.Semaphore(limits.concurrency)
        self._pace = Pace(limits.requests_per_second) if limits.requests_per_second else None

    async def send(self, request: Request) -> Response:
        """See :class:`c360.http.Transport`."""
        async with self._slots:
            while self._pace and (wait := self._pace.start(time.monotonic())):  # noqa: ASYNC110  # time frees it
                await asyncio.sleep(wait)
            self._health.sent()
            started = time.monotonic()
            try:
                return await self._inner.send(request)
            finally:
                self._health.took(time.monotonic() - started)
