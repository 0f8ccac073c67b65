"""The figures of many customers as columns: what the models read when they score a whole population.

The twin of :class:`~resolvers.summaries.customer.Summaries`, with the same meaning of each figure.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date

import msgspec
import numpy as np
from numpy.typing import NDArray

from resolvers.summaries.customer import Summaries
from resolvers.summaries.measures import Combine, Line, Measure

Floats = NDArray[np.float64]


class Population(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of many customers, one row each; NaN for what one of them does not have."""

    customers: Sequence[str]
    day: Floats
    """The day of each one's summaries, as its ordinal."""
    currency: str
    """Of all amounts."""
    lines: Mapping[Line, Mapping[Measure, Floats]]

    def __len__(self) -> int:
        return len(self.customers)

    def get(self, line: Line, measure: Measure) -> Floats:
        """A figure of every customer; NaN where it is not known."""
        found = self.lines.get(line, {}).get(measure)
        return np.full(len(self), np.nan) if found is None else found

    def total(self, measure: Measure, lines: Collection[Line] = ()) -> Floats:
        """A figure over all lines, or some, combined by its own rule; NaN where no line has it."""
        there = (self.lines.get(line, {}) for line in lines) if lines else self.lines.values()
        columns = [figures[measure] for figures in there if measure in figures]
        if not columns:
            return np.full(len(self), np.nan)
        combine = _COMBINED[measure.combine]
        found = columns[0]
        for column in columns[1:]:
            # fmin and fmax pass over NaN; a sum has to be told to.
            both = combine(found, column)
            found = np.where(np.isnan(found), column, np.where(np.isnan(column), found, both))
        return found

    def holds(self, line: Line) -> NDArray[np.bool_]:
        """Who has any figure in a line."""
        found = np.zeros(len(self), dtype=np.bool_)
        for column in self.lines.get(line, {}).values():
            found |= ~np.isnan(column)
        return found

    def age(self, day: Floats) -> Floats:
        """Days from a day, as its ordinal, to the day of each one's summaries."""
        found: Floats = self.day - day
        return found

    def take(self, rows: NDArray[np.intp] | slice) -> Population:
        """Some customers."""
        places = range(len(self))[rows] if isinstance(rows, slice) else rows
        return Population(
            customers=[self.customers[place] for place in places],
            day=self.day[rows],
            currency=self.currency,
            lines={
                line: {measure: column[rows] for measure, column in figures.items()}
                for line, figures in self.lines.items()
            },
        )

    def one(self, row: int) -> Summaries:
        """The figures of one customer."""
        lines: dict[Line, dict[Measure, float]] = {}
        for line, figures in self.lines.items():
            for measure, column in figures.items():
                if not np.isnan(column[row]):
                    lines.setdefault(line, {})[measure] = float(column[row])
        return Summaries(
            day=date.fromordinal(int(self.day[row])),
            currency=self.currency,
            lines=lines,
        )


_COMBINED: Mapping[Combine, np.ufunc] = {
    Combine.SUM: np.add,
    Combine.LEAST: np.fmin,
    Combine.GREATEST: np.fmax,
}


def gathered(found: Mapping[str, Summaries], *, currency: str) -> Population:
    """The figures of customers, by their ids, as columns.

    Args:
        found: each customer's figures.
        currency: of all of them.
    """
    columns: dict[Line, dict[Measure, Floats]] = {}
    for row, summaries in enumerate(found.values()):
        for line, figures in summaries.lines.items():
            kept = columns.setdefault(line, {})
            for measure, value in figures.items():
                column = kept.get(measure)
                if column is None:
                    column = kept[measure] = np.full(len(found), np.nan)
                column[row] = value
    return Population(
        customers=list(found),
        day=np.array([float(each.day.toordinal()) for each in found.values()]),
        currency=currency,
        lines=columns,
    )


def joined(parts: Sequence[Population]) -> Population:
    """Several populations of one currency as one, in their order.

    Args:
        parts: at least one.
    """
    there = {
        (line, measure): None for part in parts for line, figures in part.lines.items() for measure in figures
    }
    columns: dict[Line, dict[Measure, Floats]] = {}
    for line, measure in there:
        columns.setdefault(line, {})[measure] = np.concatenate([part.get(line, measure) for part in parts])
    return Population(
        customers=[customer for part in parts for customer in part.customers],
        day=np.concatenate([part.day for part in parts]),
        currency=parts[0].currency,
        lines=columns,
    )
