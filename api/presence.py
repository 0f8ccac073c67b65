"""How many sockets and event streams each principal has open in this process, and may."""

from __future__ import annotations

from collections import Counter

from c360.access import Access


class Presence:
    """Counts them.

    Args:
        most: How many of one principal there may be at once.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._open: Counter[tuple[str, str]] = Counter()

    def __len__(self) -> int:
        return self._open.total()

    def enter(self, access: Access) -> bool:
        """Count another one, unless there are as many as there may be."""
        who = _who(access)
        if self._open[who] >= self._most:
            return False
        self._open[who] += 1
        return True

    def leave(self, access: Access) -> None:
        """One that was counted has ended."""
        who = _who(access)
        self._open[who] -= 1
        if self._open[who] <= 0:
            del self._open[who]


def _who(access: Access) -> tuple[str, str]:
    return access.tenant, access.principal.subject
