"""GraphQL over server-sent events, read byte by byte."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import msgspec
import pytest

from api.http import EVENTS, GRAPHQL, JSON
from api.settings import Settings
from tests.fixtures.happenings import PROGRESS, followers, progress
from tests.fixtures.serving import Served, serving
from tests.fixtures.tokens import bearer


@pytest.fixture(scope="module")
def there(settings: Settings) -> Iterator[Served]:
    live = msgspec.structs.replace(settings.live, heartbeat=0.3, gathering=0.0, sockets=2)
    with serving(msgspec.structs.replace(settings, live=live)) as served:
        progress(served, 1)
        yield served


@pytest.fixture
def client(there: Served, settings: Settings) -> Iterator[httpx.Client]:
    headers = {**bearer(settings), "accept": EVENTS}
    with httpx.Client(base_url=there.address, headers=headers, trust_env=False, timeout=10) as made:
        yield made


@pytest.fixture(autouse=True)
def _no_traceback(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == []


@contextmanager
def opened(client: httpx.Client, query: str, variables: Any = None, **headers: str) -> Iterator[Events]:
    body = {"query": query, "variables": variables}
    with client.stream("POST", "/graphql", json=body, headers=headers) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"] == f"{EVENTS}; charset=utf-8"
        assert answer.headers["cache-control"] == "no-cache, no-transform"
        assert "content-length" not in answer.headers
        yield Events(answer)


class Events:
    """A stream as it is read."""

    def __init__(self, answer: httpx.Response) -> None:
        self._bytes = answer.iter_raw()
        self._rest = b""
        self.alive = 0
        """Signs of life so far."""

    def next(self) -> dict[str, str] | None:
        """The next event; none at the end."""
        while True:
            while b"\n\n" not in self._rest:
                more = next(self._bytes, None)
                if more is None:
                    assert self._rest == b""
                    return None
                assert b"\r" not in more
                self._rest += more
            one, _, self._rest = self._rest.partition(b"\n\n")
            if one != b":":
                return dict(line.split(":", 1) for line in one.decode().split("\n"))
            self.alive += 1

    def data(self) -> Any:
        found = self.next()
        assert found is not None
        assert found["event"].strip() == "next"
        return json.loads(found["data"])


def until(done: Any) -> None:
    end = time.monotonic() + 10
    while not done():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_query_is_one_event_and_the_end(client: httpx.Client) -> None:
    with opened(client, "{ __typename }") as events:
        assert events.data() == {"data": {"__typename": "Query"}}
        assert events.next() == {"event": " complete", "data": ""}
        assert events.next() is None
    answer = client.get("/graphql", params={"query": "{ __typename }"})
    assert answer.content.startswith(b":\n\nevent: next\ndata: {")
    assert answer.content.endswith(b"event: complete\ndata:\n\n")


@pytest.mark.parametrize("query", ["{", "{ nope }", 'subscription { jobProgress(jobId: "nope") { done } }'])
def test_what_cannot_be_executed_is_told_as_an_event(client: httpx.Client, query: str) -> None:
    with opened(client, query) as events:
        told = events.data()
        assert told["errors"][0]["extensions"]["code"]
        assert "data" not in told
        assert events.next() == {"event": " complete", "data": ""}


def test_a_mutation_takes_post(client: httpx.Client) -> None:
    query = 'mutation { contestScore(input: {customerId: "x", reason: "no"}) { problems { code } } }'
    with opened(client, query) as events:
        assert events.data()["data"]["contestScore"]["problems"] == [{"code": "INVALID_ID"}]
    answer = client.get("/graphql", params={"query": query})
    assert b"OPERATION_NOT_ALLOWED" in answer.content


@pytest.mark.parametrize(
    ("request_of", "status"),
    [
        ({"content": b"{", "headers": {"content-type": JSON}}, 400),
        ({"content": b"query=x", "headers": {"content-type": "application/x-www-form-urlencoded"}}, 415),
        ({"content": b"x" * 5_000, "headers": {"content-type": JSON}}, 413),
        ({"content": b"[" * 200, "headers": {"content-type": JSON}}, 400),
        ({"content": b"{}", "headers": {"content-type": JSON, "authorization": "Bearer x"}}, 401),
    ],
)
def test_what_is_no_request_is_refused_as_ever(
    client: httpx.Client, request_of: dict[str, Any], status: int
) -> None:
    answer = client.post("/graphql", **request_of)
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith(JSON)


@pytest.mark.parametrize("accept", [JSON, GRAPHQL, f"{GRAPHQL}, {EVENTS}", "*/*"])
def test_clients_that_would_rather_have_one_answer_get_one(client: httpx.Client, accept: str) -> None:
    answer = client.post("/graphql", json={"query": "{ __typename }"}, headers={"accept": accept})
    assert answer.json() == {"data": {"__typename": "Query"}}
    followed = client.post("/graphql", json={"query": PROGRESS}, headers={"accept": accept})
    assert followed.json()["errors"][0]["extensions"]["code"] == "OPERATION_NOT_ALLOWED"


def test_events_come_as_they_happen_and_silence_is_filled(client: httpx.Client, there: Served) -> None:
    with opened(client, PROGRESS) as events:
        until(lambda: followers(there) == 1)
        time.sleep(1)
        progress(there, 10)
        first = events.next()
        assert first is not None
        told = json.loads(first["data"])["data"]["jobProgress"]
        assert told["done"] == 10
        assert first["id"].strip() == told["cursor"]
        assert events.alive >= 3, "one at once, then one after each silence"
    until(lambda: followers(there) == 0)


def test_a_stream_goes_on_where_it_stopped(client: httpx.Client, there: Served) -> None:
    with opened(client, PROGRESS) as events:
        until(lambda: followers(there) == 1)
        progress(there, 20)
        cursor = events.data()["data"]["jobProgress"]["cursor"]
    progress(there, 21, 22)
    with opened(client, PROGRESS, **{"last-event-id": cursor}) as events:
        progress(there, 23)
        until_done = [events.data()["data"]["jobProgress"]["done"]]
        while until_done[-1] != 23:
            until_done.append(events.data()["data"]["jobProgress"]["done"])
        assert until_done in ([21, 22, 23], [22, 23], [23]), "close to each other they are told once"
    with opened(client, PROGRESS, {"after": cursor}) as events:
        assert events.data()["data"]["jobProgress"]["done"] == 23
    with opened(client, PROGRESS, **{"last-event-id": "nonsense"}) as events:
        assert events.data()["errors"][0]["extensions"]["code"] == "INVALID_CURSOR"


def test_a_subscription_ends_with_what_it_follows(client: httpx.Client, there: Served) -> None:
    with opened(client, PROGRESS) as events:
        until(lambda: followers(there) == 1)
        progress(there, 1_000, finished=True)
        assert events.data()["data"]["jobProgress"]["done"] == 1_000
        assert events.next() == {"event": " complete", "data": ""}
        assert events.next() is None


def test_clients_that_vanish_leave_nothing(client: httpx.Client, there: Served) -> None:
    for _ in range(4):  # more than one principal may have
        until(lambda: followers(there) == 0)
        with opened(client, PROGRESS):
            until(lambda: followers(there) == 1)
    until(lambda: followers(there) == 0)


def test_a_principal_has_so_many_streams(client: httpx.Client, there: Served) -> None:
    until(lambda: followers(there) == 0)
    with opened(client, PROGRESS), opened(client, PROGRESS):
        until(lambda: followers(there) == 2)
        answer = client.post("/graphql", json={"query": PROGRESS})
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "5")
    until(lambda: followers(there) == 0)


def test_a_server_that_stops_ends_streams_without_an_end(settings: Settings) -> None:
    headers = {**bearer(settings), "accept": EVENTS}
    with (
        serving(settings) as served,
        httpx.Client(base_url=served.address, headers=headers, trust_env=False, timeout=10) as client,
    ):
        progress(served, 1)
        with opened(client, PROGRESS) as events:
            until(lambda: followers(served) == 1)
            started = time.monotonic()
            served.stop()
            assert events.next() is None, "so that the client connects again"
            assert time.monotonic() - started < 4
