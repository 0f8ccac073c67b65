"""Recency, frequency and spend obey laws, whatever was bought in whatever order."""

from __future__ import annotations

import random
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from c360.values import CurrencyCode, Money
from resolvers.summaries.customer import combined
from resolvers.summaries.figures import Figures
from resolvers.summaries.measures import Line, Measure
from resolvers.summaries.purchases import Purchase, frequency, purchases

TODAY = date(2026, 3, 1)
ADDITIVE = {Measure.SPENT, Measure.SPENT_12M, Measure.FIRST_ON, Measure.LAST_ON}
"""What two parties' figures give together; a day on which something was bought at both counts for each."""


def money(amount: str | Decimal, currency: str = "AUD") -> Money:
    return Money(amount=Decimal(amount), currency=CurrencyCode(currency))


def bought() -> st.SearchStrategy[Purchase]:
    amount = st.builds(money, st.decimals(0, 5_000, places=2), st.sampled_from(("AUD", "EUR")))
    return st.builds(
        Purchase,
        on=st.dates(TODAY - timedelta(1_200), TODAY + timedelta(30)),
        amount=st.none() | amount,
    )


def by_key(found: Figures) -> dict[tuple[Measure, str | None], float]:
    keyed = {(each.measure, each.currency): each.value for each in found}
    assert len(keyed) == len(found)
    return keyed


@given(st.lists(bought(), max_size=20), st.integers())
def test_the_order_of_purchases_does_not_matter(found: list[Purchase], seed: int) -> None:
    shuffled = found[:]
    random.Random(seed).shuffle(shuffled)
    assert purchases(Line.HOTEL, found, TODAY) == purchases(Line.HOTEL, shuffled, TODAY)


@given(st.lists(bought(), max_size=20), st.integers(0, 20))
def test_two_parties_together_spend_what_one_would(found: list[Purchase], cut: int) -> None:
    def convert(amount: float, currency: str) -> float:
        return amount * {"AUD": 1.0, "EUR": 2.0}[currency]

    whole, _ = combined(purchases(Line.HOTEL, found, TODAY), convert)
    parts = (*purchases(Line.HOTEL, found[:cut], TODAY), *purchases(Line.HOTEL, found[cut:], TODAY))
    together, _ = combined(parts, convert)
    one, two = whole[Line.HOTEL], together[Line.HOTEL]
    for measure in ADDITIVE & one.keys():
        assert two[measure] == pytest.approx(one[measure])
    assert two[Measure.PURCHASE_DAYS] >= one[Measure.PURCHASE_DAYS]


@given(st.lists(bought(), max_size=20))
def test_parts_are_never_more_than_the_whole(found: list[Purchase]) -> None:
    figures = by_key(purchases(Line.HOTEL, found, TODAY))
    for (measure, currency), value in figures.items():
        assert value >= 0
        if measure in {Measure.SPENT_AFTER_FIRST, Measure.SPENT_12M} and currency is not None:
            assert value <= figures[Measure.SPENT, currency] + 1e-6
    assert figures[Measure.PURCHASE_DAYS_12M, None] <= figures[Measure.PURCHASE_DAYS, None]
    if figures[Measure.PURCHASE_DAYS, None]:
        assert figures[Measure.FIRST_ON, None] <= figures[Measure.LAST_ON, None] <= TODAY.toordinal()
    else:
        assert (Measure.FIRST_ON, None) not in figures


def test_figures_are_what_they_are_called() -> None:
    first, later = TODAY - timedelta(400), TODAY - timedelta(364)
    found = [
        Purchase(on=first, amount=money("10")),
        Purchase(on=first, amount=money("5")),
        Purchase(on=later, amount=money("7")),
        Purchase(on=later, amount=money("100", "EUR")),
        Purchase(on=TODAY, amount=money("-2")),
        Purchase(on=TODAY - timedelta(365), amount=None),
        Purchase(on=TODAY + timedelta(1), amount=money("1000")),
    ]
    assert by_key(purchases(Line.HOTEL, found, TODAY)) == {
        (Measure.FIRST_ON, None): first.toordinal(),
        (Measure.LAST_ON, None): later.toordinal(),
        (Measure.PURCHASE_DAYS, None): 3,
        (Measure.PURCHASE_DAYS_12M, None): 1,
        (Measure.SPENT, "AUD"): 20,
        (Measure.SPENT, "EUR"): 100,
        (Measure.SPENT_AFTER_FIRST, "AUD"): 5,
        (Measure.SPENT_AFTER_FIRST, "EUR"): 100,
        (Measure.SPENT_12M, "AUD"): 5,
        (Measure.SPENT_12M, "EUR"): 100,
    }


def test_nothing_bought_is_zero_and_nothing_named_is_not_known() -> None:
    nothing = by_key(purchases(Line.HOTEL, [], TODAY))
    assert nothing[Measure.SPENT_12M, None] == 0
    assert nothing[Measure.PURCHASE_DAYS, None] == 0
    unnamed = by_key(purchases(Line.HOTEL, [Purchase(on=TODAY)], TODAY))
    assert {measure for measure, _ in unnamed} == {
        Measure.FIRST_ON,
        Measure.LAST_ON,
        Measure.PURCHASE_DAYS,
        Measure.PURCHASE_DAYS_12M,
        Measure.SPENT_AFTER_FIRST,  # there is no purchase after the first day
    }
    assert by_key(frequency(Line.LOYALTY, [], TODAY)).keys() == {
        (Measure.PURCHASE_DAYS, None),
        (Measure.PURCHASE_DAYS_12M, None),
    }


def test_more_given_back_than_bought_is_nothing_spent() -> None:
    found = [
        Purchase(on=TODAY - timedelta(500), amount=money("50")),
        Purchase(on=TODAY, amount=money("-60")),
    ]
    figures = by_key(purchases(Line.CARDS, found, TODAY))
    assert figures[Measure.SPENT, "AUD"] == 0
    assert figures[Measure.SPENT_12M, "AUD"] == 0
