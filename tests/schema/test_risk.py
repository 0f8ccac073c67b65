"""Risk on the graph: two methods with their reasons, what is not known as an interval, loans."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from c360.access import Purpose
from c360.errors import ProblemCode
from c360.records.banking import Account, AccountKind, AccountTerms, Balance, LoanTerms
from c360.records.insurance import Policy, PolicyLine
from c360.values import Money
from schema import ids
from store.data import FigureData, PartyFigures
from store.data_contests import ContestData, ContestVerdict
from tests.fixtures.access import access as access_of

NOW = datetime(2025, 6, 15, 12, tzinfo=UTC)
QUERY = """
query Risk($id: ID!) {
  customer(by: {id: $id}) {
    risk {
      behavioural {
        points probability band interval { low high } probabilities { low high } baseline
        reasons { feature title bin given pointsLost notice restsOn { line measure value } }
        contributions { feature label value given } features { name available sources given uncertain worse }
        model { name madeUp } basis asOf missing unconverted
      }
      optionPricing {
        position assets { amount currency } volatility defaultPoint { amount } shortTerm { amount }
        longTerm { amount } mortgages { amount } distance probability riskNeutral band interval { low high }
        expectedLoss { amount } sensitivity { assets debt volatility } baseline
        contributions { feature value given reference }
        items { connector record amount { amount } assetClass due }
        assumptions { name value description } rates { currency } model { name madeUp } basis asOf missing
        unconverted
      }
      combined {
        probability band interval { low high } behaviouralWeight disagreement humanReview reviewCauses notice
        missing
      }
      contests { id state reason verdict note decidedBy }
    }
  }
}
"""
LOAN = """
query Loan($id: ID!, $amount: Decimal!, $term: Int!, $policy: ID) {
  customer(by: {id: $id}) {
    insurance { policies { id } }
    risk {
      creditLine(amount: $amount, term: $term, againstPolicy: $policy) {
        decision eligible humanReview limit { amount currency } rate
        instalment { amount } monthlyIncome { amount }
        monthlyInstalments { amount } loanToValue reasons { code text } notice missing
      }
    }
  }
}
"""
FIGURES = (
    FigureData("DEPOSITS", "INCOME_12M", 72_000.0, "AUD"),
    FigureData("DEPOSITS", "BALANCE", 900.0, "AUD"),
    FigureData("DEPOSITS", "OVERDRAWN_DAYS_12M", 31.0),
    FigureData("LENDING", "CREDIT_USED", 1_900.0, "AUD"),
    FigureData("LENDING", "CREDIT_LIMIT", 2_000.0, "AUD"),
    FigureData("LENDING", "ARREARS_DAYS", 35.0),
)


@pytest.fixture
def ada(world: Any, money: Callable[..., Money]) -> str:
    """At a bank with a loan, and at an insurer with a policy that has saved something up."""
    world.access = access_of("underwriter", purpose=Purpose.RISK)
    customer: str = world.customer(1, links={"bank": "B1", "insurer": "P1"})
    keep(world, customer)
    records = world.host.records
    records["bank", "B1", "banking.accounts"] = tuple(
        Account(account_id=name, kind=kind, display_name=name, masked_number="1", product_name="p")
        for name, kind in (("1", AccountKind.TRANSACTION), ("2", AccountKind.LOAN))
    )
    records["bank", "B1", "banking.balances"] = (
        Balance(account_id="1", current=money("9000")),
        Balance(account_id="2", current=money("-8000")),
    )
    records["bank", "B1", "banking.account_terms"] = (
        AccountTerms(
            account_id="2", loan=LoanTerms(ends_on=date(2030, 1, 1), minimum_instalment=money("210"))
        ),
    )
    records["insurer", "P1", "insurance.policies"] = (
        Policy(policy_id="life", line=PolicyLine.LIFE, reserve=money("5000"), ends_on=date(2040, 1, 1)),
    )
    return customer


def keep(world: Any, customer: str, *figures: FigureData, known: bool = True) -> None:
    world.store.figures = [
        PartyFigures(
            customer_id=customer,
            connector=connector,
            party_id=party,
            as_of=NOW - timedelta(hours=3) if known else None,
            figures=figures or (FIGURES if connector == "bank" and known else ()),
        )
        for connector, party in (("bank", "B1"), ("insurer", "P1"))
    ]


def risk(world: Any, customer: str) -> Any:
    return world.data(QUERY, {"id": ids.encode("Customer", customer)})["customer"]["risk"]


def loan(world: Any, customer: str, amount: str, term: int, policy: str | None = None) -> Any:
    variables = {"id": ids.encode("Customer", customer), "amount": amount, "term": term, "policy": policy}
    return world.data(LOAN, variables)["customer"]["risk"]["creditLine"]


def test_both_methods_add_up_and_say_what_they_rest_on(world: Any, ada: str) -> None:
    found = risk(world, ada)
    conduct, means, both = found["behavioural"], found["optionPricing"], found["combined"]
    total = conduct["baseline"] + sum(part["value"] for part in conduct["contributions"])
    assert total == pytest.approx(conduct["points"], abs=1e-9)
    assert (conduct["basis"], conduct["missing"], conduct["asOf"]) == (
        "SUMMARIES",
        [],
        "2025-06-15T09:00:00+00:00",
    )
    assert conduct["model"] == {"name": "behavioural-risk", "madeUp": True}
    assert 0 < len(conduct["reasons"]) <= 4
    rests_on = {
        (figure["line"], figure["measure"]): figure["value"]
        for reason in conduct["reasons"]
        for figure in reason["restsOn"]
    }
    kept = {(figure.line, figure.measure): figure.value for figure in FIGURES}
    assert rests_on.items() <= kept.items()

    assert means["assets"] == {"amount": "14000.00", "currency": "AUD"}
    assert (means["shortTerm"]["amount"], means["longTerm"]["amount"]) == ("0.00", "8000.00")
    assert means["defaultPoint"]["amount"] == "4000.00"
    assert means["position"] == "SOLVENT"
    total = means["baseline"] + sum(part["value"] for part in means["contributions"])
    assert total == pytest.approx(means["distance"], abs=1e-9)
    assert {(item["assetClass"], item["due"]) for item in means["items"]} == {
        ("DEPOSITS", None),
        (None, "LONG"),
        ("RESERVES", None),
    }
    assert means["basis"] == "LIVE"
    assert all(one["description"] for one in means["assumptions"])

    assert min(conduct["probability"], means["probability"]) <= both["probability"]
    assert both["probability"] <= max(conduct["probability"], means["probability"])
    assert both["humanReview"] == bool(both["reviewCauses"])


def test_every_feature_says_where_it_comes_from_or_that_nobody_tells_it(world: Any, ada: str) -> None:
    features = {one["name"]: one for one in risk(world, ada)["behavioural"]["features"]}
    assert features["utilisation"]["given"] == pytest.approx(0.95)
    assert features["hardship"] == {
        "name": "hardship",
        "available": False,
        "sources": [],
        "given": None,
        "uncertain": False,
        "worse": "HIGHER",
    }


def test_an_adverse_band_carries_specific_reasons(world: Any, ada: str) -> None:
    found = risk(world, ada)
    assert found["behavioural"]["band"] in {"MEDIUM", "HIGH", "VERY_HIGH"}
    both = found["combined"]
    if both["band"] in {"MEDIUM", "HIGH", "VERY_HIGH"}:
        assert 0 < len(both["notice"]) <= 4
    else:
        assert both["notice"] == []


def test_a_bank_that_does_not_answer_is_an_interval_and_no_zero(world: Any, ada: str) -> None:
    world.host.down["bank"] = ProblemCode.PARTNER_UNAVAILABLE
    found = risk(world, ada)
    means = found["optionPricing"]
    assert (means["position"], means["probability"], means["missing"]) == (None, None, ["bank"])
    assert means["interval"]["low"] < means["interval"]["high"]
    assert found["combined"]["missing"] == ["bank"]
    assert found["combined"]["behaviouralWeight"] == 1.0
    declined = loan(world, ada, "5000", 36)
    assert (declined["decision"], declined["limit"]["amount"]) == ("DECLINED", "0.00")
    assert "DEBTS_NOT_KNOWN" in {one["code"] for one in declined["reasons"]}
    assert declined["missing"] == ["bank"]


def test_what_other_fields_miss_is_no_gap(world: Any, ada: str) -> None:
    world.host.lost = {("bank", "banking.transactions"), ("insurer", "insurance.claims")}
    query = """query($id: ID!) { customer(by: {id: $id}) {
      banking { transactions { edges { node { amount { amount } } } } }
      insurance { policies { claims { status } } }
      risk { optionPricing { missing probability interval { low high } } }
    } }"""
    found = world.data(query, {"id": ids.encode("Customer", ada)})["customer"]["risk"]["optionPricing"]
    assert found["missing"] == []
    assert found["interval"] == {"low": found["probability"], "high": found["probability"]}
    world.host.lost = {("bank", "banking.account_terms")}
    found = world.data(query, {"id": ids.encode("Customer", ada)})["customer"]["risk"]["optionPricing"]
    assert found["missing"] == ["bank"]


def test_nothing_known_of_conduct_has_no_points(world: Any, ada: str) -> None:
    keep(world, ada, known=False)
    found = risk(world, ada)
    conduct = found["behavioural"]
    assert (conduct["points"], conduct["probability"], conduct["band"]) == (None, None, None)
    assert conduct["missing"] == ["bank", "insurer"]
    assert conduct["interval"]["low"] < conduct["baseline"] < conduct["interval"]["high"]
    assert found["combined"]["behaviouralWeight"] == 0.0


def test_a_contested_score_is_for_a_person(world: Any, ada: str) -> None:
    raised = ContestData(id="c1", customer_id=ada, reason="I paid.", raised_at=NOW, raised_by="ada")
    world.store.contests = [raised]
    found = risk(world, ada)
    assert "CONTESTED" in found["combined"]["reviewCauses"]
    assert [one["state"] for one in found["contests"]] == ["OPEN"]
    world.store.contests = [
        ContestData(
            id="c1",
            customer_id=ada,
            reason="I paid.",
            raised_at=NOW,
            raised_by="ada",
            verdict=ContestVerdict.UPHELD,
            decided_at=NOW,
            decided_by="steward",
        )
    ]
    assert "CONTESTED" not in risk(world, ada)["combined"]["reviewCauses"]


def test_a_loan_without_security_says_its_limit_or_why_not(world: Any, ada: str) -> None:
    keep(world, ada, FigureData("DEPOSITS", "INCOME_12M", 72_000.0, "AUD"), FIGURES[1])
    found = loan(world, ada, "5000", 36)
    assert (found["monthlyIncome"]["amount"], found["monthlyInstalments"]["amount"]) == ("12000.00", "210.00")
    assert found["eligible"]
    assert float(found["limit"]["amount"]) > 5_000
    too_much = loan(world, ada, "900000", 36)
    assert too_much["decision"] == "DECLINED"
    assert {"AMOUNT_ABOVE_LIMIT", "INCOME_TOO_LOW"} <= {one["code"] for one in too_much["reasons"]}
    assert all(one["text"] for one in too_much["reasons"])


def test_a_debt_without_a_rate_is_a_debt_not_known(world: Any, ada: str, money: Callable[..., Money]) -> None:
    world.host.records["bank", "B1", "banking.balances"] = (
        Balance(account_id="2", current=money("-5", "XTS")),
    )
    assert "DEBTS_NOT_KNOWN" in {one["code"] for one in loan(world, ada, "5000", 36)["reasons"]}
    assert risk(world, ada)["optionPricing"]["unconverted"] == ["XTS"]


def test_a_loan_against_a_policy_is_up_to_a_share_of_its_reserve(world: Any, ada: str) -> None:
    variables = {"id": ids.encode("Customer", ada), "amount": "1", "term": 12}
    shown = world.data(LOAN, variables)["customer"]["insurance"]["policies"]
    (policy,) = shown
    found = loan(world, ada, "4000", 24, policy["id"])
    assert (found["decision"], found["limit"]["amount"], found["loanToValue"]) == ("OFFERED", "4000.00", 0.8)
    above = loan(world, ada, "4000.01", 24, policy["id"])
    assert {one["code"] for one in above["reasons"]} == {"AMOUNT_ABOVE_LIMIT"}
    other = loan(world, ada, "4000", 24, ids.encode("Policy", f"{ada}.bm9ib2R5bm9ib2R5"))
    assert {one["code"] for one in other["reasons"]} == {"POLICY_NOT_FOUND"}


@pytest.mark.parametrize(
    ("given", "argument"),
    [
        ({"amount": "0"}, "amount"),
        ({"amount": "-5"}, "amount"),
        ({"term": 0}, "term"),
        ({"policy": "rubbish"}, "againstPolicy"),
        ({"policy": ids.encode("Customer", "1")}, "againstPolicy"),
    ],
)
def test_what_cannot_be_asked_for(world: Any, ada: str, given: dict[str, Any], argument: str) -> None:
    variables = {"id": ids.encode("Customer", ada), "amount": "5000", "term": 12, **given}
    response = world.ask(LOAN, variables)
    (error,) = response.errors
    assert error["extensions"]["argument"] == argument


def test_conduct_alone_asks_no_partner(world: Any, ada: str) -> None:
    query = "query($id: ID!) { customer(by: {id: $id}) { risk { behavioural { points } } } }"
    assert world.data(query, {"id": ids.encode("Customer", ada)})["customer"]["risk"]["behavioural"]["points"]
    assert world.host.requests == []
