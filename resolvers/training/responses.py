"""Propensities fitted anew to how customers answered: what was learnt before, moved as far as answers tell.

The earlier model's log-odds are where each fit begins: a common shift, which nothing holds back, and a change
of each coefficient, which a ridge holds at zero until answers speak against it (the mode of a Gaussian prior
around the earlier coefficients; Newton's method).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from resolvers.offers.features import FEATURES
from resolvers.offers.propensity import ProductModel, Propensities, Scorer, Weight
from resolvers.offers.responses import Presented
from resolvers.training.judging import calibration, chances
from resolvers.training.weights import CannotJudgeError

Floats = NDArray[np.float64]
LEAST = 20
"""Acceptances, and failures, that a product needs to be fitted anew."""
RIDGE, RIDGE_ANEW = 20.0, 1.0
"""Strength of what was learnt before, and of knowing nothing, in answers: on standardised features."""
_STEPS = 50
_FOLDS = 5


def fitted_to(
    presented: Iterable[Presented], before: Propensities
) -> tuple[Propensities, tuple[str, ...], tuple[str, ...]]:
    """Models fitted to answers, the others as they were.

    Args:
        presented: presentations with known outcomes.
        before: what serves.

    Returns:
        the models with the papers of ``before``, the products that were fitted anew, and those with too few
        answers.

    Raises:
        CannotJudgeError: no product has enough answers.
    """
    by_product: dict[str, list[Presented]] = {}
    for each in presented:
        by_product.setdefault(each.product, []).append(each)
    models = dict(before.products)
    anew, few = [], []
    for product, mine in sorted(by_product.items()):
        accepted = sum(each.accepted for each in mine)
        if min(accepted, len(mine) - accepted) < LEAST:
            few.append(product)
            continue
        models[product] = refitted(mine, before.products.get(product), before.unknown)
        anew.append(product)
    if not anew:
        raise CannotJudgeError(
            f"no product was accepted and not accepted {LEAST} times each; wait for more answers"
        )
    return msgspec.structs.replace(before, products=models), tuple(anew), tuple(few)


def refitted(presented: Sequence[Presented], before: ProductModel | None, unknown: float) -> ProductModel:
    """One product's model, moved from an earlier one as far as answers tell."""
    matrix = np.array([each.features for each in presented])
    accepted = np.array([each.accepted for each in presented], dtype=np.float64)
    scorer = Scorer(before, unknown)
    known = ~np.isnan(matrix)
    centre = _mean(np.where(known, matrix, 0.0), known, np.array(scorer.centres))
    spread = np.sqrt(_mean(np.where(known, (matrix - centre) ** 2, 0.0), known, np.ones(len(FEATURES))))
    spread[spread < 1e-9] = np.inf  # what does not vary says nothing
    standard = np.where(known, (matrix - centre) / spread, 0.0)
    offset = scorer.log_odds_many(matrix)
    strength = RIDGE_ANEW if before is None else RIDGE
    shift, change = _newton(standard, accepted, offset, strength)
    coefficients = np.array(scorer.coefficients) + change / spread
    # The same sum around the new centres.
    baseline = scorer.baseline + shift + float(np.array(scorer.coefficients) @ (centre - scorer.centres))
    foretold = _foretold(standard, accepted, offset, strength)
    return ProductModel(
        baseline=float(baseline),
        weights=tuple(
            Weight(feature=feature.name, centre=float(middle), coefficient=float(weight))
            for feature, middle, weight in zip(FEATURES, centre, coefficients, strict=True)
            if weight
        ),
        learnt_from="RESPONSES",
        customers=len(presented),
        takers=int(accepted.sum()),
        metrics=chances(foretold, accepted),
        calibration=calibration(foretold, accepted),
    )


def _foretold(standard: Floats, accepted: Floats, offset: Floats, strength: float) -> Floats:
    """What fits to the other answers say of each: by these a model is judged."""
    fold = np.arange(len(accepted)) % _FOLDS
    log_odds = np.zeros(len(accepted))
    for number in range(_FOLDS):
        rest, seen = fold == number, fold != number
        shift, change = _newton(standard[seen], accepted[seen], offset[seen], strength)
        log_odds[rest] = offset[rest] + shift + standard[rest] @ change
    found: Floats = 1 / (1 + np.exp(-log_odds))
    return found


def _mean(values: Floats, known: NDArray[np.bool_], otherwise: Floats) -> Floats:
    count = known.sum(axis=0)
    found: Floats = np.where(count > 0, values.sum(axis=0) / np.maximum(count, 1), otherwise)
    return found


def _newton(standard: Floats, accepted: Floats, offset: Floats, strength: float) -> tuple[float, Floats]:
    """The shift and the changes that maximise likelihood less ridge."""
    design = np.column_stack([np.ones(len(accepted)), standard])
    ridge = np.full(design.shape[1], strength)
    ridge[0] = 1e-6  # the shift is free
    found = np.zeros(design.shape[1])
    for _ in range(_STEPS):
        chance = 1 / (1 + np.exp(-(offset + design @ found)))
        slope = design.T @ (accepted - chance) - ridge * found
        curvature = (design * (chance * (1 - chance))[:, np.newaxis]).T @ design + np.diag(ridge)
        step = np.linalg.solve(curvature, slope)
        # Far from the mode a full step may overshoot; nobody's log-odds move by more than a few units.
        found += step * min(1.0, 5.0 / max(1e-12, float(np.abs(design @ step).max())))
        if np.abs(step).max() < 1e-10:
            break
    return float(found[0]), found[1:]
