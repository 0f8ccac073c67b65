"""Sends the same safe request once: within an operation, and among those under way."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable
from typing import cast

from c360.errors import DeadlineExceeded
from c360.http import Request, Response, Transport
from connectors.operation import ROOM, Operation, current
from connectors.retrying import AGAIN

_CORRELATION = frozenset(
    {"x-correlation-id", "x-fapi-interaction-id", "x-request-id", "traceparent", "tracestate"}
)
"""Headers that are new on every request and change nothing about its answer."""


class _Exchange:
    """A request under way or answered, and those who wait for it."""

    __slots__ = ("response", "task", "waiters")

    def __init__(self) -> None:
        self.task: asyncio.Task[None] | None = None
        self.waiters: set[asyncio.Future[Response]] = set()
        self.response: Response | None = None


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
        loop = asyncio.get_running_loop()
        if operation.ends <= loop.time():
            raise DeadlineExceeded("no time was left to send the request")
        if request.safe:
            return await self._shared(operation, request, loop)
        try:
            async with asyncio.timeout_at(operation.ends + ROOM):
                return await self._inner.send(request)
        except TimeoutError:
            raise DeadlineExceeded("the deadline passed before the partner answered") from None

    async def _shared(
        self, operation: Operation, request: Request, loop: asyncio.AbstractEventLoop
    ) -> Response:
        key = (self, operation.tenant, operation.purpose, *_alike(request))
        exchange = operation.answers.get(key)
        if exchange is None:
            exchange = self._under_way.get(key)
            if exchange is None:
                exchange = self._under_way[key] = _Exchange()
                exchange.task = loop.create_task(self._send(request, key, exchange))
            operation.answers[key] = exchange
        if exchange.response is not None:
            return cast(Response, exchange.response)
        waiter: asyncio.Future[Response] = loop.create_future()
        exchange.waiters.add(waiter)
        try:
            return await operation.wait(waiter)
        finally:
            exchange.waiters.discard(waiter)
            if not exchange.waiters and exchange.task is not None:
                self._forget(key, exchange)
                exchange.task.cancel()
            if exchange.response is None:
                operation.answers.pop(key, None)

    async def _send(self, request: Request, key: Hashable, exchange: _Exchange) -> None:
        """Get an answer and hand it to all who wait. Whatever goes wrong is theirs to see."""
        try:
            response = await self._inner.send(request)
        except asyncio.CancelledError:
            exchange.task = None
            self._fail(exchange, DeadlineExceeded("the request was given up"))
            raise
        except Exception as error:  # noqa: BLE001  # raised again where somebody waits
            exchange.task = None
            self._fail(exchange, error)
        else:
            exchange.task = None
            if response.status not in AGAIN and response.status < 500:
                exchange.response = response
            for waiter in exchange.waiters:
                if not waiter.done():
                    waiter.set_result(response)
        finally:
            self._forget(key, exchange)

    def _fail(self, exchange: _Exchange, error: Exception) -> None:
        for waiter in exchange.waiters:
            if not waiter.done():
                waiter.set_exception(error)

    def _forget(self, key: Hashable, exchange: _Exchange) -> None:
        if self._under_way.get(key) is exchange:
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
