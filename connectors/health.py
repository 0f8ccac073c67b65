"""What the host remembers of an instance's recent behaviour, in memory and bounded."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta

from c360.errors import ProblemCode

WINDOW = 256
"""Latest requests that the percentiles are taken over."""

_RARELY = 16
"""Requests after which percentiles of a full window are taken anew: hardly anybody looks at them."""

CallObserver = Callable[[str, str, float], None]
"""Told of a request: the operation of the partner's API, its outcome, and how long it took in seconds."""

_CUSTOMERS_OWN = frozenset(
    {ProblemCode.CUSTOMER_UNKNOWN, ProblemCode.GRANT_MISSING, ProblemCode.REAUTHORISATION_REQUIRED}
)
"""Problems that say nothing about the partner or the plugin."""


class Health:
    """Counters of one instance."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self.on_call: CallObserver | None = None
        """Told of every request to the partner."""
        self._latencies: deque[float] = deque(maxlen=WINDOW)
        self._ordered: list[float] = []
        """Those of the window, in order, as they were :attr:`_since` requests ago."""
        self._since = 0
        self.revision = 0
        """Changes with everything that is counted or noted here."""
        self.calls = 0
        """Requests sent to the partner."""
        self.errors = 0
        """Failures that were the partner's or the plugin's, not a customer's."""
        self.last_problem: ProblemCode | None = None
        self.last_problem_at: datetime | None = None
        self.last_success_at: datetime | None = None
        self.blocked = 0
        """Times that the plugin held the event loop longer than it may."""
        self.longest_block = 0.0
        """Seconds."""

    def sent(self) -> None:
        """A request goes out."""
        self.calls += 1
        self.revision += 1

    def took(self, seconds: float, operation: str = "", outcome: str = "") -> None:
        """A request ended.

        Args:
            seconds: From when it left to its answer, or to when none came.
            operation: Of the partner's API; see :class:`connectors.operations.OperationNames`.
            outcome: The status of the answer, or what came in its place.
        """
        self._latencies.append(seconds)
        self._since += 1
        self.revision += 1
        if self.on_call is not None:
            self.on_call(operation, outcome, seconds)

    def succeeded(self, at: datetime | None = None) -> None:
        """The connector gave what it was asked for, now where it is not said when."""
        self.last_success_at = self._now() if at is None else at
        self.revision += 1

    def failed(self, code: ProblemCode) -> None:
        """The connector did not give what it was asked for."""
        if code in _CUSTOMERS_OWN:
            return
        self.errors += 1
        self.last_problem = code
        self.last_problem_at = self._now()
        self.revision += 1

    def held(self, seconds: float) -> None:
        """The plugin held the event loop for so long, and nobody was answered meanwhile."""
        self.blocked += 1
        self.longest_block = max(self.longest_block, seconds)
        self.revision += 1

    def latency(self, share: float) -> timedelta | None:
        """The latency that this share of the latest requests kept to; none without requests."""
        if not self._latencies:
            return None
        if self._since and (len(self._latencies) < WINDOW or self._since >= _RARELY or not self._ordered):
            self._ordered = sorted(self._latencies)
            self._since = 0
        ordered = self._ordered
        return timedelta(seconds=ordered[min(len(ordered) - 1, int(share * len(ordered)))])
