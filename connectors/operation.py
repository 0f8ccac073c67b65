"""The operation that a request to a partner belongs to, as the transport sees it."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from c360.access import Access, Purpose, TenantId
from c360.http import Response


class Operation:
    """One caller's operation: for whom, until when, and what it has been answered already."""

    __slots__ = ("answers", "ends", "purpose", "tenant")

    def __init__(self, access: Access, ends: float) -> None:
        self.tenant: TenantId = access.tenant
        self.purpose: Purpose = access.purpose
        self.ends = ends
        """Deadline on the event loop's clock."""
        self.answers: dict[Hashable, Response] = {}
        """Answers of this operation, so that the same fetch goes out once. Gone with the operation."""

    def remaining(self) -> float:
        """Seconds left; negative when the deadline has passed."""
        return self.ends - asyncio.get_running_loop().time()


_current: ContextVar[Operation | None] = ContextVar("c360_operation", default=None)


def current() -> Operation | None:
    """The operation under way in this task; none in the worker's own work."""
    return _current.get()


def remaining() -> float | None:
    """Seconds left in the operation under way in this task; ``None`` where there is none."""
    operation = _current.get()
    return None if operation is None else operation.remaining()


@contextmanager
def during(operation: Operation) -> Iterator[None]:
    """Make an operation the current one, also of the tasks that are started meanwhile."""
    token = _current.set(operation)
    try:
        yield
    finally:
        _current.reset(token)
