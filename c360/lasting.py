"""What is a partner's own and of none of its customers, such as the list of its hotels: kept for a while."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Generic, TypeVar

__all__ = ["Lasting"]

ValueT = TypeVar("ValueT")

SECONDS = 300.0
"""For how long it is taken as it was, unless told otherwise."""


class Lasting(Generic[ValueT]):
    """One thing that a connector instance asks for again when it is old.

    Only for what says nothing of a customer, and is the same whoever asks: it is kept for every operation of
    the instance. Nobody waits in line for it: where several find it too old at the same time, each asks, and
    the host sends the request once.

    Args:
        ask: asks for it.
        now: the clock, as the context has it.
        seconds: for how long it is taken as it was.
    """

    def __init__(
        self, ask: Callable[[], Awaitable[ValueT]], now: Callable[[], datetime], *, seconds: float = SECONDS
    ) -> None:
        self._ask = ask
        self._now = now
        self._seconds = seconds
        self._value: ValueT | None = None
        self._at: datetime | None = None

    @property
    def kept(self) -> ValueT | None:
        """What is kept, where it is not too old."""
        if self._at is None or not 0.0 <= (self._now() - self._at).total_seconds() < self._seconds:
            return None
        return self._value

    async def renewed(self) -> ValueT:
        """What is true now, asked for anew. Raises what asking raises; what is kept stays then."""
        found = await self._ask()
        self._value, self._at = found, self._now()
        return found
