"""Sends the same safe request once: within an operation, and among those under way."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable

from c360.errors import DeadlineExceeded
from c360.http import Request, Response, Transport
from connectors.operation import Operation, current

_CORRELATION = frozenset(
    {"x-correlation-id", "x-fapi-interaction-id", "x-request-id", "traceparent", "tracestate"}
)
"""Headers that are new on every request and change nothing about its answer."""

_AGAIN = frozenset({408, 425, 429})

_ROOM = 0.05
"""Seconds past the deadline: the gathering ends its waits itself, this catches what got away."""


class _Exchange:
    __slots__ = ("task", "waiters")

    def __init__(self, task: asyncio.Task[Response]) -> None:
        self.task = task
        self.waiters = 0


class Sharing:
    """The stage of an instance's transport that shares answers.

    Only what is alike in tenant, purpose, credential and every byte of the request is shared; the
    credential counts by its fingerprint. A caller that stops waiting takes nothing from the others;
    when none is left, the request is cancelled.
    """

    def __init__(self, inner: Transport) -> None:
        self._inner = inner
        self._under_way: dict[Hashable, _Exchange] = {}

    async def send(self, request: Request) -> Response:
        """See :class:`c360.http.Transport`.

        Raises:
            DeadlineExceeded: the operation's deadline has passed.
        """
        operation = current()
        if operation is None:
            return await self._inner.send(request)
        if operation.remaining() <= 0:
            raise DeadlineExceeded("no time was left to send the request")
        try:
            async with asyncio.timeout_at(operation.ends + _ROOM):
                if request.safe:
                    return await self._shared(operation, request)
                return await self._inner.send(request)
        except TimeoutError:
            raise DeadlineExceeded("the deadline passed before the partner answered") from None

    async def _shared(self, operation: Operation, request: Request) -> Response:
        key = (operation.tenant, operation.purpose, *_alike(request))
        answered = operation.answers.get((self, key))
        if answered is not None:
            return answered
        exchange = self._under_way.get(key)
        if exchange is None:
            exchange = self._under_way[key] = _Exchange(asyncio.create_task(self._send(request)))
            exchange.task.add_done_callback(lambda task: self._ended(key, task))
        exchange.waiters += 1
        try:
            response = await asyncio.shield(exchange.task)
        finally:
            exchange.waiters -= 1
            if not exchange.waiters and not exchange.task.done():
                self._forget(key, exchange.task)
                exchange.task.cancel()
        if response.status < 500 and response.status not in _AGAIN:
            operation.answers[self, key] = response
        return response

    async def _send(self, request: Request) -> Response:
        return await self._inner.send(request)

    def _ended(self, key: Hashable, task: asyncio.Task[Response]) -> None:
        self._forget(key, task)
        if not task.cancelled():
            task.exception()  # seen by the waiters, or nobody is left to see it

    def _forget(self, key: Hashable, task: asyncio.Task[Response]) -> None:
        exchange = self._under_way.get(key)
        if exchange is not None and exchange.task is task:
            del self._under_way[key]


def _alike(request: Request) -> tuple[Hashable, ...]:
    return (
        request.method,
        request.url,
        request.params,
        tuple(header for header in request.headers if header[0].lower() not in _CORRELATION),
        request.content,
        request.auth.fingerprint() if request.auth else None,
    )
