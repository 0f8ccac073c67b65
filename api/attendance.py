"""Who is still there of those whose requests are being answered: partners are not asked for nobody.

A client that goes is noticed by waiting for its connection, which takes a task of its own. Most requests
are answered before that would be worth it, so it is waited for only beside those that take longer; one timer
looks after them all, and after bodies that do not arrive.
"""

from __future__ import annotations

import asyncio
import enum

from starlette.types import Receive

PATIENCE = 0.05
"""Seconds of work after which a client is watched; also how punctually bodies are given up."""


class Ended(enum.Enum):
    """Why a request is not worked on any more."""

    GONE = "GONE"
    """Its client closed the connection."""
    LATE = "LATE"
    """Its body did not arrive in time."""


class Visit:
    """One request under way.

    Args:
        task: answers it; cancelled where that is for nothing.
        receive: its connection, as ASGI gives it.
        body_by: when its body has to be there, on the loop's clock.
    """

    __slots__ = ("_body_by", "_receive", "_since", "_task", "_watch", "ended")

    def __init__(self, task: asyncio.Task[object], receive: Receive, now: float, body_by: float) -> None:
        self._task = task
        self._receive = receive
        self._since = now
        self._body_by: float | None = body_by
        self._watch: asyncio.Task[None] | None = None
        self.ended: Ended | None = None
        """Set where the task was cancelled by this."""

    def body_is_there(self) -> None:
        """The body was read: from now on the client is waited for."""
        self._body_by = None

    def look(self, now: float) -> None:
        """Give up a late body; watch for a client that has waited for a while."""
        if self._body_by is not None:
            if now >= self._body_by:
                self._end(Ended.LATE)
        elif self._watch is None and now - self._since >= PATIENCE:
            self._watch = asyncio.create_task(self._gone(), name="attendance")

    def was_ended(self) -> bool:
        """Whether it was this that cancelled the task, which then goes on: to be asked by that task."""
        if self.ended is None:
            return False
        self._task.uncancel()
        return True

    def leave(self) -> None:
        """Watch no more."""
        watch, self._watch = self._watch, None  # it knows this: a circle
        if watch is not None:
            watch.cancel()

    async def _gone(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._end(Ended.GONE)

    def _end(self, why: Ended) -> None:
        if self.ended is None:
            self.ended = why
            self._task.cancel()


class Attendance:
    """The requests under way of one process.

    Args:
        body_timeout: seconds that a body may take.
    """

    def __init__(self, body_timeout: float) -> None:
        self._body_timeout = body_timeout
        self._visits: dict[Visit, None] = {}
        self._timer: asyncio.TimerHandle | None = None

    def enter(self, receive: Receive) -> Visit:
        """The request that the present task answers, from its start."""
        loop = asyncio.get_running_loop()
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a request is answered by a task")
        now = loop.time()
        visit = Visit(task, receive, now, now + self._body_timeout)
        self._visits[visit] = None
        if self._timer is None:
            self._timer = loop.call_later(PATIENCE, self._look)
        return visit

    def leave(self, visit: Visit) -> None:
        """It is answered, but for sending what there is to send."""
        del self._visits[visit]
        visit.leave()

    def _look(self) -> None:
        self._timer = None
        if not self._visits:
            return
        loop = asyncio.get_running_loop()
        now = loop.time()
        for visit in self._visits:
            visit.look(now)
        self._timer = loop.call_later(PATIENCE, self._look)
