"""How many actions a process takes on at once: as many as it gets done while it holds them."""

from __future__ import annotations

MOST = 50
"""At once, at the most: a partner that hangs holds one for as long as it may take to answer."""


class Pace:
    """Half as many where the database is slow, and one more each time all went well, as TCP has it.

    What is taken on waits for the database in a queue. Where all of it together takes longer than it may be
    held, others take it over before its turn comes, and the same work is begun again and again.

    Args:
        slow: seconds that a transaction takes, its turn awaited, from which on there are too many.
    """

    def __init__(self, slow: float) -> None:
        self._slow = slow
        self._at_once = float(MOST)
        self._cut = float("-inf")

    @property
    def at_once(self) -> int:
        """How many may be under way now."""
        return int(self._at_once)

    def took(self, begun: float, ended: float) -> None:
        """A transaction took from one moment to another, in seconds of the same clock."""
        if ended - begun <= self._slow:
            self._at_once = min(float(MOST), self._at_once + 1 / self._at_once)
        elif begun > self._cut:  # those that began before stood in the same queue
            self._at_once = max(1.0, self._at_once / 2)
            self._cut = ended
