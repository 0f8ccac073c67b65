"""From distance to default to a probability that such a household defaults, as it was seen.

N(−distance) is a probability under the riskless drift, and of a model in which households are firms. What
happens is another matter: the table says which share of the households at a distance defaulted within a year.
"""

from __future__ import annotations

import bisect
from itertools import pairwise

import msgspec
import numpy as np

from resolvers.artefacts import Origin
from resolvers.summaries.population import Floats


class Household(msgspec.Struct, frozen=True, kw_only=True):
    """A household to compare with."""

    assets: float
    debt: float
    """Its default point."""
    volatility: float


class DefaultMapping(msgspec.Struct, frozen=True, kw_only=True):
    """A monotone table, read by linear interpolation and constant beyond its ends; and its papers."""

    origin: Origin
    distances: tuple[float, ...]
    """Increasing."""
    probabilities: tuple[float, ...]
    """Of default within a year at those distances, never increasing."""
    no_debt: float
    """Of households that owe nothing."""
    no_assets: float
    """Of households that owe and own nothing."""
    typical: Household
    """The median household with debts, against which a distance is explained."""

    def __post_init__(self) -> None:
        """Refuse a table that is none.

        Raises:
            ValueError: it is empty, not monotone, or no table of probabilities.
        """
        if not self.distances or len(self.distances) != len(self.probabilities):
            raise ValueError("a mapping needs as many distances as probabilities, at least one")
        if any(one >= other for one, other in pairwise(self.distances)):
            raise ValueError("the distances of a mapping increase")
        if any(one < other for one, other in pairwise(self.probabilities)):
            raise ValueError("the probabilities of a mapping never increase with the distance")
        if not all(0 <= one <= 1 for one in (*self.probabilities, self.no_debt, self.no_assets)):
            raise ValueError("the probabilities of a mapping lie from 0 to 1")

    @property
    def least(self) -> float:
        """The lowest probability it can give."""
        return min(self.no_debt, self.probabilities[-1])

    @property
    def most(self) -> float:
        """The highest probability it can give."""
        return max(self.no_assets, self.probabilities[0])

    def at(self, distance: float) -> float:
        """The probability at a distance."""
        place = bisect.bisect_right(self.distances, distance)
        if place == 0:
            return self.probabilities[0]
        if place == len(self.distances):
            return self.probabilities[-1]
        low, high = self.distances[place - 1], self.distances[place]
        below, above = self.probabilities[place - 1], self.probabilities[place]
        return below + (above - below) * (distance - low) / (high - low)

    def at_many(self, distances: Floats) -> Floats:
        """The same at many distances; NaN stays NaN."""
        found: Floats = np.interp(distances, self.distances, self.probabilities)
        return found
