"""The banking connector and Prism serving the Consumer Data Right's Banking and Common APIs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from c360.contract import Connector, Need, Ref
from c360.values import Secret

pytestmark = [pytest.mark.node, pytest.mark.specs, pytest.mark.thorough, pytest.mark.timeout(420)]

BANKING = "banking-cds-au.json"
COMMON = {"/common/": "banking-cds-au-common.json"}
REF = Ref(party_id="ann", grant=Secret("token"))
DAYS = (date(2007, 5, 1), date(2007, 5, 31))
LISTS = {"banking.accounts", "banking.balances", "banking.account_terms", "banking.transactions"}

TYPES: dict[str, dict[str, Any]] = {
    "DateTimeString": {"format": "date-time", "example": "2007-05-01T15:43:00Z"},
    "DateString": {"format": "date", "example": "2007-05-01"},
    "AmountString": {"pattern": r"^-?\d{1,16}\.\d{2,4}$", "example": "52.40"},
    "CurrencyString": {"enum": ["AUD", "USD", "GBP"]},
    "RateString": {"pattern": r"^-?\d\.\d{1,6}$", "example": "0.05"},
}
"""The standard's own types, which OpenAPI does not know, said in its words."""


def spelled_out(node: dict[str, Any], fields: dict[str, Any]) -> None:
    """Say the standard's own types in OpenAPI's words, and let every list end with its first page."""
    node.get("schema", node).update(TYPES.get(str(node.get("x-cds-type")), {}))
    if "self" in fields:
        fields.pop("next", None)


def test_the_published_examples_are_no_dates(wire: Callable[..., Any]) -> None:
    # The documents name dates, times and amounts in `x-cds-type` alone. To Prism they are any text, so
    # it sends "string": the connector has to find that out, wherever a kind meets it first.
    bank = wire(BANKING, "banking", beside=COMMON)
    date_of_account = "PartnerFault: Invalid RFC3339 encoded date at $.data.accounts[0].creationDate"
    assert bank.outcomes(REF, days=DAYS) == {
        "party.profile": "PartnerFault: Invalid RFC3339 encoded datetime at $.data.person.lastUpdateTime",
        **dict.fromkeys(LISTS, date_of_account),
        "banking.direct_debits": "PartnerFault: Invalid RFC3339 encoded datetime "
        "at $.data.directDebitAuthorisations[0].lastDebitDateTime",
    }
    assert bank.flaws == set()


def test_everything_is_read(wire: Callable[..., Any]) -> None:
    bank = wire(BANKING, "banking", beside=COMMON, adapt=spelled_out)
    assert bank.outcomes(REF, days=DAYS) == dict.fromkeys(
        {"party.profile", "banking.direct_debits", *LISTS}, "1 record"
    )
    assert bank.asked == {
        "GET /common/customer/detail",
        "GET /banking/accounts",
        "POST /banking/accounts/balances",
        "GET /banking/accounts/string",
        "GET /banking/accounts/string/transactions",
        "GET /banking/accounts/direct-debits",
    }
    assert bank.flaws == set()


def test_made_up_answers_are_read(wire: Callable[..., Any]) -> None:
    made_up = wire(BANKING, "banking", beside=COMMON, adapt=spelled_out).generated(REF, days=DAYS)
    assert made_up.answered == {"party.profile", "banking.direct_debits", *LISTS}
    assert made_up.errors == set()


@pytest.mark.parametrize("status", [400, 406])
def test_refusals_are_the_partners_fault(wire: Callable[..., Any], status: int) -> None:
    outcomes = wire(BANKING, "banking", beside=COMMON, adapt=spelled_out).outcomes(
        REF, prefer=f"code={status}"
    )
    assert set(outcomes.values()) == {f"PartnerFault: HTTP {status}"}


def test_an_unprocessable_list_is_the_partners_fault(wire: Callable[..., Any]) -> None:
    # The example's error code is "string", none of those that end or delay a list.
    bank = wire(BANKING, "banking", beside=COMMON, adapt=spelled_out)
    outcomes = bank.outcomes(REF, only={"banking.direct_debits", *LISTS}, prefer="code=422")
    assert set(outcomes.values()) == {"PartnerFault: HTTP 422"}


def test_prism_refuses_a_request_without_its_version(wire: Callable[..., Any]) -> None:
    async def careless(connector: Connector[Any]) -> None:
        await connector.ctx.http.get("/banking/accounts", accept=(400,))

    bank = wire(BANKING, "banking", beside=COMMON, adapt=spelled_out)
    with pytest.raises(
        pytest.fail.Exception, match="header: Request header must have required property 'x-v'"
    ):
        bank.use(careless)


def test_prism_refuses_a_window_that_is_no_time(wire: Callable[..., Any]) -> None:
    async def careless(connector: Connector[Any]) -> None:
        path, headers = "/banking/accounts/1/transactions", {"x-v": "2"}
        await connector.ctx.http.get(path, params={"oldest-time": "May"}, headers=headers, accept=(400, 422))

    bank = wire(BANKING, "banking", beside=COMMON, adapt=spelled_out)
    with pytest.raises(pytest.fail.Exception, match="oldest-time"):
        bank.use(careless)


def test_prism_refuses_a_status_the_api_does_not_have(wire: Callable[..., Any]) -> None:
    async def asks(connector: Connector[Any]) -> None:
        assert [it async for it in connector.fetch([Need(kind="party.profile")], [REF])]

    with pytest.raises(pytest.fail.Exception, match="status code 429 is not defined"):
        wire(BANKING, "banking", beside=COMMON, adapt=spelled_out).use(asks, "code=429")
