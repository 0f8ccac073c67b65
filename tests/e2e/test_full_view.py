"""The full view of one customer: one round over all six partners, and what they say is what it shows."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from benchmarks.stage.documents import EVERYTHING, FULL_VIEW
from benchmarks.stage.graph import Graph, Stage
from benchmarks.stage.truth import indexed_rentals, posted, rentals, reservations, within
from sandbox.partners.loyalty.render import account_id
from sandbox.population import ledger
from sandbox.population.model import Member

NOTED_RESERVATIONS = 10
"""Of how many reservations the connector asks the notes, unless it is told otherwise."""


def seen(stage: Stage, member: Member, **gather: str) -> Any:
    """The full view of a member."""

    async def scene(graph: Graph) -> Any:
        data = await graph.ask(FULL_VIEW, {"by": stage.key(member), "gather": gather or None})
        return data["customer"]

    return stage.play(scene)


def nodes(connection: Mapping[str, Any]) -> list[Any]:
    return [edge["node"] for edge in connection["edges"]]


def expected_calls(stage: Stage, member: Member) -> dict[str, dict[str, int]]:
    """One round, and what an API's own two steps force: a list, then each of its members."""
    truth, today = stage.truth, stage.truth.today
    life = truth.life(member.id)
    policies = {"auto": 0, "person": 0, "housing": 0}
    for policy in life.policies:
        line = {"AUTO": "auto", "HOUSING": "housing"}.get(policy.line.value, "person")
        policies[line] += 1
    opin = "GET /open-insurance/insurance-"
    insurance = {"GET /open-insurance/customers/v2/personal/identifications": 1}
    for line, count in policies.items():
        insurance[f"{opin}{line}/v1/insurance-{line}"] = 1
        if count:
            for detail in ("policy-info", "premium", "claim"):
                insurance[f"{opin}{line}/v1/insurance-{line}/{{policyId}}/{detail}"] = count
    bookings = len(indexed_rentals(truth, life))
    noted = min(len(reservations(truth, life)), NOTED_RESERVATIONS)
    return {
        "banking": {
            "GET /cds-au/v1/common/customer/detail": 1,
            "GET /cds-au/v1/banking/accounts": 1,
            "POST /cds-au/v1/banking/accounts/balances": 1,
            "GET /cds-au/v1/banking/accounts/{account_id}/transactions": sum(
                account.opened <= today for account in life.accounts
            ),
        },
        "insurance": insurance,
        "brokerage": {
            "GET /customers/{customer_id}/accounts": 1,
            "GET /customers/{customer_id}/positions": 1,
            "GET /customers/{customer_id}/transactions": 31,  # one for each day of the window
        },
        "loyalty": {
            "POST /v2/customers/bulk-retrieve": 1,
            "POST /v2/loyalty/accounts/search": 1,
            "POST /v2/loyalty/events/search": 1,
        },
        "hotel": {
            "GET /api/v1.3/getGuest": 1,
            "GET /api/v1.3/getHotels": 1,
            "GET /api/v1.3/getReservations": 1,
            "GET /api/v1.3/getReservationsWithRateDetails": 1,
            "GET /api/v1.3/getReservationNotes": noted,
        },
        "rental": {
            "GET /customers/{id}": 1,
            "GET /bookings/{id}": bookings,
            "GET /payment/journal-entry": bookings,
        },
    }


def test_one_round_of_calls_and_every_source_is_fresh(stage: Stage) -> None:
    member = stage.member()
    customer = seen(stage, member)
    assert stage.partners.all_calls() == expected_calls(stage, member)
    assert {source["connector"]: source["status"] for source in customer["sources"]} == dict.fromkeys(
        stage.partners.connectors, "FRESH"
    )
    assert all(source["problem"] is None for source in customer["sources"])
    assert customer["complete"] is True
    assert not any(customer[domain]["partial"] for domain in stage.partners.connectors)


@pytest.mark.alone
def test_calls_go_out_together(stage: Stage) -> None:
    """Two steps deep, three where a partner bears fewer calls at once than there are: never one by one."""
    delay = 2.0  # long beside what a busy machine adds, and what opening a hub takes
    stage.partners.all_behave("slow", delay=delay)
    took: list[float] = []
    while len(took) < 3 and not (took and took[-1] < 5 * delay):  # a busy machine gets another chance
        stage.partners.forget()
        started = time.monotonic()
        customer = seen(stage, stage.member(), deadline="PT10S")
        took.append(time.monotonic() - started)
        assert customer["complete"] is True
        assert stage.partners.total() > 60
    assert 2 * delay < took[-1] < 5 * delay, took


@pytest.mark.parametrize("place", range(3))
def test_what_is_shown_is_true(stage: Stage, place: int) -> None:
    member = stage.member(place=place)
    customer = seen(stage, member)
    truth, today = stage.truth, stage.truth.today
    life = truth.life(member.id)
    presences = truth.member_presences(member.id)

    assert {link["connector"]: link["partyId"] for link in customer["identities"]} == {
        domain: presence.party_id for domain, presence in presences.items()
    }
    names = {presence.family_name for presence in presences.values()}
    assert customer["profile"]["familyName"]["value"] in names

    held = [account for account in life.accounts if account.opened <= today]
    accounts = {each["accountId"]: each for each in customer["banking"]["accounts"]}
    assert list(accounts) == [account.id for account in held]
    for account in held:
        current = accounts[account.id]["balance"]["current"]
        assert (Decimal(current["amount"]), current["currency"]) == (posted(truth, life, account), "AUD")

    policies = {each["policyId"]: each for each in customer["insurance"]["policies"]}
    assert policies.keys() == {policy.id for policy in life.policies}
    for policy in life.policies:
        shown = policies[policy.id]
        assert (shown["startsOn"], shown["endsOn"]) == (policy.start.isoformat(), policy.end.isoformat())

    held_units = {security.isin: ledger.units(life, security.isin, today) for security, _ in life.securities}
    positions = {each["isin"]: each for each in customer["brokerage"]["positions"] if each["isin"]}
    assert positions.keys() == {isin for isin, units in held_units.items() if units}
    (cash,) = (each for each in customer["brokerage"]["positions"] if each["instrument"] == "CASH")
    assert Decimal(cash["value"]["amount"]) == ledger.custody_cash(life, today)

    (membership,) = customer["loyalty"]["memberships"]
    assert membership["membershipId"] == account_id(presences["loyalty"])
    assert membership["points"] == ledger.points(life, today)

    year = timedelta(days=365)
    stays = within(reservations(truth, life), today - year, today + year)
    assert customer["hotel"]["stays"]["totalCount"] == len(stays)
    assert {stay["status"] for stay in nodes(customer["hotel"]["stays"])} <= {
        "CHECKED_OUT",
        "CHECKED_IN",
        "CONFIRMED",
        "CANCELLED",
        "NO_SHOW",
    }

    party = presences["rental"].party_id
    assert {rental["bookingId"] for rental in nodes(customer["rental"]["rentals"])} == {
        f"{party}.{event.id}" for event in within(rentals(life), today - year, today + year)
    }


def test_the_same_fetch_in_one_operation_goes_out_once(stage: Stage) -> None:
    member = stage.member()
    presences = stage.truth.member_presences(member.id)

    async def scene(graph: Graph) -> Any:
        fields = " ".join(
            f'by_{domain}: customer(by: {{partnerRef: {{connector: "{domain}", partyId: "{one.party_id}"}}}})'
            " { ...Everything }"
            for domain, one in presences.items()
        )
        return await graph.ask(f"{{ {fields} }}{EVERYTHING}")

    data = stage.play(scene)
    first, *others = data.values()
    assert len(others) == 5
    assert all(other == first for other in others)
    assert stage.partners.all_calls() == expected_calls(stage, member)


def test_only_what_is_selected_is_fetched(stage: Stage) -> None:
    member = stage.member()

    async def scene(graph: Graph) -> Any:
        return await graph.ask(
            "query ($by: CustomerKey!) { customer(by: $by) { displayName identities { connector } "
            "loyalty { totals { points { points } } } sources { connector status } complete } }",
            {"by": stage.key(member)},
        )

    customer = stage.play(scene)["customer"]
    assert {partner: calls for partner, calls in stage.partners.all_calls().items() if calls} == {
        "loyalty": {"POST /v2/loyalty/accounts/search": 1}
    }
    states = {source["connector"]: source["status"] for source in customer["sources"]}
    assert states == dict.fromkeys(states, "NOT_REQUESTED") | {"loyalty": "FRESH"}
    assert customer["complete"] is True
