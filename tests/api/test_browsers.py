"""What a page of another origin may do: nothing, unless the settings name it; and what every answer says."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from api.browsers import BrowserHeaders, Browsers, browser_middleware, check_origins
from c360.errors import ConfigError

DESK, EVIL = "https://desk.example", "https://evil.example"
SAFE = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "cache-control": "no-store",
}
ASKS = {
    "access-control-request-method": "POST",
    "access-control-request-headers": "authorization,content-type",
}


def preflight(client: httpx.Client, origin: str) -> httpx.Response:
    return client.options("/graphql", headers={"origin": origin, **ASKS})


def test_no_origin_is_let_in_by_default(client: httpx.Client) -> None:
    got = preflight(client, EVIL)
    assert got.status_code == 405
    assert "access-control-allow-origin" not in got.headers
    got = client.post("/graphql", json={"query": "{ __typename }"}, headers={"origin": EVIL})
    assert not [name for name in got.headers if name.startswith("access-control")]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/graphql", 200),
        ("GET", "/graphql?query={__typename}", 200),
        ("PUT", "/graphql", 405),
        ("GET", "/health/live", 200),
        ("GET", "/nothing", 404),
    ],
)
def test_every_answer_is_safe(client: httpx.Client, method: str, path: str, status: int) -> None:
    body = {"query": "{ __typename }"} if method == "POST" else None
    got = client.request(method, path, json=body)
    assert got.status_code == status
    assert SAFE.items() <= dict(got.headers).items()
    assert "strict-transport-security" not in got.headers
    assert SAFE.items() <= dict(client.post("/graphql", headers={"authorization": "x"}).headers).items()


def test_what_a_simple_request_of_a_page_can_do_is_nothing(client: httpx.Client) -> None:
    """A form or an image of another site sends no token; with one it still changes nothing."""
    anonymous = {"authorization": ""}
    mutation = 'mutation { unmerge(input: {customerId: "x"}) { __typename } }'
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        body = b'{"query": "' + mutation.replace('"', '\\"').encode() + b'"}'
        assert client.post("/graphql", content=body, headers={"content-type": kind}).status_code == 415
        assert (
            client.post("/graphql", content=body, headers={"content-type": kind, **anonymous}).status_code
            == 401
        )
    got = client.get("/graphql", params={"query": mutation})
    assert got.status_code == 405
    assert got.json()["errors"][0]["extensions"]["code"] == "OPERATION_NOT_ALLOWED"


@pytest.fixture
def named() -> Callable[[str, str, dict[str, str]], httpx.Response]:
    """Asks an application whose settings name the desk's origin."""
    settings = Browsers(origins=(DESK,), tls=True)

    async def answer(_: Any) -> PlainTextResponse:
        return PlainTextResponse("x", headers={"cache-control": "max-age=60"})

    app = Starlette(routes=[Route("/graphql", answer)], middleware=browser_middleware(settings))

    def ask(method: str, origin: str, headers: dict[str, str]) -> httpx.Response:
        async def asked() -> httpx.Response:
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url="http://hub") as client:
                return await client.request(method, "/graphql", headers={"origin": origin, **headers})

        return asyncio.run(asked())

    return ask


def test_an_origin_of_the_settings_may_ask_and_read(named: Callable[..., httpx.Response]) -> None:
    got = named("OPTIONS", DESK, ASKS)
    assert got.status_code == 200
    assert got.headers["access-control-allow-origin"] == DESK
    assert got.headers["access-control-max-age"] == "600"
    assert "access-control-allow-credentials" not in got.headers
    assert named("GET", DESK, {}).headers["access-control-allow-origin"] == DESK
    assert named("OPTIONS", EVIL, ASKS).status_code == 400
    assert "access-control-allow-origin" not in named("GET", EVIL, {}).headers
    assert "access-control-allow-origin" not in named("GET", "null", {}).headers


def test_what_an_answer_says_itself_stands(named: Callable[..., httpx.Response]) -> None:
    got = named("GET", DESK, {})
    assert got.headers["cache-control"] == "max-age=60"
    assert got.headers["strict-transport-security"] == "max-age=31536000"


@pytest.mark.parametrize("origins", [(), (DESK,), ("*",)])
@pytest.mark.parametrize("origin", [None, DESK, EVIL, "null"])
def test_operations_say_what_every_other_answer_says(origins: tuple[str, ...], origin: str | None) -> None:
    """They are answered without what stands before the routes, and browsers are told the same."""
    settings = Browsers(origins=origins, tls=True)

    async def answer(_: Any) -> PlainTextResponse:
        return PlainTextResponse("x", headers={"vary": "accept"})

    app = Starlette(routes=[Route("/", answer)], middleware=browser_middleware(settings))

    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://hub") as client:
            return await client.get("/", headers={"origin": origin} if origin else {})

    said = dict(asyncio.run(ask()).headers)
    for name in ("content-length", "content-type"):
        del said[name]
    headers = BrowserHeaders(settings).of(origin.encode() if origin else None)
    assert {name.decode(): value.decode() for name, value in headers} == said


@pytest.mark.parametrize(
    "origin",
    [
        *("desk.example", "https://desk.example/", "https://desk.example/x", "https://Desk.example"),
        *("null", "", "https://", "https://u:p@desk.example", "https://desk.example:port"),
    ],
)
def test_origins_that_no_browser_names_are_refused(origin: str) -> None:
    with pytest.raises(ConfigError, match=r"browsers\.origins"):
        check_origins("browsers.origins", ("https://desk.example", origin))


def test_origins_that_browsers_name_are_taken() -> None:
    check_origins("live.origins", ("*", "http://127.0.0.1:3000", "https://[::1]:8443", "app://desk"))
