"""What a partner bears: so many at once, a pace, and the pauses it asks for."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping

from c360.ratelimit import rate_limit
from connectors.operation import Operation

_MOST = 1_024
"""Credentials whose pauses are remembered."""

_LONGEST = 86_400.0
"""Seconds: no partner is taken at its word for longer than a day."""

LIMITS = frozenset(
    {"retry-after", "ratelimit", "ratelimit-remaining", "x-ratelimit-remaining", "x-rate-limit-remaining"}
)
"""Headers by which partners tell of limits; an answer without any says nothing of them."""
_ASKS = frozenset({429, 503})


class Places:
    """So many at once; who comes when all places are taken gets the next that is given back, in turn."""

    def __init__(self, count: int) -> None:
        self._free = count
        self._waiting: deque[asyncio.Future[None]] = deque()

    @property
    def free(self) -> bool:
        """Whether :meth:`take` may be called."""
        return self._free > 0

    def take(self) -> None:
        """Take a free place."""
        self._free -= 1

    async def wait(self, operation: Operation | None = None) -> None:
        """Take the next place that is given back.

        Args:
            operation: who waits no longer than until its deadline.

        Raises:
            DeadlineExceeded: it has passed.
        """
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await (turn if operation is None else operation.wait(turn))
        except BaseException:
            if turn.done() and not turn.cancelled() and turn.exception() is None:  # it came just now
                self.give_back()
            elif turn in self._waiting:  # one that was given back meanwhile has passed it over otherwise
                self._waiting.remove(turn)
            raise

    def give_back(self) -> None:
        """Leave a place, to the first who waits."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1


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


class Pauses:
    """Until when nothing is sent, by the fingerprint of the credential that was told to wait.

    A partner that limits each customer's grant pauses that one alone; one that limits the hub does so by
    the hub's own credential.
    """

    def __init__(self) -> None:
        self._until: dict[str | None, float] = {}
        self._last = 0.0
        """When the last of them has ended."""

    def none(self, now: float) -> bool:
        """Whether nothing is to be waited for under any credential."""
        if self._until and self._last <= now:
            self._until.clear()
        return not self._until

    def left(self, credential: str | None, now: float) -> float:
        """Seconds for which nothing is to be sent; 0 where nothing was asked."""
        if not self._until:
            return 0.0
        until = self._until.get(credential)
        if until is None:
            return 0.0
        if until <= now:
            del self._until[credential]
            return 0.0
        return until - now

    def heard(self, credential: str | None, status: int, headers: Mapping[str, str], now: float) -> None:
        """Take in what an answer says of limits."""
        said = rate_limit(headers)
        # Retry-After on a redirect or a 202 concerns that one resource; a used-up quota concerns all.
        used_up = (each.reset or 0.0 for each in said.quotas if each.remaining == 0)
        wait = said.pause if status in _ASKS else max(used_up, default=0.0)
        if wait <= 0:
            return
        if len(self._until) >= _MOST and credential not in self._until:
            del self._until[min(self._until, key=self._until.__getitem__)]
        until = max(self._until.get(credential, 0.0), now + min(wait, _LONGEST))
        self._until[credential] = until
        self._last = max(self._last, until)
