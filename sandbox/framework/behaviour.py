"""How a partner misbehaves when it is told to."""

from __future__ import annotations

import asyncio
import enum
import math
from collections.abc import Iterable
from typing import Annotated

import msgspec
from msgspec import Meta


class Mode(enum.Enum):
    """What happens to a call."""

    OK = "ok"
    SLOW = "slow"
    """Answered after ``delay`` seconds."""
    HANG = "hang"
    """Never answered: ends when the client goes away or the server stops."""
    DOWN = "down"
    """503."""
    FLAKY = "flaky"
    """503 for ``share`` of the calls, evenly spread and the same every time."""
    TRUNCATED = "truncated"
    """The body ends half-way."""
    WRONG = "wrong"
    """JSON of another shape and an HTML page, in turn, both with status 200."""
    RATE_LIMITED = "rate_limited"
    """429 with ``Retry-After``."""


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A mode and the operations it applies to."""

    mode: Mode = Mode.OK
    delay: Annotated[float, Meta(ge=0, le=600)] = 0.5
    """Seconds, for ``slow``."""
    share: Annotated[float, Meta(ge=0, le=1)] = 0.5
    """Share of calls that fail, for ``flaky``."""
    retry_after: Annotated[int, Meta(ge=0)] = 1
    """Seconds, for ``rate_limited``."""
    operations: tuple[str, ...] = ()
    """Method and route template of each; empty: all."""


class RuleSet(Rule, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the control route reads and writes: one rule, and where needed further ones."""

    also: tuple[Rule, ...] = ()


_OK = Rule()


class Behaviour:
    """The rules of one partner. The first rule that names an operation wins, then one for all."""

    def __init__(self) -> None:
        self._rules: tuple[Rule, ...] = ()
        self._calls: dict[Rule, int] = {}
        self._hanging: set[asyncio.Future[None]] = set()
        self._stopped = False

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules in force; none means that all is well."""
        return self._rules

    def set(
        self,
        mode: Mode | str,
        *,
        delay: float = _OK.delay,
        share: float = _OK.share,
        retry_after: int = _OK.retry_after,
        operations: Iterable[str] = (),
    ) -> None:
        """Replace all rules by one.

        Raises:
            ValueError: there is no such mode, or a number is out of range.
        """
        self.replace(())
        self.add(mode, delay=delay, share=share, retry_after=retry_after, operations=operations)

    def add(
        self,
        mode: Mode | str,
        *,
        delay: float = _OK.delay,
        share: float = _OK.share,
        retry_after: int = _OK.retry_after,
        operations: Iterable[str] = (),
    ) -> None:
        """Add a rule to those in force.

        Raises:
            ValueError: there is no such mode, or a number is out of range.
        """
        rule = msgspec.convert(
            {
                "mode": mode.value if isinstance(mode, Mode) else mode,
                "delay": delay,
                "share": share,
                "retry_after": retry_after,
                "operations": list(operations),
            },
            Rule,
        )
        self.replace((*self._rules, rule))

    def replace(self, rules: Iterable[Rule]) -> None:
        """Put these rules in force and forget how many calls the old ones saw."""
        self._rules = tuple(rules)
        self._calls.clear()

    def reset(self) -> None:
        """Behave well."""
        self.replace(())

    def rule(self, operation: str) -> Rule:
        """The rule for an operation."""
        for rule in self._rules:
            if operation in rule.operations:
                return rule
        for rule in self._rules:
            if not rule.operations:
                return rule
        return _OK

    def turn(self, rule: Rule) -> int:
        """Count a call under a rule and say which one it is, from 1."""
        turn = self._calls.get(rule, 0) + 1
        self._calls[rule] = turn
        return turn

    async def hang(self) -> None:
        """Wait until the server stops (the caller stops waiting when the client goes away)."""
        if self._stopped:
            return
        waiting = asyncio.get_running_loop().create_future()
        self._hanging.add(waiting)
        try:
            await waiting
        finally:
            self._hanging.discard(waiting)

    def stop(self) -> None:
        """Let every hanging call go, now and from now on: the server is about to stop."""
        self._stopped = True
        for waiting in self._hanging:
            if not waiting.done():
                waiting.set_result(None)


def fails(turn: int, share: float) -> bool:
    """Whether the call with this number, from 1, is one of the failing share, evenly spread."""
    return math.floor(turn * share) > math.floor((turn - 1) * share)
