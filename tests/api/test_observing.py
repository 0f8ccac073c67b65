"""Metrics, traces and request ids: they say how the hub does, and nothing of anybody."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import httpx
import pytest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client import generate_latest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from api.logs import JsonLines
from api.observing.asking import Asking, begin, end
from api.observing.lines import EVERY, MOST, OperationLines
from api.observing.metrics import Metrics
from api.observing.observer import Observer
from api.observing.requests import RequestIds
from api.observing.traces import Traces

Run = Callable[[Coroutine[Any, Any, Any]], Any]


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    """What was traced."""
    exporter = InMemorySpanExporter()
    yield exporter
    exporter.shutdown()


@pytest.fixture
def observer(spans: InMemorySpanExporter) -> Observer:
    return Observer(Metrics(), Traces.to(SimpleSpanProcessor(spans)))


def scraped(observer: Observer) -> str:
    return generate_latest(observer.metrics.registry).decode()


def test_an_operation_is_counted_timed_and_followed(observer: Observer, spans: InMemorySpanExporter) -> None:
    with observer.operation() as seen:
        seen.named("query", ["customer", "search"])
        observer.call("bank", "GET /accounts/{}", "200", 0.012)
        observer.call("bank", "GET /accounts/{}", "RetryLater", 1.0)
        seen.ended(["NOT_FOUND", "NOT_FOUND"], refused=False)
    text = scraped(observer)
    assert 'c360_operations_total{code="NOT_FOUND",kind="query"} 1.0' in text
    assert 'c360_upstream_calls_total{connector="bank",outcome="200"} 1.0' in text
    assert "c360_operations_under_way 0.0" in text
    first, second, operation = spans.get_finished_spans()
    assert [span.name for span in (first, second, operation)] == [
        "GET /accounts/{}",
        "GET /accounts/{}",
        "query customer,search",
    ]
    assert first.parent is not None
    assert operation.context is not None
    assert first.parent.span_id == operation.context.span_id
    assert first.end_time is not None
    assert first.start_time is not None
    assert first.end_time - first.start_time == pytest.approx(12e6)
    assert (first.status.status_code.name, second.status.status_code.name) == ("UNSET", "ERROR")
    assert operation.status.status_code.name == "ERROR"
    assert 'c360_operation_seconds_bucket{kind="query",le="+Inf"} 1.0' in text
    assert 'c360_operation_seconds_count{kind="query"} 1.0' in text


def test_operations_that_are_not_sampled_leave_no_span(spans: InMemorySpanExporter) -> None:
    observer = Observer(Metrics(), Traces.to(SimpleSpanProcessor(spans), sampled=0.0))
    with observer.operation() as seen:
        seen.named("query", ["customer"])
        observer.call("bank", "GET /accounts/{}", "200", 0.012)
        seen.ended([], refused=False)
    assert spans.get_finished_spans() == ()


def test_what_is_called_outside_an_operation_is_followed_too(
    observer: Observer, spans: InMemorySpanExporter
) -> None:
    observer.call("bank", "GET /events", "200", 0.012)
    assert [span.name for span in spans.get_finished_spans()] == ["GET /events"]


@pytest.mark.parametrize("as_json", [False, True])
def test_every_operation_is_a_line(run: Run, as_json: bool) -> None:
    written: list[str] = []
    lines = OperationLines(written.append, json=as_json, clock=lambda: 1_780_000_000.25)
    observer = Observer(Metrics(), None, lines)

    async def ask() -> None:
        token = begin(Asking("0190a6c0-7000"))
        for codes in ([], ["NOT_FOUND"]):
            with observer.operation() as seen:
                seen.named("query", ["customer", "search"])
                seen.ended(codes, refused=False)
        end(token)
        assert written == []
        await asyncio.sleep(EVERY * 1.5)

    run(ask())
    (text,) = written
    first, second = text.splitlines()
    assert "query customer,search OK in " in first
    assert "query customer,search NOT_FOUND in " in second
    if as_json:
        line = json.loads(second)
        assert line.pop("milliseconds") >= 0
        assert line.pop("message").endswith(" ms")
        assert line == {
            "at": "2026-05-28T20:26:40.250+00:00",
            "level": "INFO",
            "logger": "api.operations",
            "operation": "query",
            "fields": ["customer", "search"],
            "outcome": "NOT_FOUND",
            "request": "0190a6c0-7000",
        }


def test_many_lines_do_not_wait() -> None:
    written: list[str] = []
    lines = OperationLines(written.append, json=True)
    for _ in range(MOST):
        lines.take("query", ("customer",), "OK", 0.001)
    assert [len(each.splitlines()) for each in written] == [MOST]


def test_counts_of_others_are_read_when_they_are_scraped(observer: Observer) -> None:
    counts = Counter[str]()
    observer.metrics.count("c360_deliveries", "Attempts.", "outcome", counts)
    assert "c360_deliveries_total{" not in scraped(observer)
    counts["delivered"] += 2
    counts["timeout"] += 1
    assert 'c360_deliveries_total{outcome="delivered"} 2.0' in scraped(observer)
    assert 'c360_deliveries_total{outcome="timeout"} 1.0' in scraped(observer)


def test_an_operation_whose_caller_goes_is_counted_as_cancelled(observer: Observer) -> None:
    def leave() -> None:
        with observer.operation() as seen:
            seen.named("query", ["customer"])
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        leave()
    assert 'c360_operations_total{code="CANCELLED",kind="query"} 1.0' in scraped(observer)


def test_what_an_operation_raises_is_not_in_its_span(observer: Observer, spans: InMemorySpanExporter) -> None:
    with pytest.raises(ValueError, match="ada@"), observer.operation():
        raise ValueError("ada@secret.example")
    assert "secret" not in str([span.to_json() for span in spans.get_finished_spans()])


def test_metrics_are_scraped_until_the_process_ends() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    metrics = Metrics()
    metrics.watch("c360_waiting", "What waits.", lambda: 7)
    with metrics.served("127.0.0.1", port):
        assert "c360_waiting 7.0" in httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False).text
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False)


@pytest.fixture
def asked(spans: InMemorySpanExporter, run: Run) -> Callable[..., httpx.Response]:
    """Sends a request to an application that observes one operation and logs a line."""
    observer = Observer(Metrics(), Traces.to(SimpleSpanProcessor(spans)))

    async def answer(_: Request) -> Response:
        with observer.operation() as seen:
            seen.named("query", ["customer"])
            logging.getLogger("api.test").warning("something", extra={"email": "ada@secret.example"})
            seen.ended([], refused=False)
        return PlainTextResponse("ok")

    app = Starlette(routes=[Route("/", answer)], middleware=[Middleware(RequestIds)])

    def ask(**headers: str) -> httpx.Response:
        async def go() -> httpx.Response:
            async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://c") as client:
                named = {name.replace("_", "-"): value for name, value in headers.items()}
                return await client.get("/", headers=named)

        found: httpx.Response = run(go())
        return found

    return ask


def test_a_request_has_an_id_that_its_lines_and_its_answer_share(
    asked: Callable[..., httpx.Response],
) -> None:
    lines: list[str] = []
    formatter = JsonLines(hidden=["email"])

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(formatter.format(record))

    handler = Handler()
    logging.getLogger("api.test").addHandler(handler)
    given = asked(x_request_id="0190a6c0-7000").headers["x-request-id"]
    made = asked(x_request_id="ada@example.com").headers["x-request-id"]
    logging.getLogger("api.test").removeHandler(handler)
    assert given == "0190a6c0-7000"
    assert len(made) == 32
    assert f'"request":"{given}"' in lines[0]
    assert f'"request":"{made}"' in lines[1]
    assert "secret" not in "".join(lines)
    assert '"email":"…"' in lines[0]


def test_a_callers_trace_goes_on_here(
    asked: Callable[..., httpx.Response], spans: InMemorySpanExporter
) -> None:
    trace = "0af7651916cd43dd8448eb211c80319c"
    asked(traceparent=f"00-{trace}-b7ad6b7169203331-01")
    asked(traceparent="ada")
    (first, second) = spans.get_finished_spans()
    assert first.context is not None
    assert second.context is not None
    assert f"{first.context.trace_id:032x}" == trace
    assert f"{second.context.trace_id:032x}" != trace
