"""Values remembered beside the mark that they hold for, as many as are in use."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Hashable
from typing import Any, Generic, TypeVar

KeyT = TypeVar("KeyT", bound=Hashable)
ValueT = TypeVar("ValueT")


class Remembered(Generic[KeyT, ValueT]):
    """The values that were used last.

    Args:
        most: how many.
        unused: seconds after which one that was not used again is forgotten.
    """

    def __init__(self, most: int, *, unused: float) -> None:
        self._most = most
        self._unused = unused
        self._kept: OrderedDict[KeyT, tuple[Any, ValueT, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: KeyT, mark: Any) -> ValueT | None:
        """The value of a key, if it was remembered beside the same mark."""
        found = self._kept.get(key)
        if found is None or found[0] != mark:
            return None
        self._kept[key] = (found[0], found[1], time.monotonic())
        self._kept.move_to_end(key)
        return found[1]

    def put(self, key: KeyT, mark: Any, value: ValueT) -> None:
        """Remember a value, in place of the one that the key had."""
        self._kept[key] = (mark, value, time.monotonic())
        self._kept.move_to_end(key)
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)

    def forget(self, key: KeyT) -> None:
        """Remember nothing for a key."""
        self._kept.pop(key, None)

    def sweep(self) -> None:
        """Forget what was not used for long."""
        before = time.monotonic() - self._unused
        while self._kept:
            key, (_, _, used) = next(iter(self._kept.items()))
            if used > before:
                return
            del self._kept[key]

    def clear(self) -> None:
        """Forget everything."""
        self._kept.clear()
