"""Budgets of principals: so much in a minute, given back evenly (the generic cell rate algorithm).

State of one number for each principal, in memory and bounded. The windows of the library that is usual for
this start a thread at each request, 190 µs of processor time, and are walked through as a whole.
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable

from schema.execution.admission import Allowance

WINDOW = 60
"""Seconds."""
_ROUNDING = 1e-6
"""By how much sums of moments may be off: near a power of two the end of a window is rounded up."""
_MOST = 100_000
"""Principals that are remembered; of those beyond, the ones that came earliest start anew."""


class Spending:
    """What principals have spent of one kind of budget.

    Args:
        name: of the budget.
        clock: seconds that only rise.
    """

    def __init__(self, name: str, clock: Callable[[], float] = time.monotonic) -> None:
        self.name = name
        self._clock = clock
        # When all that was spent will have been given back; who spent last comes last.
        self._until: OrderedDict[Hashable, float] = OrderedDict()

    def __len__(self) -> int:
        return len(self._until)

    def spend(self, who: Hashable, limit: int, amount: int) -> tuple[bool, Allowance, int]:
        """Spend an amount where there is as much.

        Args:
            who: whose budget.
            limit: the most that is spent at once, and what is given back in a window.
            amount: how much.

        Returns:
            Whether it was spent; how the budget stands then; after how many seconds as much is there.
        """
        now = self._clock()
        until = self._until.get(who, now)
        until = max(until, now)
        after = until + amount * WINDOW / limit
        fits = after - now <= WINDOW + _ROUNDING
        if fits:
            if who not in self._until:
                self._forget(now)
            self._until[who] = until = after
            self._until.move_to_end(who)
        remaining = int((WINDOW - (until - now)) * limit / WINDOW + _ROUNDING)
        allowance = Allowance(
            name=self.name,
            limit=limit,
            window=WINDOW,
            remaining=max(0, remaining),
            reset=math.ceil(until - now - _ROUNDING),
        )
        return fits, allowance, 0 if fits else max(1, math.ceil(after - now - WINDOW))

    def _forget(self, now: float) -> None:
        """Forget those who came longest ago: who has all of it back, and who is one too many."""
        until = self._until
        while until and (len(until) >= _MOST or next(iter(until.values())) <= now):
            until.popitem(last=False)
