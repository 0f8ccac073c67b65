"""The metrics of several processes at one address: each figure with the number of the worker it is of."""

from __future__ import annotations

import urllib.request
from collections.abc import Callable, Iterator, Mapping

from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

_PATIENCE = 2.0
"""Seconds that a worker gets to answer; one that does not is left out."""


class Together(Collector):
    """Collects from workers.

    Args:
        workers: gives the port of each one's metrics on loopback, by its number; called from another thread.
    """

    def __init__(self, workers: Callable[[], Mapping[int, int]]) -> None:
        self._workers = workers
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def collect(self) -> Iterator[Metric]:
        """See the library."""
        families: dict[str, Metric] = {}
        for number, port in self._workers().items():
            for family in text_string_to_metric_families(self._read(port)):
                mine = families.get(family.name)
                if mine is None:
                    mine = families[family.name] = Metric(family.name, family.documentation, family.type)
                for sample in family.samples:
                    labels = {**sample.labels, "worker": str(number)}
                    mine.samples.append(sample._replace(labels=labels))
        yield from families.values()

    def describe(self) -> Iterator[Metric]:
        """Nothing: what there is only workers know, and none may be there yet."""
        return iter(())

    def _read(self, port: int) -> str:
        try:
            with self._opener.open(f"http://127.0.0.1:{port}/metrics", timeout=_PATIENCE) as answer:
                text: str = answer.read().decode()
                return text
        except OSError:
            return ""
