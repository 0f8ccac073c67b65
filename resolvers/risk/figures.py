"""How a feature is made of kept figures: for one customer, and for a whole population, by one definition."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from functools import cached_property
from types import MappingProxyType

import msgspec
import numpy as np

from resolvers.summaries.customer import Summaries
from resolvers.summaries.measures import Combine, Line, Measure
from resolvers.summaries.population import Floats, Population

DAYS_OF_A_YEAR = 365.25


Figures = Mapping[Line, Mapping[Measure, float]]
"""Of one customer."""


class Term(msgspec.Struct, frozen=True, kw_only=True):
    """A measure over some lines, combined by its own rule."""

    measure: Measure
    lines: tuple[Line, ...]

    def reader(self) -> Callable[[Figures], float | None]:
        """What reads it of one customer; it gives none where no line has it."""
        measure, combine = self.measure, _COMBINED[self.measure.combine]
        first, *others = self.lines
        if not others:
            return lambda figures: None if (here := figures.get(first)) is None else here.get(measure)

        def over_all(figures: Figures, lines: tuple[Line, ...] = self.lines) -> float | None:
            found: float | None = None
            for line in lines:
                here = figures.get(line)
                if here is not None:
                    value = here.get(measure)
                    if value is not None:
                        found = value if found is None else combine(found, value)
            return found

        return over_all

    def among(self, population: Population) -> Floats:
        """For many customers; NaN where no line has it."""
        return population.total(self.measure, self.lines)


class Formula(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """A feature: one term, by another one where that is above nothing, times a constant."""

    of: Term
    per: Term | None = None
    times: float = 1.0
    since: bool = False
    """The term is a day, and the feature the years from it."""

    @property
    def terms(self) -> tuple[Term, ...]:
        """What it is made of."""
        return (self.of,) if self.per is None else (self.of, self.per)

    @cached_property
    def reader(self) -> Callable[[Figures, int], float | None]:
        """What reckons it for one customer on a day; it gives none where it is not known, or has no meaning.

        A share of nothing has none. Made once, since a score reads a dozen of them for every customer.
        """
        of, times = self.of.reader(), self.times
        if self.since:
            return lambda figures, day: (
                None if (found := of(figures)) is None else (day - found) / DAYS_OF_A_YEAR * times
            )
        if self.per is None:
            return lambda figures, _: None if (found := of(figures)) is None else found * times
        per = self.per.reader()

        def share(figures: Figures, _: int) -> float | None:
            found = of(figures)
            if found is None:
                return None
            by = per(figures)
            return None if by is None or by <= 0 else found / by * times

        return share

    def value(self, summaries: Summaries) -> float | None:
        """For one customer."""
        return self.reader(summaries.lines, summaries.day.toordinal())

    def values(self, population: Population) -> Floats:
        """The same for many customers; NaN where there is none."""
        found = self.of.among(population)
        if self.since:
            found = (population.day - found) / DAYS_OF_A_YEAR
        elif self.per is not None:
            by = self.per.among(population)
            with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
                found = np.where(by > 0, found / by, np.nan)
        return found * self.times


_COMBINED: Mapping[Combine, Callable[[float, float], float]] = MappingProxyType(
    {Combine.SUM: operator.add, Combine.LEAST: min, Combine.GREATEST: max}
)
