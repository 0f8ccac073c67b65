"""The loyalty connector and Prism serving Square's Customers and Loyalty APIs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from c360.contract import Connector, Fetched, Need, Ref
from c360.errors import SkipCustomer
from c360.kinds import PARTY

pytestmark = [pytest.mark.node, pytest.mark.specs, pytest.mark.timeout(420)]

SQUARE = "loyalty-square.json"
MEMBER = Ref(party_id="Q8002FAM9V1EZ0ADB2T5609X6NET1H0")
"""The customer of the loyalty account that the examples show."""
DAYS = (date(2020, 5, 1), date(2020, 5, 31))
SEARCHES = {"identify EMAIL", "identify PHONE"}
PROGRAMME = {"loyalty.memberships": "1 record", "loyalty.activity": "3 records"}
PROFILE_FEED = {"changes party.profile", "resumed party.profile"}
ACTIVITY = dict.fromkeys(["changes loyalty.activity", "resumed loyalty.activity"], "1 checkpoint, 3 upserts")
ASKED = {
    "POST /v2/customers/bulk-retrieve",
    "POST /v2/customers/search",
    "POST /v2/loyalty/accounts/search",
    "POST /v2/loyalty/events/search",
    "GET /v2/loyalty/accounts/5adcb100-07f1-4ee7-b8c6-6bb9ebc474bd",
}
# The bulk example shows three other customers, whoever is asked for.
NOT_SHOWN = {"party.profile": "PartnerFault: a customer is missing in the bulk answer"}


def dated(node: dict[str, Any], fields: dict[str, Any]) -> None:
    """Say of times that they are, which the document does in words; let lists end with page one.

    Made-up loyalty accounts are the member's. Made-up errors, which hide the records beside them, are
    left to the answers about customers.
    """
    for name, field in fields.items():
        if name.endswith("_at") and field.get("type") == "string":
            field["format"] = "date-time"
    if "errors" in fields:
        fields.pop("cursor", None)
        node.get("example", {}).pop("cursor", None)
    if {"events", "loyalty_account", "loyalty_accounts"} & fields.keys():
        fields.pop("errors", None)
    if {"balance", "customer_id"} <= fields.keys():
        fields["customer_id"] |= {"enum": [MEMBER.party_id]}


def test_everything_is_asked_for(wire: Callable[..., Any]) -> None:
    square = wire(SQUARE, "loyalty", path="/v2", access_token="key")
    # Prism sends the same cursor whichever page of customers it is asked for.
    circle = dict.fromkeys({*SEARCHES, *PROFILE_FEED}, "PartnerFault: after page 2 the pages go in a circle")
    assert square.outcomes(MEMBER, days=DAYS) == {**NOT_SHOWN, **PROGRAMME, **circle, **ACTIVITY}
    assert square.asked == ASKED
    assert square.flaws == set()


def test_everything_is_read(wire: Callable[..., Any]) -> None:
    square = wire(SQUARE, "loyalty", path="/v2", adapt=dated, access_token="key")
    assert square.outcomes(MEMBER, days=DAYS) == {
        **NOT_SHOWN,
        **PROGRAMME,
        **dict.fromkeys(SEARCHES, "2 records"),
        **dict.fromkeys(PROFILE_FEED, "1 checkpoint, 2 upserts"),
        **ACTIVITY,
    }
    assert square.asked == ASKED
    assert square.flaws == set()


def test_a_batch_of_customers_is_read_at_once(wire: Callable[..., Any]) -> None:
    known = {"8DDA5NZVBZFGAX0V3HPF81HHE0": "Amelia", "N18CPRVXR5214XPBBA6BZQWF3C": "Marie"}
    nobody = "2GYD7WNXF7BJZW1PMGNXZ3Y8M8"

    async def profiles(connector: Connector[Any]) -> dict[str, Fetched]:
        refs = [Ref(party_id=party_id) for party_id in (*known, nobody)]
        return {it.ref.party_id: it async for it in connector.fetch([Need(kind=PARTY)], refs)}

    square = wire(SQUARE, "loyalty", path="/v2", access_token="key")
    found = square.use(profiles)
    assert isinstance(found.pop(nobody).error, SkipCustomer)
    names = {id_: [it.given_name for it in fetched.records] for id_, fetched in found.items()}
    assert names == {party_id: [name] for party_id, name in known.items()}
    assert len(square.exchanges) == 1


def test_made_up_answers_are_read(wire: Callable[..., Any]) -> None:
    square = wire(SQUARE, "loyalty", path="/v2", adapt=dated, access_token="key")
    made_up = square.generated(MEMBER, days=DAYS)
    # Prism makes up no entries of maps, which is what the bulk answer is.
    assert made_up.answered == {*PROGRAMME, *SEARCHES, *PROFILE_FEED, *ACTIVITY}
    # The document has no status but 200; it does have errors beside the records, of every category.
    assert made_up.errors <= {
        *NOT_SHOWN.values(),
        "PartnerFault: Square refused a part of the request",
        "Reconfigure: Square: AUTHENTICATION_ERROR",
        "Reconfigure: Square: MERCHANT_SUBSCRIPTION_ERROR",
        "RetryLater: Square: API_ERROR",
        "RetryLater: Square: EXTERNAL_VENDOR_ERROR",
        "RetryLater: Square: RATE_LIMIT_ERROR",
    }
    assert made_up.errors
