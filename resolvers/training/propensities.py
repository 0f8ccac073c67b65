"""Who takes a product that they do not have: a calibrated logistic model for each product.

Ridge regression of the log-odds on standardised features; then a line through the log-odds of customers that
a model had not seen (Platt, "Probabilistic Outputs for Support Vector Machines", 1999), folded into baseline
and coefficients, so that what is served is one sum.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

from resolvers.offers.features import FEATURES
from resolvers.offers.propensity import ProductModel, Weight
from resolvers.training.judging import calibration, chances
from resolvers.training.weights import CannotJudgeError

Floats = NDArray[np.float64]
Labels = NDArray[np.bool_]

LEAST = 30
"""Takers that a product has to have for a model of its own."""
_FOLDS = 5
_PENALTY = 0.05
"""Inverse strength of the ridge, on standardised features: many of them say nearly the same."""


def fit_product(matrix: Floats, taken: Labels, *, learnt_from: str) -> ProductModel:
    """Learn who takes a product.

    Args:
        matrix: of :func:`resolvers.offers.features.matrix`, a row for each customer without the product;
            NaN for what is not known of one.
        taken: who took it.
        learnt_from: what the outcomes were, for the model's papers.

    Raises:
        CannotJudgeError: too few took it, or too few did not.
    """
    takers = int(taken.sum())
    if min(takers, len(taken) - takers) < LEAST:
        raise CannotJudgeError(f"{takers} of {len(taken)} took it; give at least {LEAST} who did and did not")
    centre, spread = _standard(matrix)
    standard = np.nan_to_num((matrix - centre) / spread)
    unseen = np.zeros(len(taken))
    for fold, rest in StratifiedKFold(_FOLDS, shuffle=True, random_state=0).split(standard, taken):
        intercept, coefficients = _logistic(standard[fold], taken[fold], _PENALTY)
        unseen[rest] = intercept + standard[rest] @ coefficients
    shift, slope = _logistic(unseen[:, np.newaxis], taken, np.inf)
    intercept, coefficients = _logistic(standard, taken, _PENALTY)
    calibrated = 1 / (1 + np.exp(-(shift + slope[0] * unseen)))
    return ProductModel(
        baseline=float(shift + slope[0] * intercept),
        weights=tuple(
            Weight(feature=feature.name, centre=float(middle), coefficient=float(slope[0] * weight / width))
            for feature, middle, width, weight in zip(FEATURES, centre, spread, coefficients, strict=True)
            if weight
        ),
        learnt_from=learnt_from,
        customers=len(taken),
        takers=takers,
        metrics=chances(calibrated, taken.astype(np.float64)),
        calibration=calibration(calibrated, taken.astype(np.float64)),
    )


def _standard(matrix: Floats) -> tuple[Floats, Floats]:
    """Mean and standard deviation of each feature where it is known; 1 for one that does not vary."""
    known = ~np.isnan(matrix)
    count = np.maximum(known.sum(axis=0), 1)
    centre: Floats = np.where(known, matrix, 0.0).sum(axis=0) / count
    variance = np.where(known, (matrix - centre) ** 2, 0.0).sum(axis=0) / count
    return centre, np.where(variance > 1e-12, np.sqrt(variance), 1.0)


def _logistic(matrix: Floats, event: Labels, penalty: float) -> tuple[float, Floats]:
    model = LogisticRegression(C=penalty, max_iter=2_000).fit(matrix, event)
    return float(model.intercept_[0]), np.asarray(model.coef_[0], dtype=np.float64)
