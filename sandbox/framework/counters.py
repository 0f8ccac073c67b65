"""How often each operation of a partner was called."""

from __future__ import annotations

from collections import Counter

UNKNOWN = "(unknown)"
"""Stands for the path of calls that no route answers."""


class Counters:
    """Calls by operation: method and route template, such as ``GET /v2/customers/{customer_id}``."""

    def __init__(self) -> None:
        self._calls: Counter[str] = Counter()

    def add(self, operation: str) -> None:
        """Count one call."""
        self._calls[operation] += 1

    def __getitem__(self, operation: str) -> int:
        """Calls of one operation; 0 where there were none."""
        return self._calls[operation]

    def total(self) -> int:
        """Calls of all operations."""
        return self._calls.total()

    def as_dict(self) -> dict[str, int]:
        """Calls by operation, in the order of the operations' names."""
        return dict(sorted((name, calls) for name, calls in self._calls.items() if calls))

    def reset(self) -> None:
        """Begin at zero."""
        self._calls.clear()
