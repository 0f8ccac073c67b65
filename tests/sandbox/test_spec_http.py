"""The checking transport finds what is not in the published specification."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request as WebRequest
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.responses import Response as WebResponse
from starlette.routing import Route

from c360.http import Request

pytestmark = pytest.mark.specs

BANK = "http://bank.test/cds-au/v1"
SPECS = ["banking-cds-au.json", "banking-cds-au-common.json"]
Run = Callable[..., Any]
Factory = Callable[..., Any]


def answering(path: str, answer: WebResponse, methods: tuple[str, ...] = ("GET",)) -> Starlette:
    async def handler(_request: WebRequest) -> WebResponse:
        return answer

    return Starlette(routes=[Route(path, handler, methods=list(methods))])


def get(path: str, params: tuple[tuple[str, str], ...] = (), **headers: str) -> Request:
    named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Request(method="GET", url=f"{BANK}{path}", params=params, headers=named)


STATUS = {
    "data": {"status": "OK", "explanation": "", "updateTime": "2026-06-15T00:00:00Z"},
    "links": {"self": f"{BANK}/discovery/status"},
    "meta": {},
}


def test_a_fitting_exchange_passes_and_is_kept(spec_http: Factory, run: Run) -> None:
    app = answering("/cds-au/v1/discovery/status", JSONResponse(STATUS, headers={"x-v": "1"}))
    http = spec_http(SPECS, app, BANK)
    answer = run(http.send(get("/discovery/status", x_v="1")))
    assert answer.status == 200
    assert [(call.method, call.path) for call in http.calls] == [("GET", "/cds-au/v1/discovery/status")]


def test_a_missing_header_and_an_unknown_parameter_are_found(spec_http: Factory, run: Run) -> None:
    app = answering("/cds-au/v1/banking/accounts", JSONResponse({}))
    http = spec_http(SPECS, app, BANK)
    with pytest.raises(AssertionError, match=r"GET /cds-au/v1/banking/accounts: request .*x-v"):
        run(http.send(get("/banking/accounts")))
    with pytest.raises(AssertionError, match="'colour' is not defined"):
        run(http.send(get("/banking/accounts", (("colour", "red"),), x_v="3")))
    with pytest.raises(AssertionError, match="open-status"):
        run(http.send(get("/banking/accounts", (("open-status", "AJAR"),), x_v="3")))
    assert http.calls == []


def test_a_path_or_method_that_is_not_there_is_found(spec_http: Factory, run: Run) -> None:
    http = spec_http(SPECS, answering("/", JSONResponse({})), BANK)
    with pytest.raises(AssertionError, match="/banking/secrets"):
        run(http.send(get("/banking/secrets", x_v="1")))
    with pytest.raises(AssertionError, match="DELETE"):
        run(http.send(Request(method="DELETE", url=f"{BANK}/banking/accounts", headers=(("x-v", "3"),))))


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (JSONResponse({**STATUS, "data": {"status": "FINE"}}), "FINE"),
        (JSONResponse({"data": STATUS["data"]}), "links"),
        (PlainTextResponse("OK"), "text/plain"),
        (JSONResponse({}, status_code=418), "418"),
    ],
    ids=["enum", "missing", "content type", "status"],
)
def test_an_answer_that_does_not_fit_is_found(
    spec_http: Factory, run: Run, answer: WebResponse, found: str
) -> None:
    answer.headers["x-v"] = "1"
    app = answering("/cds-au/v1/discovery/status", answer)
    with pytest.raises(AssertionError, match=found):
        run(spec_http(SPECS, app, BANK).send(get("/discovery/status", x_v="1")))
    http = spec_http(SPECS, app, BANK, check_answers=False)
    assert run(http.send(get("/discovery/status", x_v="1"))).status == answer.status_code


def test_a_body_that_does_not_fit_is_found(spec_http: Factory, run: Run) -> None:
    path = "/v2/customers/search"
    http = spec_http(
        "loyalty-square.json", answering(path, JSONResponse({}), ("POST",)), "http://square.test"
    )
    headers = (("content-type", "application/json"),)

    def search(body: bytes) -> Request:
        return Request(method="POST", url=f"http://square.test{path}", headers=headers, content=body)

    assert run(http.send(search(b'{"limit": 2}'))).status == 200
    with pytest.raises(AssertionError, match="limit"):
        run(http.send(search(b'{"limit": "many"}')))


@pytest.mark.parametrize(
    ("spec", "base", "path"),
    [
        ("hotel-cloudbeds-pms-v1.3.yaml", "http://h.test/api/v1.3", "/getGuestList"),
        ("rental-tomp-v1.6.1.yaml", "http://r.test/tomp", "/bookings"),
        ("brokerage-openwealth-custody.yaml", "http://b.test", "/customers"),
    ],
)
def test_every_document_can_be_read(spec_http: Factory, run: Run, spec: str, base: str, path: str) -> None:
    app = answering("/{rest:path}", PlainTextResponse("?", status_code=299))
    http = spec_http(spec, app, base, check_requests=False)
    with pytest.raises(AssertionError, match="answer 299"):
        run(http.send(Request(method="GET", url=f"{base}{path}")))


def test_paths_may_begin_within_the_base_url(spec_http: Factory, run: Run) -> None:
    base = "http://i.test/open-insurance"
    app = answering("/{rest:path}", PlainTextResponse("?", status_code=299))
    http = spec_http("insurance-opin-bundle.yaml", app, base, server_prefix="", check_requests=False)
    with pytest.raises(AssertionError, match="answer 299"):
        run(http.send(Request(method="GET", url=f"{base}/customers/v2/personal/identifications")))
