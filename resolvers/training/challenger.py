"""LightGBM beside a scorecard: how much better one could foretell who asks for no reasons."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from resolvers.training.binning import Floats, Labels

_SETTINGS: Mapping[str, Any] = {
    "n_estimators": 200,
    "learning_rate": 0.03,
    "num_leaves": 15,
    "min_child_samples": 50,
    "subsample": 0.8,
    "subsample_freq": 1,
    "colsample_bytree": 0.8,
    "random_state": 0,
    "n_jobs": 1,
    "verbosity": -1,
    "deterministic": True,
}
"""Small trees and slow learning: a fair opponent on some thousands of customers, without a search."""


class Challenger:
    """A fitted LightGBM. Make it with :meth:`fit`."""

    def __init__(self, booster: Any, names: tuple[str, ...]) -> None:
        self._booster = booster
        self._names = names

    @classmethod
    def fit(cls, features: Mapping[str, Floats], event: Labels) -> Challenger:
        """Learn from features, NaN where one is not known."""
        from lightgbm import LGBMClassifier

        names = tuple(features)
        booster = LGBMClassifier(**_SETTINGS).fit(_matrix(features, names), event.astype(np.int8))
        return cls(booster.booster_, names)

    def probability(self, features: Mapping[str, Floats]) -> Floats:
        """Of the event, for every row."""
        found: Floats = self._booster.predict(_matrix(features, self._names))
        return found


def _matrix(features: Mapping[str, Floats], names: tuple[str, ...]) -> Floats:
    return np.column_stack([features[name] for name in names])
