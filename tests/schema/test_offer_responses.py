"""What becomes of offers comes back through the graph: counted, kept with what was said then, and once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from resolvers.offers import catalogue
from schema import ids
from store.data_offers import OfferEvent, OfferEventKind
from tests.schema.stewards.desk import TENANT, Desk, desk, one_database

__all__ = ["desk"]

RESPONSE = (
    "customer { id } response { responseId productId productVersion event at stage propensity priority }"
)
OFFERS = """
query($id: ID!) {
  customer(by: {id: $id}) {
    offers(first: 50, includeRejected: true) {
      product { productId } stage reasons { rule } parts { propensity }
    }
  }
}
"""


@pytest.fixture
def shop(desk: Desk) -> Desk:
    """The desk with what is shipped to offer."""

    async def fill() -> None:
        products = catalogue.read(catalogue.SHIPPED.read_bytes())
        async with desk.database.unit(TENANT) as unit:
            await unit.products.put([catalogue.draft(one) for one in products])

    desk.runner.run(fill())
    return desk


def answer(shop: Desk, event: str = "PRESENTED", name: str = "Ada", **more: Any) -> Any:
    given = {"customerId": shop.ids[name], "productId": "home-insurance", "event": event, **more}
    return shop.change("recordOfferResponse", RESPONSE, **given)


def kept(shop: Desk) -> Sequence[OfferEvent]:
    async def read() -> Sequence[OfferEvent]:
        async with shop.database.read(TENANT) as unit:
            found: Sequence[OfferEvent] = await unit.offer_responses.read()
            return found

    found: Sequence[OfferEvent] = shop.runner.run(read())
    return found


def stages(shop: Desk) -> dict[str, Any]:
    found = shop.ask(OFFERS, id=shop.ids["Ada"])["customer"]["offers"]
    return {one["product"]["productId"]: one for one in found}


def test_presentations_are_counted_and_an_answer_lets_a_product_rest(shop: Desk) -> None:
    offered = stages(shop)["home-insurance"]
    assert offered["stage"] == "OFFERED"
    for _ in range(3):
        noted = answer(shop, channel="WEB", context="BROWSING")
        assert noted["problems"] == []
        assert noted["response"]["propensity"] == offered["parts"]["propensity"]
    declined = answer(shop, "DECLINED", reason="has one elsewhere", productId="motor-insurance")
    assert declined["response"]["event"] == "DECLINED"
    after = stages(shop)
    for product, rule in (("home-insurance", "FREQUENCY"), ("motor-insurance", "REST_AFTER_DECLINED")):
        assert (after[product]["stage"], after[product]["reasons"][0]["rule"]) == ("CONTACT_POLICY", rule)
    events = kept(shop)
    assert [one.event for one in events] == [OfferEventKind.PRESENTED] * 3 + [OfferEventKind.DECLINED]
    first = events[0]
    assert (first.agent, first.channel, first.doing, first.product_version) == (
        "steward",
        "WEB",
        "BROWSING",
        1,
    )
    assert ids.encode("Customer", first.customer_id) == shop.ids["Ada"]
    assert events[3].reason == "has one elsewhere"
    parts = msgspec.json.decode(first.parts)
    assert set(parts) == {"model", "parts", "features", "unknown"}
    assert parts["unknown"] == ["CARDS", "DEPOSITS", "HOTEL", "LENDING"]


def test_the_same_key_notes_an_answer_once_however_it_is_asked(shop: Desk) -> None:
    first = answer(shop, idempotencyKey="k1")
    assert answer(shop, idempotencyKey="k1") == first
    other = answer(shop, "ACCEPTED", idempotencyKey="k1")
    assert [one["code"] for one in other["problems"]] == ["IDEMPOTENCY_KEY_REUSED"]
    assert len(kept(shop)) == 1


@one_database
def test_what_cannot_be_noted_is_a_problem_and_changes_nothing(shop: Desk) -> None:
    cases = (
        ({"productId": "tulips"}, "NOT_FOUND", ["input", "productId"]),
        ({"customerId": ids.encode("Customer", "nobody")}, "NOT_FOUND", ["input", "customerId"]),
        ({"customerId": ids.encode("Review", "x")}, "INVALID_ID", ["input", "customerId"]),
        ({"customerId": "nonsense"}, "INVALID_ID", ["input", "customerId"]),
        ({"reason": "x" * 501}, "LIMIT_EXCEEDED", ["input", "reason"]),
        ({"idempotencyKey": ""}, "BAD_USER_INPUT", ["input", "idempotencyKey"]),
    )
    for more, code, path in cases:
        found = answer(shop, **more)
        assert [(one["code"], one["path"]) for one in found["problems"]] == [(code, path)], more
        assert (found["customer"], found["response"]) == (None, None)
    assert list(kept(shop)) == []


@one_database
def test_an_old_id_will_do_and_the_survivor_is_answered(shop: Desk) -> None:
    merged = shop.change(
        "mergeCustomers",
        "mergedIds",
        survivor={"id": shop.ids["Ada"]},
        others=[{"id": shop.ids["Eve"]}],
    )
    assert merged["problems"] == []
    found = answer(shop, name="Eve")
    assert found["customer"]["id"] == shop.ids["Ada"]
    assert [ids.encode("Customer", one.customer_id) for one in kept(shop)] == [shop.ids["Ada"]]
