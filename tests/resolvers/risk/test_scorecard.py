"""Points add up to the log-odds, and reasons are points lost."""

from __future__ import annotations

import math

import pytest

from resolvers.risk.scorecard import Bin, CategoryFeature, Feature, NumberFeature, Scale, Scorecard


def row(label: str, points: float) -> Bin:
    return Bin(label=label, woe=0.0, points=points, share=0.5, bad_rate=0.1)


CARD = Scorecard(
    scale=Scale(),
    features=(
        NumberFeature(
            name="utilisation",
            edges=(0.3, 0.8),
            bins=(row("below 0.3", 320), row("0.3 to 0.8", 300), row("0.8 and more", 260)),
            missing=row("not known", 300),
        ),
        CategoryFeature(
            name="arrears",
            places={"none": 0, "some": 1},
            bins=(row("none", 310), row("some", 250)),
            missing=row("not known", 300),
        ),
    ),
)


def test_the_constants_of_the_scale() -> None:
    assert Scale().factor == pytest.approx(28.8539, abs=5e-5)
    assert Scale().offset == pytest.approx(487.123, abs=5e-4)


def test_twenty_points_double_the_odds() -> None:
    low, high = CARD.probability(600), CARD.probability(620)
    assert low == pytest.approx(1 / 51)
    assert (1 - high) / high == pytest.approx(2 * (1 - low) / low)


def test_a_bin_holds_what_is_below_its_edge() -> None:
    found = [CARD.score({"utilisation": value, "arrears": "none"}).points for value in (0.29, 0.3, 0.8)]
    assert found == [630, 610, 570]


def test_what_is_not_known_is_neutral_and_never_an_edge_case() -> None:
    for unknown in (None, math.nan, "a text"):
        assert CARD.score({"utilisation": unknown, "arrears": "none"}).parts[0].label == "not known"
    assert CARD.score({"arrears": "never seen"}).points == 600


def test_reasons_are_points_lost_the_dearest_first() -> None:
    values: dict[str, Feature] = {"utilisation": 0.5, "arrears": "some"}
    score = CARD.score(values)
    assert [(part.feature, part.lost) for part in score.reasons()] == [("arrears", 60), ("utilisation", 20)]
    assert score.points == sum(part.points for part in score.parts) == CARD.points(values)
    assert CARD.score({"utilisation": 0.1, "arrears": "none"}).reasons() == ()
