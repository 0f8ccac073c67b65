"""The artefact of lifetime value from a population's figures: every line that enough customers have."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from c360.values import CurrencyCode
from resolvers.artefacts import Origin
from resolvers.lifetime_value.contractual import DAYS_PER_MONTH
from resolvers.lifetime_value.fitting import CannotFitError, fit_bgnbd, fit_gamma_gamma
from resolvers.lifetime_value.model import (
    CONTRACTS,
    PURCHASES,
    Band,
    PurchaseModel,
    Reference,
    Retention,
    ValueModel,
)
from resolvers.lifetime_value.purchases import bought_many
from resolvers.summaries.measures import Line, Measure
from resolvers.summaries.population import Population

Floats = NDArray[np.float64]

LEAST = 30
"""Customers that a line has to have for a model of its own."""
OBSERVED_YEARS = 3.0
"""Years that the ended contracts of a summary are of."""
BANDS = (0.0, 1.0, 3.0)
"""Years of tenure that bands begin with; one without enough contracts joins the one before."""
USUAL: Mapping[Line, float] = MappingProxyType(
    {
        Line.MOTOR: 0.15,
        Line.HOME: 0.1,
        Line.LIFE: 0.07,
        Line.OTHER_INSURANCE: 0.12,
        Line.PENSION: 0.06,
        Line.DEPOSITS: 0.08,
        Line.LENDING: 0.15,
        Line.BROKERAGE: 0.1,
    }
)
"""Contracts that end, by contract and year: of the order that such companies report, repayment included."""
_PRIOR_YEARS = 50.0
_ENDED = 5
"""Contracts that have to have ended in a band."""


def fit_value_model(
    population: Population,
    origin: Origin,
    *,
    report: Callable[[str], None] = lambda _: None,
) -> ValueModel:
    """Fit every line. One that too few have, or whose data do not tell the parameters, is left out.

    Args:
        population: figures of customers, as they were known on a day of the past or of today.
        origin: the artefact's papers.
        report: takes a line of progress.

    Raises:
        CannotFitError: no line can be fitted.
    """
    purchases: dict[Line, PurchaseModel] = {}
    for line in PURCHASES:
        try:
            purchases[line] = _purchases(population, line)
        except CannotFitError as error:
            report(f"{line.value.lower()}: left out: {error}")
        else:
            report(f"{line.value.lower()}: fitted to {purchases[line].customers:,} customers")
    retention: dict[Line, Retention] = {}
    for line in CONTRACTS:
        found = _retention(population, line)
        if found is not None:
            retention[line] = found
            report(f"{line.value.lower()}: fitted to {found.contracts:,} contracts")
    if not purchases and not retention:
        raise CannotFitError(f"no line has {LEAST} customers; give more of them")
    return ValueModel(
        origin=origin, currency=CurrencyCode(population.currency), purchases=purchases, retention=retention
    )


def _purchases(population: Population, line: Line) -> PurchaseModel:
    found = bought_many(population.lines.get(line, {}), population.day)
    x, recency, age, mean = found.frequency, found.recency, found.age, found.mean
    if len(x) < LEAST:
        raise CannotFitError(f"{len(x)} customers have it, of {LEAST} that it takes")
    purchases, _ = fit_bgnbd(x, recency, age)
    back, told = x > 0, ~np.isnan(mean)
    # Programmes tell no amounts: what such a purchase is worth is an assumption.
    spend = None if line is Line.LOYALTY else fit_gamma_gamma(x[told], mean[told])[0]
    share = recency[back] / np.where(age[back] > 0, age[back], 1.0)
    return PurchaseModel(
        purchases=purchases,
        spend=spend,
        reference=Reference(
            frequency=int(np.median(x)),
            recency_share=float(np.median(share)),
            age=float(np.median(age)),
            mean=0.0 if spend is None else float(np.median(mean[back & told])),
        ),
        customers=len(x),
    )


def _retention(population: Population, line: Line) -> Retention | None:
    """Contracts that ended by the years that contracts were watched, drawn towards what is usual.

    A contract in force was watched since it began, for three years at the most; of one that ended then,
    half of that is taken, since summaries do not tell when. Bands of tenure have hazards of their own
    where enough contracts ended in them. Where no partner tells of a single contract that ended, none can be
    learnt from: such APIs list what is open alone, and the usual hazard stands.
    """
    held = population.get(line, Measure.CONTRACTS)
    ended = np.nan_to_num(population.get(line, Measure.CONTRACTS_ENDED))
    known = ~np.isnan(held) | (ended > 0)
    if known.sum() < LEAST:
        return None
    kept, ended = np.nan_to_num(held)[known], ended[known]
    days = (population.day - population.get(line, Measure.FIRST_ON))[known]
    typical = float(np.nanmedian(days)) if not np.isnan(days).all() else OBSERVED_YEARS * 365.25
    tenure = np.maximum(np.where(np.isnan(days), typical, days), DAYS_PER_MONTH) / 365.25
    watched = np.minimum(tenure, OBSERVED_YEARS)
    exposure = kept * watched + ended * watched / 2
    bands: list[Band] = []
    whole = _hazard(line, ended.sum(), exposure.sum())
    for start, end in zip(BANDS, (*BANDS[1:], np.inf), strict=True):
        here = (tenure >= start) & (tenure < end)
        if ended[here].sum() >= _ENDED:
            bands.append(
                Band(from_years=start, hazard=_hazard(line, ended[here].sum(), exposure[here].sum()))
            )
    if not bands:
        bands = [Band(from_years=0.0, hazard=whole)]
    elif bands[0].from_years > 0:
        bands.insert(0, Band(from_years=0.0, hazard=whole))
    return Retention(bands=tuple(bands), tenure=typical / 365.25, contracts=int(kept.sum() + ended.sum()))


def _hazard(line: Line, ended: float, years: float) -> float:
    """The mean of a Gamma distribution, whose prior counts as much as some years of contracts."""
    if not ended:
        return USUAL[line]
    return float((ended + USUAL[line] * _PRIOR_YEARS) / (years + _PRIOR_YEARS))
