"""The Square seller of the sandbox, asked as any client would."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from c360.auth import Bearer
from c360.http import Request, Response
from c360.values import Secret
from sandbox.framework import World
from sandbox.partners import loyalty
from sandbox.population import ledger

HOST = "http://square.test"
TOKEN = Bearer(Secret(loyalty.CREDENTIALS["access_token"]))

Ask = Callable[..., tuple[int, Any]]


@pytest.fixture
def ask(world: World, plain_http: Any, run: Any) -> Ask:
    transport = plain_http(loyalty.app(world), f"{HOST}{loyalty.BASE_PATH}")

    def post(
        path: str, body: Any, *, token: Bearer | None = TOKEN, headers: tuple[tuple[str, str], ...] = ()
    ) -> tuple[int, Any]:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        request = Request(
            method="POST",
            url=f"{HOST}{loyalty.BASE_PATH}{path}",
            headers=(("content-type", "application/json"), *headers),
            content=content,
            auth=token,
        )
        response: Response = run(transport.send(request))
        return response.status, json.loads(response.content)

    return post


def code(answer: tuple[int, Any]) -> tuple[int, str, str]:
    status, body = answer
    (problem,) = body["errors"]
    return status, problem["category"], problem["code"]


@pytest.mark.parametrize("token", [None, Bearer(Secret("wrong"))])
def test_a_token_is_required(ask: Ask, token: Bearer | None) -> None:
    answer = ask("/customers/search", {}, token=token)
    assert code(answer) == (401, "AUTHENTICATION_ERROR", "UNAUTHORIZED")


def test_a_version_has_to_be_one(ask: Ask) -> None:
    assert ask("/customers/search", {}, headers=(("square-version", "new"),))[0] == 400


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        ("/customers/bulk-retrieve", {"customer_ids": ["x"] * 101}, "ARRAY_LENGTH_TOO_LONG"),
        ("/customers/bulk-retrieve", {"customer_ids": []}, "ARRAY_EMPTY"),
        ("/customers/bulk-retrieve", {}, "MISSING_REQUIRED_PARAMETER"),
        ("/customers/bulk-retrieve", {"customer_ids": "x"}, "EXPECTED_ARRAY"),
        ("/customers/bulk-retrieve", {"customer_ids": [7]}, "EXPECTED_STRING"),
        ("/customers/bulk-retrieve", b"{", "EXPECTED_JSON_BODY"),
        ("/customers/search", {"limit": 0}, "VALUE_TOO_LOW"),
        ("/customers/search", {"limit": 101}, "VALUE_TOO_HIGH"),
        ("/customers/search", {"limit": "1"}, "EXPECTED_INTEGER"),
        ("/customers/search", {"cursor": "nonsense"}, "INVALID_CURSOR"),
        ("/customers/search", {"colour": "red"}, "UNKNOWN_BODY_PARAMETER"),
        ("/customers/search", {"query": {"sort": {"field": "AGE"}}}, "INVALID_ENUM_VALUE"),
        (
            "/customers/search",
            {"query": {"filter": {"phone_number": {"exact": "0400"}}}},
            "INVALID_PHONE_NUMBER",
        ),
        (
            "/customers/search",
            {"query": {"filter": {"email_address": {"exact": "a", "fuzzy": "b"}}}},
            "CONFLICTING_PARAMETERS",
        ),
        ("/loyalty/accounts/search", {"query": {"customer_ids": ["x"] * 31}}, "ARRAY_LENGTH_TOO_LONG"),
        (
            "/loyalty/accounts/search",
            {"query": {"customer_ids": ["x"], "mappings": [{"phone_number": "+61"}]}},
            "CONFLICTING_PARAMETERS",
        ),
        ("/loyalty/accounts/search", {"limit": 201}, "VALUE_TOO_HIGH"),
        ("/loyalty/events/search", {"limit": 31}, "VALUE_TOO_HIGH"),
        (
            "/loyalty/events/search",
            {"query": {"filter": {"date_time_filter": {"created_at": {"start_at": "yesterday"}}}}},
            "INVALID_VALUE",
        ),
    ],
)
def test_mistakes_are_named_as_the_api_names_them(
    ask: Ask, partner_specs: Any, path: str, body: Any, expected: str
) -> None:
    answer = ask(path, body)
    assert code(answer) == (400, "INVALID_REQUEST_ERROR", expected)
    schemas = json.loads((partner_specs / "loyalty-square.json").read_text())["components"]["schemas"]
    assert expected in schemas["ErrorCode"]["enum"]


def test_unknown_routes_and_methods(ask: Ask) -> None:
    assert code(ask("/gift-cards/search", {})) == (404, "INVALID_REQUEST_ERROR", "NOT_FOUND")
    assert code(ask("/loyalty/accounts/x", {})) == (405, "INVALID_REQUEST_ERROR", "METHOD_NOT_ALLOWED")


def test_outages_look_like_squares(ask: Ask, world: World) -> None:
    world.behaviour.set("down")
    assert code(ask("/customers/search", {})) == (503, "API_ERROR", "SERVICE_UNAVAILABLE")
    world.behaviour.set("rate_limited")
    assert code(ask("/customers/search", {})) == (429, "RATE_LIMIT_ERROR", "RATE_LIMITED")


def test_nobody_found_is_an_empty_object(ask: Ask) -> None:
    query = {"filter": {"email_address": {"exact": "nobody@example.test"}}}
    assert ask("/customers/search", {"query": query}) == (200, {})


def test_all_customers_by_cursor(ask: Ask, world: World) -> None:
    body: dict[str, Any] = {"limit": 7, "count": True}
    seen: list[str] = []
    while True:
        _, page = ask("/customers/search", body)
        seen += [it["id"] for it in page["customers"]]
        if "cursor" not in page:
            break
        body["cursor"] = page["cursor"]
    assert page["count"] == len(seen) == len(set(seen)) == len(world.population.presences("loyalty"))


def test_a_cursor_belongs_to_its_query(ask: Ask) -> None:
    _, page = ask("/customers/search", {"limit": 1})
    other = {"cursor": page["cursor"], "query": {"sort": {"order": "DESC"}}}
    assert code(ask("/customers/search", other))[2] == "INVALID_CURSOR"


def test_accounts_add_up_to_the_ledger(ask: Ask, world: World) -> None:
    population = world.population
    some = population.presences("loyalty")[:10]
    _, body = ask("/loyalty/accounts/search", {"query": {"customer_ids": [it.party_id for it in some]}})
    accounts = {it["customer_id"]: it for it in body["loyalty_accounts"]}
    for presence in some:
        life = population.life(presence.member_id)
        account = accounts[presence.party_id]
        assert account["balance"] == ledger.points(life, population.today)
        assert account["lifetime_points"] == ledger.lifetime_points(life, population.today)
        assert _sum(ask, account["id"]) == account["balance"]


def _sum(ask: Ask, account_id: str) -> int:
    """What all events of an account come to."""
    only = {"loyalty_account_filter": {"loyalty_account_id": account_id}}
    body: dict[str, Any] = {"query": {"filter": only}}
    total, moments = 0, []
    while True:
        _, page = ask("/loyalty/events/search", body)
        for event in page.get("events", []):
            moments.append(event["created_at"])
            detail = (
                event.get("accumulate_points") or event.get("create_reward") or event.get("adjust_points")
            )
            total += detail["points"] if detail else 0
        if "cursor" not in page:
            break
        body["cursor"] = page["cursor"]
    assert moments == sorted(moments, reverse=True)
    return total


def test_a_search_by_phone_forgives_its_punctuation(ask: Ask, world: World) -> None:
    person = next(it for it in world.population.presences("loyalty") if it.phone)
    assert person.phone is not None
    spaced = f"{person.phone[:3]} ({person.phone[3:5]}) {person.phone[5:]}"
    _, body = ask("/customers/search", {"query": {"filter": {"phone_number": {"exact": spaced}}}})
    assert person.party_id in [it["id"] for it in body["customers"]]
