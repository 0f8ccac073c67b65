"""Contracts: what a year's margin is worth over months to come, while fewer and fewer contracts are left.

A contract of tenure τ is left after i months with probability S_i = exp(−∫ h), where h is the line's hazard
at the tenure it then has: constant, or constant within bands of tenure (new contracts end sooner). A year's
margin is earned in twelve parts, each at the end of its month by those contracts that are left then:

    value = margin/12 · Σᵢ S_i · (1+d)^−i,  i = 1 … months

so that the value is the margin times a factor of the tenure alone, in whole months, which is tabulated.
"""

from __future__ import annotations

import math
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from resolvers.lifetime_value.model import Retention

Floats = NDArray[np.float64]

DAYS_PER_MONTH = 365.25 / 12
LONGEST = 1_200
"""Months of tenure (a hundred years) that are told apart; longer ones count as this."""


class Annuity:
    """Factors of one line over one horizon, reckoned when first asked for.

    Args:
        retention: of the line.
        months: how far to look ahead.
        monthly_discount: such as 0.006.
    """

    def __init__(self, retention: Retention, *, months: int, monthly_discount: float) -> None:
        starts = np.array([band.from_years * 12 for band in retention.bands])
        hazards = np.array([band.hazard for band in retention.bands]) / 12
        tenures = np.arange(LONGEST + months)
        hazard = hazards[np.searchsorted(starts, tenures, side="right") - 1]
        # ∫ of the hazard from the contract's start to each whole month.
        self._spent = np.concatenate([[0.0], np.cumsum(hazard)])
        self._weights = (1 + monthly_discount) ** -np.arange(1.0, months + 1) / 12
        self._months = months
        self._known: dict[int, float] = {}
        self.unknown = month_of(retention.tenure * DAYS_PER_MONTH * 12)
        """Place of a contract whose start nobody tells."""

    def factor(self, month: int) -> float:
        """What one unit of a year's margin is worth, for a tenure in months of at most :data:`LONGEST`."""
        found = self._known.get(month)
        if found is None:
            ahead = self._spent[month + 1 : month + 1 + self._months]
            found = self._known[month] = float(np.exp(self._spent[month] - ahead) @ self._weights)
        return found

    def kept(self, month: int) -> float:
        """The share of contracts of a tenure in months that is left at the end."""
        return math.exp(self._spent[month] - self._spent[month + self._months])

    @cached_property
    def factors(self) -> Floats:
        """:meth:`factor` by tenure in months."""
        return np.array([self.factor(month) for month in range(LONGEST + 1)])


def month_of(days: float) -> int:
    """The whole months of a tenure in days; of one that has not begun, 0."""
    month = int(days / DAYS_PER_MONTH)
    return 0 if month < 0 else min(LONGEST, month)


def months_of(days: Floats, unknown: int) -> NDArray[np.intp]:
    """:func:`month_of` of many; those that are not known (NaN) are ``unknown``."""
    known = np.where(np.isnan(days), unknown * DAYS_PER_MONTH + 1, days)
    months: NDArray[np.intp] = np.clip(known / DAYS_PER_MONTH, 0, LONGEST).astype(np.intp)
    return months
