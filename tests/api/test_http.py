"""GraphQL over HTTP: the specification's rules, and rubbish that must never end in a 500."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from typing import Any, cast

import httpx
import hypothesis
import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from api.attendance import PATIENCE, Attendance
from api.authentication.authenticator import Authenticator
from api.browsers import BrowserHeaders, Browsers
from api.endpoint import GraphQLEndpoint
from api.http import EVENTS, GRAPHQL, JSON, RefusedError, RequestReader, decode, negotiate
from api.settings import Settings
from c360.access import Access
from tests.fixtures.access import access
from tests.fixtures.tokens import bearer

QUERY = {"query": "{ __typename }"}


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        (None, JSON),
        ("", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        (GRAPHQL, GRAPHQL),
        (f"{GRAPHQL}, {JSON}", GRAPHQL),
        (f"{GRAPHQL};charset=utf-8, {JSON};charset=utf-8", GRAPHQL),
        (f"{GRAPHQL};q=0.5, {JSON}", JSON),
        (f"text/html, {JSON};q=0.9", JSON),
        (EVENTS, EVENTS),
        (f"{EVENTS}, */*;q=0.1", EVENTS),
        (f"{EVENTS}, multipart/mixed", EVENTS),
        (f"{GRAPHQL}, application/graphql+json, {JSON}, {EVENTS}, multipart/mixed", GRAPHQL),
        (f"{JSON}, {EVENTS}", JSON),
        (f"{EVENTS};q=0.9, {JSON};q=0.8", EVENTS),
        (f"{EVENTS};q=0.8, {JSON}", JSON),
        ("text/*, */*", JSON),
        (f"{JSON};q=0, {GRAPHQL}", GRAPHQL),
    ],
)
def test_media_types(accept: str | None, media: str) -> None:
    assert negotiate(accept and accept.encode()) == media


@pytest.mark.parametrize("accept", ["text/html", "text/*", f"{EVENTS};q=0", f"{JSON};q=0", "multipart/mixed"])
def test_other_media_types_are_refused(accept: str) -> None:
    with pytest.raises(RefusedError) as caught:
        negotiate(accept.encode())
    assert caught.value.status == 406


def test_query_by_post_and_get(client: httpx.Client) -> None:
    answer = client.post("/graphql", json=QUERY)
    assert (answer.status_code, answer.json()) == (200, {"data": {"__typename": "Query"}})
    answer = client.get("/graphql", params=QUERY, headers={"accept": GRAPHQL})
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith(GRAPHQL)
    assert answer.json() == {"data": {"__typename": "Query"}}


def test_request_error_statuses(client: httpx.Client) -> None:
    for query, code in (("{", "GRAPHQL_PARSE_FAILED"), ("{ nothing }", "GRAPHQL_VALIDATION_FAILED")):
        new = client.post("/graphql", json={"query": query}, headers={"accept": GRAPHQL})
        old = client.post("/graphql", json={"query": query}, headers={"accept": JSON})
        assert (new.status_code, old.status_code) == (400, 200)
        for answer in (new.json(), old.json()):
            assert "data" not in answer
            assert [error["extensions"]["code"] for error in answer["errors"]] == [code]


def test_a_mutation_over_get_is_not_allowed(client: httpx.Client) -> None:
    answer = client.get("/graphql", params={"query": "mutation { x }"})
    assert answer.status_code != 200 or "data" not in answer.json()
    assert answer.status_code < 500


@pytest.mark.parametrize(
    "body",
    [b"", b'"x"', b"1", b"null", b"true", b"[]", b"[1]", b"{}", b'{"query": 1}', b'{"query": null}',
     b'{"query": "{ __typename }", "variables": []}', b'{"query": "{ __typename }", "operationName": 1}',
     b"\xff\xfe", b'{"query": "\xff"}', b"[" * 2000, b'{"a":' * 600, b'{"variables":' + b"9" * 3000 + b"}",
     b'{"query": "{ __typename }", "variables": {"a": ' + b"[" * 500 + b"]" * 500 + b"}}",
     b'{"query": "\\ud800"}'],
)  # fmt: skip
def test_rubbish_is_a_client_error(client: httpx.Client, body: bytes) -> None:
    answer = client.post("/graphql", content=body, headers={"content-type": JSON})
    assert 400 <= answer.status_code < 500
    assert answer.json()["errors"][0]["extensions"]["code"]
    assert "data" not in answer.json()


@hypothesis.settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.binary(max_size=200)
    | st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["query", "variables", "operationName", "x"]), inner, max_size=4
            )
        ),
    ).map(lambda value: json.dumps(value).encode())
)
def test_whatever_comes_is_read_or_refused(body: bytes) -> None:
    outcome = read(body)
    assert isinstance(outcome, str) or outcome == 400


def read(body: bytes) -> str | int:
    """The query that was read, or the status it was refused with."""
    try:
        return decode(body).query or ""
    except RefusedError as refused:
        return refused.status


@pytest.mark.parametrize("kind", ["text/plain", "multipart/form-data; boundary=x", "", "application/graphql"])
def test_only_json_is_posted(client: httpx.Client, kind: str) -> None:
    answer = client.post("/graphql", content=b"{}", headers={"content-type": kind})
    assert answer.status_code == 415


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"content-encoding": "gzip"}, 415),
        ({"content-encoding": "identity, br"}, 415),
        ({"content-encoding": "Identity"}, 200),
    ],
    ids=str,
)
def test_only_what_is_sent_as_it_is_is_read(
    client: httpx.Client, headers: dict[str, str], status: int
) -> None:
    body = b'{"query": "{ __typename }"}'
    answer = client.post("/graphql", content=body, headers={"content-type": JSON, **headers})
    assert answer.status_code == status
    assert (answer.headers.get("accept-encoding") == "identity") == (status == 415)


def test_a_large_body_is_refused_declared_or_not(client: httpx.Client) -> None:
    body = json.dumps({"query": "#" + "x" * 5000 + "\n{ __typename }"}).encode()
    assert client.post("/graphql", content=body, headers={"content-type": JSON}).status_code == 413
    chunks = (body[start : start + 100] for start in range(0, len(body), 100))
    assert client.post("/graphql", content=chunks, headers={"content-type": JSON}).status_code == 413


def test_a_body_that_does_not_arrive_is_given_up(served: str, settings: Settings) -> None:
    host, port = served.removeprefix("http://").split(":")
    authorization = bearer(settings)["authorization"].encode()
    with socket.create_connection((host, int(port)), timeout=10) as client:
        client.sendall(
            b"POST /graphql HTTP/1.1\r\nHost: x\r\nAuthorization: " + authorization + b"\r\n"
            b"Content-Type: application/json\r\nContent-Length: 50\r\n\r\n{"
        )
        assert client.recv(4096).startswith(b"HTTP/1.1 408")


def test_head_is_get_without_a_body(client: httpx.Client) -> None:
    answer = client.head("/graphql", params=QUERY, headers={"accept": GRAPHQL})
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-type"].startswith(GRAPHQL)
    assert client.request("HEAD", "/graphql", json=QUERY).status_code == 400


def test_the_depth_of_a_body_is_found_fast_and_right(served: str) -> None:
    assert [read(b'{"query": "a", "variables": {"a": ' + body + b"}}") for body in (
        b"[" * 62 + b"]" * 62,
        b"[" * 63 + b"]" * 63,
        b'"' + b"[" * 99 + b'"',
        b'"' + b'\\"[' * 99 + b'"',
        b'"\\\\", "b": ' + b"[" * 70 + b"]" * 70,
    )] == ["a", 400, "a", "a", 400]  # fmt: skip
    started = time.perf_counter()
    for body in (
        b"[]," * 300_000,
        b'"\\' * 450_000 + b"[" * 70,
        b'"[' * 450_000,
        b'"' + b"\\" * 900_001 + b"[" * 70,
    ):
        assert read(body) == 400
    assert time.perf_counter() - started < 2


async def no_stream(*_: object) -> None:
    pytest.fail("this client did not ask for events")


class Anybody:
    """Lets everybody in."""

    async def let_in(self, _: object) -> Access:
        return access()


class Endless:
    """An engine that never answers."""

    def __init__(self) -> None:
        self.cancelled = 0

    async def execute(self, *_: object, **__: object) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise


def ask(engine: Any, *messages: dict[str, Any], body_timeout: float = 1.0) -> int:
    """The status of the answer to a request whose client sends these messages, and then nothing."""
    coming = list(messages)
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        if not coming:
            await asyncio.Event().wait()
        return coming.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    async def scenario() -> None:
        endpoint = GraphQLEndpoint(
            engine,
            cast(Authenticator, Anybody()),
            RequestReader(body_limit=1000, body_timeout=body_timeout),
            Attendance(body_timeout),
            BrowserHeaders(Browsers()),
            streams=no_stream,
        )
        scope = {"type": "http", "method": "POST", "headers": [(b"content-type", JSON.encode())]}
        async with asyncio.timeout(2):
            await endpoint(scope, receive, send)
        await asyncio.sleep(2 * PATIENCE)
        assert [task.get_name() for task in asyncio.all_tasks() if task is not asyncio.current_task()] == []

    asyncio.run(scenario())
    status: int = sent[0]["status"]
    return status


BODY = {"type": "http.request", "body": json.dumps(QUERY).encode()}


def test_an_operation_is_cancelled_when_its_client_goes() -> None:
    engine = Endless()
    assert ask(engine, BODY, {"type": "http.disconnect"}) == 499
    assert engine.cancelled == 1


def test_nothing_is_begun_for_a_client_that_goes_before_it_has_asked() -> None:
    engine = Endless()
    assert ask(engine, {"type": "http.disconnect"}) == 499
    assert engine.cancelled == 0


def test_a_body_is_waited_for_so_long() -> None:
    started = time.monotonic()
    assert ask(Endless(), {**BODY, "more_body": True}, body_timeout=0.2) == 408
    assert 0.2 <= time.monotonic() - started < 1


def test_a_cancellation_from_elsewhere_goes_on() -> None:
    class Cancelled:
        async def execute(self, *_: object, **__: object) -> None:
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        ask(Cancelled(), BODY)


def test_a_header_that_comes_twice_lets_nobody_in(client: httpx.Client, settings: Settings) -> None:
    token = bearer(settings)["authorization"]
    for name, value in (("authorization", token), ("c360-purpose", "SERVICE"), ("c360-purpose", "RISK")):
        headers = [("authorization", token), ("c360-purpose", "SERVICE"), (name, value)]
        answer = client.post("/graphql", json=QUERY, headers=headers)
        assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (
            401,
            "UNAUTHENTICATED",
        )


def test_other_methods_are_refused(client: httpx.Client) -> None:
    assert client.put("/graphql", json=QUERY).status_code == 405


def test_health(served: str) -> None:
    for name in ("live", "ready"):
        answer = httpx.get(f"{served}/health/{name}", trust_env=False)
        assert (answer.status_code, answer.json()) == (200, {"status": name})
