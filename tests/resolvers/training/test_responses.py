"""Propensities move from what was learnt before as far as answers tell, and no further."""

from __future__ import annotations

import numpy as np
import pytest

from resolvers.offers.features import FEATURES
from resolvers.offers.propensity import ProductModel, Propensities, Weight, scorer
from resolvers.offers.responses import Presented
from resolvers.training.judging import calibration_error
from resolvers.training.responses import LEAST, fitted_to, refitted
from resolvers.training.weights import CannotJudgeError
from tests.resolvers.training.papers import origin

PLACE = {feature.name: place for place, feature in enumerate(FEATURES)}
BALANCE = "DEPOSITS.BALANCE"
BEFORE = ProductModel(
    baseline=-2.0,
    weights=(
        Weight(feature=BALANCE, centre=9.0, coefficient=0.5),
        Weight(feature="MOTOR.HELD", centre=0.4, coefficient=0.3),
    ),
    learnt_from="TAKEN",
    customers=1_000,
    takers=100,
)


def answers(count: int, *, slope: float, level: float, seed: int = 1, product: str = "p") -> list[Presented]:
    """Customers who accept by their balances."""
    rng = np.random.default_rng(seed)
    balances = rng.normal(9, 2, count)
    chance = 1 / (1 + np.exp(-(level + slope * (balances - 9))))
    found = []
    for balance, accepted in zip(balances, rng.random(count) < chance, strict=True):
        features = [0.0] * len(FEATURES)
        features[PLACE[BALANCE]] = float(balance)
        found.append(
            Presented(
                product=product,
                features=tuple(features),
                propensity=None,
                explored=False,
                accepted=bool(accepted),
            )
        )
    return found


def coefficient(model: ProductModel, feature: str) -> float:
    return {each.feature: each.coefficient for each in model.weights}.get(feature, 0.0)


def test_many_answers_overrule_what_was_learnt_before() -> None:
    model = refitted(answers(8_000, slope=-0.4, level=-1.0), BEFORE, -4.0)
    assert coefficient(model, BALANCE) == pytest.approx(-0.4, abs=0.05)
    others = answers(8_000, slope=-0.4, level=-1.0, seed=2)
    matrix = np.array([each.features for each in others])
    came = np.array([each.accepted for each in others], dtype=float)
    found = scorer(Propensities(origin=origin("propensity"), products={"p": model}), "p")
    foretold = 1 / (1 + np.exp(-found.log_odds_many(matrix)))
    assert calibration_error(foretold, came) < 0.02
    assert model.metrics["auc"] > 0.6
    assert (model.learnt_from, model.customers) == ("RESPONSES", 8_000)


def test_few_answers_set_the_level_and_keep_the_rest() -> None:
    model = refitted(answers(120, slope=0.5, level=0.0), BEFORE, -4.0)
    assert coefficient(model, BALANCE) == pytest.approx(0.5, abs=0.12)
    assert coefficient(model, "MOTOR.HELD") == 0.3  # nothing was seen of it
    known = [0.0] * len(FEATURES)
    known[PLACE[BALANCE]] = 9.0
    found = scorer(Propensities(origin=origin("propensity"), products={"p": model}), "p")
    assert found.log_odds(known) == pytest.approx(0.0, abs=0.5)


def test_answers_as_foretold_change_nothing_much() -> None:
    same = refitted(answers(20_000, slope=0.5, level=-2.12), BEFORE, -4.0)
    assert coefficient(same, BALANCE) == pytest.approx(0.5, abs=0.04)


def test_only_products_with_enough_answers_are_fitted() -> None:
    before = Propensities(origin=origin("propensity"), products={"p": BEFORE, "q": BEFORE})
    mine = answers(2_000, slope=0.5, level=-1) + answers(2 * LEAST - 2, slope=0, level=0, product="q")
    mine += answers(2_000, slope=1.0, level=-1, product="new")
    found, anew, few = fitted_to(mine, before)
    assert (anew, few) == (("new", "p"), ("q",))
    assert found.products["q"] == BEFORE
    assert coefficient(found.products["new"], BALANCE) == pytest.approx(1.0, abs=0.1)
    with pytest.raises(CannotJudgeError, match="wait for more answers"):
        fitted_to(answers(10, slope=0, level=0), before)
