"""Features and propensities: one definition for one customer and for many."""

from __future__ import annotations

import math
from datetime import date
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolvers.offers.facts import Facts
from resolvers.offers.features import FEATURES, matrix, vector
from resolvers.offers.propensity import ProductModel, Scorer, Scorers, Weight
from resolvers.registry import ModelName
from resolvers.serving import shipped
from resolvers.summaries.customer import Summaries
from resolvers.summaries.measures import Line, Measure, Unit
from resolvers.summaries.population import gathered

DAY = date(2026, 11, 26)


@st.composite
def summaries(draw: st.DrawFn) -> Summaries:
    lines: dict[Line, dict[Measure, float]] = {}
    for line in draw(st.sets(st.sampled_from(Line), max_size=6)):
        measures = draw(st.sets(st.sampled_from(Measure), min_size=1, max_size=8))
        lines[line] = {
            measure: float(draw(st.integers(730_000, DAY.toordinal())))
            if measure.unit is Unit.DAY
            else draw(st.floats(-100, 1e7))
            for measure in measures
        }
    return Summaries(day=DAY, currency="AUD", lines=lines)


def model(**weights: float) -> ProductModel:
    return ProductModel(
        baseline=-2.0,
        weights=tuple(
            Weight(feature=name.replace("__", "."), centre=0.5, coefficient=value)
            for name, value in weights.items()
        ),
        learnt_from="HOLDINGS",
        customers=1,
        takers=1,
    )


MODELS = (
    model(DEPOSITS__BALANCE=0.3, HOTEL__HELD=-1.0, MOTOR__FIRST_ON=0.2),
    model(CARDS__SPENT_12M=0.1, DEPOSITS__HELD=2.0),
    None,
)


@given(st.lists(summaries(), min_size=1, max_size=5))
def test_one_and_many_have_the_same_features_and_scores(people: list[Summaries]) -> None:
    many = matrix(gathered({str(n): one for n, one in enumerate(people)}, currency="AUD"))
    single = [vector(Facts(one)) for one in people]
    assert many == pytest.approx(np.array(single), rel=1e-12)
    scorers = [Scorer(each, -4.0) for each in MODELS]
    together = Scorers(scorers)
    for scorer, column in zip(
        scorers, zip(*(together.log_odds(one) for one in single), strict=True), strict=True
    ):
        alone = [scorer.log_odds(one) for one in single]
        assert scorer.log_odds_many(many) == pytest.approx(np.array(alone), abs=1e-9)
        assert list(column) == pytest.approx(alone, abs=1e-9)
        for one, log_odds in zip(single, alone, strict=True):
            parts = scorer.contributions(one)
            assert scorer.baseline + math.fsum(part.value for part in parts) == pytest.approx(
                log_odds, abs=1e-9
            )


@given(summaries(), st.sets(st.sampled_from(Line), min_size=1, max_size=4))
def test_what_is_not_known_adds_nothing(one: Summaries, unknown: Any) -> None:
    hidden = frozenset(unknown - set(one.lines))
    features = vector(Facts(one, unknown=hidden))
    for place, feature in enumerate(FEATURES):
        assert math.isnan(features[place]) is (feature.line in hidden)
    for each in MODELS:
        scorer = Scorer(each, -4.0)
        parts = scorer.contributions(features)
        assert not {part.feature.partition(".")[0] for part in parts} & {line.value for line in hidden}
        assert scorer.log_odds(features) == pytest.approx(
            scorer.baseline + math.fsum(part.value for part in parts), abs=1e-9
        )
        assert Scorers([scorer]).log_odds(features) == [pytest.approx(scorer.log_odds(features), abs=1e-9)]


def test_features_have_names_of_their_own_and_words() -> None:
    assert len({feature.name for feature in FEATURES}) == len(FEATURES)
    assert all(feature.label for feature in FEATURES)
    assert FEATURES[0].name == "CARDS.HELD"


def test_what_is_shipped_says_where_it_comes_from() -> None:
    found = shipped().propensity
    assert found.origin.model == ModelName.PROPENSITY.value
    assert found.origin.made_up
