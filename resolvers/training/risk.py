"""The behavioural card and the table from distance to default to probability, learnt from what was seen.

Both take arrays, one row a customer, and who defaulted within the year after. A card's bins are monotone in
the direction that its feature declares: a reason such as "too many days overdrawn" is told only where more
days never help. A feature whose coefficient would turn against its direction is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import msgspec
import numpy as np
from numpy.typing import NDArray
from sklearn.isotonic import IsotonicRegression

from resolvers.artefacts import Origin
from resolvers.risk.behavioural import BehaviouralModel
from resolvers.risk.features import BY_NAME, Worse
from resolvers.risk.mapping import DefaultMapping, Household
from resolvers.risk.markets import MarketAssumptions
from resolvers.risk.option_pricing import distances
from resolvers.risk.scorecard import Scale
from resolvers.training.binning import Edges, Floats, Labels, bin_number
from resolvers.training.scorecard import card
from resolvers.training.tables import Column, Frame
from resolvers.training.weights import CannotJudgeError, fit

SMALLEST_BIN = 0.01
"""Share of those of whom a feature is known: returned payments and damages are rare, and tell a lot."""
_FEWEST_IN_A_BIN = 150
_FEWEST = 20
"""Defaults below which nothing is learnt."""
_KNOTS = 25


def fit_behavioural(
    features: Mapping[str, Floats], defaulted: Labels, *, origin: Origin, scale: Scale | None = None
) -> BehaviouralModel:
    """Learn a card.

    Args:
        features: of :func:`resolvers.risk.features.columns_of`; NaN where one is not known.
        defaulted: who defaulted.
        origin: its papers.
        scale: how odds become points.

    Raises:
        CannotJudgeError: there are too few defaults, or no feature tells who does.
    """
    _check(defaulted)
    columns: dict[str, Column] = {
        name: column for name, column in features.items() if (~np.isnan(column)).any()
    }
    while True:
        frame = Frame(columns=columns, rows=len(defaulted))
        model = fit(frame, defaulted, bins_of=_monotone_bins, neutral=True)
        against = {each.name for each in model.features if each.coefficient <= 0}
        if not against:
            learnt = msgspec.structs.replace(origin, customers=len(defaulted))
            return BehaviouralModel(origin=learnt, card=card(model, frame, defaulted, scale or Scale()))
        columns = {name: column for name, column in columns.items() if name not in against}


def _monotone_bins(name: str, column: Column, bad: Labels) -> Edges:
    """Splits by a small tree, those taken out across which the rate of bad would go the wrong way."""
    values = np.asarray(column, dtype=np.float64)
    known = ~np.isnan(values)
    smallest = min(0.5, max(SMALLEST_BIN, _FEWEST_IN_A_BIN / int(known.sum())))
    edges = list(bin_number(values, bad, smallest=smallest).edges)
    sign = 1 if BY_NAME[name].worse is Worse.HIGHER else -1
    while edges:
        found = np.searchsorted(edges, values[known], side="right")
        counts = np.bincount(found, minlength=len(edges) + 1)
        rates = np.bincount(found, weights=bad[known], minlength=len(edges) + 1) / np.maximum(counts, 1)
        wrong = [place for place, (low, high) in enumerate(pairwise(rates)) if sign * (high - low) <= 0]
        if not wrong:
            break
        worst = max(wrong, key=lambda place: sign * (rates[place] - rates[place + 1]))
        del edges[worst]
    return Edges(edges=tuple(edges))


def fit_mapping(
    assets: Floats,
    debt: Floats,
    volatility: Floats,
    defaulted: Labels,
    *,
    origin: Origin,
    market: MarketAssumptions | None = None,
) -> DefaultMapping:
    """Learn the table from distance to default to probability, by isotonic regression over equal bins.

    Barlow, Bartholomew, Bremner and Brunk, "Statistical Inference under Order Restrictions" (1972).

    Args:
        assets: what each household owns; NaN where it is not known.
        debt: its default point.
        volatility: of the assets.
        defaulted: who defaulted.
        origin: its papers.
        market: what distances are reckoned by.

    Raises:
        CannotJudgeError: there are too few defaults, or no household has debts and assets.
    """
    _check(defaulted)
    distance = distances(assets, debt, volatility, market or MarketAssumptions())
    there = np.flatnonzero(~np.isnan(distance))
    if len(there) < _FEWEST:
        raise CannotJudgeError(f"{len(there)} households have debts and assets; give at least {_FEWEST}")
    overall = float(defaulted.mean())
    order = there[np.argsort(distance[there], kind="stable")]
    bins = [rows for rows in np.array_split(order, min(_KNOTS, len(order) // _FEWEST)) if len(rows)]
    middles = np.array([float(np.median(distance[rows])) for rows in bins])
    rates = np.array([_rate(defaulted[rows], overall) for rows in bins])
    weights = np.array([float(len(rows)) for rows in bins])
    falling = IsotonicRegression(increasing=False).fit(middles, rates, sample_weight=weights).predict(middles)
    apart = np.flatnonzero(np.diff(middles, prepend=-np.inf) > 0)
    return DefaultMapping(
        origin=msgspec.structs.replace(origin, customers=len(defaulted)),
        distances=tuple(float(each) for each in middles[apart]),
        probabilities=tuple(float(each) for each in np.minimum.accumulate(falling[apart])),
        no_debt=_rate(defaulted[debt <= 0], overall),
        no_assets=_rate(defaulted[(assets <= 0) & (debt > 0)], overall),
        typical=Household(
            assets=float(np.median(assets[there])),
            debt=float(np.median(debt[there])),
            volatility=float(np.median(volatility[there])),
        ),
    )


def _rate(defaulted: Labels, overall: float) -> float:
    """Share of defaults, with one customer of the average added: no share is ever certain."""
    return float((defaulted.sum() + overall) / (len(defaulted) + 1))


def _check(defaulted: NDArray[np.bool_]) -> None:
    bad, good = int(defaulted.sum()), int((~defaulted).sum())
    if min(bad, good) < _FEWEST:
        raise CannotJudgeError(
            f"{bad} customers defaulted and {good} did not; give at least {_FEWEST} of each"
        )
