"""Counts and times by few labels, kept as plain numbers: what is counted at every request must cost nothing.

The library's own counters take a lock for each figure. Here one thread counts, the event loop's, and the
thread that is scraped reads: a figure may be one behind another, and none is ever wrong by more.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds of the buckets of times, in seconds."""
_NAMES = (*(str(bound) for bound in BOUNDS), "+Inf")


class Counts(Collector):
    """A counter by labels.

    Args:
        name: without the ending ``_total``.
        text: what is counted.
        labels: names of the labels.
    """

    def __init__(self, name: str, text: str, labels: tuple[str, ...]) -> None:
        self._name, self._text, self._labels = name, text, labels
        self._counts: dict[tuple[str, ...], int] = {}

    def add(self, *labels: str) -> None:
        """Count one."""
        self._counts[labels] = self._counts.get(labels, 0) + 1

    def collect(self) -> Iterator[Metric]:
        """See the library."""
        family = CounterMetricFamily(self._name, self._text, labels=self._labels)
        for labels, count in list(self._counts.items()):
            family.add_metric(labels, count)
        yield family


class _Times:
    """The times of one value of the label."""

    __slots__ = ("buckets", "total")

    def __init__(self) -> None:
        self.buckets = [0] * len(_NAMES)
        self.total = 0.0


class Times(Collector):
    """A histogram of times by one label.

    Args:
        name: of the histogram.
        text: what is timed.
        label: name of the label.
    """

    def __init__(self, name: str, text: str, label: str) -> None:
        self._name, self._text, self._label = name, text, label
        self._times: dict[str, _Times] = {}

    def add(self, label: str, seconds: float) -> None:
        """Count a time."""
        mine = self._times.get(label)
        if mine is None:
            mine = self._times[label] = _Times()
        mine.buckets[bisect_left(BOUNDS, seconds)] += 1
        mine.total += seconds

    def collect(self) -> Iterator[Metric]:
        """See the library."""
        family = HistogramMetricFamily(self._name, self._text, labels=(self._label,))
        for label, mine in list(self._times.items()):
            buckets: list[tuple[str, float]] = []
            below = 0
            for name, count in zip(_NAMES, mine.buckets, strict=True):
                below += count
                buckets.append((name, below))
            family.add_metric((label,), buckets, mine.total)
        yield family
