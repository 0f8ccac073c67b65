"""The operation that a request to a partner belongs to, as the transport sees it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

from c360.access import Access, IdempotencyKey, TenantId
from c360.errors import DeadlineExceeded

T = TypeVar("T")

ROOM = 0.05
"""Seconds past the deadline: the gathering ends its waits itself, this catches what got away."""


class Operation:
    """One caller's operation: for whom, until when, and what it has been answered already."""

    __slots__ = ("_timer", "_waiting", "answers", "ends", "key", "personal", "purpose", "tenant", "unsettled")

    def __init__(
        self,
        access: Access,
        ends: float,
        *,
        personal: Collection[str] = (),
        key: IdempotencyKey | None = None,
    ) -> None:
        self.tenant: TenantId = access.tenant
        self.purpose: str = access.purpose.value
        self.ends = ends
        """Deadline on the event loop's clock."""
        self.personal = personal
        """Ids of the customers it is about, so that none ends in the name of a partner's operation."""
        self.key = key
        """Of an action that the partner takes once however often it is sent: its requests may be repeated."""
        self.unsettled = 0
        """Requests that change something of which no answer tells what became of them."""
        self.answers: dict[Hashable, Any] = {}
        """What was asked in this operation, so that the same fetch goes out once. Gone with the operation."""
        self._waiting: set[asyncio.Future[Any]] = set()
        self._timer: asyncio.TimerHandle | None = None

    def remaining(self) -> float:
        """Seconds left; negative when the deadline has passed."""
        return self.ends - asyncio.get_running_loop().time()

    async def wait(self, future: asyncio.Future[T]) -> T:
        """The result of a future of this operation alone, waited for until soon after the deadline.

        One timer serves all that the operation waits for.

        Raises:
            DeadlineExceeded: the deadline has passed.
        """
        if self._timer is None:
            self._timer = future.get_loop().call_at(self.ends + ROOM, self._expire)
        self._waiting.add(future)
        try:
            return await future
        finally:
            self._waiting.discard(future)

    def close(self) -> None:
        """Nothing is waited for any more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None  # it knows the context that this is current in
            self._expire()
        self.answers.clear()

    def _expire(self) -> None:
        for future in tuple(self._waiting):
            if not future.done():
                future.set_exception(DeadlineExceeded("the deadline passed before the partner answered"))


_current: ContextVar[Operation | None] = ContextVar("c360_operation", default=None)


current: Callable[[], Operation | None] = _current.get
"""The operation under way in this task; none in the worker's own work."""


def remaining() -> float | None:
    """Seconds left in the operation under way in this task; ``None`` where there is none."""
    operation = _current.get()
    return None if operation is None else operation.remaining()


def make_current(operation: Operation) -> None:
    """Make an operation the current one of what is begun in this context."""
    _current.set(operation)


@contextmanager
def during(operation: Operation) -> Iterator[None]:
    """Make an operation the current one, also of the tasks that are started meanwhile."""
    token = _current.set(operation)
    try:
        yield
    finally:
        _current.reset(token)
