"""Traces by OpenTelemetry: a span for each operation and for each request to a partner.

Spans name kinds, root fields, operations of partners' APIs and codes. What was asked for, whom it was about
and what was answered is in none of them.
"""

from __future__ import annotations

import random
import time
from collections.abc import Mapping, Sequence
from contextvars import Token

from opentelemetry import context as contexts
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import ALWAYS_ON, ParentBased
from opentelemetry.trace import (
    Span,
    SpanKind,
    Status,
    StatusCode,
    Tracer,
    get_current_span,
    set_span_in_context,
)
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from api.observing.asking import asking
from api.observing.settings import Observing

_PROPAGATOR = TraceContextTextMapPropagator()
_SAMPLED = 1
"""Bit of the flags at the end of ``traceparent``."""


class Traces:
    """Makes the spans of one process.

    Args:
        provider: Where they go.
        sampled: Share of the operations that are followed where the caller's trace does not say. It is chosen
            here, since a span that leads nowhere costs as much as another.
    """

    def __init__(self, provider: TracerProvider, sampled: float = 1.0) -> None:
        self._provider = provider
        self._tracer: Tracer = provider.get_tracer("c360")
        self._sampled = sampled

    @classmethod
    def to(cls, processor: SpanProcessor, *, sampled: float = 1.0, process: str = "server") -> Traces:
        """Traces that a processor takes."""
        resource = Resource.create({"service.name": "c360", "service.instance.kind": process})
        provider = TracerProvider(sampler=ParentBased(ALWAYS_ON), resource=resource, shutdown_on_exit=False)
        provider.add_span_processor(processor)
        return cls(provider, sampled)

    def operation(self) -> OperationSpan | None:
        """A span of an operation, below the caller's where there is one; none where it is not followed."""
        request = asking()
        caller = None if request is None else request.caller
        if not self._follows(caller):
            return None
        return OperationSpan(self._tracer, _PROPAGATOR.extract(caller) if caller else None)

    def _follows(self, caller: Mapping[str, str] | None) -> bool:
        if caller is not None:
            return bool(int(caller["traceparent"][-2:], 16) & _SAMPLED)
        return self._sampled >= 1 or random.random() < self._sampled  # noqa: S311  # nothing is to be guarded

    def call(self, connector: str, operation: str, outcome: str, seconds: float) -> None:
        """A span of a request to a partner that has just ended, below the operation's where there is one."""
        if not get_current_span().is_recording() and (asking() is not None or not self._follows(None)):
            return
        ended = time.time_ns()
        span = self._tracer.start_span(
            operation,
            kind=SpanKind.CLIENT,
            start_time=ended - int(seconds * 1e9),
            attributes={"c360.connector": connector, "c360.outcome": outcome},
        )
        if not (outcome.isdigit() and int(outcome) < 500):
            span.set_status(Status(StatusCode.ERROR, outcome))
        span.end(ended)

    def close(self) -> None:
        """Send what waits."""
        self._provider.shutdown()


class OperationSpan:
    """The span of an operation that is followed.

    Args:
        tracer: Makes it.
        above: The caller's trace; none where it begins here.
    """

    def __init__(self, tracer: Tracer, above: Context | None) -> None:
        self._tracer = tracer
        self._above = above

    def begin(self) -> None:
        """From now on requests to partners are below it."""
        self._span: Span = self._tracer.start_span("operation", self._above, SpanKind.SERVER)
        self._token: Token[Context] = contexts.attach(set_span_in_context(self._span))

    def named(self, kind: str, fields: Sequence[str]) -> None:
        """Say which operation it is of."""
        self._span.update_name(f"{kind} {','.join(fields)}"[:120])
        self._span.set_attributes({"graphql.operation.type": kind, "c360.fields": list(fields)})

    def answered(self, codes: Sequence[str], *, refused: bool) -> None:
        """Say how the operation ended."""
        self._span.set_attribute("c360.refused", refused)
        if codes:
            self._span.set_attribute("c360.codes", sorted(set(codes)))
            self._span.set_status(Status(StatusCode.ERROR, codes[0]))

    def end(self) -> None:
        """It is over. What it raised is not told: its message may quote a person."""
        contexts.detach(self._token)
        self._span.end()


class LateExporter(SpanExporter):
    """Sends spans to a collector. What does is loaded when the first are sent, not while a process starts.

    Args:
        endpoint: Where the collector takes them.
    """

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self._made: SpanExporter | None = None

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send them: called in a thread of its own, and never twice at the same time."""
        if self._made is None:
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

            self._made = OTLPSpanExporter(endpoint=self._endpoint)
        return self._made.export(spans)

    def shutdown(self) -> None:
        """Send nothing any more."""
        if self._made is not None:
            self._made.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Whether all is sent: nothing waits here."""
        return self._made is None or self._made.force_flush(timeout_millis)


def exported(settings: Observing, process: str) -> Traces:
    """Traces that go where the settings say."""
    exporter = LateExporter(settings.traces)
    return Traces.to(BatchSpanProcessor(exporter), sampled=settings.sampled, process=process)
