"""What is learnt of risk: monotone bins, neutral gaps, a falling table, and papers that tell of fairness."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from resolvers.registry import decode, encode
from resolvers.risk.behavioural import BehaviouralModel
from resolvers.risk.features import BY_NAME
from resolvers.risk.mapping import DefaultMapping
from resolvers.risk.markets import MarketAssumptions
from resolvers.risk.option_pricing import score_many
from resolvers.training.fairness import fairness, impact_ratios, proxy_auc
from resolvers.training.risk import fit_behavioural, fit_mapping
from resolvers.training.weights import CannotJudgeError
from tests.resolvers.risk.customers import ORIGIN
from tests.resolvers.training.risk_sample import Sample, sample


@pytest.fixture(scope="module")
def seen() -> Sample:
    return sample(6_000, seed=1)


@pytest.fixture(scope="module")
def model(seen: Sample) -> BehaviouralModel:
    return fit_behavioural(seen.features, seen.defaulted, origin=ORIGIN)


def points(model: BehaviouralModel, customers: Sample) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    found = np.zeros(len(customers.defaulted))
    for row in model.rows:
        values = customers.features[row.feature.name]
        worth = np.array([row.binned.bin(value).points for value in values])
        found += worth
    return found


def test_a_card_tells_who_defaults(model: BehaviouralModel) -> None:
    unseen = sample(3_000, seed=2)
    assert roc_auc_score(unseen.defaulted, -points(model, unseen)) > 0.7
    assert model.origin.customers == 6_000


def test_bins_go_one_way_and_gaps_say_nothing(model: BehaviouralModel) -> None:
    for row in model.rows:
        sign = -1 if BY_NAME[row.feature.name].worse.value == "HIGHER" else 1
        assert (sign * np.diff(row.points) >= 0).all(), row.feature.name
        assert row.binned.missing.woe == 0
    assert len({row.neutral for row in model.rows}) == 1


def test_a_feature_that_would_be_read_the_wrong_way_is_left_out(seen: Sample) -> None:
    turned = {**seen.features, "tenure": -seen.features["tenure"]}
    found = fit_behavioural(turned, seen.defaulted, origin=ORIGIN)
    assert "tenure" not in {row.feature.name for row in found.rows}


def test_an_artefact_is_read_back_as_it_was(model: BehaviouralModel, seen: Sample) -> None:
    assert decode(encode(model), BehaviouralModel, "test") == model
    mapping = fit_mapping(seen.assets, seen.debt, seen.volatility, seen.defaulted, origin=ORIGIN)
    assert decode(encode(mapping), DefaultMapping, "test") == mapping


def test_a_table_falls_and_is_calibrated(seen: Sample) -> None:
    mapping = fit_mapping(seen.assets, seen.debt, seen.volatility, seen.defaulted, origin=ORIGIN)
    assert mapping.typical.debt == pytest.approx(np.median(seen.debt[(seen.debt > 0) & (seen.assets > 0)]))
    unseen = sample(6_000, seed=3)
    found = score_many(unseen.assets, unseen.debt, unseen.volatility, mapping, MarketAssumptions())
    assert found.mean() == pytest.approx(unseen.defaulted.mean(), abs=0.01)
    assert roc_auc_score(unseen.defaulted, found) > 0.65


def test_too_few_defaults_teach_nothing(seen: Sample) -> None:
    nobody = np.zeros_like(seen.defaulted)
    with pytest.raises(CannotJudgeError, match="0 customers defaulted"):
        fit_behavioural(seen.features, nobody, origin=ORIGIN)
    with pytest.raises(CannotJudgeError, match="0 customers defaulted"):
        fit_mapping(seen.assets, seen.debt, seen.volatility, nobody, origin=ORIGIN)
    with pytest.raises(CannotJudgeError, match="households have debts"):
        fit_mapping(seen.assets, np.zeros_like(seen.debt), seen.volatility, seen.defaulted, origin=ORIGIN)


def test_a_group_that_a_feature_gives_away_is_guessed() -> None:
    rng = np.random.default_rng(0)
    told = rng.standard_normal(900)
    groups = ["F" if value > 0 else "M" for value in told]
    noise = rng.standard_normal(900)
    assert min(proxy_auc({"told": told, "noise": noise}, groups).values()) > 0.95
    assert max(proxy_auc({"noise": noise}, groups).values()) < 0.6
    assert proxy_auc({"noise": noise}, ["F"] * 899 + ["M"]) == {}


def test_the_impact_is_beside_who_is_favoured_most() -> None:
    favourable = np.array([True] * 40 + [False] * 10 + [True] * 20 + [False] * 30 + [True] * 3)
    groups = [*["A"] * 50, *["B"] * 50, *[None] * 3]
    assert impact_ratios(favourable, groups) == {"A": 1.0, "B": pytest.approx(0.5)}


def test_papers_tell_of_fairness(seen: Sample, model: BehaviouralModel) -> None:
    kept = {name: seen.features[name] for name in ("utilisation", "tenure")}
    found = fairness(kept, points(model, seen) > 560, {"made_up": seen.group})
    assert set(found) == {"proxy_auc.made_up", "impact_ratio.made_up"}
    assert 0.5 <= found["proxy_auc.made_up"] <= 1
    assert 0 < found["impact_ratio.made_up"] <= 1
    assert msgspec.json.encode(found)
