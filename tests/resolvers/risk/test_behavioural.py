"""Points add up, reasons are points lost, and what is not known is neutral and told."""

from __future__ import annotations

from itertools import pairwise

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resolvers.risk.bands import RiskBand, band_of
from resolvers.risk.behavioural import MOST_REASONS, BehaviouralModel, BehaviouralScore, score_many
from resolvers.risk.features import BY_NAME
from resolvers.risk.models import shipped_risk
from resolvers.risk.scorecard import Bin, CategoryFeature, Scorecard
from resolvers.summaries.measures import Line, Measure
from resolvers.summaries.population import gathered
from tests.resolvers.risk.customers import ANY_LINES, DOMAINS, summaries

MODEL = shipped_risk().behavioural
STRAINED = {
    Line.LENDING: {Measure.CREDIT_USED: 980.0, Measure.CREDIT_LIMIT: 1_000.0, Measure.ARREARS_DAYS: 40.0},
    Line.DEPOSITS: {Measure.OVERDRAWN_DAYS_12M: 60.0, Measure.BALANCE: 50.0, Measure.INCOME_12M: 40_000.0},
    Line.HOTEL: {Measure.TRIPS_36M: 4.0, Measure.NO_SHOWS_36M: 0.0, Measure.CANCELLED_36M: 0.0},
}


def score(lines: dict[Line, dict[Measure, float]], *missing: str) -> BehaviouralScore:
    return BehaviouralScore(MODEL, summaries(lines, *missing), DOMAINS)


@settings(max_examples=50)
@given(ANY_LINES, st.sets(st.sampled_from(sorted(DOMAINS))))
def test_baseline_and_contributions_are_the_points(
    lines: dict[Line, dict[Measure, float]], missing: set[str]
) -> None:
    found = score(lines, *missing)
    total = MODEL.baseline + sum(part.value for part in found.contributions)
    assert total == pytest.approx(found.points, abs=1e-9)
    assert found.interval.low <= found.points + 1e-9
    assert found.points <= found.interval.high + 1e-9
    assert found.probabilities.low <= found.probability + 1e-12
    assert found.probability <= found.probabilities.high + 1e-12
    assert 0 < found.probability < 1


@settings(max_examples=30)
@given(st.lists(ANY_LINES, min_size=1, max_size=6))
def test_one_customer_and_a_population_have_the_same_score(
    customers: list[dict[Line, dict[Measure, float]]],
) -> None:
    found = {str(place): summaries(lines) for place, lines in enumerate(customers)}
    points, probabilities = score_many(MODEL, gathered(found, currency="AUD"))
    for place, one in enumerate(found.values()):
        single = BehaviouralScore(MODEL, one, DOMAINS)
        assert points[place] == single.points
        assert probabilities[place] == pytest.approx(single.probability, rel=1e-12)


def test_nobody_known_has_the_baseline_and_no_reasons() -> None:
    found = score({})
    assert found.points == pytest.approx(MODEL.baseline)
    assert not found.known
    assert found.reasons == ()
    assert found.interval.width == 0


def test_reasons_are_the_points_lost_and_say_what_they_rest_on() -> None:
    found = score(STRAINED)
    assert found.band.is_adverse
    lost = [reason.lost for reason in found.reasons]
    every = sorted((part.lost for part in found.contributions if part.lost > 0), reverse=True)
    assert lost == every[:MOST_REASONS]
    assert lost
    for reason in found.reasons:
        row = next(row for row in MODEL.rows if row.feature.name == reason.feature.name)
        value = reason.feature.value(found.summaries)
        assert value is not None
        assert reason.lost == pytest.approx(max(row.points) - row.binned.bin(value).points)
        assert reason.rests_on
        for figure in reason.rests_on:
            assert STRAINED[figure.line][figure.measure] == figure.value
        assert reason.feature.adverse


def test_what_is_not_known_is_no_reason() -> None:
    known = {part.feature.name for part in score(STRAINED).contributions if part.given is not None}
    assert {reason.feature.name for reason in score(STRAINED).reasons} <= known


def test_a_missing_partner_widens_the_interval_by_the_bins_of_what_it_would_tell() -> None:
    whole, missing = score({}), score({}, "hotel")
    assert missing.points == whole.points
    uncertain = {part.feature.name for part in missing.contributions if part.uncertain}
    assert uncertain == {row.feature.name for row in MODEL.rows if "hotel" in row.feature.domains}
    low = sum(
        min(*row.points, row.neutral) - row.neutral for row in MODEL.rows if row.feature.name in uncertain
    )
    assert missing.interval.low == pytest.approx(missing.points + low)
    assert missing.interval.width > 0


def test_a_currency_without_a_rate_makes_amounts_uncertain() -> None:
    found = BehaviouralScore(MODEL, summaries(STRAINED, unconverted=("XTS",)), DOMAINS)
    uncertain = {part.feature.name for part in found.contributions if part.uncertain}
    assert "utilisation" in uncertain
    assert "overdrawn_days" not in uncertain


def test_a_partner_that_is_not_configured_any_more_may_have_told_anything() -> None:
    assert all(part.uncertain for part in score({}, "gone").contributions)


def test_the_worse_the_fewer_points() -> None:
    """What the reasons say about a direction holds for every bin of the card that is served."""
    for row in MODEL.rows:
        falling = row.feature.worse.value == "HIGHER"
        points = row.points if falling else tuple(reversed(row.points))
        assert all(one >= other for one, other in pairwise(points)), row.feature.name


def test_a_card_of_unknown_features_is_refused() -> None:
    row = Bin(label="", woe=0.0, points=0.0, share=1.0, bad_rate=0.0)
    card = Scorecard(
        scale=MODEL.card.scale,
        features=(CategoryFeature(name="sex", places={"F": 0}, bins=(row,), missing=row),),
    )
    with pytest.raises(ValueError, match="sex"):
        BehaviouralModel(origin=MODEL.origin, card=card)
    content = msgspec.json.encode({"origin": MODEL.origin, "card": card})
    with pytest.raises(msgspec.ValidationError, match="sex"):
        msgspec.json.decode(content, type=BehaviouralModel)


@pytest.mark.parametrize(
    ("probability", "band"),
    [(0.0, "VERY_LOW"), (0.005, "LOW"), (0.02, "MEDIUM"), (0.05, "HIGH"), (0.15, "VERY_HIGH")],
)
def test_a_band_begins_at_its_limit(probability: float, band: str) -> None:
    assert band_of(probability) is RiskBand(band)


def test_the_shipped_card_reads_what_is_available() -> None:
    assert {each.name for each in MODEL.card.features} <= {
        name for name, feature in BY_NAME.items() if feature.available
    }
    assert MODEL.origin.made_up
    assert np.isfinite([point for row in MODEL.rows for point in row.points]).all()
