"""Gamma-Gamma: what a purchase is worth, from the few that were seen.

Fader, Hardie (2013), "The Gamma-Gamma Model of Monetary Value". A customer's purchases vary as
Gamma(p, ν), where ν is Gamma(q, γ) over customers, and how much somebody spends has nothing to do with how
often. Who has bought little is believed to be more like the others.
"""

from __future__ import annotations

import math
from typing import Annotated

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class GammaGamma(msgspec.Struct, frozen=True, kw_only=True):
    """Parameters; ``gamma`` in the currency of the amounts."""

    p: Annotated[float, Meta(gt=0)]
    q: Annotated[float, Meta(gt=1)]
    """Above 1, since the mean over customers would not exist otherwise."""
    gamma: Annotated[float, Meta(gt=0)]

    @property
    def mean(self) -> float:
        """Expected amount of a customer of whom nothing is known, pγ/(q−1)."""
        return self.p * self.gamma / (self.q - 1)


def expected_amount(model: GammaGamma, frequency: float, mean: float) -> float:
    """Expected amount of a purchase: E[M | x, m] = p(γ + x·m)/(p·x + q − 1).

    Args:
        model: the parameters.
        frequency: repeat purchases; 0 gives the mean over customers.
        mean: mean amount of the repeat purchases.
    """
    return model.p * (model.gamma + frequency * mean) / (model.p * frequency + model.q - 1)


def expected_amount_many(model: GammaGamma, frequency: Floats, mean: Floats) -> Floats:
    """:func:`expected_amount` of many customers."""
    found: Floats = model.p * (model.gamma + frequency * mean) / (model.p * frequency + model.q - 1)
    return found


def log_likelihood(model: GammaGamma, frequency: Floats, mean: Floats) -> Floats:
    """Log-likelihood of each customer's mean amount; all have x > 0 and m > 0."""
    from scipy.special import gammaln

    p, q, gamma, x = model.p, model.q, model.gamma, frequency
    found: Floats = (
        gammaln(p * x + q)
        - gammaln(p * x)
        - gammaln(q)
        + q * math.log(gamma)
        + (p * x - 1) * np.log(mean)
        + p * x * np.log(x)
        - (p * x + q) * np.log(gamma + x * mean)
    )
    return found
