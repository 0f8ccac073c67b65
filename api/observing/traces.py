"""Traces by OpenTelemetry: a span for each operation and for each request to a partner.

Spans name kinds, root fields, operations of partners' APIs and codes. What was asked for, whom it was about
and what was answered is in none of them.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from api.observing.settings import Observing

_PROPAGATOR = TraceContextTextMapPropagator()


class Traces:
    """Makes the spans of one process.

    Args:
        provider: Where they go.
    """

    def __init__(self, provider: TracerProvider) -> None:
        self._provider = provider
        self._tracer: Tracer = provider.get_tracer("c360")

    @classmethod
    def to(cls, processor: SpanProcessor, *, sampled: float = 1.0, process: str = "server") -> Traces:
        """Traces that a processor takes."""
        resource = Resource.create({"service.name": "c360", "service.instance.kind": process})
        provider = TracerProvider(
            sampler=ParentBased(TraceIdRatioBased(sampled)), resource=resource, shutdown_on_exit=False
        )
        provider.add_span_processor(processor)
        return cls(provider)

    @contextmanager
    def operation(self, headers: Mapping[str, str] | None = None) -> Iterator[Span]:
        """A span around an operation, below the caller's where its headers say so."""
        context = _PROPAGATOR.extract(headers) if headers else None
        with self._tracer.start_as_current_span(
            "operation", context, SpanKind.SERVER, record_exception=False, set_status_on_exception=False
        ) as span:
            yield span

    def call(self, connector: str, operation: str, outcome: str, seconds: float) -> None:
        """A span of a request to a partner that has just ended, below the operation's."""
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


def named(span: Span, kind: str, fields: Sequence[str]) -> None:
    """Say on a span which operation it is of."""
    span.update_name(f"{kind} {','.join(fields)}"[:120])
    span.set_attributes({"graphql.operation.type": kind, "c360.fields": list(fields)})


def answered(span: Span, codes: Sequence[str], *, refused: bool) -> None:
    """Say on a span how its operation ended."""
    span.set_attribute("c360.refused", refused)
    if codes:
        span.set_attribute("c360.codes", sorted(set(codes)))
        span.set_status(Status(StatusCode.ERROR, codes[0]))


def exported(settings: Observing, process: str) -> Traces | None:
    """Traces that go where the settings say; none where they name nothing."""
    if not settings.traces:
        return None
    exporter: SpanExporter = OTLPSpanExporter(endpoint=settings.traces)
    return Traces.to(BatchSpanProcessor(exporter), sampled=settings.sampled, process=process)
