"""Figures as the store keeps them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

from resolvers.summaries.measures import Figure, Line, Measure
from store.data import FigureData

_LINES: Mapping[str, Line] = MappingProxyType({line.value: line for line in Line})
_MEASURES: Mapping[str, Measure] = MappingProxyType({measure.value: measure for measure in Measure})


def figures_of(kept: Iterable[FigureData]) -> Iterator[Figure]:
    """Figures from the store. What an older version kept and this one does not know is passed over."""
    for each in kept:
        line, measure = _LINES.get(each.line), _MEASURES.get(each.measure)
        if line is not None and measure is not None:
            yield Figure(line=line, measure=measure, value=each.value, currency=each.currency)


def kept_of(figures: Iterable[Figure]) -> tuple[FigureData, ...]:
    """Figures for the store, in a fixed order."""
    kept = (FigureData(each.line.value, each.measure.value, each.value, each.currency) for each in figures)
    return tuple(sorted(kept, key=lambda each: (each.line, each.measure, each.currency or "")))
