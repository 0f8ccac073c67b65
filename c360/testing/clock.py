"""An event loop whose time passes only while nothing is left to do: waiting a minute takes no time."""

from __future__ import annotations

import asyncio
import selectors
import time
from collections.abc import Mapping
from typing import Any

_PATIENCE = 5.0
"""Real seconds after which a loop that waits for nothing at all is given up."""


class StuckError(RuntimeError):
    """Everything waits, and nothing can ever wake it."""


class VirtualLoop(asyncio.SelectorEventLoop):
    """A loop on a virtual clock.

    Once something runs in its thread pool, time is real again: threads know no virtual time.
    """

    def __init__(self) -> None:
        self._ahead = 0.0
        self._selector_of_time = _Leaping(self)
        super().__init__(self._selector_of_time)
        self.longest = 0.0
        """Processor seconds of the longest turn: what one callback kept the others waiting."""

    def time(self) -> float:
        """Real seconds and those that were leapt over."""
        return super().time() + self._ahead

    def leap(self, seconds: float) -> None:
        """Let time pass at once."""
        self._ahead += seconds

    @property
    def threaded(self) -> bool:
        """Whether its thread pool was used."""
        return getattr(self, "_default_executor", None) is not None

    def _run_once(self) -> None:
        before = time.thread_time()
        super()._run_once()  # type: ignore[misc]  # not in the stubs; what run_forever calls for each turn
        self.longest = max(self.longest, time.thread_time() - before)


class _Leaping(selectors.BaseSelector):
    """Instead of waiting for a timer, moves the loop's clock to it."""

    def __init__(self, loop: VirtualLoop) -> None:
        self._loop = loop
        self._real = selectors.DefaultSelector()

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Ready files; where there are none, the time of the wait is leapt over."""
        ready = self._real.select(0)
        if ready or (timeout is not None and timeout <= 0):
            return ready
        if timeout is None:
            ready = self._real.select(_PATIENCE)
            if not ready:
                raise StuckError("everything waits, and nothing can wake it")
            return ready
        if self._loop.threaded:
            return self._real.select(timeout)
        self._loop.leap(timeout)
        return []

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        """See :class:`selectors.BaseSelector`."""
        return self._real.register(fileobj, events, data)

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        """See :class:`selectors.BaseSelector`."""
        return self._real.unregister(fileobj)

    def modify(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        """See :class:`selectors.BaseSelector`."""
        return self._real.modify(fileobj, events, data)

    def close(self) -> None:
        """See :class:`selectors.BaseSelector`."""
        self._real.close()

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        """See :class:`selectors.BaseSelector`."""
        return self._real.get_map()
