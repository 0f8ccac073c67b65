"""Lifetime value and profit on the graph: every amount with its reasons, and what is not known said."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from c360.records.party import PartyKind
from schema import ids
from store.data import FigureData, PartyFigures

NOW = datetime(2025, 6, 15, 12, tzinfo=UTC)
TODAY = NOW.date().toordinal()
CARDS = (
    FigureData("CARDS", "PURCHASE_DAYS", 40.0),
    FigureData("CARDS", "FIRST_ON", TODAY - 900.0),
    FigureData("CARDS", "LAST_ON", TODAY - 9.0),
    FigureData("CARDS", "SPENT_AFTER_FIRST", 5_200.0, "AUD"),
    FigureData("CARDS", "SPENT_12M", 2_000.0, "AUD"),
)
MOTOR = (
    FigureData("MOTOR", "CONTRACTS", 1.0),
    FigureData("MOTOR", "ANNUAL_PREMIUM", 1_400.0, "AUD"),
    FigureData("MOTOR", "FIRST_ON", TODAY - 1_000.0),
)
QUERY = """
query Value($id: ID!, $months: Int = 36) {
  customer(by: {id: $id}) {
    lifetimeValue(months: $months) {
      months total { amount currency } value reason partial baseline
      contributions { feature label value given reference }
      lines {
        line amount { amount currency } reason value pAlive expectedPurchases
        expectedSpend { amount currency } retention annualMargin { amount } baseline contributions { value }
      }
      versus { segment percentile customers reason }
      assumptions { name value description }
      rates { currency source date rates { currency rate } }
      model { name version fittedAt trainedOn madeUp customers metrics { name value } }
      basis asOf missing unconverted
    }
    profit {
      total { amount currency } value reason partial baseline contributions { feature value }
      byAssumption { feature label value } decile versus { reason }
      lines { line amount { amount } reason contributions { value } }
      assumptions { name } basis asOf missing unconverted
    }
  }
}
"""


def figures(
    customer: str, connector: str, party: str, *found: FigureData, known: bool = True
) -> PartyFigures:
    return PartyFigures(
        customer_id=customer,
        connector=connector,
        party_id=party,
        as_of=NOW - timedelta(hours=5) if known else None,
        figures=found,
    )


@pytest.fixture
def ask(world: Any) -> Any:
    def asked(customer: str, **variables: Any) -> Any:
        found = world.data(QUERY, {"id": ids.encode("Customer", customer), **variables})["customer"]
        return found["lifetimeValue"], found["profit"]

    return asked


def test_a_value_adds_up_and_says_what_it_rests_on(world: Any, ask: Any) -> None:
    ada = world.customer(1, links={"bank": "B1", "insurer": "P1"})
    world.store.figures = [figures(ada, "bank", "B1", *CARDS), figures(ada, "insurer", "P1", *MOTOR)]
    value, profit = ask(ada)
    assert (value["months"], value["reason"], value["partial"], value["missing"]) == (36, None, False, [])
    cards, motor = value["lines"]
    assert (cards["line"], motor["line"]) == ("CARDS", "MOTOR")
    for part in (value, cards, motor):
        added = part["baseline"] + sum(one["value"] for one in part["contributions"])
        assert added == pytest.approx(part["value"], abs=1e-9)
    assert value["total"] == {"amount": f"{value['value']:.2f}", "currency": "AUD"}
    assert [one["feature"] for one in value["contributions"]][:4] == [
        "CARDS.frequency",
        "CARDS.recency",
        "CARDS.age",
        "CARDS.spend",
    ]
    assert value["contributions"][0]["given"] == 39
    assert 0 < cards["pAlive"] <= 1
    assert cards["expectedPurchases"] > 0
    assert cards["expectedSpend"]["currency"] == "AUD"
    assert (cards["retention"], cards["annualMargin"], motor["pAlive"]) == (None, None, None)
    assert 0 < motor["retention"] < 1
    assert motor["annualMargin"]["amount"] == f"{1_400 * (1 - 0.25 - 0.65) - 30:.2f}"
    assert (value["basis"], value["asOf"]) == ("SUMMARIES", "2025-06-15T07:00:00+00:00")
    assert value["model"]["name"] == "lifetime-value"
    assert value["model"]["madeUp"] is True
    assert {"discount_rate", "card_margin", "motor_loss_ratio"} <= {
        one["name"] for one in value["assumptions"]
    }
    assert profit["value"] == pytest.approx(2_000 * 0.009 + 110)
    for parts in (profit["contributions"], profit["byAssumption"]):
        assert sum(one["value"] for one in parts) == pytest.approx(profit["value"], abs=1e-9)
    assert {one["feature"]: one["value"] for one in profit["byAssumption"]}["TOLD"] == 1_400
    assert profit["total"] == {"amount": "128.00", "currency": "AUD"}


def test_what_is_not_reckoned_yet_is_named_and_not_zero(world: Any, ask: Any) -> None:
    ada = world.customer(1, links={"bank": "B1", "inn": "I1"})
    world.store.figures = [figures(ada, "bank", "B1", known=False), figures(ada, "inn", "I1", known=False)]
    for found in ask(ada):
        assert (found["total"], found["value"], found["reason"]) == (None, None, "NO_SUMMARIES")
        assert (found["missing"], found["partial"], found["asOf"]) == (["bank", "inn"], True, None)
    world.store.figures[0] = figures(ada, "bank", "B1", *CARDS)
    for found in ask(ada):
        assert found["total"] is not None
        assert (found["missing"], found["partial"]) == (["inn"], True)


def test_amounts_without_a_rate_are_left_out_and_named(world: Any, ask: Any) -> None:
    ada = world.customer(1, links={"bank": "B1"}, kind=PartyKind.ORGANIZATION)
    foreign = [FigureData(one.line, one.measure, one.value, one.currency and "BRL") for one in CARDS]
    world.store.figures = [figures(ada, "bank", "B1", *foreign)]
    value, profit = ask(ada)
    for found in (value, profit):
        assert (found["total"], found["reason"]) == (None, "FIGURE_UNKNOWN")
        assert (found["unconverted"], found["partial"]) == (["BRL"], True)
        assert found["lines"][0]["reason"] == "FIGURE_UNKNOWN"
    assert value["lines"][0]["expectedPurchases"] > 0
    assert profit["decile"] is None


def test_who_has_nothing_is_worth_nothing(world: Any, ask: Any) -> None:
    value, profit = ask(world.customer(1))
    assert value["total"] == profit["total"] == {"amount": "0.00", "currency": "AUD"}
    assert (value["lines"], value["partial"]) == ([], False)


def test_many_customers_are_read_at_once(world: Any) -> None:
    for number in range(1, 30):
        one = world.customer(number, links={"bank": f"B{number}"})
        world.store.figures.append(figures(one, "bank", f"B{number}", *CARDS))
    found = world.data(
        "{ customers(first: 29) { edges { node { lifetimeValue { value } profit { value } } } } }"
    )
    assert len({one["node"]["lifetimeValue"]["value"] for one in found["customers"]["edges"]}) == 1
    assert world.store.calls.count("summaries.of") == 1
    assert world.host.requests == []


@pytest.mark.parametrize("months", [0, 601, -3])
def test_months_out_of_range_are_refused(world: Any, months: int) -> None:
    world.customer(1)
    response = world.ask(
        f"{{ customers {{ edges {{ node {{ lifetimeValue(months: {months}) {{ value }} }} }} }} }}"
    )
    (error,) = response.errors
    assert error["message"] == "Months lie between 1 and 600."
    assert error["extensions"] == {"code": "BAD_USER_INPUT", "argument": "months"}


def test_few_horizons_in_one_operation(world: Any) -> None:
    world.customer(1)

    def asked(count: int) -> Any:
        fields = " ".join(f"m{n}: lifetimeValue(months: {n}) {{ value }}" for n in range(1, count + 1))
        return world.ask(f"{{ customers {{ edges {{ node {{ {fields} }} }} }} }}")

    assert not asked(4).errors
    (error,) = asked(5).errors
    assert error["extensions"]["code"] == "LIMIT_EXCEEDED"
