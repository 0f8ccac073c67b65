"""Where a figure stands among everybody's: percentiles and deciles from quantiles of a population.

A company steers by order: its best tenth, its worst fifth. The order is that of the population that the
quantiles were taken from, persons and organisations each for themselves, so that one customer can be placed
without a look at all others.

**Ties.** A value that many share stands in the middle of the places that they take (the mid-rank): where a
third of all earn nothing, each of them is at the 16.5th percentile. So equal values always have the same
percentile and the same decile, and the customers of a decile need not be exactly a tenth.
"""

from __future__ import annotations

import enum
from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import pairwise
from types import MappingProxyType

import msgspec
import numpy as np
from numpy.typing import NDArray

from c360.records.party import PartyKind
from c360.values import CurrencyCode
from resolvers.artefacts import Origin
from resolvers.rates import Rates

Floats = NDArray[np.float64]

STEPS = 100
"""Quantiles are kept at each hundredth, both ends included."""
BEST_DECILE = 10


class Ranked(enum.Enum):
    """A figure that customers are put in order by. Of each, more is better."""

    LIFETIME_VALUE = "LIFETIME_VALUE"
    """Discounted value of the months to come."""
    PROFIT = "PROFIT"
    """Contribution of the last 12 months."""
    BEHAVIOURAL_POINTS = "BEHAVIOURAL_POINTS"
    """Points of the behavioural scorecard; fewer are riskier."""
    DISTANCE_TO_DEFAULT = "DISTANCE_TO_DEFAULT"
    """Standard deviations between assets and debts; less is riskier."""
    SPENT = "SPENT"
    """Everything spent since the first purchase: what somebody who left was worth."""


AMOUNTS = frozenset({Ranked.LIFETIME_VALUE, Ranked.PROFIT, Ranked.SPENT})
"""Figures that are amounts of money."""


class Quantiles(msgspec.Struct, frozen=True, kw_only=True):
    """How a figure is spread over customers of one kind."""

    cuts: tuple[float, ...]
    """The figure at 0, 1 … 100 hundredths of the population; never falling."""
    customers: int
    """Customers whose figure is known."""

    def __post_init__(self) -> None:
        """Refuse what is no order.

        Raises:
            ValueError: there are more or fewer cuts, or one falls.
        """
        if len(self.cuts) != STEPS + 1:
            raise ValueError(f"{len(self.cuts)} cuts, not {STEPS + 1}")
        if any(later < earlier for earlier, later in pairwise(self.cuts)):
            raise ValueError("cuts that fall")


class Ranks(msgspec.Struct, frozen=True, kw_only=True):
    """Quantiles of a population, by figure and kind of customer. What is not there cannot be ranked."""

    origin: Origin
    currency: CurrencyCode
    """Of all amounts."""
    figures: Mapping[Ranked, Mapping[PartyKind, Quantiles]] = {}

    def percentile(self, figure: Ranked, kind: PartyKind, value: float) -> float | None:
        """Share of the population below a value, and half of those who equal it, in hundredths.

        Never falls with the value: 0 at and below the least value seen, 100 at and above the greatest,
        unless many share them. Between two quantiles it is interpolated.

        Returns:
            from 0 to 100; none where there are no quantiles of the figure, for :meth:`why_not` to say.
        """
        quantiles = self.figures.get(figure, _NO_QUANTILES).get(kind)
        return None if quantiles is None else _place(quantiles.cuts, value)

    def decile(self, figure: Ranked, kind: PartyKind, value: float) -> int | None:
        """The tenth of the population that a value falls into: 1 the least figures, 10 the greatest.

        A percentile of exactly 10, 20 … belongs to the tenth above it.
        """
        percentile = self.percentile(figure, kind, value)
        return None if percentile is None else decile_of(percentile)

    def why_not(self, figure: Ranked, kind: PartyKind) -> str | None:
        """Why a figure cannot be ranked, in words for an agent; none where it can."""
        if kind in self.figures.get(figure, _NO_QUANTILES):
            return None
        who = "organisations" if kind is PartyKind.ORGANIZATION else "persons"
        return f"no population of {who} was ranked by {figure.name.lower().replace('_', ' ')}"

    def priced_in(self, rates: Rates) -> Ranks:
        """The same ranks with amounts in the hub's own currency; without those where no rate is known."""
        if self.currency == rates.base:
            return self
        rate = rates.convert(1.0, self.currency)
        figures: dict[Ranked, Mapping[PartyKind, Quantiles]] = {}
        for figure, kinds in self.figures.items():
            if figure not in AMOUNTS:
                figures[figure] = kinds
            elif rate is not None:
                figures[figure] = {kind: _scaled(found, rate) for kind, found in kinds.items()}
        return msgspec.structs.replace(self, currency=rates.base, figures=figures)

    def percentiles(self, figure: Ranked, kind: PartyKind, values: Floats) -> Floats | None:
        """:meth:`percentile` of many customers of one kind."""
        quantiles = self.figures.get(figure, _NO_QUANTILES).get(kind)
        return None if quantiles is None else _places(np.array(quantiles.cuts), values)


UNRANKED = Ranks(
    origin=Origin(
        model="ranks",
        version="none",
        fitted_at=datetime(2026, 11, 26, tzinfo=UTC),
        trained_on="no population",
        made_up=False,
        fingerprint="",
        customers=0,
    ),
    currency=CurrencyCode("AUD"),
)
"""What holds where no population was ranked: nobody has a place."""
_NO_QUANTILES: Mapping[PartyKind, Quantiles] = MappingProxyType({})


def decile_of(percentile: float) -> int:
    """The decile of a percentile; see :meth:`Ranks.decile`."""
    return min(BEST_DECILE, 1 + int(percentile // BEST_DECILE))


def quantiles(values: Floats) -> Quantiles:
    """The quantiles of a population, of whom unknown figures (NaN) are left out.

    Raises:
        ValueError: no figure is known.
    """
    known = values[~np.isnan(values)]
    if known.size == 0:
        raise ValueError("quantiles of nobody")
    # Interpolation between two equal values may miss them by a rounding, and would tell ties apart.
    cuts = np.maximum.accumulate(np.quantile(known, np.linspace(0, 1, STEPS + 1)))
    return Quantiles(cuts=tuple(cuts.tolist()), customers=int(known.size))


def _scaled(found: Quantiles, rate: float) -> Quantiles:
    return Quantiles(cuts=tuple(cut * rate for cut in found.cuts), customers=found.customers)


def _place(cuts: tuple[float, ...], value: float) -> float:
    below, upto = bisect_left(cuts, value), bisect_right(cuts, value)
    if below < upto:
        return (below + upto - 1) / 2
    if below == 0:
        return 0.0
    if below == len(cuts):
        return float(STEPS)
    left, right = cuts[below - 1], cuts[below]
    return min(below - 1 + (value - left) / (right - left), float(below))


def _places(cuts: Floats, values: Floats) -> Floats:
    below, upto = np.searchsorted(cuts, values, "left"), np.searchsorted(cuts, values, "right")
    before, after = np.clip(below - 1, 0, STEPS), np.clip(below, 0, STEPS)
    left, right = cuts[before], cuts[after]
    gap = np.where(right > left, right - left, 1.0)
    between = np.minimum(before + (values - left) / gap, after)
    places: Floats = np.where(below < upto, (below + upto - 1) / 2, between)
    places[(below == upto) & (below == 0)] = 0.0
    places[(below == upto) & (below == len(cuts))] = STEPS
    places[np.isnan(values)] = np.nan
    return places
