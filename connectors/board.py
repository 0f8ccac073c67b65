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

    def now(self) -> datetime:
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
        self._now = now
        self._reaper = reaper
        self._parts = tuple(parts)
        self._open = len(self._parts)
        self._tasks: set[asyncio.Task[None]] = set()
        self.closed = False
        self.settled: asyncio.Future[None] = self._loop.create_future()
        """Done as soon as no part is open."""
        if not self._open:
            self.settled.set_result(None)

    def start(self, name: str, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Start a task that settles parts. It has to handle its own exceptions."""
        task = self._loop.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def settle(self, part: Part, outcome: Outcome) -> None:
        """Enter the outcome of a part. Too late is too late: a closed board ignores it."""
        if self.closed:
            return
        if part.outcome is None:
            self._open -= 1
        part.outcome = outcome
        part.moment = self._loop.time()
        if not self._open and not self.settled.done():
            self.settled.set_result(None)

    def now(self) -> datetime:
        """The host's clock."""
        return self._now()

    async def wait(self, until: float, *others: asyncio.Future[None]) -> None:
        """Wait for all parts, or for one of the others, but no longer than until that time."""
        seconds = until - self._loop.time()
        waiting = {future for future in (self.settled, *others) if not future.done()}
        if seconds > 0 and waiting:
            await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)

    def close(self) -> list[Part]:
        """Stop everything; the parts that were still open, now settled as past the deadline."""
        self.closed = True
        self._reaper.abandon(self._tasks)
        late = [part for part in self._parts if part.outcome is None]
        moment = self._loop.time()
        for part in late:
            part.outcome = Outcome(problem=problem(ProblemCode.DEADLINE_EXCEEDED), answered=False)
            part.moment = moment
        return late
