"""Several requests for one answer: side by side, a list and then each of its details."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Awaitable,
    Callable,
    Coroutine,
    Iterable,
    Mapping,
    Sequence,
)
from functools import partial
from itertools import islice
from typing import Any, Generic, TypeVar
from urllib.parse import quote

from c360.errors import ConnectorError, PartnerFault
from c360.needs import Fetched, Need, Ref
from c360.records.base import Record

__all__ = ["Once", "as_completed", "details", "fetch_each", "fetch_in_turn", "segment", "together"]

KeyT = TypeVar("KeyT")
ValueT = TypeVar("ValueT")

AT_ONCE = 8
"""Requests for details under way at once, unless told; the instance's own limit holds as well."""


async def as_completed(
    jobs: Mapping[KeyT, Callable[[], Awaitable[ValueT]]], *, at_once: int | None = None
) -> AsyncGenerator[tuple[KeyT, ValueT | ConnectorError], None]:
    """Run jobs and yield each outcome as soon as it is there.

    A :class:`~c360.errors.ConnectorError` is an outcome; any other exception is a fault of the
    plugin and is raised. Jobs still running when the caller stops listening are cancelled.

    Args:
        jobs: what to run, by whatever tells them apart.
        at_once: how many may run at the same time; all by default.
    """
    if len(jobs) == 1:  # no task for what nothing else runs beside
        ((key, only),) = jobs.items()
        outcome: ValueT | ConnectorError
        try:
            outcome = await only()
        except ConnectorError as error:
            outcome = error
        yield key, outcome
        return
    left = iter(jobs.items())
    running = _Running[KeyT, ValueT]()
    try:
        for key, job in islice(left, at_once):
            running.start(key, job)
        while running.keys:
            key, task = await running.ended()
            for following, job in islice(left, 1):
                running.start(following, job)
            try:
                yield key, task.result()
            except ConnectorError as error:
                yield key, error
    finally:
        _drop(running.keys)


class _Running(Generic[KeyT, ValueT]):
    """Jobs that run as tasks. What it costs to hear of one that ended does not grow with the others."""

    __slots__ = ("_ended", "_loop", "_waiter", "keys")

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.keys: dict[asyncio.Task[ValueT], KeyT] = {}
        """Those that were not told of yet."""
        self._ended: deque[asyncio.Task[ValueT]] = deque()
        self._waiter: asyncio.Future[None] | None = None

    def start(self, key: KeyT, job: Callable[[], Awaitable[ValueT]]) -> None:
        """Run one more."""
        task = self._loop.create_task(_run(job))
        self.keys[task] = key
        task.add_done_callback(self._end)

    async def ended(self) -> tuple[KeyT, asyncio.Task[ValueT]]:
        """The next one that has ended, in the order in which they do."""
        if not self._ended:
            self._waiter = self._loop.create_future()
            await self._waiter
        task = self._ended.popleft()
        return self.keys.pop(task), task

    def _end(self, task: asyncio.Task[ValueT]) -> None:
        self._ended.append(task)
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


def _drop(tasks: Iterable[asyncio.Task[ValueT]]) -> None:
    """End tasks whose outcome nobody wants any more."""
    for task in tasks:
        task.cancel()
        task.add_done_callback(lambda done: None if done.cancelled() else done.exception())


async def _run(job: Callable[[], Awaitable[ValueT]]) -> ValueT:
    return await job()


async def together(
    jobs: Sequence[Callable[[], Awaitable[ValueT]]], *, at_once: int | None = None
) -> list[ValueT]:
    """Run jobs that all have to succeed; their results in the order of the jobs.

    Raises:
        ConnectorError: that of the first job to fail; the others are cancelled.
    """
    if len(jobs) == 1:
        return [await jobs[0]()]
    left = iter(jobs)
    running = _Running[int, ValueT]()
    found: dict[int, ValueT] = {}
    try:
        started = 0
        for job in islice(left, at_once):
            running.start(started, job)
            started += 1
        while running.keys:
            position, task = await running.ended()
            for job in islice(left, 1):
                running.start(started, job)
                started += 1
            found[position] = task.result()
    finally:
        _drop(running.keys)
    return [found[position] for position in range(len(jobs))]


class Once(Generic[ValueT]):
    """What several parts of one fetch need, such as the list that details hang on: asked for once.

    Whoever comes first asks, the others wait for that. A failure is everybody's, too; only where the
    first was cancelled, the next one asks again. Made for one fetch, and gone with it.
    """

    __slots__ = ("_asking", "_failure", "_found", "_job", "_waiting")

    def __init__(self, job: Callable[[], Awaitable[ValueT]]) -> None:
        self._job: Callable[[], Awaitable[ValueT]] | None = job
        """Let go of once it is done: mostly it belongs to what holds this, and would keep a circle."""
        self._asking = False
        self._found: list[ValueT] = []
        self._failure: ConnectorError | None = None
        self._waiting: list[asyncio.Future[None]] = []

    async def __call__(self) -> ValueT:
        """What was asked for.

        Raises:
            ConnectorError: that of the job.
        """
        while not self._found:
            if self._failure is not None:
                raise self._failure
            if self._asking:
                waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
                self._waiting.append(waiter)
                await waiter
            else:
                await self._ask()
        return self._found[0]

    async def _ask(self) -> None:
        assert self._job is not None  # noqa: S101  # it is there until something was found or failed
        self._asking = True
        try:
            self._found.append(await self._job())
            self._job = None
        except ConnectorError as error:
            self._failure = error
            self._job = None
            raise
        finally:
            self._asking = False
            waiting, self._waiting = self._waiting, []
            for waiter in waiting:
                if not waiter.done():
                    waiter.set_result(None)


async def details(
    keys: Sequence[KeyT], ask: Callable[[KeyT], Coroutine[Any, Any, ValueT]], *, at_once: int = AT_ONCE
) -> AsyncGenerator[tuple[KeyT, ValueT | ConnectorError], None]:
    """Ask for the detail of each key that a list gave: in the list's order, and each failure its own.

    A key that comes twice is asked for once. No more than ``at_once`` are under way or waiting for
    those before them, so that a long list costs no more memory than a short one.
    """
    order = list(dict.fromkeys(keys))
    running: dict[KeyT, asyncio.Task[ValueT]] = {}
    try:
        for position, key in enumerate(order):
            for ahead in order[position : position + at_once]:
                if ahead not in running:
                    running[ahead] = asyncio.create_task(ask(ahead))
            task = running[key]
            try:
                outcome: ValueT | ConnectorError = await task
            except ConnectorError as error:
                outcome = error
            del running[key]
            yield key, outcome
    finally:
        _drop(running.values())


Fetchers = Mapping[str, Callable[[Ref, Need], Awaitable[Sequence[Record]]]]
"""How each kind of record is read for one customer."""


def fetch_each(needs: Sequence[Need], refs: Sequence[Ref], fetchers: Fetchers) -> AsyncIterator[Fetched]:
    """The body of ``fetch`` for an API that is asked customer by customer, kind by kind: all at once."""
    if len(refs) == len(needs) == 1:
        return fetch_in_turn(needs, refs, fetchers)
    return _side_by_side(needs, refs, fetchers)


async def fetch_in_turn(
    needs: Sequence[Need], refs: Sequence[Ref], fetchers: Fetchers
) -> AsyncIterator[Fetched]:
    """As :func:`fetch_each`, but one after the other: for kinds that begin with what the one before read."""
    for ref in refs:
        for need in needs:
            try:
                records = await fetchers[need.kind](ref, need)
            except ConnectorError as error:
                yield Fetched(ref=ref, kind=need.kind, error=error)
            else:
                yield Fetched(ref=ref, kind=need.kind, records=tuple(records))


async def _side_by_side(
    needs: Sequence[Need], refs: Sequence[Ref], fetchers: Fetchers
) -> AsyncIterator[Fetched]:
    jobs = {(ref, need): partial(fetchers[need.kind], ref, need) for ref in refs for need in needs}
    async for (ref, need), outcome in as_completed(jobs):
        if isinstance(outcome, ConnectorError):
            yield Fetched(ref=ref, kind=need.kind, error=outcome)
        else:
            yield Fetched(ref=ref, kind=need.kind, records=tuple(outcome))


def segment(identifier: str) -> str:
    """A partner's id as one step of a path, whatever stands in it.

    Raises:
        PartnerFault: it is empty or stands for another place in a path.
    """
    if identifier in {"", ".", ".."}:
        raise PartnerFault("an id cannot be asked for: it is empty or a relative path")
    return quote(identifier, safe="")
