"""Customers that never were, to learn risk from where nobody's defaults are at hand.

Everybody has a *strain*, standard normal, that nobody sees. It moves how they behave and, with the distance
to default (within ±20), whether they default within the year:

    log-odds of default = −4.0 + 1.2·strain − 0.03·distance

A feature is a transformed mixture of the strain with noise of its own, by the weights of :data:`_MIXTURES`; a
share of the customers does not have it at all. Balance sheets are log-normal, debts rising and assets falling
with the strain, and those who are further under water default more often. A model learnt from this is for
show: its artefact says ``made_up``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

import msgspec
import numpy as np

from resolvers.risk.markets import MarketAssumptions
from resolvers.risk.option_pricing import distances
from resolvers.training.binning import Floats, Labels


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """Arrays of the same length, one row a customer."""

    features: Mapping[str, Floats]
    defaulted: Labels
    assets: Floats
    debt: Floats
    """The default point."""
    volatility: Floats
    group: tuple[str, ...]
    """Of a made-up attribute that leans on the strain a little, to report fairness against."""


class _Mixture(NamedTuple):
    strain: float
    """Weight of the strain, from −1 to 1; the rest is noise."""
    held: float
    """Share of the customers who have the feature."""
    shape: Callable[[Floats], Floats]
    """From a standard normal figure to the feature."""


def _count(rate: float) -> Callable[[Floats], Floats]:
    return lambda x: np.floor(np.maximum(0.0, rate + x))


_MIXTURES: Mapping[str, _Mixture] = MappingProxyType(
    {
        "utilisation": _Mixture(0.55, 0.6, lambda x: 1.1 / (1 + np.exp(0.6 - 1.2 * x))),
        "overdrawn_days": _Mixture(0.5, 0.85, lambda x: np.floor(np.maximum(0.0, 25 * (x - 0.6)))),
        "loan_arrears_days": _Mixture(0.6, 0.6, lambda x: np.floor(np.maximum(0.0, 40 * (x - 1.4)))),
        "premium_arrears_days": _Mixture(0.5, 0.7, lambda x: np.floor(np.maximum(0.0, 30 * (x - 1.5)))),
        "returned_payments": _Mixture(0.5, 0.85, _count(-0.4)),
        "buffer_months": _Mixture(-0.5, 0.85, lambda x: np.exp(0.4 + 1.1 * x)),
        "debt_to_income": _Mixture(0.35, 0.65, lambda x: np.exp(-0.6 + 0.9 * x)),
        "balance_volatility": _Mixture(0.35, 0.85, lambda x: np.exp(-0.9 + 0.6 * x)),
        "claims_frequency": _Mixture(0.2, 0.7, lambda x: np.floor(np.maximum(0.0, 0.3 + x)) / 3),
        "claims_severity": _Mixture(0.2, 0.65, lambda x: np.maximum(0.0, np.exp(0.9 * x) - 1.2)),
        "no_shows": _Mixture(0.3, 0.4, lambda x: np.clip(0.25 * (x - 0.8), 0.0, 1.0)),
        "cancellations": _Mixture(0.2, 0.5, lambda x: np.clip(0.2 * (x + 0.2), 0.0, 1.0)),
        "damages": _Mixture(0.2, 0.35, _count(-0.7)),
        "tenure": _Mixture(-0.35, 1.0, lambda x: np.exp(1.6 + 0.6 * x)),
    }
)


def sample(customers: int, *, seed: int = 0) -> Sample:
    """Make some up; the same for the same seed."""
    rng = np.random.default_rng(seed)
    strain = rng.standard_normal(customers)
    features: dict[str, Floats] = {}
    for name, mixture in _MIXTURES.items():
        noise = rng.standard_normal(customers)
        own = mixture.strain * strain + np.sqrt(1 - mixture.strain**2) * noise
        features[name] = np.where(rng.random(customers) < mixture.held, mixture.shape(own), np.nan)
    assets = np.where(
        rng.random(customers) < 0.97, np.exp(9.6 - 0.5 * strain + 1.3 * rng.standard_normal(customers)), 0.0
    )
    debt = np.where(
        rng.random(customers) < 0.75, np.exp(8.6 + 0.4 * strain + 1.2 * rng.standard_normal(customers)), 0.0
    )
    volatility = rng.choice([0.01, 0.03, 0.07, 0.12], size=customers, p=[0.5, 0.2, 0.2, 0.1])
    distance = distances(assets, debt, volatility, MarketAssumptions())
    cover = np.where(np.isnan(distance), np.where(debt > 0, -20.0, 20.0), np.clip(distance, -20.0, 20.0))
    odds = -4.0 + 1.2 * strain - 0.03 * cover
    return Sample(
        features=features,
        defaulted=rng.random(customers) < 1 / (1 + np.exp(-odds)),
        assets=assets,
        debt=debt,
        volatility=volatility,
        group=tuple(np.where(rng.random(customers) < 1 / (1 + np.exp(-0.2 * strain)), "A", "B").tolist()),
    )
