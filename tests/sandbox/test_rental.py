"""The sandbox's rental operator by itself, every answer compared with the published API."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime
from typing import Any

import pytest

from c360.auth import ApiKey
from c360.http import Request, Response
from c360.values import Secret
from sandbox.framework import World
from sandbox.partners import rental
from sandbox.partners.rental.bookings import Bookings

SPEC = "rental-tomp-v1.6.1.yaml"
BASE = "http://rental.test"
GOOD = {
    "Accept-Language": "en",
    "Api": "TOMP",
    "Api-Version": "1.6.1",
    "maas-id": rental.CREDENTIALS["maas_id"],
}


@pytest.fixture
def ask(world: World, spec_http: Any, run: Any) -> Any:
    # Requests are wrong on purpose here; every answer has to be one that the API defines.
    transport = spec_http(SPEC, rental.app(world), BASE, check_requests=False)

    def send(
        path: str,
        params: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
        key: str | None = rental.CREDENTIALS["credential"],
    ) -> Response:
        request = Request(
            method="GET",
            url=f"{BASE}{path}",
            params=tuple((params or {}).items()),
            headers=tuple((GOOD if headers is None else headers).items()),
            auth=ApiKey("X-API-Key", Secret(key)) if key else None,
        )
        response: Response = run(transport.send(request))
        return response

    return send


def body(response: Response) -> Any:
    return json.loads(response.content)


@pytest.fixture
def bookings(ask: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = body(ask("/bookings"))
    assert found
    return found


def times(booking: dict[str, Any]) -> tuple[datetime, datetime]:
    return datetime.fromisoformat(booking["departureTime"]), datetime.fromisoformat(booking["arrivalTime"])


def test_a_window_gives_the_bookings_that_overlap_it(ask: Any, bookings: list[dict[str, Any]]) -> None:
    start, end = times(bookings[len(bookings) // 2])
    found = body(ask("/bookings", {"min-time": start.isoformat(), "max-time": end.isoformat()}))
    expected = [item["id"] for item in bookings if times(item)[0] <= end and times(item)[1] >= start]
    assert [item["id"] for item in found] == expected
    assert len(found) < len(bookings)


def test_states_follow_the_clock_and_filter(world: World, ask: Any, bookings: list[dict[str, Any]]) -> None:
    now = world.now()
    for item in bookings:
        start, end = times(item)
        due = "CONFIRMED" if now < start else "STARTED" if now < end else "FINISHED"
        assert item["state"] in {due, "CANCELLED"}
    states = Counter(item["state"] for item in bookings)
    assert {state: len(body(ask("/bookings", {"state": state}))) for state in states} == states
    assert {"CONFIRMED", "FINISHED", "CANCELLED"} <= set(states)


def test_further_filters(ask: Any, bookings: list[dict[str, Any]]) -> None:
    kind = bookings[0]["mainAssetType"]["id"]
    assert {
        item["mainAssetType"]["id"] for item in body(ask("/bookings", {"contains-asset-type": kind}))
    } == {kind}
    prices = [item["pricing"]["parts"][0]["amount"] for item in body(ask("/bookings", {"min-price": "300"}))]
    assert all(price >= 300 for price in prices)


def test_a_booking_is_the_same_alone_and_in_the_list(ask: Any, bookings: list[dict[str, Any]]) -> None:
    for item in bookings[:3]:
        assert body(ask(f"/bookings/{item['id']}")) == item


def test_one_booking_is_found_without_going_through_all(
    ask: Any, bookings: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refused(_self: Bookings) -> None:
        pytest.fail("all lives were gone through")

    monkeypatch.setattr(Bookings, "everything", refused)
    charged = next(item for item in bookings if item["state"] == "FINISHED")
    assert ask(f"/bookings/{charged['id']}").status == 200
    assert len(body(ask("/payment/journal-entry", {"id": charged["legs"][0]["id"]}))) == 1


def test_the_journal_pages_by_offset_and_limit(ask: Any) -> None:
    whole = body(ask("/payment/journal-entry"))
    pages = [body(ask("/payment/journal-entry", {"offset": str(at), "limit": "4"})) for at in range(0, 12, 4)]
    assert [entry for page in pages for entry in page] == whole[:12]
    assert body(ask("/payment/journal-entry", {"offset": str(len(whole))})) == []


def test_the_journal_filters(ask: Any) -> None:
    whole = body(ask("/payment/journal-entry"))
    first = whole[0]
    assert body(ask("/payment/journal-entry", {"id": first["journalId"]})) == [first]
    for name in ("state", "category"):
        found = body(ask("/payment/journal-entry", {name: first[name]}))
        assert found == [entry for entry in whole if entry[name] == first[name]]
    assert body(ask("/payment/journal-entry", {"category": "DAMAGE"})) == []
    assert body(ask("/payment/journal-entry", {"id": "nothing"})) == []


def test_a_customer_is_as_the_operator_holds_them(world: World, ask: Any) -> None:
    for presence in world.population.presences("rental"):
        account = body(ask(f"/customers/{presence.party_id}"))
        name = presence.organization_name if presence.organization else presence.family_name
        assert (account["id"], account["lastName"], account.get("email")) == (
            presence.party_id,
            name,
            presence.email,
        )


PATHS = ["/bookings", "/bookings/x.1", "/customers/x", "/payment/journal-entry"]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("key", [None, "wrong"])
def test_refuses_who_may_not_ask(ask: Any, path: str, key: str | None) -> None:
    response = ask(path, key=key)
    assert (response.status, body(response)["status"]) == (401, 401)


@pytest.mark.parametrize("missing", sorted(GOOD))
@pytest.mark.parametrize("path", ["/bookings", "/payment/journal-entry"])
def test_wants_its_headers(ask: Any, path: str, missing: str) -> None:
    headers = {name: value for name, value in GOOD.items() if name != missing}
    assert ask(path, headers=headers).status == 400


def test_knows_its_senders(ask: Any) -> None:
    assert ask("/bookings", headers={**GOOD, "maas-id": "somebody"}).status == 401


@pytest.mark.parametrize(
    ("path", "params"),
    [
        ("/bookings", {"state": "HOVERING"}),
        ("/bookings", {"min-time": "yesterday"}),
        ("/bookings", {"min-time": "2026-06-15T12:00:00"}),
        ("/bookings", {"min-time": "2026-06-16T00:00:00Z", "max-time": "2026-06-15T00:00:00Z"}),
        ("/bookings", {"min-price": "cheap"}),
        ("/payment/journal-entry", {"offset": "-1"}),
        ("/payment/journal-entry", {"limit": "x"}),
        ("/payment/journal-entry", {"category": "FUN"}),
        ("/payment/journal-entry", {"state": "PAID"}),
        ("/payment/journal-entry", {"from": "now"}),
    ],
)
def test_refuses_what_the_api_does_not_allow(ask: Any, path: str, params: dict[str, str]) -> None:
    response = ask(path, params)
    assert (response.status, body(response)["status"]) == (400, 400)


def test_knows_no_strangers(ask: Any) -> None:
    assert (ask("/bookings/nobody.1").status, ask("/bookings/nobody").status) == (404, 404)
    assert ask("/customers/nobody").status == 404
