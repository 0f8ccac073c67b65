"""Lines without a contract: what the purchases to come are worth, for one customer and for many.

    value = margin · E[amount | x, m] · D(x, t_x, T)

with BG/NBD's discounted purchases D and Gamma-Gamma's expected amount, each of which is seen as a function of
the four figures x, t_x/T, T and m, that explain the value by their Shapley values against the line's
reference customer. Who never came back has neither a recency nor an amount of their own: in those they are
as the reference, so that all that it means counts as frequency.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import msgspec
import numpy as np
from numpy.typing import NDArray

from resolvers.lifetime_value.bgnbd import History, alive_given, expected_purchases, p_alive
from resolvers.lifetime_value.discounted import WEEKS_PER_MONTH, DiscountedPurchases
from resolvers.lifetime_value.model import PurchaseModel
from resolvers.lifetime_value.shapley import MIXTURES, shapley
from resolvers.lifetime_value.spend import expected_amount, expected_amount_many
from resolvers.summaries.measures import Measure

Floats = NDArray[np.float64]

WEEK = 7.0
USUAL_MONTHS = frozenset({12, 24, 36, 60, 120})
"""Horizons that have tables; of others each sum is worked out, which takes some tenths of a millisecond."""


class Bought(msgspec.Struct, frozen=True, gc=False):
    """What is known of one customer's purchases in a line."""

    history: History
    mean: float | None
    """Mean amount of a repeat purchase; none where there was none, or nobody tells."""


def bought(figures: Mapping[Measure, float], day: int) -> Bought | None:
    """A customer's purchases; none where the figures do not tell them.

    Args:
        figures: of the line.
        day: as an ordinal, the day of the summaries.
    """
    days, first = figures.get(Measure.PURCHASE_DAYS), figures.get(Measure.FIRST_ON)
    if not days or first is None:
        return None
    frequency = int(days) - 1
    age = (day - first) / WEEK
    age = age if age > 0 else 0.0
    if frequency <= 0:
        return Bought(History(frequency=0, recency=0.0, age=age), None)
    last = figures.get(Measure.LAST_ON)
    if last is None:
        return None
    recency = (last - first) / WEEK
    recency = 0.0 if recency < 0 else min(age, recency)
    spent = figures.get(Measure.SPENT_AFTER_FIRST)
    mean = None if spent is None else (spent if spent > 0 else 0.0) / frequency
    return Bought(History(frequency=frequency, recency=recency, age=age), mean)


class BoughtMany(msgspec.Struct, frozen=True):
    """What is known of many customers' purchases, of those whose days are known."""

    rows: NDArray[np.intp]
    """Their places."""
    frequency: Floats
    recency: Floats
    age: Floats
    mean: Floats
    """0 where there was no repeat purchase, NaN where nobody tells."""


def bought_many(columns: Mapping[Measure, Floats], day: Floats) -> BoughtMany:
    """:func:`bought` of many customers, of whom NaN is not known."""
    unknown = np.full(len(day), np.nan)
    days, first, last, spent = (columns.get(measure, unknown) for measure in _NEEDED)
    known = (days > 0) & ~np.isnan(first) & ((days < 2) | ~np.isnan(last))
    rows = np.flatnonzero(known)
    x, start = np.floor(days[rows]) - 1, first[rows]
    came_back = x > 0
    age = np.maximum(day[rows] - start, 0.0) / WEEK
    recency = np.where(came_back, np.minimum(np.maximum(last[rows] - start, 0.0) / WEEK, age), 0.0)
    mean = np.where(came_back, np.maximum(spent[rows], 0.0) / np.maximum(x, 1), 0.0)
    return BoughtMany(rows, x, recency, age, mean)


_NEEDED = (Measure.PURCHASE_DAYS, Measure.FIRST_ON, Measure.LAST_ON, Measure.SPENT_AFTER_FIRST)


class Explained(msgspec.Struct, frozen=True):
    """A value beside the reference customer's: ``baseline`` and the four parts add up to it."""

    baseline: float
    frequency: float
    recency: float
    age: float
    mean: float


_MIXTURES = tuple(
    (mixture >> 2 & 2 | mixture & 1, mixture & 7, mixture >> 1 & 2 | mixture & 1)
    for mixture in range(MIXTURES)
)
"""Of each mixture (bit 0 is the frequency's, 1 the recency's, 2 the age's, 3 the mean's): which of the four
amounts, the eight probabilities and the four sums it has."""


class PurchaseStream:
    """One line over one horizon.

    Args:
        model: of the line.
        margin: share of what is spent that is left, the line's costs taken off.
        months: how far to look ahead.
        monthly_discount: such as 0.006.
        fixed: what every purchase is taken to be worth before the margin, in place of Gamma-Gamma.
    """

    def __init__(
        self,
        model: PurchaseModel,
        *,
        margin: float,
        months: int,
        monthly_discount: float,
        fixed: float | None = None,
    ) -> None:
        self.model = model
        self.fixed = fixed is not None
        self._margin = margin
        self._fixed = fixed
        self._spend = model.spend
        self._discounted = DiscountedPurchases(
            model.purchases,
            months=months,
            monthly_discount=monthly_discount,
            tabulated=months in USUAL_MONTHS,
        )
        self._weeks = months * WEEKS_PER_MONTH

    @property
    def priced(self) -> bool:
        """Whether amounts are known at all: not where the model's currency has no rate."""
        return self.fixed or self._spend is not None

    def value(self, one: Bought) -> float | None:
        """What a customer's purchases to come are worth; none where their amounts are not known."""
        amount = self.expected_amount(one)
        return None if amount is None else self._margin * amount * self._discounted.of(one.history)

    def p_alive(self, one: Bought) -> float:
        """Probability that the customer still buys."""
        return p_alive(self.model.purchases, one.history)

    def expected_purchases(self, one: Bought) -> float:
        """Purchases to be expected over the horizon."""
        return expected_purchases(self.model.purchases, one.history, self._weeks)

    def expected_amount(self, one: Bought) -> float | None:
        """Expected amount of a purchase to come."""
        if self._fixed is None and one.mean is None and one.history.frequency:
            return None
        return self._amount(one.history.frequency, one.mean or 0.0)

    def _amount(self, frequency: int, mean: float) -> float | None:
        if self._fixed is not None:
            return self._fixed
        return None if self._spend is None else expected_amount(self._spend, frequency, mean)

    def explain(self, one: Bought, value: float) -> Explained:
        """Why a customer's value is what it is.

        Args:
            one: the customer.
            value: as :meth:`value` gives it.
        """
        reference, model = self.model.reference, self.model.purchases
        x, age, mean = one.history.frequency, one.history.age, one.mean
        share = reference.recency_share
        if x:
            share = one.history.recency / age if age else 1.0
        frequencies = (reference.frequency, x)
        ages = (reference.age, age)
        amounts = [
            self._margin * (self._amount(each, of_mean) or 0.0)
            for of_mean in (reference.mean, reference.mean if mean is None else mean)
            for each in frequencies
        ]
        spreads = [
            math.log((model.alpha + of_age) / (model.alpha + of_share * of_age))
            for of_age in ages
            for of_share in (reference.recency_share, share)
        ]
        alive = [alive_given(model, each, spread) for spread in spreads for each in frequencies]
        ahead = [self._discounted.if_alive(each, of_age) for of_age in ages for each in frequencies]
        values = [amounts[i] * alive[j] * ahead[k] for i, j, k in _MIXTURES]
        values[-1] = value  # the same but for the rounding of t_x/T · T
        return Explained(values[0], *shapley(values))

    def value_many(self, columns: Mapping[Measure, Floats], day: Floats) -> Floats:
        """:meth:`value` of many customers; NaN where it is not known."""
        found = np.full(len(day), np.nan)
        if not self.priced:
            return found
        many = bought_many(columns, day)
        amount: Floats | float = self._fixed or 0.0
        if self._fixed is None and self._spend is not None:
            amount = expected_amount_many(self._spend, many.frequency, many.mean)
        found[many.rows] = (
            self._margin * amount * self._discounted.of_many(many.frequency, many.recency, many.age)
        )
        return found
