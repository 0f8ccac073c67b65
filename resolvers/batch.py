"""All models over many customers at once, by the same definitions that answer for one."""

from __future__ import annotations

from collections.abc import Mapping

from resolvers.segments.ranks import Ranked
from resolvers.summaries.measures import Measure
from resolvers.summaries.population import Floats, Population


def ranked_figures(population: Population) -> Mapping[Ranked, Floats]:
    """The figures that customers are put in order by; NaN where one is not known."""
    return {Ranked.SPENT: population.total(Measure.SPENT)}
