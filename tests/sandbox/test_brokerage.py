"""The sandbox's custodian by itself, every answer compared with the published API."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from c360.auth import Bearer
from c360.http import Request, Response
from c360.values import Secret
from sandbox.framework import World
from sandbox.partners import brokerage

SPEC = "brokerage-openwealth-custody.yaml"
BASE = "http://custody.test"
GOOD = {"X-Correlation-ID": "f058ebd6-02f7-4d3f-942e-904344e8cde5"}


@pytest.fixture
def ask(world: World, spec_http: Any, run: Any) -> Any:
    # Requests are wrong on purpose here; every answer has to be one that the API defines.
    transport = spec_http(SPEC, brokerage.app(world), BASE, check_requests=False)

    def send(
        path: str,
        params: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
        token: str | None = brokerage.CREDENTIALS["credential"],
    ) -> Response:
        request = Request(
            method="GET",
            url=f"{BASE}{path}",
            params=tuple((params or {}).items()),
            headers=tuple((GOOD if headers is None else headers).items()),
            auth=Bearer(Secret(token)) if token else None,
        )
        response: Response = run(transport.send(request))
        return response

    return send


@pytest.fixture
def party_id(world: World) -> str:
    return world.population.presences("brokerage")[0].party_id


def body(response: Response) -> Any:
    return json.loads(response.content)


def test_lists_all_customers_page_by_page(world: World, ask: Any) -> None:
    found: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        response = ask("/customers", {"limit": "7", **cursor})
        found += [customer["id"] for customer in body(response)]
        if not response.headers["nextcursor"]:
            break
        assert len(body(response)) == 7
        cursor = {"cursor": response.headers["nextcursor"]}
    assert found == [presence.party_id for presence in world.population.presences("brokerage")]


def test_says_nothing_of_the_person(ask: Any, party_id: str) -> None:
    assert set(body(ask(f"/customers/{party_id}"))) == {"id", "number", "referenceCurrency"}


def test_reflects_the_correlation_id(ask: Any, party_id: str) -> None:
    response = ask(f"/customers/{party_id}/accounts")
    assert response.headers["x-correlation-id"] == GOOD["X-Correlation-ID"]


@pytest.mark.parametrize("path", ["", "/accounts", "/positions", "/transactions"])
@pytest.mark.parametrize(
    ("change", "status", "problem"),
    [
        ({"token": None}, 401, "INVALID_TOKEN"),
        ({"token": "wrong"}, 401, "INVALID_TOKEN"),
        ({"headers": {}}, 400, "INVALID_PAYLOAD"),
    ],
)
def test_refuses_who_may_not_ask(
    ask: Any, party_id: str, *, path: str, change: dict[str, Any], status: int, problem: str
) -> None:
    response = ask(f"/customers/{party_id}{path}", {"date": "2026-06-15"}, **change)
    assert (response.status, body(response)["type"]) == (status, f"/problems/{problem}")
    assert response.headers["content-type"].startswith("application/problem+json")


@pytest.mark.parametrize(
    ("path", "params"),
    [
        ("/positions", {}),
        ("/transactions", {}),
        ("/positions", {"date": "15.06.2026"}),
        ("/accounts", {"limit": "0"}),
        ("/accounts", {"limit": "many"}),
        ("/accounts", {"cursor": "made-up"}),
        ("/accounts", {"cursor": "é"}),
        ("/positions", {"date": "2026-06-15", "end_of_day_indicator": "maybe"}),
    ],
)
def test_refuses_what_the_api_does_not_allow(
    ask: Any, party_id: str, path: str, params: dict[str, str]
) -> None:
    assert ask(f"/customers/{party_id}{path}", params).status == 400


@pytest.mark.parametrize("path", ["", "/accounts", "/positions", "/transactions"])
def test_knows_no_strangers(ask: Any, path: str) -> None:
    response = ask(f"/customers/stranger{path}", {"date": "2026-06-15"})
    assert (response.status, body(response)["type"]) == (404, "/problems/RESOURCE_DOES_NOT_EXIST")


def test_shows_only_what_is_confirmed_where_asked(world: World, ask: Any, party_id: str) -> None:
    today = world.population.today
    for day, confirmed in ((today, "false"), (today - timedelta(days=1), "true")):
        other = "true" if confirmed == "false" else "false"
        path, date = f"/customers/{party_id}/positions", {"date": day.isoformat()}
        assert body(ask(path, {**date, "end_of_day_indicator": confirmed})) == body(ask(path, date)) != []
        assert body(ask(path, {**date, "end_of_day_indicator": other})) == []


def test_the_future_is_empty(world: World, ask: Any, party_id: str) -> None:
    tomorrow = (world.population.today + timedelta(days=1)).isoformat()
    for what in ("positions", "transactions"):
        assert body(ask(f"/customers/{party_id}/{what}", {"date": tomorrow})) == []


def test_down_is_answered_as_the_api_defines_it(world: World, ask: Any, party_id: str) -> None:
    world.behaviour.set("down")
    response = ask(f"/customers/{party_id}/accounts")
    assert (response.status, body(response)["type"]) == (503, "/problems/SERVICE_UNAVAILABLE")
