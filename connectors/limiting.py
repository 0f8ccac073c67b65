"""Lets a request out when operation, limits and queue allow it; measures and judges what comes of it."""

from __future__ import annotations

import asyncio
import math

from c360.contract import Limits
from c360.errors import ConnectorError, DeadlineExceeded, OutcomeUnknown, PartnerFault, RetryLater
from c360.http import Request, Response, T, Transport
from connectors.breaking import Breaker, Breakers, BreakerState
from connectors.budgets import LIMITS, Pace, Pauses, Places
from connectors.errors import Paused, QueueFull
from connectors.health import Health
from connectors.leaving import Abandoned
from connectors.operation import ROOM, Operation, current
from connectors.operations import OperationNames

_LONGEST_PAUSE = 60.0
"""Seconds that a request of no operation (a feed's) waits where the partner asks for patience."""


class Answer(Response, frozen=True, kw_only=True):
    """An answer that tells its breaker where it does not decode."""

    breaker: Breaker

    def decode(self, kind: type[T]) -> T:
        """See :meth:`c360.http.Response.decode`."""
        try:
            return super().decode(kind)
        except (PartnerFault, OutcomeUnknown):
            self.breaker.malformed(asyncio.get_running_loop().time())
            raise


class Limiting:
    """The stage of an instance's transport that waits for its turn.

    Args:
        inner: the next stage.
        limits: what the partner bears.
        health: counts and times what goes out.
        breakers: says which operations are left alone.
        names: names the operations.
        queue: requests that may wait.
        timeout: seconds a request may take that says nothing itself.
    """

    def __init__(
        self,
        inner: Transport,
        limits: Limits,
        health: Health,
        *,
        breakers: Breakers,
        names: OperationNames,
        queue: int,
        timeout: float,
    ) -> None:
        self._inner = inner
        self._health = health
        self._breakers = breakers
        self._names = names
        self._places = Places(limits.concurrency)
        self._waiting = 0
        self._queue = queue
        self._timeout = timeout
        self._pace = Pace(limits.requests_per_second) if limits.requests_per_second else None
        self._pauses = Pauses()

    async def send(self, request: Request) -> Response:
        """See :class:`c360.http.Transport`.

        Raises:
            NotSent: the operation is left alone, the queue is full, or the partner wants a longer pause
                than there is time.
        """
        operation = current()
        loop = asyncio.get_running_loop()
        name = self._names.of(request.method, request.url, operation.personal if operation else ())
        breaker = self._breakers.of(name)
        started = loop.time()
        if breaker.state is BreakerState.CLOSED and self._free(started):
            self._places.take()
        else:
            await self._turn(loop, request, breaker, operation)
            started = loop.time()
        self._health.sent()
        unsettled = operation if operation is not None and not request.safe else None
        if unsettled is not None:
            unsettled.unsettled += 1
        outcome = "cancelled"
        flight: asyncio.Task[Response] | None = None
        try:
            response = await self._inner.send(request)
            outcome = str(response.status)
        except BaseException as error:
            flight = error.flight if isinstance(error, Abandoned) else None
            now = loop.time()
            if isinstance(error, Exception):
                outcome = type(error).__name__
            _count_against(breaker, error, now, long=now - started > self._slow(request))
            if unsettled is not None and _never_left(error):
                unsettled.unsettled -= 1
            raise
        finally:
            if flight is None:
                self._places.give_back()
            else:  # it still burdens the partner
                flight.add_done_callback(lambda _: self._places.give_back())
            now = loop.time()
            self._health.took(now - started, name, outcome)
        _told(unsettled, response.status)
        if not LIMITS.isdisjoint(response.headers):
            self._pauses.heard(_credential(request), response.status, response.headers, now)
        if response.status >= 500 or now - started > self._slow(request):
            breaker.failed(now)
        else:
            breaker.succeeded()
        return Answer(
            status=response.status,
            headers=response.headers,
            content=response.content,
            url=request.url,
            breaker=breaker,
        )

    def _slow(self, request: Request) -> float:
        return self._breakers.policy.slow * (request.timeout or self._timeout)

    def _free(self, now: float) -> bool:
        """Whether a request may go out at once; its start is counted then."""
        if not self._places.free or not self._pauses.none(now):
            return False
        return self._pace is None or not self._pace.start(now)

    async def _turn(
        self, loop: asyncio.AbstractEventLoop, request: Request, breaker: Breaker, operation: Operation | None
    ) -> None:
        """Wait until the request may go out; it then holds a place.

        Raises:
            NotSent: see :meth:`send`.
            DeadlineExceeded: the operation's time ended before that.
        """
        if breaker.state is not BreakerState.CLOSED or not self._pauses.none(loop.time()):
            await self._admitted(loop, request, breaker, operation)
            return
        await self._place(operation)
        if self._pace is not None and self._pace.start(loop.time()):
            await self._paced(loop, operation)

    async def _admitted(
        self, loop: asyncio.AbstractEventLoop, request: Request, breaker: Breaker, operation: Operation | None
    ) -> None:
        """The same where the partner fails of late, or asked for patience."""
        ends = None if operation is None else operation.ends
        try:
            async with asyncio.timeout_at(None if ends is None else ends + ROOM):
                await breaker.admit(loop)
                try:
                    await self._patience(loop, _credential(request), ends)
                    await self._place(operation)
                    await self._paced(loop, operation)
                except BaseException:
                    breaker.left()
                    raise
        except TimeoutError:
            raise _too_late() from None

    async def _patience(
        self, loop: asyncio.AbstractEventLoop, credential: str | None, ends: float | None
    ) -> None:
        """Wait for as long as the partner asked to be left alone."""
        while wait := self._pauses.left(credential, now := loop.time()):
            if wait >= (_LONGEST_PAUSE if ends is None else ends - now):
                raise Paused("the partner asked for patience", retry_after=float(math.ceil(wait)))
            await asyncio.sleep(wait)

    async def _place(self, operation: Operation | None) -> None:
        """Take one of the places, or wait for one."""
        if self._places.free:
            self._places.take()
            return
        if self._waiting >= self._queue:
            raise QueueFull(f"{self._queue} requests wait for the partner already")
        self._waiting += 1
        try:
            await self._places.wait(operation)
        except DeadlineExceeded:
            raise _too_late() from None
        finally:
            self._waiting -= 1

    async def _paced(self, loop: asyncio.AbstractEventLoop, operation: Operation | None) -> None:
        """Wait for a start, where the partner takes so many in a second; without one, the place is left."""
        if self._pace is None:
            return
        try:
            async with asyncio.timeout_at(None if operation is None else operation.ends + ROOM):
                while wait := self._pace.start(loop.time()):  # noqa: ASYNC110  # time frees it
                    await asyncio.sleep(wait)
        except BaseException as error:
            self._places.give_back()
            if isinstance(error, TimeoutError):
                raise _too_late() from None
            raise


def _credential(request: Request) -> str | None:
    return request.auth.fingerprint() if request.auth else None


def _too_late() -> DeadlineExceeded:
    return DeadlineExceeded("the deadline passed before the request could be sent")


def _told(operation: Operation | None, status: int) -> None:
    """Note what an answer says of a request that changes something for an operation."""
    if operation is not None and status < 500 and status != 408:
        # An answer to a key that the partner takes once speaks for every attempt at it.
        operation.unsettled = 0 if operation.key else operation.unsettled - 1


def _count_against(breaker: Breaker, error: BaseException, now: float, *, long: bool) -> None:
    """What a request without an answer says of its operation: where it was cut off, only if it took long."""
    faulty = isinstance(error, RetryLater | PartnerFault) and not isinstance(error, DeadlineExceeded)
    if long or faulty:
        breaker.failed(now)
    else:
        breaker.left()


def _never_left(error: BaseException) -> bool:
    """Whether a request that changes something is known not to have reached the partner."""
    return isinstance(error, ConnectorError) and not isinstance(error, OutcomeUnknown | PartnerFault)
