"""Exact Shapley values of four features: what each adds to a value, whatever order they are looked at in.

A feature's value is the mean, over all orders of the features, of what changes when it takes the customer's
figure in place of the reference's (Shapley 1953; Lundberg and Lee 2017). With four features that is a sum
over all 16 mixtures of the two customers. The values add up to the difference between the two, exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import factorial
from operator import mul

FEATURES = 4
MIXTURES = 1 << FEATURES


def _weights(feature: int) -> tuple[float, ...]:
    """By mixture (a bit is set where the feature is the customer's): what its value counts."""
    weights = [0.0] * MIXTURES
    bit = 1 << feature
    for mixture in range(MIXTURES):
        if mixture & bit:
            continue
        others = mixture.bit_count()
        weight = factorial(others) * factorial(FEATURES - 1 - others) / factorial(FEATURES)
        weights[mixture] -= weight
        weights[mixture | bit] += weight
    return tuple(weights)


_WEIGHTS = tuple(_weights(feature) for feature in range(FEATURES))


def shapley(values: Sequence[float]) -> tuple[float, float, float, float]:
    """What each feature adds.

    Args:
        values: of the 16 mixtures: place ``m`` has those features of the customer whose bits ``m`` sets, the
            others of the reference.
    """
    one, two, three, four = (sum(map(mul, weights, values)) for weights in _WEIGHTS)
    return one, two, three, four
