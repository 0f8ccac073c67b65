"""Sends again what a moment's trouble kept from being answered, while there is time."""

from __future__ import annotations

import asyncio
import random

from c360.errors import DeadlineExceeded, RetryLater
from c360.http import Request, Response, Transport
from c360.ratelimit import retry_after
from connectors.errors import NotSent
from connectors.operation import Operation, current
from connectors.resilience import Retries

AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Statuses by which a partner says that the same request may fare better later."""


class Retrying:
    """The stage of an instance's transport that repeats.

    Args:
        inner: the next stage.
        policy: how often, and when.
        chance: where the jitter comes from.
    """

    def __init__(self, inner: Transport, policy: Retries, chance: random.Random) -> None:
        self._inner = inner
        self._policy = policy
        self._chance = chance
        self._tokens = policy.tokens

    async def send(self, request: Request) -> Response:
        """See :class:`c360.http.Transport`. What the last attempt ended in is what the caller gets."""
        loop = asyncio.get_running_loop()
        first = begun = loop.time()
        attempt = 1
        while True:
            try:
                response = await self._inner.send(request)
            except (NotSent, DeadlineExceeded):
                raise
            except RetryLater as error:
                wait = self._wait(request, attempt, error.retry_after, first=first, begun=begun)
                if wait is None:
                    raise
            else:
                if response.status not in AGAIN:
                    if self._tokens < self._policy.tokens:
                        self._tokens += self._policy.regain
                    return response
                asked = retry_after(response.headers)
                wait = self._wait(request, attempt, asked, first=first, begun=begun)
                if wait is None:
                    return response
            await asyncio.sleep(wait)
            begun = loop.time()
            attempt += 1

    def _wait(
        self, request: Request, attempt: int, asked: float | None, *, first: float, begun: float
    ) -> float | None:
        """Seconds to wait before the next attempt; none where there is not to be one.

        It has to fit into the time there is, taken that it lasts as long as the one before.
        """
        policy = self._policy
        self._tokens = max(0.0, self._tokens - 1)
        operation = current()
        if attempt >= policy.attempts or self._tokens <= policy.tokens / 2:
            return None
        if not request.safe and not _keyed(request, operation):
            return None
        now = asyncio.get_running_loop().time()
        ends = operation.ends if operation else first + policy.alone
        wait = self._chance.uniform(0.0, min(policy.longest, policy.first * 2 ** (attempt - 1)))
        wait += asked or 0.0
        return wait if now + wait + (now - begun) < ends else None


def _keyed(request: Request, operation: Operation | None) -> bool:
    """Whether a request carries the idempotency key of an action that the partner takes only once."""
    if operation is None or operation.key is None:
        return False
    key = str(operation.key)
    return key.encode() in request.content or any(key in value for _, value in request.headers)
