"""Percentiles follow the order of the population, ties alike, and one customer is placed as all are."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from c360.records.party import PartyKind
from c360.values import CurrencyCode
from resolvers import registry
from resolvers.rates import Rates
from resolvers.registry import ArtefactError, ModelName
from resolvers.segments.ranks import Ranked, Ranks, decile_of, quantiles
from resolvers.serving import shipped
from tests.resolvers.segments.subjects import ORIGIN, RANKS

VALUES = st.floats(-1e9, 1e9) | st.sampled_from((0.0, 0.1, 1.0, -250.0))
POPULATION = st.lists(VALUES, min_size=1, max_size=300)
PERSON = PartyKind.PERSON


def ranked(population: list[float]) -> Ranks:
    figures = {Ranked.PROFIT: {PERSON: quantiles(np.array(population))}}
    return Ranks(origin=ORIGIN, currency=CurrencyCode("AUD"), figures=figures)


def percentile(found: Ranks, value: float) -> float:
    place = found.percentile(Ranked.PROFIT, PERSON, value)
    assert place is not None
    return place


@given(POPULATION, VALUES, VALUES)
def test_a_greater_value_never_stands_lower(population: list[float], one: float, other: float) -> None:
    found = ranked(population)
    least, greatest = sorted((one, other))
    assert 0 <= percentile(found, least) <= percentile(found, greatest) <= 100


@given(POPULATION, st.lists(VALUES, min_size=1))
def test_one_is_placed_as_many_are(population: list[float], values: list[float]) -> None:
    found = ranked(population)
    many = found.percentiles(Ranked.PROFIT, PERSON, np.array(values))
    assert many is not None
    assert many.tolist() == [percentile(found, value) for value in values]


@given(st.integers(0, 2**32 - 1), st.integers(100, 400))
def test_the_percentile_is_the_share_below(seed: int, size: int) -> None:
    ordered: list[float] = np.sort(np.random.default_rng(seed).standard_cauchy(size)).tolist()
    found = ranked(ordered)
    for place, value in enumerate(ordered):
        exact = 100 * place / (len(ordered) - 1)
        assert percentile(found, value) == pytest.approx(exact, abs=1)


def test_those_who_share_a_value_share_the_middle_of_their_places() -> None:
    found = ranked([0.0] * 330 + list(range(1, 671)))
    assert percentile(found, 0.0) == pytest.approx(16.5, abs=0.5)
    assert found.decile(Ranked.PROFIT, PERSON, 0.0) == 2
    assert percentile(found, -1.0) == 0
    assert percentile(ranked([7.0] * 50), 7.0) == 50


def test_deciles_are_counted_from_the_least() -> None:
    found = ranked([float(each) for each in range(101)])
    assert [found.decile(Ranked.PROFIT, PERSON, value) for value in (-5, 0, 9.9, 10, 55, 99, 100, 200)] == [
        1, 1, 1, 2, 6, 10, 10, 10,
    ]  # fmt: skip
    assert decile_of(100.0) == 10


def test_amounts_are_ranked_in_the_hubs_own_currency() -> None:
    in_euros = RANKS.priced_in(Rates(base=CurrencyCode("EUR"), rates={"AUD": 0.5}))
    assert in_euros.currency == "EUR"
    assert in_euros.percentile(Ranked.PROFIT, PERSON, 20.0) == 40
    assert in_euros.percentile(Ranked.BEHAVIOURAL_POINTS, PERSON, 20.0) == 20
    unknown = RANKS.priced_in(Rates(base=CurrencyCode("EUR")))
    assert unknown.percentile(Ranked.SPENT, PERSON, 20.0) is None
    assert unknown.percentile(Ranked.BEHAVIOURAL_POINTS, PERSON, 20.0) == 20
    assert RANKS.priced_in(Rates(base=CurrencyCode("AUD"))) is RANKS


def test_unknown_figures_are_nobody() -> None:
    found = quantiles(np.array([np.nan, 1.0, 3.0, np.nan]))
    assert (found.customers, found.cuts[0], found.cuts[-1]) == (2, 1.0, 3.0)
    with pytest.raises(ValueError, match="nobody"):
        quantiles(np.array([np.nan]))
    many = ranked([1.0, 2.0]).percentiles(Ranked.PROFIT, PERSON, np.array([np.nan, 2.0]))
    assert many is not None
    assert np.isnan(many[0])
    assert many[1] == 100


def test_what_was_not_ranked_has_no_place_and_says_why() -> None:
    found = ranked([1.0, 2.0])
    assert found.percentile(Ranked.PROFIT, PartyKind.ORGANIZATION, 1.0) is None
    assert found.decile(Ranked.LIFETIME_VALUE, PERSON, 1.0) is None
    assert found.percentiles(Ranked.LIFETIME_VALUE, PERSON, np.array([1.0])) is None
    assert found.why_not(Ranked.PROFIT, PERSON) is None
    assert (
        found.why_not(Ranked.PROFIT, PartyKind.ORGANIZATION)
        == "no population of organisations was ranked by profit"
    )
    assert found.why_not(Ranked.LIFETIME_VALUE, PERSON) == (
        "no population of persons was ranked by lifetime value"
    )


@given(POPULATION)
def test_ranks_come_back_from_their_file_as_they_were(population: list[float]) -> None:
    found = ranked(population)
    again = registry.decode(registry.encode(found), Ranks, "ranks")
    assert again == found
    assert registry.encode(again) == registry.encode(found)


def test_a_wrong_file_says_what_is_wrong() -> None:
    content = registry.encode(ranked([1.0, 2.0]))
    for old, what in ((b"1.0,", b"3.0,"), (b"1.0,", b"")):
        with pytest.raises(ArtefactError, match="cuts that fall" if what else "100 cuts, not 101"):
            registry.decode(content.replace(old, what, 1), Ranks, "ranks")


def test_the_shipped_ranks_can_be_read() -> None:
    assert shipped().ranks == registry.read(registry.shipped(ModelName.RANKS), Ranks)
