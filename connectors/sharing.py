"""Sends the same safe request once: within an operation, and among those under way."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Hashable

from c360.errors import DeadlineExceeded
from c360.http import Request, Response, Transport
from connectors.leaving import Abandoned
from connectors.operation import ROOM, Operation, current, make_current
from connectors.retrying import AGAIN

_CORRELATION = frozenset(
    {"x-correlation-id", "x-fapi-interaction-id", "x-request-id", "traceparent", "tracestate"}
)
"""Headers that are new on every request and change nothing about its answer."""


class _Exchange:
    """A request under way or answered, and those who wait for it beside the one who sent it."""

    __slots__ = ("response", "task", "waiters")

    def __init__(self) -> None:
        self.response: Response | None = None
        self.waiters: dict[asyncio.Future[Response], Operation] = {}
        self.task: asyncio.Task[None] | None = None
        """What goes on with it where the one who sent it has gone."""

    def tell(self, response: Response) -> None:
        """Hand the answer to all who wait."""
        if response.status not in AGAIN and response.status < 500:
            self.response = response
        for waiter in self.waiters:
            if not waiter.done():
                waiter.set_result(response)

    def fail(self, error: Exception) -> None:
        """Whatever went wrong is theirs to see who wait."""
        for waiter in self.waiters:
            if not waiter.done():
                waiter.set_exception(error)


class Sharing:
    """The stage of an instance's transport that shares answers.

    Only what is alike in tenant, purpose, credential and every byte of the request is shared; the
    credential counts by its fingerprint. The first one sends it as if it were alone. A caller that stops
    waiting takes nothing from the others: where it was the one who sent it, they go on with it; when none is
    left, the request is given up.
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
            try:
                return await self._inner.send(request)
            except Abandoned as left:
                left.cut()
                raise
        if operation.remaining() <= 0:
            raise DeadlineExceeded("no time was left to send the request")
        if not request.safe:
            return await self._changed(operation, request)
        key = (self, operation.tenant, operation.purpose, *_alike(request))
        new = _Exchange()
        exchange: _Exchange = operation.answers.setdefault(key, new)
        if exchange is new:
            exchange = operation.answers[key] = self._under_way.setdefault(key, new)
        if exchange is not new:
            return exchange.response or await self._follow(operation, key, exchange)
        try:
            response = await self._inner.send(request)
        except BaseException as error:
            self._failed(operation, request, key, exchange, error)
            raise
        self._forget(key, exchange)
        exchange.tell(response)
        if exchange.response is None:
            _unlearn(operation, key, exchange)
        return response

    async def _changed(self, operation: Operation, request: Request) -> Response:
        """The answer to a request that changes something: nobody else's concern."""
        try:
            async with asyncio.timeout_at(operation.ends + ROOM):
                return await self._inner.send(request)
        except TimeoutError:
            raise DeadlineExceeded("the deadline passed before the partner answered") from None

    def _failed(
        self,
        operation: Operation,
        request: Request,
        key: Hashable,
        exchange: _Exchange,
        error: BaseException,
    ) -> None:
        """Tell those who wait of what went wrong, or let them go on with what its sender has left."""
        _unlearn(operation, key, exchange)
        # Who was cancelled, or had less time than the others, takes nothing from them.
        gone = not isinstance(error, Exception) or isinstance(error, DeadlineExceeded)
        flight = error.flight if isinstance(error, Abandoned) else None
        if gone and self._hand_on(request, key, exchange, flight):
            return
        self._forget(key, exchange)
        if isinstance(error, Exception):
            exchange.fail(error)
        elif isinstance(error, Abandoned):
            error.cut()

    async def _follow(self, operation: Operation, key: Hashable, exchange: _Exchange) -> Response:
        """Wait for what another one sent."""
        waiter: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
        exchange.waiters[waiter] = operation
        try:
            return await operation.wait(waiter)
        finally:
            del exchange.waiters[waiter]
            if exchange.task is not None and not exchange.waiters:
                self._forget(key, exchange)
                exchange.task.cancel()
            if exchange.response is None:
                _unlearn(operation, key, exchange)

    def _hand_on(
        self,
        request: Request,
        key: Hashable,
        exchange: _Exchange,
        flight: asyncio.Task[Response] | None,
    ) -> bool:
        """Let those who wait go on with a request that its sender has left; whether there are any."""
        waiting = [operation for waiter, operation in exchange.waiters.items() if not waiter.done()]
        if not waiting:
            return False
        context = contextvars.copy_context()
        context.run(make_current, max(waiting, key=lambda operation: operation.ends))
        exchange.task = asyncio.get_running_loop().create_task(
            self._go_on(request, key, exchange, flight), context=context
        )
        return True

    async def _go_on(
        self,
        request: Request,
        key: Hashable,
        exchange: _Exchange,
        flight: asyncio.Task[Response] | None,
    ) -> None:
        """Take what a request that is on its way brings, or send it anew where it brings nothing of use."""
        try:
            response = None if flight is None else await _brought(flight)
            if response is None:
                response = await self._inner.send(request)
        except asyncio.CancelledError as left:
            exchange.fail(DeadlineExceeded("the request was given up"))
            if isinstance(left, Abandoned):
                left.cut()
            elif flight is not None:
                flight.cancel()
            raise
        except Exception as error:  # noqa: BLE001  # raised again where somebody waits
            exchange.fail(error)
        else:
            exchange.tell(response)
        finally:
            exchange.task = None
            self._forget(key, exchange)

    def _forget(self, key: Hashable, exchange: _Exchange) -> None:
        if self._under_way.get(key) is exchange:
            del self._under_way[key]


def _unlearn(operation: Operation, key: Hashable, exchange: _Exchange) -> None:
    """Have it asked anew in this operation; another one that was begun under the same key stays."""
    if operation.answers.get(key) is exchange:
        del operation.answers[key]


async def _brought(flight: asyncio.Task[Response]) -> Response | None:
    """What a request brings that passes no stages any more; nothing where it is to be sent anew."""
    await asyncio.wait({flight})
    if flight.cancelled() or flight.exception() is not None:
        return None
    response = flight.result()
    return None if response.status in AGAIN or response.status >= 500 else response


def _alike(request: Request) -> tuple[Hashable, ...]:
    auth = request.auth
    return (
        request.method,
        request.url,
        request.params,
        tuple([header for header in request.headers if header[0].lower() not in _CORRELATION]),
        request.content,
        None if auth is None else auth.fingerprint(),
    )
