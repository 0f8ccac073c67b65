"""How much what a household owns moves in value: a volatility for each class, and how classes move together.

Round figures of long histories, of the order that regulators and pension funds reckon with; a company that
has its own puts them in. A portfolio's variance is w'Σw with its weights w.
"""

from __future__ import annotations

import enum
import itertools
import math
import typing
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated

import msgspec
from msgspec import Meta

from resolvers.risk.merton import SMALLEST_VOLATILITY


class AssetClass(enum.Enum):
    """What moves alike."""

    DEPOSITS = "DEPOSITS"
    """Money at banks and custodians; it does not move, but is drawn on."""
    RESERVES = "RESERVES"
    """Mathematical reserves of life and pension policies, which insurers guarantee."""
    MONEY_MARKET = "MONEY_MARKET"
    """Short loans and deposits at custodians."""
    BONDS = "BONDS"
    """Debt securities, mortgages and other credit owned."""
    FUNDS = "FUNDS"
    """Investment funds, whose mixture no published API tells: half shares, half bonds."""
    SHARES = "SHARES"
    """Shares and indexes."""
    COMMODITIES = "COMMODITIES"
    """Raw materials and precious metals."""
    DERIVATIVES = "DERIVATIVES"
    """Options, futures and the like."""
    CRYPTO = "CRYPTO"
    """Cryptocurrencies and tokens."""
    OTHER = "OTHER"
    """Anything else: reckoned like shares."""

    # Identity tells members apart; an enum's own hash reads the name each time.
    __hash__ = object.__hash__


VOLATILITY: Mapping[AssetClass, float] = MappingProxyType(
    {
        AssetClass.DEPOSITS: 0.01,
        AssetClass.RESERVES: 0.02,
        AssetClass.MONEY_MARKET: 0.01,
        AssetClass.BONDS: 0.06,
        AssetClass.FUNDS: 0.10,
        AssetClass.SHARES: 0.18,
        AssetClass.COMMODITIES: 0.20,
        AssetClass.DERIVATIVES: 0.60,
        AssetClass.CRYPTO: 0.75,
        AssetClass.OTHER: 0.18,
    }
)
"""Of each class, a year."""

_APART = 0.0
_MOVING = (AssetClass.FUNDS, AssetClass.SHARES, AssetClass.DERIVATIVES, AssetClass.OTHER)
_CORRELATIONS: Mapping[frozenset[AssetClass], float] = MappingProxyType(
    {
        **{frozenset(pair): 0.85 for pair in itertools.combinations(_MOVING, 2)},
        **{frozenset((AssetClass.BONDS, one)): 0.15 for one in _MOVING},
        frozenset((AssetClass.BONDS, AssetClass.FUNDS)): 0.45,
        frozenset((AssetClass.BONDS, AssetClass.RESERVES)): 0.5,
        **{frozenset((AssetClass.COMMODITIES, one)): 0.25 for one in _MOVING},
        **{frozenset((AssetClass.CRYPTO, one)): 0.4 for one in _MOVING},
        frozenset((AssetClass.CRYPTO, AssetClass.COMMODITIES)): 0.2,
        frozenset((AssetClass.DEPOSITS, AssetClass.MONEY_MARKET)): 1.0,
    }
)
"""Of two different classes; nothing where none stands here."""


def correlation(one: AssetClass, other: AssetClass) -> float:
    """How two classes move together, from −1 to 1."""
    return 1.0 if one is other else _CORRELATIONS.get(frozenset((one, other)), _APART)


_COVARIANCE = {
    one: {other: correlation(one, other) * VOLATILITY[one] * VOLATILITY[other] for other in AssetClass}
    for one in AssetClass
}


def covariance(one: AssetClass, other: AssetClass) -> float:
    """Of the yearly returns of two classes."""
    return _COVARIANCE[one][other]


def volatility(amounts: Mapping[AssetClass, float]) -> float:
    """Of a portfolio, a year; at least :data:`~resolvers.risk.merton.SMALLEST_VOLATILITY`.

    Args:
        amounts: what is owned of each class, none below 0.
    """
    total = variance = 0.0
    held: list[tuple[AssetClass, float]] = []
    for one, amount in amounts.items():
        row = _COVARIANCE[one]
        beside = 0.0
        for other, theirs in held:
            beside += theirs * row[other]
        variance += amount * (amount * row[one] + 2 * beside)
        total += amount
        held.append((one, amount))
    if total <= 0:
        return SMALLEST_VOLATILITY
    return max(SMALLEST_VOLATILITY, math.sqrt(max(0.0, variance)) / total)


class MarketAssumptions(msgspec.Struct, frozen=True, kw_only=True):
    """What is taken for granted beside the volatilities."""

    rate: Annotated[float, Meta(description="Riskless rate a year, continuous: 0.04 is 4 per cent.")] = 0.04
    drift: Annotated[
        float,
        Meta(
            description="Expected growth of the assets a year, continuous: no more than the riskless rate, "
            "so that nobody's future rests on hopes for a market."
        ),
    ] = 0.04
    years: Annotated[float, Meta(gt=0, description="The horizon in years.")] = 1.0
    long_term_share: Annotated[
        float,
        Meta(
            ge=0,
            le=1,
            description="Share of the debts due after the horizon in the default point, after Moody's KMV "
            "(Crosbie and Bohn, Modeling Default Risk, 2003).",
        ),
    ] = 0.5

    @staticmethod
    def descriptions() -> Mapping[str, str]:
        """What each means."""
        return _DESCRIPTIONS


_DESCRIPTIONS: Mapping[str, str] = MappingProxyType(
    {
        name: next(meta.description for meta in hint.__metadata__ if isinstance(meta, Meta)) or ""
        for name, hint in typing.get_type_hints(MarketAssumptions, include_extras=True).items()
    }
)
