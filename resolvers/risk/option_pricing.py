"""A household's debts as an option: whether what it owns will cover what falls due (Merton, KMV).

The balance sheet is live, and so are its gaps: a bank that did not answer leaves both sides open, a custodian
or an insurer the assets. What is not known never counts as zero: the interval then reaches to where the other
side could be, and where nothing at all is known of one side there is an interval and no figure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property

import msgspec
import numpy as np

from resolvers.risk.balance_sheet import ACCOUNTS, BALANCES, POLICIES, POSITIONS, TERMS, BalanceSheet
from resolvers.risk.bands import Interval, RiskBand, band_of, span
from resolvers.risk.mapping import DefaultMapping
from resolvers.risk.markets import MarketAssumptions
from resolvers.risk.merton import (
    SMALLEST_VOLATILITY,
    Default,
    Position,
    Sensitivity,
    default,
    distance_to_default,
    sensitivity,
)
from resolvers.summaries.population import Floats
from resolvers.view import Missing


class Gaps(msgspec.Struct, frozen=True, kw_only=True):
    """Connector instances that did not tell their part."""

    assets: tuple[str, ...] = ()
    """Of what is owned."""
    debts: tuple[str, ...] = ()
    """Of what is owed."""
    terms: tuple[str, ...] = ()
    """Of when it is due."""
    told: bool = True
    """Whether anybody told anything of either side."""

    @property
    def connectors(self) -> tuple[str, ...]:
        """All of them."""
        return tuple(sorted({*self.assets, *self.debts, *self.terms}))


def gaps_in(missing: Callable[[str], Iterable[Missing]], *, told: bool) -> Gaps:
    """What the gathered records leave open.

    Args:
        missing: what the sources of a domain did not give.
        told: whether any source gave balances, positions or policies.
    """
    silent, custodians, insurers = (
        _silent(missing(kind.partition(".")[0]), kind) for kind in (BALANCES, POSITIONS, POLICIES)
    )
    untold = {*_silent(missing("banking"), ACCOUNTS), *_silent(missing("banking"), TERMS)}
    return Gaps(
        assets=tuple(sorted({*silent, *custodians, *insurers})),
        debts=tuple(sorted({*silent, *custodians})),
        terms=tuple(sorted(untold - silent)),
        told=told,
    )


def _silent(gaps: Iterable[Missing], kind: str) -> set[str]:
    """The sources that did not give a kind. What else they did not give was asked for by other fields."""
    return {one.source.connector for one in gaps if not one.kinds or kind in one.kinds}


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """What one property of a household adds to its distance to default."""

    name: str
    title: str
    value: float
    given: float
    reference: float


class OptionPrice:
    """One household's distance to default. What explains it is worked out when it is asked for.

    Args:
        sheet: what it owns and owes.
        gaps: what of that is not known.
        mapping: from distances to probabilities.
        market: what is taken for granted.
    """

    def __init__(
        self, sheet: BalanceSheet, gaps: Gaps, mapping: DefaultMapping, market: MarketAssumptions
    ) -> None:
        self.sheet = sheet
        self.gaps = gaps
        self.mapping = mapping
        self.market = market
        self.debt = sheet.default_point(market.long_term_share)
        self.volatility = sheet.volatility
        self.distance = self._distance_of(self.debt)
        """Distance to default; none without debts or without assets."""
        self.probability = self._probability(self.debt, self.distance) if self._determined else None

    @cached_property
    def found(self) -> Default:
        """What Merton's model says, the put among it."""
        market = self.market
        return default(
            assets=self.sheet.assets,
            volatility=self.volatility,
            debt=self.debt,
            drift=market.drift,
            rate=market.rate,
            years=market.years,
        )

    @property
    def position(self) -> Position | None:
        """Where the household stands; none where that depends on what is not known."""
        return self.found.position if self._determined else None

    @property
    def band(self) -> RiskBand | None:
        """Of the probability."""
        return None if self.probability is None else band_of(self.probability)

    @property
    def is_open(self) -> bool:
        """Whether something is not known that partners could tell, or a rate."""
        return bool(self.gaps.connectors or self.sheet.assets_unconverted or self.sheet.debts_unconverted)

    @property
    def sensitivity(self) -> Sensitivity | None:
        """How the distance moves with assets, debt and volatility."""
        return sensitivity(self.found, years=self.market.years)

    @cached_property
    def interval(self) -> Interval:
        """Between which probabilities of default it lies, whatever is not known."""
        if not self.gaps.told:
            return Interval(self.mapping.least, self.mapping.most)
        here = self._probability(self.debt, self.distance)
        return span(here, self._best(), self._worst())

    @cached_property
    def contributions(self) -> tuple[Share, ...]:
        """What assets, debt and volatility add to the typical household's distance: exact Shapley values.

        With :attr:`baseline` they add up to the distance. Empty where there is none.
        """
        if self.distance is None:
            return ()
        typical = self.mapping.typical
        given = (self.sheet.assets, self.debt, self.volatility)
        reference = (typical.assets, typical.debt, max(typical.volatility, SMALLEST_VOLATILITY))
        shares = _shapley(self._distance, given, reference)
        return tuple(
            Share(name=name, title=title, value=value, given=mine, reference=theirs)
            for (name, title), value, mine, theirs in zip(_PLAYERS, shares, given, reference, strict=True)
        )

    @property
    def baseline(self) -> float | None:
        """The distance of the typical household; none where there is nothing to explain."""
        if self.distance is None:
            return None
        typical = self.mapping.typical
        return self._distance(typical.assets, typical.debt, typical.volatility)

    @property
    def _determined(self) -> bool:
        """Whether both sides are known as far as the answer depends on them."""
        if not self.gaps.told:
            return False
        if self.debt <= 0:
            return not (self.gaps.debts or self.sheet.debts_unconverted)
        return self.sheet.assets > 0 or not (self.gaps.assets or self.sheet.assets_unconverted)

    def _best(self) -> float:
        """The lowest probability: unknown assets are plenty, and a home covers its mortgage."""
        if self.gaps.assets or self.sheet.assets_unconverted:
            return self.mapping.least
        share = self.market.long_term_share
        debt = self.debt - share * self.sheet.mortgages
        if self.gaps.terms:
            debt = share * (self.sheet.short_term + self.sheet.long_term - self.sheet.mortgages)
        return self._probability(debt, self._distance_of(debt))

    def _worst(self) -> float:
        """The highest one: unknown debts are past bearing."""
        if self.gaps.debts or self.sheet.debts_unconverted:
            return self.mapping.most
        return self._probability(self.debt, self.distance)

    def _distance_of(self, debt: float) -> float | None:
        assets = self.sheet.assets
        return self._distance(assets, debt, self.volatility) if debt > 0 and assets > 0 else None

    def _distance(self, assets: float, debt: float, volatility: float) -> float:
        market = self.market
        return distance_to_default(assets, volatility, debt, drift=market.drift, years=market.years)

    def _probability(self, debt: float, distance: float | None) -> float:
        if debt <= 0:
            return self.mapping.no_debt
        return self.mapping.no_assets if distance is None else self.mapping.at(distance)


_PLAYERS = (
    ("assets", "What is owned"),
    ("debt", "What falls due"),
    ("volatility", "How much what is owned moves in value"),
)


def _shapley(
    worth: Callable[[float, float, float], float],
    given: tuple[float, float, float],
    reference: tuple[float, float, float],
) -> tuple[float, float, float]:
    """Exact Shapley values (Shapley 1953) of three properties: what each adds, on average of all orders.

    The first one in an order adds ⅓ of what it adds alone, the second one ⅙ twice, the last one ⅓.
    """
    (a, b, c), (x, y, z) = given, reference
    none, everything = worth(x, y, z), worth(a, b, c)
    first, second, third = worth(a, y, z), worth(x, b, z), worth(x, y, c)
    not_first, not_second, not_third = worth(x, b, c), worth(a, y, c), worth(a, b, z)
    return (
        (first - none + everything - not_first) / 3 + (not_third - second + not_second - third) / 6,
        (second - none + everything - not_second) / 3 + (not_third - first + not_first - third) / 6,
        (third - none + everything - not_third) / 3 + (not_second - first + not_first - second) / 6,
    )


def distances(assets: Floats, debt: Floats, volatility: Floats, market: MarketAssumptions) -> Floats:
    """Distances to default of many households; NaN without debts or without assets."""
    moving = np.maximum(volatility, SMALLEST_VOLATILITY)
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = moving * np.sqrt(market.years)
        found = (np.log(assets / debt) + (market.drift + moving**2 / 2) * market.years) / spread - spread
    return np.where((assets > 0) & (debt > 0), found, np.nan)


def score_many(
    assets: Floats, debt: Floats, volatility: Floats, mapping: DefaultMapping, market: MarketAssumptions
) -> Floats:
    """Probabilities of default of many households, the same as :class:`OptionPrice` has for each."""
    found = mapping.at_many(distances(assets, debt, volatility, market))
    return np.where(debt <= 0, mapping.no_debt, np.where(assets <= 0, mapping.no_assets, found))
