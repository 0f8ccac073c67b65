"""Natural batching: while one batch is under way, the next one fills."""

from __future__ import annotations

import asyncio
import contextvars
from collections import deque
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Generic, TypeVar

LaneT = TypeVar("LaneT", bound=Hashable)
ItemT = TypeVar("ItemT")


class _Lane(Generic[ItemT]):
    """What may go together, and how much of it is under way."""

    __slots__ = ("begun", "timer", "under_way", "waiting")

    def __init__(self) -> None:
        self.waiting: deque[ItemT] = deque()
        self.under_way = 0
        self.begun = False
        """Whether a beginning is due in this turn of the event loop."""
        self.timer: asyncio.TimerHandle | None = None


class Batching(Generic[LaneT, ItemT]):
    """Runs work on items in batches.

    Where nothing is under way in an item's lane, it goes out at once, with whatever is added in the same turn
    of the event loop. Otherwise it waits for what is under way, but no longer than ``patience``, nor where
    a whole batch waits.

    Args:
        run: does the work on a batch of a lane. Whatever becomes of it, the items are told by it alone.
        most: items of a lane that go together at the most.
        patience: seconds that an item waits at the most for what is under way; ``None``: as long as it takes.
    """

    def __init__(
        self,
        run: Callable[[LaneT, Sequence[ItemT]], Awaitable[None]],
        *,
        most: Callable[[LaneT], int],
        patience: float | None = None,
    ) -> None:
        self._run = run
        self._most = most
        self._patience = patience
        self._lanes: dict[LaneT, _Lane[ItemT]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def add(self, name: LaneT, item: ItemT) -> None:
        """Have an item worked on."""
        lane = self._lanes.get(name)
        if lane is None:
            lane = self._lanes[name] = _Lane()
        lane.waiting.append(item)
        if not lane.begun and (not lane.under_way or len(lane.waiting) >= self._most(name)):
            lane.begun = True
            asyncio.get_running_loop().call_soon(self._begin, name, lane)
        elif self._patience is not None and lane.timer is None and not lane.begun:
            lane.timer = asyncio.get_running_loop().call_later(self._patience, self._give_up, name, lane)

    def drop(self, name: LaneT, item: ItemT) -> None:
        """Take back an item that nobody waits for any more, where it still waits."""
        lane = self._lanes.get(name)
        if lane is not None and item in lane.waiting:
            lane.waiting.remove(item)
            self._tidy(name, lane)

    async def drain(self, seconds: float | None = None) -> None:
        """Wait for what is under way, or for so long."""
        until = None if seconds is None else asyncio.get_running_loop().time() + seconds
        while self._lanes:
            left = None if until is None else until - asyncio.get_running_loop().time()
            if left is not None and left <= 0:
                return
            if self._tasks:
                await asyncio.wait(set(self._tasks), timeout=left)
            await asyncio.sleep(0)

    def _begin(self, name: LaneT, lane: _Lane[ItemT]) -> None:
        lane.begun = False
        most, idle = self._most(name), not lane.under_way
        while lane.waiting and (idle or len(lane.waiting) >= most):
            self._start(name, lane, most)
        self._tidy(name, lane)

    def _give_up(self, name: LaneT, lane: _Lane[ItemT]) -> None:
        """Wait no longer for what is under way."""
        lane.timer = None
        while lane.waiting:
            self._start(name, lane, self._most(name))
        self._tidy(name, lane)

    def _start(self, name: LaneT, lane: _Lane[ItemT], most: int) -> None:
        batch = [lane.waiting.popleft() for _ in range(min(most, len(lane.waiting)))]
        lane.under_way += 1
        # In a context of its own: a batch belongs to none of the operations that it is for.
        task = asyncio.get_running_loop().create_task(
            self._work(name, lane, batch), name="batch", context=contextvars.Context()
        )
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _work(self, name: LaneT, lane: _Lane[ItemT], batch: Sequence[ItemT]) -> None:
        try:
            await self._run(name, batch)
        finally:
            lane.under_way -= 1
            self._begin(name, lane)

    def _tidy(self, name: LaneT, lane: _Lane[ItemT]) -> None:
        if lane.timer is not None and not lane.waiting:
            lane.timer.cancel()
            lane.timer = None
        if not (lane.under_way or lane.waiting or lane.begun) and self._lanes.get(name) is lane:
            del self._lanes[name]
