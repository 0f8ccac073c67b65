"""Several requests for one answer: side by side, a list and then each of its details."""

from __future__ import annotations

import asyncio
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
from contextlib import aclosing
from typing import Any, TypeVar
from urllib.parse import quote

from c360.errors import ConnectorError, PartnerFault
from c360.needs import Fetched, Need, Ref
from c360.records.base import Record

__all__ = ["as_completed", "details", "fetch_each", "segment", "together"]

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
    running: dict[asyncio.Task[ValueT], KeyT] = {}

    def start(count: int) -> None:
        for _, (key, job) in zip(range(count), left, strict=False):
            running[asyncio.ensure_future(_run(job))] = key

    try:
        start(at_once or len(jobs))
        while running:
            done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                key = running.pop(task)
                start(1)
                try:
                    yield key, task.result()
                except ConnectorError as error:
                    yield key, error
    finally:
        _drop(running)


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
    found: dict[int, ValueT] = {}
    async with aclosing(as_completed(dict(enumerate(jobs)), at_once=at_once)) as outcomes:
        async for position, outcome in outcomes:
            if isinstance(outcome, ConnectorError):
                raise outcome
            found[position] = outcome
    return [found[position] for position in range(len(jobs))]


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


async def fetch_each(
    needs: Sequence[Need],
    refs: Sequence[Ref],
    fetchers: Mapping[str, Callable[[Ref, Need], Awaitable[Sequence[Record]]]],
) -> AsyncIterator[Fetched]:
    """The body of ``fetch`` for an API that is asked customer by customer, kind by kind."""

    def job(ref: Ref, need: Need) -> Callable[[], Awaitable[Sequence[Record]]]:
        return lambda: fetchers[need.kind](ref, need)

    jobs = {(ref, need): job(ref, need) for ref in refs for need in needs}
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
