"""Merton's model: equity as a call on the assets, struck at the debts.

Merton (1974), "On the Pricing of Corporate Debt"; the distance to default as Moody's KMV has it. With
d₁ = [ln(A/D) + (r + σ²/2)T]/(σ√T) and d₂ = d₁ − σ√T,

    E = A·N(d₁) − D·e^(−rT)·N(d₂)          σ_E·E = N(d₁)·σ·A
    distance to default = [ln(A/D) + (μ − σ²/2)T]/(σ√T)
    expected loss = put on the assets = D·e^(−rT)·N(−d₂) − A·N(−d₁)

N(−distance) is a probability in the risk-neutral world when μ is the riskless rate; it is no forecast of how
many such households default. That is a mapping learnt from defaults that were seen; see the artefact.
"""

from __future__ import annotations

import enum
import math

import msgspec

from c360.errors import C360Error

_STEPS = 200
_EXACT = 1e-13
SMALLEST_VOLATILITY = 0.005
"""Half a per cent a year: deposits alone would make any household's assets riskless."""


class NoSolutionError(C360Error):
    """The figures have no solution; the message names the one to change."""


class Position(enum.Enum):
    """Where a household stands before any probability is worked out."""

    SOLVENT = "SOLVENT"
    """It owns more than falls due."""
    UNDER_WATER = "UNDER_WATER"
    """It owns no more than falls due."""
    NO_ASSETS = "NO_ASSETS"
    """It owes and owns nothing that is known of."""
    NO_DEBT = "NO_DEBT"
    """It owes nothing that is known of: there is nothing to default on."""


class Default(msgspec.Struct, frozen=True, kw_only=True):
    """The chance that assets do not cover the debts at the horizon."""

    position: Position
    assets: float
    volatility: float
    """Of the assets, a year."""
    distance: float | None
    """Distance to default in standard deviations; ``None`` without debt or without assets."""
    probability: float
    """N(−distance): 0 without debt, 1 without assets."""
    expected_loss: float
    """The put on the assets: what the lenders would pay today to be rid of the risk."""


class Sensitivity(msgspec.Struct, frozen=True, kw_only=True):
    """How the distance to default moves, by derivative."""

    assets: float
    """For each per cent more assets."""
    debt: float
    """For each per cent more debt."""
    volatility: float
    """For each percentage point more volatility."""


def normal(x: float) -> float:
    """The standard normal distribution, N(x)."""
    return 0.5 * math.erfc(-x / math.sqrt(2))


def default(
    *,
    assets: float,
    volatility: float,
    debt: float,
    drift: float = 0.0,
    rate: float = 0.0,
    years: float = 1.0,
) -> Default:
    """The chance of default where the assets are seen, as with a household.

    Args:
        assets: deposits, investments and surrender values.
        volatility: of the assets a year; at least :data:`SMALLEST_VOLATILITY` is taken.
        debt: the default point: debts due within the horizon and half of the later ones.
        drift: expected growth of the assets a year, continuous.
        rate: riskless rate a year, continuous.
        years: the horizon.
    """
    volatility = max(volatility, SMALLEST_VOLATILITY)
    if debt <= 0:
        return Default(
            position=Position.NO_DEBT,
            assets=assets,
            volatility=volatility,
            distance=None,
            probability=0.0,
            expected_loss=0.0,
        )
    if assets <= 0:
        return Default(
            position=Position.NO_ASSETS,
            assets=assets,
            volatility=volatility,
            distance=None,
            probability=1.0,
            expected_loss=debt * math.exp(-rate * years),
        )
    spread = volatility * math.sqrt(years)
    distance = distance_to_default(assets, volatility, debt, drift=drift, years=years)
    d1 = _d1(assets, volatility, debt, rate, years)
    put = debt * math.exp(-rate * years) * normal(spread - d1) - assets * normal(-d1)
    return Default(
        position=Position.SOLVENT if assets > debt else Position.UNDER_WATER,
        assets=assets,
        volatility=volatility,
        distance=distance,
        probability=normal(-distance),
        expected_loss=max(0.0, put),
    )


def sensitivity(found: Default, *, years: float = 1.0) -> Sensitivity | None:
    """Derivatives of the distance to default; ``None`` where there is no distance."""
    if found.distance is None:
        return None
    spread = found.volatility * math.sqrt(years)
    return Sensitivity(
        assets=0.01 / spread,
        debt=-0.01 / spread,
        volatility=-0.01 * (found.distance / found.volatility + math.sqrt(years)),
    )


def implied(
    *, equity: float, equity_volatility: float, debt: float, rate: float = 0.0, years: float = 1.0
) -> Default:
    """Assets and their volatility behind an equity whose price is seen, and the chance of default.

    Both equations are solved as one in the assets' volatility, by bisection: for a given volatility the call
    is monotone in the assets, and the volatility that follows falls as the one put in rises.

    Raises:
        NoSolutionError: a figure is not positive.
    """
    figures = {"equity": equity, "equity-vol": equity_volatility, "debt": debt, "years": years}
    for name, figure in figures.items():
        if not (figure > 0 and math.isfinite(figure)):
            raise NoSolutionError(f"{name}: found {figure:g}; give a number above 0")
    if not math.isfinite(rate):
        raise NoSolutionError(f"rate: found {rate:g}; give a number such as .05")

    def gap(volatility: float) -> float:
        assets = _assets(equity, volatility, debt, rate, years)
        return normal(_d1(assets, volatility, debt, rate, years)) * volatility * assets - (
            equity_volatility * equity
        )

    low, high = 1e-9, equity_volatility
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if gap(middle) > 0:
            high = middle
        else:
            low = middle
        if high - low < _EXACT * high:
            break
    volatility = (low + high) / 2
    assets = _assets(equity, volatility, debt, rate, years)
    distance = _d1(assets, volatility, debt, rate, years) - volatility * math.sqrt(years)
    present = debt * math.exp(-rate * years)
    return Default(
        position=Position.SOLVENT if assets > debt else Position.UNDER_WATER,
        assets=assets,
        volatility=volatility,
        distance=distance,
        probability=normal(-distance),
        expected_loss=max(0.0, equity + present - assets),
    )


def distance_to_default(
    assets: float, volatility: float, debt: float, *, drift: float = 0.0, years: float = 1.0
) -> float:
    """Standard deviations between the assets and the debts at the horizon; every figure is above 0."""
    return _d1(assets, volatility, debt, drift, years) - volatility * math.sqrt(years)


def _d1(assets: float, volatility: float, debt: float, rate: float, years: float) -> float:
    spread = volatility * math.sqrt(years)
    return (math.log(assets / debt) + (rate + volatility * volatility / 2) * years) / spread


def _assets(equity: float, volatility: float, debt: float, rate: float, years: float) -> float:
    """Assets at which the call is worth the equity: between the equity and the equity with the debt."""
    present = debt * math.exp(-rate * years)
    low, high = equity, equity + present
    for _ in range(_STEPS):
        middle = (low + high) / 2
        d1 = _d1(middle, volatility, debt, rate, years)
        call = middle * normal(d1) - present * normal(d1 - volatility * math.sqrt(years))
        if call < equity:
            low = middle
        else:
            high = middle
        if high - low < _EXACT * high:
            break
    return (low + high) / 2
