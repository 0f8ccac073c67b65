"""Puts together what is told of operations and of requests to partners."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial

from opentelemetry.trace import Span

from api.observing import traces
from api.observing.metrics import Metrics
from api.observing.requests import caller
from api.observing.settings import Observing
from api.observing.traces import Traces
from api.wiring import Hub

_log = logging.getLogger("api.operations")


class Observer:
    """Watches a process; see :class:`schema.observing.OperationObserver`.

    Args:
        metrics: counts and times.
        traces: follows; nothing where there are none.
        lines: whether every operation is a line of the log.
    """

    def __init__(self, metrics: Metrics, traces: Traces | None = None, *, lines: bool = True) -> None:
        self.metrics = metrics
        self._traces = traces
        self._lines = lines

    def watch(self, hub: Hub) -> None:
        """Be told of every request to a partner, and of what waits."""
        for instance in hub.host.instances:
            instance.health.on_call = partial(self.call, instance.id)
        self.metrics.watch(
            "c360_audit_waiting", "Entries of the audit that are not in the database yet.", hub.audit.waiting
        )

    def call(self, connector: str, operation: str, outcome: str, seconds: float) -> None:
        """A request to a partner ended."""
        self.metrics.call(connector, outcome, seconds)
        if self._traces is not None:
            self._traces.call(connector, operation, outcome, seconds)

    @contextmanager
    def operation(self) -> Iterator[_Observation]:
        """Watch an operation."""
        with ExitStack() as stack:
            stack.enter_context(self.metrics.under_way())
            span = None if self._traces is None else stack.enter_context(self._traces.operation(caller()))
            seen = _Observation(span)
            try:
                yield seen
            finally:
                self._ended(seen)

    def _ended(self, seen: _Observation) -> None:
        seconds = time.perf_counter() - seen.started
        self.metrics.operation(seen.kind, seen.outcome, seconds)
        if self._lines:
            _log.info(
                "%s %s %s in %.1f ms",
                seen.kind,
                ",".join(seen.fields)[:200] or "-",
                seen.outcome,
                seconds * 1000,
                extra={
                    "operation": seen.kind,
                    "fields": list(seen.fields[:50]),
                    "outcome": seen.outcome,
                    "milliseconds": round(seconds * 1000, 3),
                },
            )


class _Observation:
    def __init__(self, span: Span | None) -> None:
        self.started = time.perf_counter()
        self.kind = "unknown"
        self.fields: Sequence[str] = ()
        self.outcome = "CANCELLED"
        self._span = span

    def named(self, kind: str, fields: Sequence[str]) -> None:
        """See :class:`schema.observing.Observation`."""
        self.kind, self.fields = kind, fields
        if self._span is not None:
            traces.named(self._span, kind, fields)

    def ended(self, codes: Sequence[str], *, refused: bool) -> None:
        """See :class:`schema.observing.Observation`."""
        self.outcome = codes[0] if codes else "OK"
        if self._span is not None:
            traces.answered(self._span, codes, refused=refused)


@contextmanager
def observing(settings: Observing, process: str, port: int) -> Iterator[Observer]:
    """An observer of this process while the block runs.

    Args:
        settings: what is told, and to whom.
        process: ``server`` or ``worker``.
        port: where its metrics are scraped; 0: nowhere.
    """
    metrics = Metrics()
    made = traces.exported(settings, process)
    with ExitStack() as stack:
        if made is not None:
            stack.callback(made.close)
        stack.enter_context(metrics.served(settings.metrics_host, port))
        yield Observer(metrics, made, lines=settings.operations)
