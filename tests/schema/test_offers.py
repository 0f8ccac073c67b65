"""Offers on the graph: what is offered and why, what is not and why not, and nothing changed by asking."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from c360.records.hotel import GuestPreferences
from c360.records.insurance import Policy, PolicyLine, Premium, PremiumMovement, PremiumPayment
from c360.values import CurrencyCode, Money
from resolvers.offers import catalogue
from resolvers.serving import shipped
from schema import ids
from schema.engine import GraphEngine
from store.data import FigureData
from store.data_offers import Contact, OfferEventKind, ProductData
from tests.schema.test_value import figures

NOW = datetime(2025, 6, 15, 12, tzinfo=UTC)
BANK = (
    FigureData("DEPOSITS", "CONTRACTS", 1.0),
    FigureData("DEPOSITS", "BALANCE", 30_000.0, "AUD"),
    FigureData("DEPOSITS", "INCOME_12M", 80_000.0, "AUD"),
)
LIFE = (FigureData("LIFE", "CONTRACTS", 1.0), FigureData("LIFE", "RESERVE", 20_000.0, "AUD"))
QUERY = """
query Offers($id: ID!, $first: Int, $rejected: Boolean, $context: OfferContext) {
  customer(by: {id: $id}) {
    offers(first: $first, includeRejected: $rejected, context: $context) {
      product { productId version name description domain line state validFrom validUntil }
      stage consent explored priority
      reasons { rule wanted known line measure found }
      parts { propensity context value amount { amount currency } lever levers { name percent } }
      logOdds baseline contributions { feature label value given reference }
      learntFrom model { name version madeUp trainedOn } basis asOf missing
    }
  }
}
"""
LOANS = """
query Loans($id: ID!) {
  customer(by: {id: $id}) {
    offers(first: 1, context: {doing: SURRENDERING_POLICY}) {
      product { productId }
      policyLoans {
        connector policyId productName surrenderValue { amount currency } annualPremium { amount }
        premiumsPaid { amount } loan { amount } loanPresentValue { amount }
        surrenderPresentValue { amount } advantage { amount } breakEvenRate debtAtEnd { amount }
        valueAtEnd { amount } overLoaned lapsesAfter terms { loanRate years } basis asOf
      }
    }
  }
}
"""
PRODUCTS = """
query Products($first: Int, $after: String, $filter: ProductFilter) {
  products(first: $first, after: $after, filter: $filter) {
    totalCount pageInfo { hasNextPage endCursor } edges { node { productId domain line } }
  }
}
"""


def shelf() -> tuple[ProductData, ...]:
    """What is shipped, as the store has it."""
    products = catalogue.read(catalogue.SHIPPED.read_bytes())
    drafts = [msgspec.structs.asdict(catalogue.draft(one)) for one in products]
    return tuple(ProductData(**one, version=1, since=NOW) for one in drafts)


@pytest.fixture
def ada(world: Any) -> str:
    """Somebody with a bank account and a life policy, whom everything shipped can be offered to."""
    world.store.products = shelf()
    customer: str = world.customer(1, links={"bank": "B1", "insurer": "P1", "inn": "I1"})
    world.store.figures = [
        figures(customer, "bank", "B1", *BANK),
        figures(customer, "insurer", "P1", *LIFE),
        figures(customer, "inn", "I1"),
    ]
    quiet = msgspec.structs.replace(shipped().offers, explore=0.0)
    models = msgspec.structs.replace(shipped(), offers=quiet)
    world.engine = GraphEngine(world.schema, world.store, world.host, lambda: NOW, models=models)
    return customer


def ask(world: Any, customer: str, **variables: Any) -> list[dict[str, Any]]:
    found = world.data(QUERY, {"id": ids.encode("Customer", customer), **variables})
    offers: list[dict[str, Any]] = found["customer"]["offers"]
    return offers


def test_every_offer_shows_its_parts_which_multiply_and_add_up(world: Any, ada: str) -> None:
    found = ask(world, ada)
    assert len(found) == 5
    assert [one["priority"] for one in found] == sorted((one["priority"] for one in found), reverse=True)
    for one in found:
        parts = one["parts"]
        product = parts["propensity"] * parts["context"] * parts["value"] * parts["lever"]
        assert product == pytest.approx(one["priority"])
        assert parts["amount"] == {"amount": f"{parts['value']:.2f}", "currency": "AUD"}
        added = one["baseline"] + sum(each["value"] for each in one["contributions"])
        assert added == pytest.approx(one["logOdds"], abs=1e-9)
        assert (one["stage"], one["reasons"], one["explored"]) == ("OFFERED", [], False)
        assert one["consent"] in {"NOT_RECORDED", "NOT_NEEDED"}
        assert (one["basis"], one["asOf"], one["missing"]) == ("SUMMARIES", "2025-06-15T07:00:00+00:00", [])
        assert one["model"]["name"] == "propensity"
        assert one["product"]["version"] == 1


def test_the_context_changes_what_fits(world: Any, ada: str) -> None:
    surrendering = ask(world, ada, context={"doing": "SURRENDERING_POLICY", "channel": "PHONE"})
    assert surrendering[0]["product"]["productId"] == "policy-loan"
    assert surrendering[0]["parts"]["context"] == 40
    assert "policy-loan" not in {one["product"]["productId"] for one in ask(world, ada, first=50)}
    assert ask(world, ada, context={"doing": "COMPLAINING"}) == []
    buying = ask(world, ada, context={"doing": "BUYING_INSURANCE", "agent": "CLERK"})
    assert {"BANKING", "BROKERAGE"} & {one["product"]["domain"] for one in buying}
    # What needs advice is not offered by a clerk.
    assert "pension-plan" not in {one["product"]["productId"] for one in buying}


def test_what_is_rejected_says_where_and_why_and_nothing_is_counted(world: Any, ada: str) -> None:
    world.store.contacts[ada] = [
        Contact(
            product_id="motor-insurance",
            event=OfferEventKind.DECLINED,
            at=NOW - timedelta(days=3),
            channel=None,
        )
    ]
    found = {one["product"]["productId"]: one for one in ask(world, ada, first=50, rejected=True)}
    assert len(found) == len(world.store.products)
    account = found["everyday-account"]
    assert account["stage"] == "ELIGIBILITY"
    assert account["reasons"] == [
        {
            "rule": "NOT",
            "wanted": "not (holds DEPOSITS)",
            "known": True,
            "line": "DEPOSITS",
            "measure": None,
            "found": None,
        }
    ]
    assert (account["priority"], account["parts"], account["contributions"]) == (None, None, [])
    motor = found["motor-insurance"]
    assert (motor["stage"], motor["reasons"][0]["rule"]) == ("CONTACT_POLICY", "REST_AFTER_DECLINED")
    assert found["policy-loan"]["stage"] == "SUITABILITY"
    assert "begin" not in world.store.calls
    assert world.store.calls.count("products") == 1


def test_a_guest_who_refuses_marketing_is_not_offered_stays(world: Any, ada: str) -> None:
    world.host.records["inn", "I1", "hotel.preferences"] = (
        GuestPreferences(guest_id="g1", marketing_opt_in=False),
    )
    found = {one["product"]["productId"]: one for one in ask(world, ada, first=50, rejected=True)}
    stay = found["hotel-first-stay"]
    assert (stay["stage"], stay["consent"]) in {("CONSENT", "REFUSED"), ("ELIGIBILITY", "REFUSED")}
    world.store.figures[0] = figures(
        ada, "bank", "B1", *BANK, FigureData("CARDS", "SPENT_12M", 9_000.0, "AUD")
    )
    world.host.records["inn", "I1", "hotel.preferences"] = (
        GuestPreferences(guest_id="g1", marketing_opt_in=True),
    )
    found = {one["product"]["productId"]: one for one in ask(world, ada, first=50, rejected=True)}
    assert (found["hotel-first-stay"]["stage"], found["hotel-first-stay"]["consent"]) == (
        "OFFERED",
        "GRANTED",
    )


def test_what_a_missing_partner_would_tell_stops_what_depends_on_it(world: Any, ada: str) -> None:
    world.store.figures[0] = figures(ada, "bank", "B1", known=False)
    found = {one["product"]["productId"]: one for one in ask(world, ada, first=50, rejected=True)}
    account = found["everyday-account"]
    assert (account["stage"], account["reasons"][0]["known"], account["missing"]) == (
        "ELIGIBILITY",
        False,
        ["bank"],
    )


def test_a_loan_stands_beside_the_surrender_of_each_policy(world: Any, ada: str) -> None:
    aud = CurrencyCode("AUD")
    today = NOW.date()
    world.host.records["insurer", "P1", "insurance.policies"] = (
        Policy(
            policy_id="L1",
            line=PolicyLine.LIFE,
            product_name="Whole life",
            starts_on=today - timedelta(days=900),
            reserve=Money(amount=Decimal("10000.00"), currency=aud),
        ),
        Policy(policy_id="M1", line=PolicyLine.MOTOR),
        Policy(
            policy_id="L0",
            line=PolicyLine.LIFE,
            ends_on=today - timedelta(days=1),
            reserve=Money(amount=Decimal(5), currency=aud),
        ),
    )
    paid = PremiumPayment(
        movement=PremiumMovement.PREMIUM_SETTLED, amount=Money(amount=Decimal(8_000), currency=aud)
    )
    undone = PremiumPayment(
        movement=PremiumMovement.PREMIUM_REVERSED, amount=Money(amount=Decimal(500), currency=aud)
    )
    world.host.records["insurer", "P1", "insurance.premiums"] = (
        Premium(policy_id="L1", total=Money(amount=Decimal(300), currency=aud), payments=(paid, undone)),
    )
    (offer,) = world.data(LOANS, {"id": ids.encode("Customer", ada)})["customer"]["offers"]
    assert offer["product"]["productId"] == "policy-loan"
    (loan,) = offer["policyLoans"]
    assert (loan["connector"], loan["policyId"], loan["productName"]) == ("insurer", "L1", "Whole life")
    assert loan["premiumsPaid"]["amount"] == "7500"
    # 10,000 less 3 % is 9,700, of which 2,200 are gain, taxed at 15 %; nine tenths of the value are lent.
    assert loan["surrenderPresentValue"]["amount"] == "9370.00"
    assert loan["loan"]["amount"] == "9000.00"
    assert loan["debtAtEnd"]["amount"] == f"{9_000 * 1.065**5:.2f}"
    assert Decimal(loan["advantage"]["amount"]) == Decimal(loan["loanPresentValue"]["amount"]) - Decimal(
        loan["surrenderPresentValue"]["amount"]
    )
    assert (loan["overLoaned"], loan["basis"], loan["terms"]) == (
        False,
        "LIVE",
        {"loanRate": 0.065, "years": 5},
    )
    assert 0 < loan["lapsesAfter"] < 5


@pytest.mark.parametrize("first", [0, 51])
def test_how_many_are_wanted_is_bounded(world: Any, ada: str, first: int) -> None:
    response = world.ask(QUERY, {"id": ids.encode("Customer", ada), "first": first})
    assert [error["extensions"]["code"] for error in response.errors] == ["LIMIT_EXCEEDED"]


def test_the_catalogue_can_be_paged_through(world: Any, ada: str) -> None:
    first = world.data(PRODUCTS, {"first": 10})["products"]
    assert (first["totalCount"], first["pageInfo"]["hasNextPage"]) == (len(world.store.products), True)
    rest = world.data(PRODUCTS, {"first": 100, "after": first["pageInfo"]["endCursor"]})["products"]
    named = [edge["node"]["productId"] for edge in (*first["edges"], *rest["edges"])]
    assert named == sorted(one.id for one in world.store.products)
    hotel = world.data(PRODUCTS, {"filter": {"domains": ["HOTEL"]}})["products"]
    assert {edge["node"]["domain"] for edge in hotel["edges"]} == {"HOTEL"}
    assert world.data(PRODUCTS, {"filter": {"states": ["RETIRED"]}})["products"]["totalCount"] == 0
