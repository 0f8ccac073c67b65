"""How likely a customer is to take a product: a calibrated logistic model for each product.

    log-odds = baseline + Σ coefficientᵢ · (featureᵢ − centreᵢ)        P = 1 / (1 + e^(−log-odds))

The baseline is the log-odds of a customer in the middle of all of them (each feature at its centre), and
each term of the sum is what that feature adds: they add up with no residual. The calibration (Platt: a line
through the log-odds, fitted on customers kept aside) is folded into baseline and coefficients.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from operator import mul

import msgspec
import numpy as np

from resolvers.artefacts import CalibrationBin, Origin
from resolvers.offers.features import BY_NAME, FEATURES, Floats


class Weight(msgspec.Struct, frozen=True, kw_only=True):
    """A feature's part in a model."""

    feature: str
    centre: float
    coefficient: float


class ProductModel(msgspec.Struct, frozen=True, kw_only=True):
    """Who takes one product."""

    baseline: float
    weights: tuple[Weight, ...]
    learnt_from: str
    """What the outcomes were: ``TAKEN`` (who took it, offered or not) or ``RESPONSES`` (who accepted it)."""
    customers: int
    takers: int
    metrics: Mapping[str, float] = {}
    calibration: tuple[CalibrationBin, ...] = ()


class Contribution(msgspec.Struct, frozen=True):
    """What one feature adds to the log-odds, against a customer in the middle."""

    feature: str
    label: str
    value: float
    given: float
    """The customer's own feature."""
    reference: float
    """That of a customer in the middle."""


class Propensities(msgspec.Struct, frozen=True, kw_only=True):
    """The models of all products."""

    origin: Origin
    unknown: float = -4.0
    """Log-odds of a product without a model: about 2 %."""
    products: Mapping[str, ProductModel] = {}

    def __post_init__(self) -> None:
        for product, model in self.products.items():
            for weight in model.weights:
                if weight.feature not in BY_NAME:
                    raise ValueError(f"{product}: {weight.feature!r} is no feature of this release")


UNFITTED = Propensities(
    origin=Origin(
        model="propensity",
        version="unfitted",
        fitted_at=datetime(2026, 11, 27, tzinfo=UTC),
        trained_on="nothing: every product counts as likely as any other",
        made_up=True,
        fingerprint="",
        customers=0,
    )
)
"""What answers where nothing was fitted."""


class Scorer:
    """One product's model, made ready to be asked often."""

    __slots__ = ("_weights", "baseline", "centres", "coefficients", "intercept", "modelled")

    def __init__(self, model: ProductModel | None, unknown: float) -> None:
        """Make a model ready; without one, every customer is alike."""
        weights = {} if model is None else {each.feature: each for each in model.weights}
        ordered = [weights.get(feature.name) for feature in FEATURES]
        self.modelled = model is not None
        self.baseline = unknown if model is None else model.baseline
        self.coefficients = [0.0 if each is None else each.coefficient for each in ordered]
        self.centres = [0.0 if each is None else each.centre for each in ordered]
        self.intercept = self.baseline - math.fsum(map(mul, self.coefficients, self.centres))
        self._weights = [
            (place, feature.name, feature.label, each.centre, each.coefficient)
            for place, (feature, each) in enumerate(zip(FEATURES, ordered, strict=True))
            if each is not None and each.coefficient
        ]

    def log_odds(self, features: Sequence[float]) -> float:
        """Log-odds of one customer; a feature that is not known counts for nothing."""
        found: float = self.intercept + sum(map(mul, self.coefficients, features))
        if math.isnan(found):
            return self.baseline + math.fsum(each.value for each in self.contributions(features))
        return found

    def contributions(self, features: Sequence[float]) -> list[Contribution]:
        """What each feature adds to the log-odds, the strongest first; none of those that are not known."""
        parts = [
            Contribution(name, label, coefficient * (value - centre), value, centre)
            for place, name, label, centre, coefficient in self._weights
            if (value := features[place]) == value
        ]
        parts.sort(key=_strength)
        return parts

    def log_odds_many(self, matrix: Floats) -> Floats:
        """Log-odds of many customers, a row of features each."""
        centred = np.nan_to_num(matrix - np.array(self.centres), nan=0.0)
        found: Floats = self.baseline + centred @ np.array(self.coefficients)
        return found


class Scorers:
    """The models of several products, asked all at once."""

    __slots__ = ("_coefficients", "_intercepts", "_scorers")

    def __init__(self, scorers: Sequence[Scorer]) -> None:
        self._scorers = tuple(scorers)
        self._coefficients = np.array([each.coefficients for each in scorers]).reshape(-1, len(FEATURES))
        self._intercepts = np.array([each.intercept for each in scorers])

    def log_odds(self, features: Sequence[float]) -> list[float]:
        """Log-odds of one customer, product by product."""
        found: list[float] = (self._coefficients @ np.array(features) + self._intercepts).tolist()
        if any(map(math.isnan, found)):
            return [each.log_odds(features) for each in self._scorers]
        return found


def _strength(contribution: Contribution) -> float:
    return -abs(contribution.value)


def probability(log_odds: float) -> float:
    """The probability of log-odds, without overflow."""
    if log_odds >= 0:
        return 1.0 / (1.0 + math.exp(-log_odds))
    odds = math.exp(log_odds)
    return odds / (1.0 + odds)


def scorer(propensities: Propensities, product: str) -> Scorer:
    """The model of a product, made ready."""
    return Scorer(propensities.products.get(product), propensities.unknown)
