"""Samples and what is said of them."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Sample:
    """Measured values of one thing, in seconds."""

    values: tuple[float, ...]

    @classmethod
    def of(cls, values: Iterable[float]) -> Sample:
        """A sample of these values.

        Raises:
            ValueError: there are none.
        """
        found = tuple(values)
        if not found:
            message = "a sample needs values"
            raise ValueError(message)
        return cls(found)

    def percentile(self, share: float) -> float:
        """The value below which a share (0 to 1) of all lies, interpolated between neighbours."""
        ordered = sorted(self.values)
        place = (len(ordered) - 1) * share
        low = math.floor(place)
        high = min(low + 1, len(ordered) - 1)
        return ordered[low] + (ordered[high] - ordered[low]) * (place - low)

    @property
    def p50(self) -> float:
        """The median."""
        return self.percentile(0.5)

    @property
    def p99(self) -> float:
        """The 99th percentile."""
        return self.percentile(0.99)

    @property
    def worst(self) -> float:
        """The largest value."""
        return max(self.values)

    @property
    def mean(self) -> float:
        """The average."""
        return statistics.fmean(self.values)

    def minus(self, by: float) -> Sample:
        """The same values, each less by so much."""
        return Sample(tuple(value - by for value in self.values))


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One line of the report."""

    workload: str
    name: str
    value: float
    unit: str
    bound: float | None = None
    """The most that the value may be, where something is promised."""
    note: str = ""

    @property
    def held(self) -> bool | None:
        """Whether the promise holds; ``None`` where there is none."""
        return None if self.bound is None else self.value <= self.bound


def milliseconds(
    workload: str, name: str, seconds: float, *, bound: float | None = None, note: str = ""
) -> Figure:
    """A figure in milliseconds from seconds; the bound is in milliseconds."""
    return Figure(
        workload=workload, name=name, value=round(seconds * 1000, 2), unit="ms", bound=bound, note=note
    )


def table(figures: Sequence[Figure]) -> str:
    """The figures as lines for people, grouped by workload."""
    lines: list[str] = []
    workload = ""
    for each in figures:
        if each.workload != workload:
            workload = each.workload
            lines.append(f"\n{workload}")
        shown = "" if each.bound is None else f"≤ {each.bound:g} {'held' if each.held else 'MISSED'}"
        lines.append(f"  {each.name:<58} {each.value:>10.2f} {each.unit:<6} {shown:<16} {each.note}".rstrip())
    return "\n".join(lines)
