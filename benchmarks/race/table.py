"""Outcomes as lines for people."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.race.outcomes import Outcome
from benchmarks.race.workloads import WORKLOADS

_HEAD = (
    f"  {'':<12}{'CPU ms':>9}{'times':>7}{'req/s·core':>12}{'req/s':>8}"
    f"{'p50 ms':>9}{'p99 ms':>9}{'calls':>8}{'MiB':>7}"
)


def text(outcomes: Sequence[Outcome]) -> str:
    """A table for each workload; ratios are how many times c360's processor time another one takes."""
    lines: list[str] = []
    for name in dict.fromkeys(each.workload for each in outcomes):
        rows = [each for each in outcomes if each.workload == name]
        own = rows[0].processor
        lines += [
            f"\n{name}: {WORKLOADS[name].title} ({rows[0].concurrency} at the same time)",
            _HEAD,
        ]
        lines += [
            f"  {each.contender:<12}{each.processor:>9.3f}{each.processor / own if own else 0:>7.2f}"
            f"{each.rate_per_core:>12.0f}{each.rate:>8.0f}{each.p50:>9.1f}{each.p99:>9.1f}"
            f"{each.calls:>8.2f}{each.memory:>7.0f}"
            for each in rows
        ]
    return "\n".join(lines)
