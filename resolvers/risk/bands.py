"""Bands of a probability of default: what rules and people reckon with."""

from __future__ import annotations

import bisect
import enum
import math

import msgspec


class RiskBand(enum.Enum):
    """How likely somebody is to default within a year."""

    VERY_LOW = "VERY_LOW"
    """Below 0.5 %."""
    LOW = "LOW"
    """From 0.5 % to below 2 %."""
    MEDIUM = "MEDIUM"
    """From 2 % to below 5 %."""
    HIGH = "HIGH"
    """From 5 % to below 15 %."""
    VERY_HIGH = "VERY_HIGH"
    """15 % and more."""

    @property
    def rank(self) -> int:
        """0 for the best one."""
        return _BANDS.index(self)

    @property
    def is_adverse(self) -> bool:
        """Whether a decision by it goes against the customer, so that its reasons have to be told."""
        return self.rank >= RiskBand.MEDIUM.rank


LIMITS = (0.005, 0.02, 0.05, 0.15)
"""Probabilities at which the next band begins."""
_BANDS = tuple(RiskBand)


def band_of(probability: float) -> RiskBand:
    """The band of a probability of default."""
    return _BANDS[bisect.bisect_right(LIMITS, probability)]


class Interval(msgspec.Struct, frozen=True):
    """Between what and what a figure lies, whatever is not known."""

    low: float
    high: float

    @property
    def width(self) -> float:
        """How far its ends are apart."""
        return self.high - self.low

    def meets(self, other: Interval) -> bool:
        """Whether the two have a point in common."""
        return self.low <= other.high and other.low <= self.high


def span(*values: float) -> Interval:
    """The interval that some values span."""
    return Interval(min(values), max(values))


_SURE = 1e-6
"""Probabilities are kept this far from 0 and 1 before their odds are taken."""


def log_odds(probability: float) -> float:
    """ln(p / (1 − p)), finite for every probability."""
    bounded = min(max(probability, _SURE), 1 - _SURE)
    return math.log(bounded / (1 - bounded))


def probability_of(odds: float) -> float:
    """The probability that log-odds within those bounds stand for."""
    return 1 / (1 + math.exp(-odds))
