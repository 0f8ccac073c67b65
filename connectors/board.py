"""Where the parts of one gathering are settled, until its deadline closes it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterable
from datetime import datetime
from typing import Any, Protocol

from c360.errors import ProblemCode
from connectors.planning import Outcome, Part
from connectors.problems import problem

_log = logging.getLogger(__name__)


class Reaper:
    """Looks after tasks that nobody waits for any more, until they have ended.

    A plugin that delays or swallows its cancellation delays nobody but itself.
    """

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    def abandon(self, tasks: Iterable[asyncio.Task[Any]]) -> None:
        """Cancel tasks and forget their results."""
        for task in tasks:
            if not task.done():
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
                task.cancel()

    async def drain(self, seconds: float) -> None:
        """Give abandoned tasks that long to end; cancel and name those that have not."""
        if self._tasks:
            _, left = await asyncio.wait(set(self._tasks), timeout=seconds)
            for task in left:
                _log.warning("%s does not end although it was cancelled", task.get_name())
                task.cancel()


class Settling(Protocol):
    """Where what a connector yields is entered."""

    @property
    def closed(self) -> bool:
        """Whether nobody waits for it any more."""
        ...

    def settle(self, part: Part, outcome: Outcome) -> None:
        """Enter the outcome of a part."""
        ...

    @property
    def now(self) -> Callable[[], datetime]:
        """The host's clock."""
        ...


class Board:
    """The parts of one gathering and the tasks that settle them.

    Args:
        parts: everything that is to be settled.
        now: the host's clock.
        reaper: who takes the tasks that are left when the board closes.
    """

    def __init__(self, parts: Iterable[Part], now: Callable[[], datetime], reaper: Reaper) -> None:
        self._loop = asyncio.get_running_loop()
        self.now = now
        """The host's clock."""
        self._reaper = reaper
        self._parts = tuple(parts)
        self._open = len(self._parts)
        self._tasks: list[asyncio.Task[None]] = []
        self._leaving: list[Callable[[], None]] = []
        self._waiter: asyncio.Future[None] | None = None
        self.closed = False

    @property
    def settled(self) -> bool:
        """Whether no part is open."""
        return not self._open

    def start(self, name: str, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Start a task that settles parts. It has to handle its own exceptions."""
        task = self._loop.create_task(work, name=name)
        self._tasks.append(task)
        return task

    def leaving(self, leave: Callable[[], None]) -> None:
        """Have it told when nobody waits any more, to those who settle parts in no task of this board."""
        self._leaving.append(leave)

    def settle(self, part: Part, outcome: Outcome) -> None:
        """Enter the outcome of a part. Too late is too late: a closed board ignores it."""
        if self.closed:
            return
        if part.outcome is None:
            self._open -= 1
        part.outcome = outcome
        part.moment = self._loop.time()
        if not self._open:
            self._wake()

    async def wait(self, until: float, also: asyncio.Future[None] | None = None) -> None:
        """Wait for all parts, or for one thing more, but no longer than until that time."""
        if not self._open or (also is not None and also.done()) or until <= self._loop.time():
            return
        waiter = self._waiter = self._loop.create_future()
        timer = self._loop.call_at(until, self._wake)
        if also is not None:
            also.add_done_callback(self._wake)
        try:
            await waiter
        finally:
            timer.cancel()
            self._waiter = None
            if also is not None:
                also.remove_done_callback(self._wake)

    def _wake(self, _: object = None) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def close(self) -> list[Part]:
        """Stop everything; the parts that were still open, now settled as past the deadline."""
        self.closed = True
        self._reaper.abandon(self._tasks)
        for leave in self._leaving:
            leave()
        self._leaving.clear()
        if not self._open:
            return []
        late = [part for part in self._parts if part.outcome is None]
        moment = self._loop.time()
        for part in late:
            part.outcome = Outcome(problem=problem(ProblemCode.DEADLINE_EXCEEDED), answered=False)
            part.moment = moment
        return late
