from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from c360.auth import ApiKey, Auth, Bearer
from c360.errors import (
    ConnectorError,
    OutcomeUnknown,
    PartnerFault,
    ProblemCode,
    Reauthorise,
    Reconfigure,
    RetryLater,
    SkipCustomer,
)
from c360.http import Http, Request, Response
from c360.values import Secret

BASE = "https://partner.example/v1"


class Answers:
    def __init__(self, *statuses: int, headers: dict[str, str] | None = None, content: bytes = b"{}") -> None:
        self.statuses = list(statuses)
        self.headers = headers or {}
        self.content = content
        self.requests: list[Request] = []

    async def send(self, request: Request) -> Response:
        self.requests.append(request)
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        return Response(status=status, headers=self.headers, content=self.content)


@pytest.mark.parametrize(
    ("status", "reading", "changing"),
    [
        (301, PartnerFault, OutcomeUnknown),
        (303, PartnerFault, OutcomeUnknown),
        (307, PartnerFault, PartnerFault),
        (400, PartnerFault, PartnerFault),
        (401, Reconfigure, Reconfigure),
        (403, Reconfigure, Reconfigure),
        (404, SkipCustomer, SkipCustomer),
        (408, RetryLater, RetryLater),
        (409, PartnerFault, PartnerFault),
        (410, SkipCustomer, SkipCustomer),
        (422, PartnerFault, PartnerFault),
        (425, RetryLater, RetryLater),
        (429, RetryLater, RetryLater),
        (500, RetryLater, OutcomeUnknown),
        (501, RetryLater, RetryLater),
        (502, RetryLater, OutcomeUnknown),
        (503, RetryLater, OutcomeUnknown),
        (504, RetryLater, OutcomeUnknown),
    ],
)
def test_each_status_has_its_error(
    run: Callable[..., Any], status: int, reading: type[Exception], changing: type[Exception]
) -> None:
    http = Http(Answers(status), base_url=BASE)
    for send, expected in ((http.get, reading), (http.post, changing)):
        with pytest.raises(ConnectorError) as caught:
            run(send("/x"))
        assert type(caught.value) is expected
        assert str(caught.value) == f"HTTP {status}"
    with pytest.raises(ConnectorError) as caught:
        run(http.post("/x", safe=True))
    assert type(caught.value) is reading
    assert run(http.get("/x", accept=(status,))).status == status


def test_a_503_that_says_when_to_come_back_was_not_taken(run: Callable[..., Any]) -> None:
    http = Http(Answers(503, headers={"retry-after": "7"}), base_url=BASE)
    with pytest.raises(RetryLater) as caught:
        run(http.post("/x"))
    assert type(caught.value) is RetryLater
    assert caught.value.retry_after == 7


def test_too_many_requests_say_so(run: Callable[..., Any]) -> None:
    http = Http(Answers(429, headers={"retry-after": "3"}), base_url=BASE)
    with pytest.raises(RetryLater) as caught:
        run(http.get("/x"))
    assert (caught.value.code, caught.value.retry_after) == (ProblemCode.RATE_LIMITED, 3)


def test_a_refused_grant_asks_the_customer_and_a_refused_key_the_operator(run: Callable[..., Any]) -> None:
    http = Http(Answers(401), base_url=BASE, auth=ApiKey("x-key", Secret("k")))
    with pytest.raises(Reconfigure):
        run(http.get("/x"))
    with pytest.raises(Reauthorise):
        run(http.get("/x", auth=Bearer(Secret("g"))))


def test_what_a_request_is_made_of(run: Callable[..., Any]) -> None:
    partner = Answers(200)
    http = Http(partner, base_url=f"{BASE}/", headers={"x-own": "1"}, timeout=3)
    run(http.post("/a", json={"b": [1]}, params={"q": ("1", "2"), "none": None, "n": 5}, headers={"x": "y"}))
    run(http.post("/form", form={"q": "a b", "none": None}))
    first, second = partner.requests
    assert (first.url, first.params) == (f"{BASE}/a", (("q", "1"), ("q", "2"), ("n", "5")))
    assert first.content == b'{"b":[1]}'
    assert dict(first.headers) == {
        "accept": "application/json",
        "content-type": "application/json",
        "x-own": "1",
        "x": "y",
    }
    assert (first.safe, first.timeout) == (False, 3)
    assert second.content == b"q=a+b"
    assert dict(second.headers)["content-type"] == "application/x-www-form-urlencoded"
    with pytest.raises(ValueError, match="not both"):
        run(http.post("/a", json={}, form={}))


@pytest.mark.parametrize(
    "link",
    [
        "https://partner.example/v2/items?page=2",
        "https://PARTNER.example:443/v1/items",
    ],
)
def test_a_link_on_the_partners_own_origin_is_followed(run: Callable[..., Any], link: str) -> None:
    partner = Answers(200)
    assert run(Http(partner, base_url=BASE).get(link)).url == link


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/v1/items",
        "http://partner.example/v1/items",
        "https://partner.example:8443/v1/items",
        "https://partner.example@evil.example/",
        "https://user@partner.example/",
        "https://partner.example\\@evil.example/",
        "https://[::1",
        "https://partner.example:port/",
        "ftp://partner.example/",
    ],
)
def test_a_link_that_leads_elsewhere_is_the_partners_fault(run: Callable[..., Any], link: str) -> None:
    partner = Answers(200)
    with pytest.raises(PartnerFault):
        run(Http(partner, base_url=BASE).get(link))
    assert not partner.requests


@pytest.mark.parametrize("path", ["items", "", "@evil.example/", ".evil.example"])
def test_a_path_that_could_change_the_host_is_the_plugins_mistake(run: Callable[..., Any], path: str) -> None:
    with pytest.raises(ValueError, match="begins with a slash"):
        run(Http(Answers(200), base_url=BASE).get(path))


def test_another_address_gets_neither_the_credential_nor_the_headers(run: Callable[..., Any]) -> None:
    partner = Answers(200)
    http = Http(partner, base_url=BASE, headers={"x-own": "1"}, auth=ApiKey("x-key", Secret("k")))
    other = http.at("https://login.example")
    run(other.get("/token"))
    (request,) = partner.requests
    assert (request.url, request.auth) == ("https://login.example/token", None)
    assert "x-own" not in dict(request.headers)
    assert other.tokens is http.tokens


class Shape(msgspec.Struct):
    a: int


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"a":"ada@mail.example"}', b"[" * 100_000])
def test_an_answer_that_does_not_decode_is_named_without_a_value(
    run: Callable[..., Any], content: bytes
) -> None:
    http = Http(Answers(200, content=content), base_url=BASE)
    read = run(http.get("/x"))
    with pytest.raises(PartnerFault) as fault:
        read.decode(Shape)
    assert "ada" not in str(fault.value)
    # Of a change the effect is there, or nobody knows: it must not count as "nothing happened".
    with pytest.raises(OutcomeUnknown) as unknown:
        run(http.post("/x")).decode(Shape)
    assert str(unknown.value) == str(fault.value)


class Renewable(Auth):
    """The second credential is the good one."""

    def __init__(self, *left: Auth) -> None:
        self.left = list(left)
        self.refused: list[Auth] = []

    def fingerprint(self) -> str:
        return "same"

    async def ready(self, http: Http) -> Auth:
        return Bearer(Secret("first"))

    async def renewed(self, http: Http, refused: Auth) -> Auth | None:
        self.refused.append(refused)
        return self.left.pop() if self.left else None


def test_a_401_is_tried_once_more_with_what_was_renewed(run: Callable[..., Any]) -> None:
    partner = Answers(401, 200)
    auth = Renewable(Bearer(Secret("second")))
    assert run(Http(partner, base_url=BASE, auth=auth).post("/x")).status == 200
    sent = [request.auth.headers()[0][1] for request in partner.requests if request.auth]
    assert sent == ["Bearer first", "Bearer second"]
    assert len(auth.refused) == 1


def test_a_401_stays_one_where_nothing_can_be_renewed(run: Callable[..., Any]) -> None:
    for left, sent in (((), 1), ((Bearer(Secret("second")),), 2)):
        partner = Answers(401)
        with pytest.raises(Reconfigure):
            run(Http(partner, base_url=BASE, auth=Renewable(*left)).get("/x"))
        assert len(partner.requests) == sent


def test_the_own_credential_is_asked_for_each_request() -> None:
    keys = iter("ab")
    partner = Answers(200)
    http = Http(partner, base_url=BASE, auth=lambda: ApiKey("x-key", Secret(next(keys))))

    async def scenario() -> None:
        await http.get("/x")
        await http.get("/x")

    asyncio.run(scenario())
    assert [request.auth and request.auth.headers()[0][1] for request in partner.requests] == ["a", "b"]
