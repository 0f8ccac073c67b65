"""How much compiled code a process keeps: what is used goes before what is not."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import MutableMapping
from typing import Any

from schema.execution.compiled.operation import Compiled

Memo = MutableMapping[Any, Any]


class Kept:
    """The compiled operations of a process, each with its document, up to a size of all of them together.

    Args:
        most: Selections in all of them; one takes some two and a half kilobytes.
    """

    def __init__(self, most: int = 8_000) -> None:
        self._most = most
        self._kept: OrderedDict[int, tuple[Memo, Any, Compiled]] = OrderedDict()
        self.size = 0
        """Selections in those that are kept."""

    def keep(self, memo: Memo, key: Any, compiled: Compiled) -> None:
        """Keep an operation with its document, and forget those that were used longest ago.

        Args:
            memo: What is remembered of the document.
            key: Under which.
            compiled: The operation.
        """
        memo[key] = compiled
        self._kept[id(compiled)] = (memo, key, compiled)
        self.size += compiled.size
        while self.size > self._most and len(self._kept) > 1:
            _, (other, its_key, dropped) = self._kept.popitem(last=False)
            other.pop(its_key, None)
            self.size -= dropped.size

    def used(self, compiled: Compiled) -> None:
        """An operation is used once more."""
        if id(compiled) in self._kept:
            self._kept.move_to_end(id(compiled))
