"""Propensities learnt from who took a product find the truth again, calibrated, and read what one reads."""

from __future__ import annotations

import numpy as np
import pytest

from resolvers.offers.features import FEATURES
from resolvers.offers.propensity import Propensities, scorer
from resolvers.training.judging import calibration_error
from resolvers.training.propensities import LEAST, fit_product
from resolvers.training.weights import CannotJudgeError
from tests.resolvers.training.papers import origin

PLACE = {feature.name: place for place, feature in enumerate(FEATURES)}


def made_up(customers: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Features, what was taken, and the probability by which it was: balances pull, overdrafts push away."""
    rng = np.random.default_rng(seed)
    matrix = np.zeros((customers, len(FEATURES)))
    matrix[:, PLACE["DEPOSITS.BALANCE"]] = rng.normal(9, 2, customers)
    matrix[:, PLACE["DEPOSITS.OVERDRAWN_DAYS_12M"]] = rng.exponential(1, customers)
    log_odds = -3 + 0.5 * (matrix[:, PLACE["DEPOSITS.BALANCE"]] - 9)
    log_odds -= 0.7 * matrix[:, PLACE["DEPOSITS.OVERDRAWN_DAYS_12M"]]
    chance = 1 / (1 + np.exp(-log_odds))
    return matrix, rng.random(customers) < chance, chance


def test_what_moved_people_is_found_again() -> None:
    matrix, taken, _ = made_up(20_000, 1)
    model = fit_product(matrix, taken, learnt_from="TAKEN")
    weights = {each.feature: each.coefficient for each in model.weights}
    assert weights["DEPOSITS.BALANCE"] == pytest.approx(0.5, abs=0.08)
    assert weights["DEPOSITS.OVERDRAWN_DAYS_12M"] == pytest.approx(-0.7, abs=0.15)
    assert set(weights) == {"DEPOSITS.BALANCE", "DEPOSITS.OVERDRAWN_DAYS_12M"}
    assert (model.customers, model.takers) == (20_000, taken.sum())


def test_others_are_foretold_with_the_right_probability() -> None:
    matrix, taken, _ = made_up(10_000, 1)
    model = Propensities(
        origin=origin("propensity"), products={"p": fit_product(matrix, taken, learnt_from="TAKEN")}
    )
    others, took, chance = made_up(40_000, 2)
    foretold = 1 / (1 + np.exp(-scorer(model, "p").log_odds_many(others)))
    assert np.abs(foretold - chance).mean() < 0.006
    assert calibration_error(foretold, took.astype(float)) < 0.01


def test_what_is_not_known_of_one_speaks_neither_for_nor_against() -> None:
    matrix, taken, _ = made_up(3_000, 1)
    matrix[::3, PLACE["DEPOSITS.BALANCE"]] = np.nan
    found = fit_product(matrix, taken, learnt_from="TAKEN")
    model = Propensities(origin=origin("propensity"), products={"p": found})
    unknown = [np.nan] * len(FEATURES)
    assert scorer(model, "p").log_odds(unknown) == pytest.approx(found.baseline)


def test_too_few_takers_are_no_model() -> None:
    matrix, taken, _ = made_up(1_000, 1)
    taken[:] = False
    taken[: LEAST - 1] = True
    with pytest.raises(CannotJudgeError, match="29 of 1000 took it"):
        fit_product(matrix, taken, learnt_from="TAKEN")
