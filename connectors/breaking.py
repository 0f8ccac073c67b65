"""Circuit breakers: an operation of a partner that keeps failing is left alone for a while."""

from __future__ import annotations

import asyncio
import enum
import logging
from collections import deque

import msgspec

from connectors.errors import BreakerOpen
from connectors.resilience import BreakerPolicy

MOST_OPERATIONS = 64
"""Operations of one instance that are told apart; a plugin whose paths are all different shares the rest."""

OTHERS = "(others)"
_WELL = -1.0
_log = logging.getLogger(__name__)


class BreakerState(enum.Enum):
    """Whether calls of an operation go out."""

    CLOSED = "CLOSED"
    """They do."""
    HALF_OPEN = "HALF_OPEN"
    """A few do, to find out whether the partner answers again."""
    OPEN = "OPEN"
    """None does: it failed too often of late."""


class BreakerInfo(msgspec.Struct, frozen=True, kw_only=True):
    """One breaker at this moment."""

    operation: str
    """Method and path with its ids taken out, or the name of the plugin's call."""
    state: BreakerState
    failures: int
    """Of the latest calls, those that failed."""
    calls: int
    """Latest calls that are judged."""
    retry_in: float | None = None
    """Seconds until the next probe, where it is open."""


class Breaker:
    """One operation of one instance."""

    __slots__ = (
        "_instance",
        "_ok",
        "_operation",
        "_pause",
        "_policy",
        "_probing",
        "_results",
        "_until",
        "_waiting",
        "state",
    )

    def __init__(self, instance: str, operation: str, policy: BreakerPolicy) -> None:
        self._instance = instance
        self._operation = operation
        self._policy = policy
        self._results: deque[float] = deque(maxlen=policy.window)
        """Of each of the latest calls when it failed, or ``_WELL``."""
        self.state = BreakerState.CLOSED
        self._until = 0.0
        self._pause = policy.pause
        self._probing = 0
        self._ok = 0
        self._waiting: set[asyncio.Future[None]] = set()

    async def admit(self, loop: asyncio.AbstractEventLoop) -> None:
        """Let a call through. Each call let through ends in one of the three methods below.

        While probes are out, others wait for what comes of them: refused, they would make a plugin that
        needs several answers give up, and with it the probes.

        Raises:
            BreakerOpen: it is left alone for now.
        """
        while self.state is not BreakerState.CLOSED:
            if self.state is BreakerState.OPEN:
                if loop.time() < self._until:
                    raise BreakerOpen("it failed too often of late and is left alone for a while")
                self.state = BreakerState.HALF_OPEN
                self._probing = self._ok = 0
            if self._probing + self._ok < self._policy.probes:
                self._probing += 1
                return
            verdict: asyncio.Future[None] = loop.create_future()
            self._waiting.add(verdict)
            try:
                await verdict
            finally:
                self._waiting.discard(verdict)

    def succeeded(self) -> None:
        """A call went well."""
        self._results.append(_WELL)
        if self.state is BreakerState.HALF_OPEN:
            self._probing = max(0, self._probing - 1)
            self._ok += 1
            if self._ok >= self._policy.probes:
                self.state = BreakerState.CLOSED
                self._pause = self._policy.pause
                self._results.clear()
                self._decide()
                _log.info("%s answers again to %s", self._instance, self._operation)

    def failed(self, now: float) -> None:
        """A call failed, or was slow."""
        self._results.append(now)
        if self.state is BreakerState.HALF_OPEN:
            self._pause = min(self._pause * 2, self._policy.longest)
            self._open(now)
        elif self.state is BreakerState.CLOSED and self._too_many(now):
            self._open(now)

    def left(self) -> None:
        """A call ended before anything could be said about the partner."""
        if self.state is BreakerState.HALF_OPEN:
            self._probing = max(0, self._probing - 1)
            self._decide()

    def malformed(self, now: float) -> None:
        """A call that was taken for well turned out not to decode."""
        for place in range(len(self._results) - 1, -1, -1):
            if self._results[place] == _WELL:
                del self._results[place]
                break
        if self.state is BreakerState.HALF_OPEN:
            self._ok = max(0, self._ok - 1)
        self.failed(now)

    def info(self, now: float) -> BreakerInfo:
        """What it is like now."""
        waiting = self.state is BreakerState.OPEN
        return BreakerInfo(
            operation=self._operation,
            state=self.state,
            failures=sum(1 for failed in self._results if failed != _WELL),
            calls=len(self._results),
            retry_in=max(0.0, self._until - now) if waiting else None,
        )

    def _decide(self) -> None:
        """Let those who wait look again."""
        for verdict in self._waiting:
            if not verdict.done():
                verdict.set_result(None)

    def _too_many(self, now: float) -> bool:
        if len(self._results) < self._policy.least:
            return False
        recent = now - self._policy.memory
        failures = sum(1 for failed in self._results if failed != _WELL and failed >= recent)
        return failures >= self._policy.share * len(self._results)

    def _open(self, now: float) -> None:
        self.state = BreakerState.OPEN
        self._until = now + self._pause
        self._decide()
        _log.warning(
            "%s keeps failing at %s and is left alone for %g s", self._instance, self._operation, self._pause
        )


class Breakers:
    """The breakers of one instance, by operation.

    Args:
        instance: id of the instance, for the log.
        policy: when they open.
    """

    def __init__(self, instance: str, policy: BreakerPolicy) -> None:
        self._instance = instance
        self.policy = policy
        self._breakers: dict[str, Breaker] = {}

    def of(self, operation: str) -> Breaker:
        """The breaker of an operation; of all further ones together where there are too many."""
        found = self._breakers.get(operation)
        if found is None:
            name = operation if len(self._breakers) < MOST_OPERATIONS else OTHERS
            found = self._breakers.get(name)
            if found is None:
                found = self._breakers[name] = Breaker(self._instance, name, self.policy)
        return found

    def infos(self, now: float) -> tuple[BreakerInfo, ...]:
        """Every breaker that ever saw a call, by operation."""
        return tuple(breaker.info(now) for _, breaker in sorted(self._breakers.items()))

    def open_ones(self, now: float) -> tuple[BreakerInfo, ...]:
        """The breakers that are not closed, by operation."""
        return tuple(info for info in self.infos(now) if info.state is not BreakerState.CLOSED)

    @property
    def worst(self) -> BreakerState:
        """The state of the one that is worst off."""
        worst = BreakerState.CLOSED
        for breaker in self._breakers.values():
            if breaker.state is BreakerState.OPEN:
                return BreakerState.OPEN
            if breaker.state is BreakerState.HALF_OPEN:
                worst = BreakerState.HALF_OPEN
        return worst
