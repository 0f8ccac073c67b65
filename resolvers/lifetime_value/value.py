"""A customer's lifetime value and profit over all lines, for one in a request and for all in a batch.

Purchases (BG/NBD × Gamma-Gamma) and contracts (hazard × margin) are discounted month by month to the day of
the summaries and added up, line by line. What is not known is none, never zero.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec
import numpy as np
from numpy.typing import NDArray

from resolvers.lifetime_value.assumptions import Assumptions
from resolvers.lifetime_value.contractual import Annuity, month_of, months_of
from resolvers.lifetime_value.earning import margins
from resolvers.lifetime_value.lines import (
    ContractValue,
    LineProfit,
    LineValue,
    PurchaseValue,
    Term,
    Unvalued,
)
from resolvers.lifetime_value.margins import (
    Columns,
    Figures,
    LineMargin,
    nothing,
    nothing_many,
    of_many,
)
from resolvers.lifetime_value.model import CONTRACTS, PURCHASES, ValueModel
from resolvers.lifetime_value.purchases import PurchaseStream, bought
from resolvers.summaries.customer import Summaries
from resolvers.summaries.measures import Line, Measure
from resolvers.summaries.population import Population

Floats = NDArray[np.float64]

MONTHS = 36
MOST_MONTHS = 600
_HORIZONS = 32
"""Horizons whose tables are kept; beyond, only the usual one is, and the others are made again."""
_ROWS = 32_768
"""Customers worked on at once in a batch, so that their figures stay in the processor's cache."""
_LINES = (*PURCHASES, *CONTRACTS)
_BOUGHT = frozenset(PURCHASES)


class CustomerValue:
    """What a customer is worth over the horizon; none where nothing is known of any line."""

    def __init__(self, months: int, lines: tuple[LineValue, ...]) -> None:
        self.months = months
        self.lines = lines
        known = [line.value for line in lines if line.value is not None]
        self.value: float | None = sum(known) if known or not lines else None

    @property
    def baseline(self) -> float:
        """What the reference customers are worth of the lines that this one has."""
        return sum(line.baseline for line in self.lines)

    @property
    def terms(self) -> tuple[Term, ...]:
        """What makes the difference."""
        return tuple(term for line in self.lines for term in line.terms)


class CustomerProfit(msgspec.Struct, frozen=True, kw_only=True):
    """What a customer contributed in the last 12 months; none where nothing is known of any line."""

    value: float | None
    lines: tuple[LineProfit, ...]

    @property
    def terms(self) -> tuple[Term, ...]:
        """What it adds up from."""
        return tuple(term for line in self.lines for term in line.terms)


class Valuer:
    """Values customers under one model and one set of assumptions. Safe to share between threads.

    Args:
        model: how customers buy and stay, in the hub's own currency.
        assumptions: what is earned by them.
    """

    def __init__(self, model: ValueModel, assumptions: Assumptions) -> None:
        self.model = model
        self.assumptions = assumptions
        self._ahead = margins(assumptions, credibility=assumptions.claims_credibility)
        self._past = margins(assumptions, credibility=1.0)
        self._horizons: Mapping[int, _Horizon] = {}

    def value(self, summaries: Summaries, months: int = MONTHS) -> CustomerValue:
        """A customer's lifetime value.

        Args:
            summaries: what is kept of the customer.
            months: how far to look ahead, 1 to 600.

        Raises:
            ValueError: ``months`` is out of range.
        """
        horizon = self._horizon(months)
        day = summaries.day.toordinal()
        held = summaries.lines
        lines = [self._bought(line, held[line], day, horizon) for line in PURCHASES if line in held]
        lines += [self._contracted(line, held[line], day, horizon) for line in CONTRACTS if line in held]
        return CustomerValue(months, tuple(lines))

    def _bought(self, line: Line, figures: Figures, day: int, horizon: _Horizon) -> LineValue:
        if nothing(figures, bought=True, past=False):
            return LineValue(line, 0.0, Unvalued.NOTHING_HELD)
        stream = horizon.streams.get(line)
        if stream is None:
            return LineValue(line, None, Unvalued.NO_MODEL)
        one = bought(figures, day)
        return (
            LineValue(line, None, Unvalued.FIGURE_UNKNOWN)
            if one is None
            else PurchaseValue(line, stream, one)
        )

    def _contracted(self, line: Line, figures: Figures, day: int, horizon: _Horizon) -> LineValue:
        margin = self._ahead[line]
        if not margin.known(figures):
            if nothing(figures, bought=False, past=False):
                return LineValue(line, 0.0, Unvalued.NOTHING_HELD)
            return LineValue(line, None, Unvalued.FIGURE_UNKNOWN)
        annuity = horizon.annuities.get(line)
        if annuity is None:
            return LineValue(line, None, Unvalued.NO_MODEL)
        first = figures.get(Measure.FIRST_ON)
        days = None if first is None else day - first
        return ContractValue(
            line,
            parts=margin.parts,
            amounts=margin.of_one(figures, days, past=False),
            figures=figures,
            annuity=annuity,
            month=annuity.unknown if days is None else month_of(days),
        )

    def rests_on(self, line: Line) -> tuple[str, ...]:
        """Names of the assumptions that a line's value rests on."""
        parts = self._ahead[line].parts
        return tuple(dict.fromkeys(name for part in parts for name in (*part.rests_on, *part.usual_rests_on)))

    def profit(self, summaries: Summaries) -> CustomerProfit:
        """What a customer contributed in the last 12 months."""
        day = summaries.day.toordinal()
        held = summaries.lines
        lines = tuple([self._profit(line, held[line], day) for line in _LINES if line in held])
        known = [line.value for line in lines if line.value is not None]
        return CustomerProfit(value=sum(known) if known or not lines else None, lines=lines)

    def _profit(self, line: Line, figures: Figures, day: int) -> LineProfit:
        margin = self._past[line]
        first = figures.get(Measure.FIRST_ON)
        return LineProfit(line, margin, figures, None if first is None else day - first)

    def values_many(self, population: Population, months: int = MONTHS) -> tuple[Floats, dict[Line, Floats]]:
        """Lifetime values of many customers: in total and by line, NaN where they are not known.

        Args:
            population: their figures.
            months: how far to look ahead, 1 to 600.

        Raises:
            ValueError: ``months`` is out of range.
        """
        horizon = self._horizon(months)

        def reckon(line: Line, part: Columns, day: Floats) -> Floats:
            if line in _BOUGHT:
                stream = horizon.streams.get(line)
                return np.full(len(day), np.nan) if stream is None else stream.value_many(part, day)
            annuity = horizon.annuities.get(line)
            if annuity is None:
                return np.full(len(day), np.nan)
            days = _tenure(part, day)
            margin = of_many(self._ahead[line], part, days, past=False)
            return margin * annuity.factors[months_of(days, annuity.unknown)]

        return _by_line(population, reckon, past=False)

    def profits_many(self, population: Population) -> tuple[Floats, dict[Line, Floats]]:
        """Profits of the last 12 months of many customers; see :meth:`values_many`."""

        def reckon(line: Line, part: Columns, day: Floats) -> Floats:
            return of_many(self._past[line], part, _tenure(part, day), past=True)

        return _by_line(population, reckon, past=True)

    def _horizon(self, months: int) -> _Horizon:
        if not 1 <= months <= MOST_MONTHS:
            raise ValueError(f"months lie between 1 and {MOST_MONTHS}")
        found = self._horizons.get(months)
        if found is None:
            # Another thread may make the same one meanwhile, and costs no more than its own time.
            if len(self._horizons) >= _HORIZONS:
                self._horizons = {MONTHS: self._horizons[MONTHS]} if MONTHS in self._horizons else {}
            found = _Horizon(self.model, self._ahead, self.assumptions, months)
            self._horizons = {**self._horizons, months: found}
        return found


class _Horizon:
    """Everything that depends on how far one looks ahead."""

    def __init__(
        self, model: ValueModel, ahead: Mapping[Line, LineMargin], assumed: Assumptions, months: int
    ) -> None:
        discount = assumed.monthly_discount
        fixed = {Line.LOYALTY: assumed.retail_purchase}
        self.streams = {
            line: PurchaseStream(
                one,
                margin=ahead[line].share(fixed.get(line, 1.0)),
                months=months,
                monthly_discount=discount,
                fixed=fixed.get(line),
            )
            for line, one in model.purchases.items()
        }
        self.annuities = {
            line: Annuity(one, months=months, monthly_discount=discount)
            for line, one in model.retention.items()
        }


def _tenure(part: Columns, day: Floats) -> Floats:
    """Days since the line's oldest contract began, or the first purchase; NaN where nobody tells."""
    return day - part[Measure.FIRST_ON] if Measure.FIRST_ON in part else np.full(len(day), np.nan)


def _by_line(
    population: Population, reckon: Callable[[Line, Columns, Floats], Floats], *, past: bool
) -> tuple[Floats, dict[Line, Floats]]:
    """Reckon every line, some customers at a time, and add them up."""
    held = [line for line in _LINES if population.lines.get(line)]
    total = np.full(len(population), np.nan)
    lines = {line: np.full(len(population), np.nan) for line in held}
    for start in range(0, len(population), _ROWS):
        rows = slice(start, start + _ROWS)
        day, known = population.day[rows], np.zeros(len(total[rows]), dtype=np.bool_)
        some, anything = np.zeros(len(day)), known.copy()
        for line in held:
            part = {measure: values[rows] for measure, values in population.lines[line].items()}
            for values in part.values():
                anything |= ~np.isnan(values)
            found = reckon(line, part, day)
            none = nothing_many(part, len(day), bought=line in _BOUGHT, past=past)
            found[none & np.isnan(found)] = 0.0
            lines[line][rows] = found
            there = ~np.isnan(found)
            known |= there
            some += np.where(there, found, 0.0)
        # Who has no line at all is worth nothing; who has lines of which nothing is known is not known.
        total[rows] = np.where(known | ~anything, some, np.nan)
    return total, lines
