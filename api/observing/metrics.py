"""Metrics as Prometheus scrapes them: a registry for each process, nothing at import."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Bounds of the buckets of times."""


class Metrics:
    """The figures of one process.

    Labels have few values: kinds, codes, statuses and the instances of the settings; never an id.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._operations = Counter(
            "c360_operations",
            "Operations that were answered, by kind and by the first code of their errors.",
            ("kind", "code"),
            registry=self.registry,
        )
        self._operation_seconds = Histogram(
            "c360_operation_seconds",
            "From an operation's start to its answer.",
            ("kind",),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._under_way = Gauge(
            "c360_operations_under_way", "Operations that are being answered.", registry=self.registry
        )
        self._calls = Counter(
            "c360_upstream_calls",
            "Requests to partners, by connector instance and by their status or what came in its place.",
            ("connector", "outcome"),
            registry=self.registry,
        )
        self._call_seconds = Histogram(
            "c360_upstream_call_seconds",
            "From when a request to a partner left to its answer.",
            ("connector",),
            buckets=_SECONDS,
            registry=self.registry,
        )

    @contextmanager
    def under_way(self) -> Iterator[None]:
        """Count an operation as being answered while the block runs."""
        self._under_way.inc()
        try:
            yield
        finally:
            self._under_way.dec()

    def operation(self, kind: str, code: str, seconds: float) -> None:
        """An operation was answered."""
        self._operations.labels(kind, code).inc()
        self._operation_seconds.labels(kind).observe(seconds)

    def call(self, connector: str, outcome: str, seconds: float) -> None:
        """A request to a partner ended."""
        self._calls.labels(connector, outcome).inc()
        self._call_seconds.labels(connector).observe(seconds)

    def watch(self, name: str, text: str, read: Callable[[], float]) -> None:
        """A figure that is read when it is scraped.

        Args:
            name: With the prefix ``c360_``.
            text: What it is.
            read: Gives it; called from another thread.
        """
        Gauge(name, text, registry=self.registry).set_function(read)

    @contextmanager
    def served(self, host: str, port: int) -> Iterator[None]:
        """Let them be scraped while the block runs; not where the port is 0."""
        if not port:
            yield
            return
        server, thread = start_http_server(port, host, self.registry)
        with contextlib.ExitStack() as stack:
            stack.callback(thread.join, 5)
            stack.callback(server.server_close)
            stack.callback(server.shutdown)
            yield
