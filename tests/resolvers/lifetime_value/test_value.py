"""A customer's value and profit: sums that add up, one as many, and nothing unknown taken for zero."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from c360.values import CurrencyCode
from resolvers.lifetime_value.assumptions import Assumptions
from resolvers.lifetime_value.bgnbd import History, expected_purchases
from resolvers.lifetime_value.contractual import LONGEST, Annuity, month_of
from resolvers.lifetime_value.lines import Unvalued
from resolvers.lifetime_value.model import Band, Retention
from resolvers.lifetime_value.shapley import shapley
from resolvers.lifetime_value.value import Valuer
from resolvers.rates import Rates
from resolvers.summaries.customer import Summaries
from resolvers.summaries.measures import Line, Measure
from resolvers.summaries.population import gathered
from tests.resolvers.lifetime_value.customers import AUD, DAY, MODEL, customer, customers

ASSUMED = Assumptions()
VALUER = Valuer(MODEL, ASSUMED)
TODAY = float(DAY.toordinal())
CARDS = {
    Measure.PURCHASE_DAYS: 13.0,
    Measure.FIRST_ON: TODAY - 700,
    Measure.LAST_ON: TODAY - 20,
    Measure.SPENT_AFTER_FIRST: 2_400.0,
    Measure.SPENT_12M: 1_000.0,
}
MOTOR = {
    Measure.CONTRACTS: 1.0,
    Measure.FIRST_ON: TODAY - 500,
    Measure.ANNUAL_PREMIUM: 1_200.0,
    Measure.CLAIMED_36M: 600.0,
}


def near(one: float, other: float) -> bool:
    """As sums of floats agree: beside the largest amounts of the tests, and within 1e-9 of usual ones."""
    return math.isclose(one, other, rel_tol=1e-12, abs_tol=1e-9)


@settings(max_examples=60, deadline=None)
@given(customers, st.sampled_from([1, 36]))
def test_baseline_and_contributions_add_up_to_the_value(one: Summaries, months: int) -> None:
    found = VALUER.value(one, months)
    for line in found.lines:
        if line.value is None or line.reason is Unvalued.NOTHING_HELD:
            assert (line.terms, line.baseline) == ((), 0.0)
            assert line.reason is not None
        else:
            scale = sum(abs(term.value) for term in line.terms)
            total = line.baseline + sum(term.value for term in line.terms)
            assert math.isclose(total, line.value, rel_tol=1e-12, abs_tol=1e-9 + 1e-12 * scale)
    if found.value is not None:
        assert near(found.value, sum(line.value for line in found.lines if line.value is not None))


@settings(max_examples=60, deadline=None)
@given(customers)
def test_a_profit_is_the_sum_of_its_parts(one: Summaries) -> None:
    found = VALUER.profit(one)
    for line in found.lines:
        if line.value is not None:
            assert near(line.value, sum(term.value for term in line.terms))


@settings(max_examples=30, deadline=None)
@given(st.lists(customers, min_size=1, max_size=6), st.sampled_from([1, 36]))
def test_many_are_valued_as_one(some: list[Summaries], months: int) -> None:
    population = gathered({str(place): one for place, one in enumerate(some)}, currency=AUD)
    totals, lines = VALUER.values_many(population, months)
    profits, _ = VALUER.profits_many(population)
    for place, one in enumerate(some):
        # A line whose every figure is unknown is not there, for one as for many.
        held = msgspec.structs.replace(one, lines={line: each for line, each in one.lines.items() if each})
        found = VALUER.value(held, months)
        assert same(totals[place], found.value)
        assert same(profits[place], VALUER.profit(held).value)
        for line in found.lines:
            assert same(lines[line.line][place], line.value)


def same(many: Any, one: float | None) -> bool:
    return math.isnan(many) if one is None else math.isclose(many, one, rel_tol=1e-9, abs_tol=1e-6)


@given(st.lists(st.floats(-1e6, 1e6), min_size=16, max_size=16))
def test_shapley_values_are_the_mean_over_all_orders(values: list[float]) -> None:
    expected = [0.0] * 4
    for order in itertools.permutations(range(4)):
        mixture = 0
        for feature in order:
            expected[feature] += (values[mixture | 1 << feature] - values[mixture]) / 24
            mixture |= 1 << feature
    assert shapley(values) == pytest.approx(expected, rel=1e-9, abs=1e-6)


def test_the_reference_customer_owes_nothing_to_any_property() -> None:
    reference = MODEL.purchases[Line.HOTEL].reference
    days = round(reference.age * 7)
    stays = {
        Measure.PURCHASE_DAYS: reference.frequency + 1.0,
        Measure.FIRST_ON: TODAY - days,
        Measure.LAST_ON: TODAY - days + reference.recency_share * days,
        Measure.SPENT_AFTER_FIRST: reference.mean * reference.frequency,
    }
    (line,) = VALUER.value(customer({Line.HOTEL: stays})).lines
    assert line.value == pytest.approx(line.baseline)
    assert [term.value for term in line.terms] == pytest.approx([0.0] * 4, abs=1e-9)


def test_who_never_came_back_differs_by_frequency_and_age_alone() -> None:
    once = {Measure.PURCHASE_DAYS: 1.0, Measure.FIRST_ON: TODAY - 70, Measure.LAST_ON: TODAY - 70}
    (line,) = VALUER.value(customer({Line.RENTAL: once})).lines
    frequency, recency, age, spend = line.terms
    assert [recency.value, spend.value] == pytest.approx([0.0, 0.0], abs=1e-9)
    assert (recency.given, spend.given) == (None, None)
    assert frequency.value < 0 < age.value
    assert line.p_alive == 1.0


def test_purchases_are_counted_as_bgnbd_foretells_them() -> None:
    (line,) = VALUER.value(customer({Line.CARDS: CARDS}), 12).lines
    history = History(frequency=12, recency=680 / 7, age=100.0)
    expected = expected_purchases(MODEL.purchases[Line.CARDS].purchases, history, 12 * 4.345)
    assert line.expected_purchases == pytest.approx(expected)
    assert line.expected_amount == pytest.approx(4.0 * (120 + 2_400) / (4.0 * 12 + 2.5))
    bound = ASSUMED.card_margin * (line.expected_purchases or 0.0) * (line.expected_amount or 0.0)
    assert 0.9 * bound < (line.value or 0.0) < bound  # discounted by less than a year


def test_a_contract_is_worth_its_margin_by_survival_and_discount() -> None:
    (line,) = VALUER.value(customer({Line.MOTOR: MOTOR}), 24).lines
    claims = 0.8 * 0.65 * 1_200 + 0.2 * 600 / (500 / 365.25)
    margin = 1_200 * (1 - 0.25) - claims - 30
    assert line.annual_margin == pytest.approx(margin)
    left, value, tenure = 1.0, 0.0, 16  # months: 500 days
    for month in range(24):
        years = (tenure + month) / 12
        left *= math.exp(-(0.2 if years < 1 else 0.1 if years < 3 else 0.05) / 12)
        value += margin / 12 * left / 1.08 ** ((month + 1) / 12)
    assert line.value == pytest.approx(value)
    assert line.retention == pytest.approx(left)


def test_a_constant_hazard_has_a_closed_form() -> None:
    retention = Retention(bands=(Band(from_years=0.0, hazard=0.3),), tenure=1.0)
    annuity = Annuity(retention, months=48, monthly_discount=0.01)
    q = math.exp(-0.025) / 1.01
    assert annuity.factor(7) == pytest.approx(q * (1 - q**48) / (1 - q) / 12)
    assert annuity.factors == pytest.approx(np.full(LONGEST + 1, annuity.factor(0)))
    assert (month_of(-5), month_of(1e9)) == (0, LONGEST)


def test_last_years_profit_is_what_was_earned_in_it() -> None:
    lines = {
        Line.CARDS: CARDS,
        Line.LOYALTY: {Measure.PURCHASE_DAYS_12M: 20.0},
        Line.LENDING: {Measure.BALANCE: 10_000.0, Measure.CONTRACTS: 1.0, Measure.FIRST_ON: TODAY - 3_000},
        Line.DEPOSITS: {Measure.BALANCE: 4_000.0, Measure.FIRST_ON: TODAY - 365.25 / 2},
        Line.BROKERAGE: {Measure.BALANCE: 20_000.0, Measure.TRADES_12M: 3.0, Measure.CONTRACTS: 1.0},
        Line.MOTOR: {**MOTOR, Measure.FIRST_ON: TODAY - 2_000},
        Line.PENSION: {Measure.RESERVE: 50_000.0, Measure.CONTRACTS: 2.0},
    }
    found = {line.line: line.value for line in VALUER.profit(customer(lines)).lines}
    assert found == {
        Line.CARDS: pytest.approx(9.0),
        Line.LOYALTY: pytest.approx(20 * 45 * (0.06 - 0.7 * 0.005)),
        Line.LENDING: pytest.approx(10_000 * (0.085 - 0.045 - 0.011) - 45),
        Line.DEPOSITS: pytest.approx(4_000 * 0.014 / 2),
        Line.BROKERAGE: pytest.approx(20_000 * 0.005 + 24 - 60),
        Line.MOTOR: pytest.approx(1_200 * 0.75 - 200 - 30),
        Line.PENSION: pytest.approx(50_000 * 0.009 - 60),
    }


def test_a_told_interest_rests_on_no_assumption() -> None:
    def interest(**more: float) -> Any:
        figures = {Measure.BALANCE: 1_000.0} | {Measure[name]: value for name, value in more.items()}
        return VALUER.profit(customer({Line.LENDING: figures})).terms[0]

    assert (interest().value, interest().rests_on) == (pytest.approx(85.0), ("lending_rate",))
    told = interest(INTEREST_RATE=0.05)
    assert (told.value, told.rests_on) == (pytest.approx(50.0), ())


@pytest.mark.parametrize(
    ("line", "figures", "reason"),
    [
        (Line.HOME, {Measure.CONTRACTS: 1.0}, Unvalued.FIGURE_UNKNOWN),
        (Line.CARDS, {Measure.SPENT: 5.0}, Unvalued.FIGURE_UNKNOWN),
        (Line.CARDS, {**CARDS, Measure.SPENT_AFTER_FIRST: None}, Unvalued.FIGURE_UNKNOWN),
        (Line.CARDS, {**CARDS, Measure.LAST_ON: None}, Unvalued.FIGURE_UNKNOWN),
    ],
)
def test_what_nobody_tells_has_no_value(line: Line, figures: dict[Measure, Any], reason: Unvalued) -> None:
    told = {measure: value for measure, value in figures.items() if value is not None}
    found = VALUER.value(customer({line: told}))
    assert (found.value, found.lines[0].value, found.lines[0].reason) == (None, None, reason)


def test_purchases_with_points_are_valued_by_an_assumed_amount() -> None:
    days = {measure: CARDS[measure] for measure in (Measure.PURCHASE_DAYS, Measure.FIRST_ON, Measure.LAST_ON)}
    (line,) = VALUER.value(customer({Line.LOYALTY: days}), 12).lines
    assert line.expected_amount == 45
    bound = 45 * (0.06 - 0.7 * 0.005) * (line.expected_purchases or 0)
    assert 0.9 * bound < (line.value or 0) < bound
    assert [term.name for term in line.terms] == ["frequency", "recency", "age"]


def test_no_claims_are_told_by_their_count() -> None:
    def margin(**more: float) -> float | None:
        figures = {Measure.ANNUAL_PREMIUM: 1_000.0} | {Measure[name]: value for name, value in more.items()}
        return VALUER.profit(customer({Line.HOME: figures})).value

    assert margin() == pytest.approx(1_000 * (1 - 0.3 - 0.52))
    assert margin(CLAIMS_36M=0.0) == pytest.approx(1_000 * (1 - 0.3))
    assert margin(CLAIMS_36M=1.0) == pytest.approx(1_000 * (1 - 0.3 - 0.52))  # of an amount nobody tells
    assert margin(CLAIMS_36M=1.0, CLAIMED_36M=300.0) == pytest.approx(1_000 * (1 - 0.3) - 100)


def test_a_line_without_a_model_and_a_model_without_a_rate() -> None:
    bare = msgspec.structs.replace(MODEL, purchases={}, retention={})
    found = Valuer(bare, ASSUMED).value(customer({Line.CARDS: CARDS, Line.MOTOR: MOTOR}))
    assert [line.reason for line in found.lines] == [Unvalued.NO_MODEL] * 2
    foreign = MODEL.priced_in(Rates(base=CurrencyCode("EUR")))
    (line,) = Valuer(foreign, ASSUMED).value(customer({Line.CARDS: CARDS})).lines
    assert (line.value, line.reason) == (None, Unvalued.NO_RATE)
    assert line.expected_purchases is not None
    assert line.expected_amount is None


def test_a_model_in_another_currency_says_the_same_in_that_one() -> None:
    rates = Rates(base=CurrencyCode("EUR"), rates={"AUD": 0.5})
    euros = {**CARDS, Measure.SPENT_AFTER_FIRST: CARDS[Measure.SPENT_AFTER_FIRST] / 2}
    (there,) = Valuer(MODEL.priced_in(rates), ASSUMED).value(customer({Line.CARDS: euros})).lines
    (here,) = VALUER.value(customer({Line.CARDS: CARDS})).lines
    assert there.value == pytest.approx(here.value / 2 if here.value else None)
    assert there.baseline == pytest.approx(here.baseline / 2)


@pytest.mark.parametrize(
    ("line", "figures", "value", "profit"),
    [
        (Line.CARDS, {Measure.PURCHASE_DAYS: 0.0, Measure.PURCHASE_DAYS_12M: 0.0}, 0.0, 0.0),
        (Line.MOTOR, {Measure.CONTRACTS: 0.0}, 0.0, 0.0),
        # What ended within the year may have earned something before, that nobody tells any more.
        (Line.MOTOR, {Measure.CONTRACTS: 0.0, Measure.CONTRACTS_ENDED: 1.0}, 0.0, None),
        (
            Line.HOME,
            {Measure.CONTRACTS: 0.0, Measure.CONTRACTS_ENDED: 1.0, Measure.ANNUAL_PREMIUM: 0.0},
            0.0,
            None,
        ),
    ],
)
def test_nothing_held_is_known_to_be_nothing(
    line: Line, figures: dict[Measure, float], value: float, profit: float | None
) -> None:
    one = customer({line: figures})
    assert (VALUER.value(one).value, VALUER.profit(one).value) == (value, profit)
    assert VALUER.value(one).lines[0].reason is Unvalued.NOTHING_HELD


def test_nobody_without_a_line_is_worth_anything() -> None:
    assert VALUER.value(customer({})).value == 0
    assert VALUER.profit(customer({})).value == 0


@pytest.mark.parametrize("months", [0, 601, -1])
def test_months_out_of_range(months: int) -> None:
    with pytest.raises(ValueError, match="months lie between 1 and 600"):
        VALUER.value(customer({}), months)


@pytest.mark.parametrize(
    "change",
    [
        lambda: msgspec.structs.replace(MODEL, purchases={Line.HOME: MODEL.purchases[Line.CARDS]}),
        lambda: Retention(bands=(Band(from_years=1.0, hazard=0.1),), tenure=1.0),
    ],
)
def test_an_artefact_that_contradicts_itself_is_refused(change: Callable[[], object]) -> None:
    with pytest.raises(ValueError, match=r"line of the other kind|begin at 0"):
        msgspec.convert(msgspec.to_builtins(change(), str_keys=True), type(change()))
