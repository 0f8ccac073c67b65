"""Where kept figures come from, as a model's card tells it."""

from __future__ import annotations

from collections.abc import Iterable

from resolvers.summaries.measures import Line, Measure
from resolvers.summaries.sources import summarisers
from resolvers.training.cards import UNAVAILABLE, FeatureSource


def source_of(line: Line, measure: Measure) -> str:
    """Fields of the published API that a figure rests on, with the business domain, or UNAVAILABLE."""
    for summariser in summarisers():
        for told in summariser.told:
            if line in told.lines and measure in told.measures:
                return f"{summariser.domain}: {told.source}"
    return UNAVAILABLE


def sources(figures: Iterable[tuple[Line, Measure]]) -> tuple[FeatureSource, ...]:
    """One row for each figure."""
    return tuple(
        FeatureSource(
            feature=f"{line.value}.{measure.value}",
            source=source_of(line, measure),
            meaning=measure.value.lower().replace("_", " "),
        )
        for line, measure in figures
    )
