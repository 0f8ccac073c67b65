"""What a reader does, and requests that go together where others are under way."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Hashable, Mapping, Sequence
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

import msgspec

KeyT = TypeVar("KeyT", bound=Hashable)
AskedT = TypeVar("AskedT")
FoundT = TypeVar("FoundT")

Value = str | tuple[str, ...] | datetime
"""A parameter: a text, many texts, or a moment."""
Row = tuple[Any, ...]
"""Texts, as the database's driver gives them: ``str`` or ``bytes``; none for null."""


def text(given: str | bytes | None) -> str:
    """A value of a row; empty for null."""
    return given.decode() if isinstance(given, bytes) else given or ""


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """A statement as its database is given it."""

    name: str
    """Of it alone."""
    text: str
    parameters: tuple[str, ...]
    """Their names, in the order in which their values go."""


class Reader(Protocol):
    """Runs kept statements. Nothing it runs can write."""

    postgres: bool

    async def run(self, statement: Statement, values: Mapping[str, Value]) -> Sequence[Row]:
        """The rows of a statement.

        Raises:
            StoreError: the database does not answer, or refuses it.
        """
        ...

    async def dispose(self) -> None:
        """Close all connections."""
        ...


class Convoys(Generic[KeyT, AskedT, FoundT]):
    """Requests of one kind that travel together.

    One that comes while a lane is free leaves at once. While all lanes are taken, those of one key wait for
    each other, and leave together as soon as a lane is free: nobody waits for a request that has not come,
    and the more there are, the fewer travel alone.

    Args:
        travel: takes requests of a key together; gives what is found in the same order.
        lanes: how many are under way at the same time at the most.
        most: requests that travel together at the most.
    """

    def __init__(
        self,
        travel: Callable[[KeyT, Sequence[AskedT]], Coroutine[Any, Any, Sequence[FoundT]]],
        *,
        lanes: int,
        most: int,
    ) -> None:
        self._travel = travel
        self._free = lanes
        self._most = most
        self._waiting: dict[KeyT, list[tuple[AskedT, asyncio.Future[FoundT]]]] = {}
        self._under_way: set[asyncio.Task[None]] = set()
        self._leaving = False

    def ask(self, key: KeyT, asked: AskedT) -> asyncio.Future[FoundT]:
        """What is found for a request. Who gives up waiting for it holds nobody up."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[FoundT] = loop.create_future()
        waiting = self._waiting.get(key)
        if waiting is None:
            waiting = self._waiting[key] = []
        waiting.append((asked, answer))
        if self._free and not self._leaving:
            self._leaving = True
            loop.call_soon(self._leave)  # with those that ask in the same turn of the event loop
        return answer

    async def settle(self) -> None:
        """Wait until nothing is under way any more."""
        while self._under_way:
            await asyncio.wait(self._under_way)

    def _leave(self) -> None:
        self._leaving = False
        while self._free and self._waiting:
            key = next(iter(self._waiting))
            waiting = self._waiting.pop(key)
            if len(waiting) > self._most:
                self._waiting[key] = waiting[self._most :]  # behind the other keys
                del waiting[self._most :]
            self._free -= 1
            task = asyncio.get_running_loop().create_task(self._ride(key, waiting))
            self._under_way.add(task)
            task.add_done_callback(self._arrived)

    async def _ride(self, key: KeyT, waiting: Sequence[tuple[AskedT, asyncio.Future[FoundT]]]) -> None:
        present = [each for each in waiting if not each[1].done()]
        if not present:
            return
        try:
            found = await self._travel(key, [asked for asked, _ in present])
        except asyncio.CancelledError:
            for _, answer in present:
                answer.cancel()
            raise
        except Exception as error:  # noqa: BLE001  # whoever asked has to know
            for _, answer in present:
                if not answer.done():
                    answer.set_exception(error)
            return
        for (_, answer), mine in zip(present, found, strict=True):
            if not answer.done():
                answer.set_result(mine)

    def _arrived(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        self._free += 1
        self._leave()
