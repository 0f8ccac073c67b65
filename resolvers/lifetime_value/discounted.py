"""The purchases that are still to come, discounted: for one customer in microseconds, for millions alike.

Month by month the expected purchases are summed, each month discounted to now:

    D = P(alive) · Σᵢ (N(tᵢ) − N(tᵢ₋₁)) / (1+d)^i,  i = 1 … months

The sum depends on the frequency x and the age T alone, and smoothly on T. So for each x it is worked out at
some ages and interpolated in ln(α+T), by polynomials through Chebyshev's points, piece by piece: a value
costs a few multiplications, and a test holds its relative error to 1e-9. Of frequencies beyond a few dozen
only some are worked out, and those between them interpolated in ln x likewise: a population has hundreds.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from resolvers.lifetime_value.bgnbd import BgNbd, History, p_alive, p_alive_many, purchases_if_alive_at

Floats = NDArray[np.float64]

WEEKS_PER_MONTH = 4.345
"""As the field counts; histories are in weeks."""
OLDEST = 5_200.0
"""Weeks of age (a hundred years) up to which sums are interpolated; who is older is taken to be as old."""
_PIECES, _DEGREE = 8, 9
"""The degree is written out in :meth:`DiscountedPurchases.if_alive`."""
_EXACT = 32
"""Frequencies up to which each has a table of its own; beyond, each octave has a few."""
_NODES: Floats = np.polynomial.chebyshev.chebpts1(10)
_ORDERS = np.arange(len(_NODES))
_HALVED = np.where(_ORDERS == 0, 0.5, 1.0)
_MOST_TABLES = 4_096


class DiscountedPurchases:
    """Discounted expected purchases under one model, horizon and discount.

    Args:
        model: parameters in weeks.
        months: how far to look ahead.
        monthly_discount: such as 0.01 for one per cent a month.
        tabulated: whether one customer's sum is interpolated as those of many are. A table costs as much as
            eighty sums, those of an octave as much as eight hundred: what is seldom asked for has none.
    """

    def __init__(self, model: BgNbd, *, months: int, monthly_discount: float, tabulated: bool = True) -> None:
        if not 1 <= months <= 600:
            raise ValueError("months lie between 1 and 600")
        if not monthly_discount > -1:
            raise ValueError("a discount is more than -1 a month")
        self.model = model
        self.months = months
        self._tabulated = tabulated
        self._horizons = WEEKS_PER_MONTH * np.arange(1, months + 1, dtype=np.float64)
        self._discounts = (1 + monthly_discount) ** -np.arange(1, months + 1, dtype=np.float64)
        self._low = math.log(model.alpha)
        self._width = (math.log(model.alpha + OLDEST) - self._low) / _PIECES
        self._tables: dict[float, Floats] = {}
        self._octaves: dict[int, Floats] = {}
        self._rows: dict[tuple[float, int], list[float]] = {}

    def of(self, history: History) -> float:
        """Discounted expected purchases of one customer."""
        return p_alive(self.model, history) * self.if_alive(history.frequency, history.age)

    def if_alive(self, frequency: float, age: float) -> float:
        """The same for somebody who is alive now."""
        if not self._tabulated:
            return float(self.summed(frequency, np.array([min(age, OLDEST)]))[0])
        place = (math.log(self.model.alpha + min(age, OLDEST)) - self._low) / self._width
        piece = min(int(place), _PIECES - 1)
        row = self._rows.get((frequency, piece))
        if row is None:
            row = self._rows[frequency, piece] = self._table(frequency)[piece].tolist()
        u = 2 * (place - piece) - 1
        a, b, c, d, e, f, g, h, i, j = row  # Horner's rule written out takes half the time of a loop
        log = ((((((((a * u + b) * u + c) * u + d) * u + e) * u + f) * u + g) * u + h) * u + i) * u + j
        return math.exp(log)

    def of_many(self, frequency: Floats, recency: Floats, age: Floats) -> Floats:
        """Discounted expected purchases of many customers."""
        if not len(frequency):
            return np.zeros(0)
        found = p_alive_many(self.model, frequency, recency, age)
        place = (np.log(self.model.alpha + np.minimum(age, OLDEST)) - self._low) / self._width
        piece = np.minimum(place.astype(np.intp), _PIECES - 1)
        u = 2 * (place - piece) - 1
        kinds, kind = np.unique(frequency, return_inverse=True)
        tables = np.concatenate([self._table(float(each)) for each in kinds]).T
        row = kind * _PIECES + piece
        logs = np.zeros_like(u)
        for coefficients in tables:
            logs = logs * u + coefficients[row]
        found *= np.exp(logs)
        return found

    def summed(self, frequency: float, ages: Floats) -> Floats:
        """The sums themselves, without interpolation, for customers of those ages who are alive now."""
        until = purchases_if_alive_at(self.model, frequency, ages[:, np.newaxis], self._horizons)
        sums: Floats = np.diff(until, prepend=0.0, axis=1) @ self._discounts
        return sums

    def _table(self, frequency: float) -> Floats:
        """For each piece of the range of ln(α+T) a polynomial's coefficients, the highest power first."""
        table = self._tables.get(frequency)
        if table is None:
            if len(self._tables) >= _MOST_TABLES:
                self._tables.clear()
                self._rows.clear()
            table = self._worked_out(frequency) if frequency <= _EXACT else self._between(frequency)
            self._tables[frequency] = table
        return table

    def _between(self, frequency: float) -> Floats:
        """A table from those of its octave: Lagrange's polynomial in ln x through Chebyshev's points."""
        octave = int(math.log2(frequency / _EXACT))
        nodes = self._octaves.get(octave)
        if nodes is None:
            points = _EXACT * 2.0 ** (octave + (_NODES + 1) / 2)
            nodes = self._octaves[octave] = np.array([self._worked_out(float(each)) for each in points])
        place = 2 * (math.log2(frequency / _EXACT) - octave) - 1
        # The polynomials themselves, by the discrete orthogonality of cosines at the points.
        weights = np.cos(np.outer(np.arccos(_NODES), _ORDERS)) @ (
            _HALVED * np.cos(_ORDERS * math.acos(min(max(place, -1.0), 1.0)))
        )
        table: Floats = np.tensordot(weights * (2 / len(_NODES)), nodes, axes=1)
        return table

    def _worked_out(self, frequency: float) -> Floats:
        u = np.polynomial.chebyshev.chebpts1(_DEGREE + 1)
        starts = self._low + self._width * np.arange(_PIECES)
        ages = np.exp(np.add.outer(starts, self._width * (u + 1) / 2)) - self.model.alpha
        logs = np.log(self.summed(frequency, np.maximum(0.0, ages.ravel())))
        fitted = np.polynomial.chebyshev.chebfit(u, logs.reshape(_PIECES, -1).T, _DEGREE)
        return np.array([np.polynomial.chebyshev.cheb2poly(each)[::-1] for each in fitted.T])
