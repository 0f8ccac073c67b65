"""What came of a race, as it is kept in a file."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What a contender came to in a workload: the median of its slices."""

    workload: str
    contender: str
    concurrency: int
    requests: int
    processor: float
    """Milliseconds of processor time for a request."""
    p50: float
    """Milliseconds."""
    p99: float
    """Milliseconds."""
    calls: float
    """Upstream calls for a request."""
    calls_by_partner: Mapping[str, float]
    memory: float
    """MiB after the last slice."""
    rate: float
    """Requests answered in a second, as fast as the rest of the scene let them be."""
    at: datetime | None = None
    """When it was measured."""

    @property
    def rate_per_core(self) -> float:
        """Requests that a core answers in a second, were it busy with nothing else."""
        return 1000 / self.processor if self.processor else 0.0


class Memory(msgspec.Struct, frozen=True, kw_only=True):
    """Memory of the server's processes while it answers a mix of operations."""

    requests: int
    before: float
    """MiB before the first one."""
    after: tuple[float, ...]
    """MiB after each tenth of the requests."""


class RaceReport(msgspec.Struct, frozen=True, kw_only=True):
    """What is written to the file, and gathers there over several runs."""

    at: datetime
    backend: str
    processors: int
    load: float = 0.0
    """Load average of the machine when the run began: what else it had to do."""
    python: str = ""
    """Version of the interpreter that all servers of Python ran on."""
    outcomes: list[Outcome] = []
    cold_start: float | None = None
    """Seconds."""
    memory: Memory | None = None
    left_out: str = ""
    """Why contenders of Node.js did not take part, where they did not."""

    def over(self, before: RaceReport) -> RaceReport:
        """This one, and of an earlier one what this one did not measure: contenders, workload by workload."""
        again = {(each.workload, each.contender) for each in self.outcomes}
        kept = [each for each in before.outcomes if (each.workload, each.contender) not in again]
        return msgspec.structs.replace(
            self,
            outcomes=kept + self.outcomes,
            cold_start=before.cold_start if self.cold_start is None else self.cold_start,
            memory=self.memory or before.memory,
            left_out=self.left_out or before.left_out,
        )

    def has(self, workload: str, contender: str, since: datetime) -> bool:
        """Whether a contender was measured in a workload since then."""
        return any(
            (each.workload, each.contender) == (workload, contender)
            and each.at is not None
            and each.at >= since
            for each in self.outcomes
        )
