"""All models over many customers at once, by the same definitions that answer for one."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from resolvers.lifetime_value.bgnbd import logistic_many
from resolvers.offers.features import matrix
from resolvers.offers.propensity import scorer
from resolvers.risk import behavioural
from resolvers.risk.households import distances, households, probabilities
from resolvers.segments.ranks import Ranked
from resolvers.serving import Models
from resolvers.summaries.measures import Line, Measure
from resolvers.summaries.population import Floats, Population

ROWS = 50_000
"""Customers worked on at once, so that what is reckoned on the way stays small."""
RANKED: Mapping[str, Ranked] = MappingProxyType(
    {
        "lifetime_value": Ranked.LIFETIME_VALUE,
        "profit": Ranked.PROFIT,
        "behavioural_points": Ranked.BEHAVIOURAL_POINTS,
        "distance_to_default": Ranked.DISTANCE_TO_DEFAULT,
        "spent": Ranked.SPENT,
    }
)
"""The figures that customers are put in order by."""


def scores(models: Models, population: Population) -> dict[str, Floats]:
    """Every model's figures, by name, one row a customer; NaN where one is not known.

    Lifetime value and profit in all and by line, in the hub's own currency; points and probability of the
    behavioural card; distance to default and its probability; the propensity of each product with a model.
    """
    parts = [
        _scores(models, population.take(slice(start, start + ROWS)))
        for start in range(0, max(1, len(population)), ROWS)
    ]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _scores(models: Models, population: Population) -> dict[str, Floats]:
    value, value_by_line = models.valuer.values_many(population)
    profit, profit_by_line = models.valuer.profits_many(population)
    points, probability = behavioural.score_many(models.risk.behavioural, population)
    found = households(population, models.risk.market)
    features = matrix(population)
    return {
        "lifetime_value": value,
        "profit": profit,
        "behavioural_points": points,
        "behavioural_probability": probability,
        "distance_to_default": distances(found, models.risk.market),
        "option_pricing_probability": probabilities(found, models.risk.mapping, models.risk.market),
        "spent": population.total(Measure.SPENT),
        **_by_line("lifetime_value", value_by_line, len(population)),
        **_by_line("profit", profit_by_line, len(population)),
        **{
            f"propensity.{product}": logistic_many(scorer(models.propensity, product).log_odds_many(features))
            for product in models.propensity.products
        },
    }


def _by_line(what: str, lines: Mapping[Line, Floats], size: int) -> dict[str, Floats]:
    """A column for every line, also for one that nobody here has: all batches have the same columns."""
    return {f"{what}.{line.value.lower()}": lines.get(line, np.full(size, np.nan)) for line in Line}


def ranked_figures(models: Models, population: Population) -> dict[Ranked, Floats]:
    """The figures that customers are put in order by; NaN where one is not known."""
    found = scores(models, population)
    return {figure: found[name] for name, figure in RANKED.items()}
