"""Metrics as Prometheus scrapes them: a registry for each process, nothing at import."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Gauge, start_http_server
from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector

from api.observing.counting import Counts, Times


class Metrics:
    """The figures of one process.

    Labels have few values: kinds, codes, statuses and the instances of the settings; never an id.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.under_way = 0
        """Operations that are being answered."""
        self.port = 0
        """Where they are scraped; 0: nowhere."""
        self._operations = Counts(
            "c360_operations",
            "Operations that were answered, by kind and by the first code of their errors.",
            ("kind", "code"),
        )
        self._operation_seconds = Times(
            "c360_operation_seconds", "From an operation's start to its answer.", "kind"
        )
        self._calls = Counts(
            "c360_upstream_calls",
            "Requests to partners, by connector instance and by their status or what came in its place.",
            ("connector", "outcome"),
        )
        self._call_seconds = Times(
            "c360_upstream_call_seconds",
            "From when a request to a partner left to its answer.",
            "connector",
        )
        self._answers = Counts(
            "c360_answers",
            "Answers, by how they were made: by compiled code, or why they were not.",
            ("way",),
        )
        for each in (
            self._operations,
            self._operation_seconds,
            self._calls,
            self._call_seconds,
            self._answers,
        ):
            self.registry.register(each)
        self.watch("c360_operations_under_way", "Operations that are being answered.", lambda: self.under_way)

    def operation(self, kind: str, code: str, seconds: float) -> None:
        """An operation was answered."""
        self._operations.add(kind, code)
        self._operation_seconds.add(kind, seconds)

    def answer(self, way: str) -> None:
        """An answer was made."""
        self._answers.add(way)

    def call(self, connector: str, outcome: str, seconds: float) -> None:
        """A request to a partner ended."""
        self._calls.add(connector, outcome)
        self._call_seconds.add(connector, seconds)

    def watch(self, name: str, text: str, read: Callable[[], float]) -> None:
        """A figure that is read when it is scraped.

        Args:
            name: With the prefix ``c360_``.
            text: What it is.
            read: Gives it; called from another thread.
        """
        Gauge(name, text, registry=self.registry).set_function(read)

    def count(self, name: str, text: str, label: str, counts: Mapping[str, int]) -> None:
        """Counts that somebody else keeps, read when they are scraped.

        Args:
            name: With the prefix ``c360_``.
            text: What they are.
            label: What they are told apart by; it has few values.
            counts: By its values; they only grow.
        """
        self.registry.register(_Counts(name, text, label, counts))

    @contextmanager
    def served(self, host: str, port: int | None) -> Iterator[None]:
        """Let them be scraped while the block runs; not where the port is 0, where there is none on any."""
        if port == 0:
            yield
            return
        with scraped(self.registry, host, port or 0) as self.port:
            yield


@contextmanager
def scraped(registry: CollectorRegistry, host: str, port: int) -> Iterator[int]:
    """Let figures be scraped at an address while the block runs; for 0 at a port that the system chose."""
    server, thread = start_http_server(port, host, registry)
    with contextlib.ExitStack() as stack:
        stack.callback(thread.join, 5)
        stack.callback(server.server_close)
        stack.callback(server.shutdown)
        yield server.server_port


class _Counts(Collector):
    def __init__(self, name: str, text: str, label: str, counts: Mapping[str, int]) -> None:
        self._family = (name, text, label)
        self._counts = counts

    def collect(self) -> Iterable[CounterMetricFamily]:
        name, text, label = self._family
        family = CounterMetricFamily(name, text, labels=[label])
        # A copy: they are read by another thread than counts.
        for value, number in sorted(dict(self._counts).items()):
            family.add_metric([value], number)
        return [family]
