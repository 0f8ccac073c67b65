"""What a run of the suite found, for people and for programs."""

from __future__ import annotations

import enum
from collections.abc import Iterator

import msgspec

from c360.testing.base import SUITE_VERSION
from c360.testing.tiers import RuleState, Standing


class Outcome(enum.Enum):
    """How a check ended."""

    PASSED = "PASSED"
    FAILED = "FAILED"
    EXEMPT = "EXEMPT"
    """It does not apply; the reason stands in :attr:`CheckReport.found`."""


class CheckReport(msgspec.Struct, frozen=True, kw_only=True):
    """One check of a run."""

    id: str
    title: str
    rule: str
    outcome: Outcome
    found: str = ""
    """What was found wrong, or why the check does not apply."""
    change: str = ""
    """What to change, where it failed."""
    seconds: float = 0.0
    """How long it took."""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """A run of the whole suite, or of some of its checks."""

    connector: str
    """Name of the connector, as it describes itself."""
    checks: tuple[CheckReport, ...]
    standing: Standing
    """Tier and rules; only as good as the checks that ran."""
    suite: int = SUITE_VERSION
    seconds: float = 0.0

    @property
    def passed(self) -> bool:
        """Whether no check failed."""
        return not self.failures

    @property
    def failures(self) -> tuple[CheckReport, ...]:
        """The checks that failed."""
        return tuple(check for check in self.checks if check.outcome is Outcome.FAILED)

    def json(self) -> bytes:
        """The report for programs: one JSON object, indented."""
        return msgspec.json.format(msgspec.json.encode(self), indent=2)

    def text(self, *, verbose: bool = False) -> str:
        """The report for people: failures with what to change, exemptions, rules and the tier.

        Args:
            verbose: list the checks that passed as well.
        """
        return "\n".join(self._lines(verbose=verbose))

    def _lines(self, *, verbose: bool) -> Iterator[str]:
        for check in self.checks:
            if check.outcome is Outcome.FAILED:
                yield f"FAILED  {check.id}: {check.title}"
                yield f"        found: {check.found}"
                yield f"        change: {check.change}"
            elif check.outcome is Outcome.EXEMPT:
                yield f"exempt  {check.id}: {check.found}"
            elif verbose:
                yield f"passed  {check.id}: {check.title} ({check.seconds * 1000:.0f} ms)"
        counts = {outcome: sum(check.outcome is outcome for check in self.checks) for outcome in Outcome}
        yield ""
        for rule in self.standing.rules:
            mark = {RuleState.DONE: "done", RuleState.EXEMPT: "exempt", RuleState.MISSING: "MISSING"}
            yield f"{rule.tier.value.lower():7} {rule.name:14} {mark[rule.state]:8} {rule.reason}".rstrip()
        tier = self.standing.tier.value.lower() if self.standing.tier else "none"
        yield ""
        yield (
            f"{self.connector}: {counts[Outcome.PASSED]} passed, {counts[Outcome.FAILED]} failed, "
            f"{counts[Outcome.EXEMPT]} exempt in {self.seconds:.1f} s; tier: {tier}"
        )
