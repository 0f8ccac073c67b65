"""Puts together what is told of operations and of requests to partners."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Self

from api.observing.lines import NAME, OperationLines
from api.observing.metrics import Metrics
from api.observing.settings import Observing
from api.wiring import Hub

if TYPE_CHECKING:
    from api.observing.traces import OperationSpan, Traces


class Observer:
    """Watches a process; see :class:`schema.observing.OperationObserver`.

    Args:
        metrics: counts and times.
        traces: follows; nothing where there are none.
        lines: takes a line of every operation; none are made where there is nobody.
    """

    def __init__(
        self, metrics: Metrics, traces: Traces | None = None, lines: OperationLines | None = None
    ) -> None:
        self.metrics = metrics
        self.lines = lines
        self._traces = traces

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

    def operation(self) -> AbstractContextManager[Observation]:
        """Watch an operation."""
        return Observation(self, None if self._traces is None else self._traces.operation())


class Observation:
    """An operation that is watched; see :class:`schema.observing.Observation`.

    Args:
        observer: is told how it ended.
        span: follows it; none where it is not traced.
    """

    __slots__ = ("_observer", "_span", "_started", "fields", "kind", "outcome")

    def __init__(self, observer: Observer, span: OperationSpan | None) -> None:
        self._observer = observer
        self._span = span
        self.kind = "unknown"
        self.fields: Sequence[str] = ()
        self.outcome = "CANCELLED"

    def __enter__(self) -> Self:
        self._observer.metrics.under_way += 1
        self._started = time.perf_counter()
        if self._span is not None:
            self._span.begin()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        observer, seconds = self._observer, time.perf_counter() - self._started
        observer.metrics.under_way -= 1
        observer.metrics.operation(self.kind, self.outcome, seconds)
        if observer.lines is not None:
            observer.lines.take(self.kind, self.fields, self.outcome, seconds)
        if self._span is not None:
            self._span.end()

    def named(self, kind: str, fields: Sequence[str]) -> None:
        """See :class:`schema.observing.Observation`."""
        self.kind, self.fields = kind, fields
        if self._span is not None:
            self._span.named(kind, fields)

    def answered(self, way: str) -> None:
        """See :class:`schema.observing.Observation`."""
        if way:
            self._observer.metrics.answer(way)

    def ended(self, codes: Sequence[str], *, refused: bool) -> None:
        """See :class:`schema.observing.Observation`."""
        self.outcome = codes[0] if codes else "OK"
        if self._span is not None:
            self._span.answered(codes, refused=refused)


@contextmanager
def observing(
    settings: Observing, process: str, port: int | None, *, json: bool = False
) -> Iterator[Observer]:
    """An observer of this process while the block runs.

    Args:
        settings: what is told, and to whom.
        process: ``server`` or ``worker``.
        port: where its metrics are scraped; 0: nowhere; none: where the system chooses.
        json: whether lines of the log are JSON.
    """
    metrics = Metrics()
    with ExitStack() as stack:
        traces = None
        if settings.traces:
            from api.observing.traces import exported  # nothing of it is loaded where nothing is traced

            traces = exported(settings, process)
            stack.callback(traces.close)
        lines = None
        if settings.operations and logging.getLogger(NAME).isEnabledFor(logging.INFO):
            lines = OperationLines(_written, json=json)
            stack.callback(lines.flush)
        stack.enter_context(metrics.served(settings.metrics_host, port))
        yield Observer(metrics, traces, lines)


def _written(lines: str) -> None:
    """Write lines where the log goes."""
    sys.stderr.write(lines)
    sys.stderr.flush()
