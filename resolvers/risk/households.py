"""Balance sheets of many customers from what is kept of them, where nobody asks their partners live.

Figures tell less than the partners' records: not the classes of what a custodian holds, which is taken as
funds, and not when a loan ends, so that all that is owed beyond cards and overdrafts counts as due later.
"""

from __future__ import annotations

import msgspec
import numpy as np

from resolvers.risk import option_pricing
from resolvers.risk.features import INSURANCE
from resolvers.risk.mapping import DefaultMapping
from resolvers.risk.markets import AssetClass, MarketAssumptions, covariance
from resolvers.risk.merton import SMALLEST_VOLATILITY
from resolvers.summaries.measures import Line, Measure
from resolvers.summaries.population import Floats, Population

CLASSES = (AssetClass.DEPOSITS, AssetClass.FUNDS, AssetClass.RESERVES)
"""What deposits, custody and insurance reserves are taken as, in this order."""


class Households(msgspec.Struct, frozen=True, kw_only=True):
    """One row a customer; NaN throughout where neither bank nor custodian nor insurer told anything."""

    assets: Floats
    debt: Floats
    """The default point."""
    volatility: Floats
    """Of the assets, a year."""


def households(population: Population, market: MarketAssumptions) -> Households:
    """What customers own and owe, as far as their figures tell."""
    owned = (
        population.get(Line.DEPOSITS, Measure.BALANCE),
        population.get(Line.BROKERAGE, Measure.BALANCE),
        population.total(Measure.RESERVE, INSURANCE),
    )
    owed = population.get(Line.LENDING, Measure.BALANCE)
    used = np.nan_to_num(population.get(Line.LENDING, Measure.CREDIT_USED))
    unknown = np.logical_and.reduce([np.isnan(column) for column in (*owned, owed)])
    amounts = [np.maximum(np.nan_to_num(column), 0.0) for column in owned]
    later = np.maximum(np.nan_to_num(owed) - used, 0.0)
    assets, variance = np.zeros(len(population)), np.zeros(len(population))
    for one, amount in zip(CLASSES, amounts, strict=True):
        assets += amount
        for other, theirs in zip(CLASSES, amounts, strict=True):
            variance += amount * theirs * covariance(one, other)
    with np.errstate(divide="ignore", invalid="ignore"):
        moving = np.where(assets > 0, np.sqrt(variance) / assets, 0.0)
    return Households(
        assets=np.where(unknown, np.nan, assets),
        debt=np.where(unknown, np.nan, used + market.long_term_share * later),
        volatility=np.where(unknown, np.nan, np.maximum(moving, SMALLEST_VOLATILITY)),
    )


def distances(found: Households, market: MarketAssumptions) -> Floats:
    """Distances to default; NaN without debts, without assets, and where nothing is known."""
    return option_pricing.distances(found.assets, found.debt, found.volatility, market)


def probabilities(found: Households, mapping: DefaultMapping, market: MarketAssumptions) -> Floats:
    """Probabilities of default; NaN where nothing is known."""
    scored = option_pricing.score_many(found.assets, found.debt, found.volatility, mapping, market)
    return np.where(np.isnan(found.debt), np.nan, scored)
