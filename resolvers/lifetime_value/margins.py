"""What a line of business contributes in a year: a sum of parts, each a figure times a factor.

One definition for one customer and for many. Every part says which assumption it rests on, so that a
contribution can be shown by line and by assumption, and adds up both ways.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from resolvers.summaries.measures import Measure

Floats = NDArray[np.float64]
Figures = Mapping[Measure, float]
Columns = Mapping[Measure, Floats]
"""Of many customers; a figure that is not known is NaN."""

DAYS_PER_YEAR = 365.25
CLAIM_YEARS = 3.0
"""Years that the claims of a summary are of."""


class Span(enum.Enum):
    """What time a figure stands for."""

    STANDING = 0
    """What there is now, such as a balance: of a year that began before the contract it counts in part."""
    YEAR = 1
    """What happened in a year."""
    THREE_YEARS = 2
    """What happened in three years, or since the contract began: a year has its share."""


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a line's contribution: ``measure`` × ``factor``, and × ``rate`` where it has one."""

    name: str
    label: str
    measure: Measure
    factor: float
    span: Span = Span.STANDING
    rests_on: tuple[str, ...] = ()
    """Assumptions in it, by name."""
    rate: Measure | None = None
    """A rate that multiplies it; where nobody tells it, ``usual`` does."""
    usual: float = 0.0
    usual_rests_on: tuple[str, ...] = ()
    if_told: Measure | None = None
    """Where this figure is told, ``told_factor`` takes the place of ``factor``."""
    none_of: Measure | None = None
    """A count: where it is told to be 0, ``if_told`` counts as told, and this part as 0 if it is missing."""
    told_factor: float = 0.0

    @property
    def special(self) -> Part | None:
        """The part itself, where it is more than a figure times a factor."""
        return None if self.rate is None and self.if_told is None and self.none_of is None else self

    def special_amount(self, figure: float | None, figures: Figures) -> float | None:
        """The figure times what it is multiplied by for one customer."""
        nothing = self.none_of is not None and figures.get(self.none_of) == 0
        if figure is None:
            return 0.0 if nothing else None
        told = self.if_told is not None and (nothing or self.if_told in figures)
        amount = figure * (self.told_factor if told else self.factor)
        if self.rate is not None:
            rate = figures.get(self.rate)
            amount *= self.usual if rate is None else rate
        return amount

    def assumed(self, figures: Figures) -> tuple[str, ...]:
        """The assumptions that it rests on for one customer."""
        if self.rate is not None and self.rate not in figures:
            return (*self.rests_on, *self.usual_rests_on)
        return self.rests_on


class LineMargin:
    """How a line's contribution is put together.

    Args:
        parts: what it is the sum of.
        needed: figures of which one at least must be told, for anything to be known of it.
        bought: whether it is of purchases, else of contracts.
    """

    def __init__(self, parts: Sequence[Part], *, needed: Sequence[Measure], bought: bool = False) -> None:
        self.parts = tuple(parts)
        self.needed = tuple(needed)
        self.bought = bought
        self._steps = [(part.measure, part.factor, part.span.value, part.special) for part in parts]

    def known(self, figures: Figures) -> bool:
        """Whether a customer's figures tell what the line contributes.

        No premium where no contract is in force tells nothing of the contract that ended.
        """
        if figures.keys().isdisjoint(self.needed):
            return False
        return self.bought or figures.get(Measure.CONTRACTS) != 0 or any(map(figures.get, self.needed))

    def known_many(self, columns: Columns, size: int) -> NDArray[np.bool_]:
        """:meth:`known` of many customers."""
        told, zero = np.zeros(size, dtype=np.bool_), np.ones(size, dtype=np.bool_)
        for measure in self.needed:
            if measure in columns:
                told |= ~np.isnan(columns[measure])
                zero &= ~(np.abs(columns[measure]) > 0)
        if not self.bought and Measure.CONTRACTS in columns:
            told &= ~((columns[Measure.CONTRACTS] == 0) & zero)
        return told

    def share(self, unit: float) -> float:
        """What is left of an amount spent, where a unit of the figures stands for so much spending."""
        return sum(part.factor for part in self.parts) / unit if unit else 0.0

    def of_one(self, figures: Figures, days: float | None, *, past: bool) -> list[float | None]:
        """Each part of one customer's contribution; none where its figure is not told.

        Args:
            figures: of the line.
            days: since the line's oldest contract began, where that is told.
            past: of the year that has gone, else of a year to come: a contract that is younger than a year
                contributed for its days alone.
        """
        years = CLAIM_YEARS if days is None else days / DAYS_PER_YEAR
        share = years if past and years < 1 else 1.0
        per_year = 1.0 if years < 1 else 1 / years if years < CLAIM_YEARS else 1 / CLAIM_YEARS
        scales = (share if share > 0 else 0.0, 1.0, per_year)
        found: list[float | None] = []
        for measure, factor, span, special in self._steps:
            figure = figures.get(measure)
            if special is not None:
                figure = special.special_amount(figure, figures)
                found.append(None if figure is None else figure * scales[span])
            else:
                found.append(None if figure is None else figure * factor * scales[span])
        return found


def of_many(margin: LineMargin, columns: Columns, days: Floats, *, past: bool) -> Floats:
    """The contributions of many customers, NaN where nothing is known; see :meth:`LineMargin.of_one`.

    Args:
        margin: of the line.
        columns: of the line.
        days: since the line's oldest contract began; NaN where that is not told.
        past: of the year that has gone, else of a year to come.
    """
    years = np.clip(np.where(np.isnan(days), np.inf, days) / DAYS_PER_YEAR, 1.0, CLAIM_YEARS)
    share = np.clip(np.where(np.isnan(days), np.inf, days) / DAYS_PER_YEAR, 0.0, 1.0) if past else 1.0
    total = np.zeros(len(days))
    for part in margin.parts:
        column = columns.get(part.measure)
        if column is None:
            continue
        factor: Floats | float = part.factor
        if part.if_told is not None:
            told = ~np.isnan(columns[part.if_told]) if part.if_told in columns else np.zeros(len(days), bool)
            if part.none_of is not None and part.none_of in columns:
                told |= columns[part.none_of] == 0
            factor = np.where(told, part.told_factor, part.factor)
        amount = column * factor
        if part.rate is not None:
            rate = columns.get(part.rate)
            amount = amount * (part.usual if rate is None else np.where(np.isnan(rate), part.usual, rate))
        if part.span is Span.STANDING:
            amount = amount * share
        elif part.span is Span.THREE_YEARS:
            amount = amount / years
        total += np.where(np.isnan(amount), 0.0, amount)
    total[~margin.known_many(columns, len(days))] = np.nan
    return total


def nothing(figures: Figures, *, bought: bool, past: bool) -> bool:
    """Whether a customer certainly has nothing in a line, so that it is worth, or was worth, nothing.

    Args:
        figures: of the line.
        bought: whether it is a line of purchases, else of contracts.
        past: in the year that has gone, in which a contract may have ended, else from now on.
    """
    if bought:
        return figures.get(Measure.PURCHASE_DAYS_12M if past else Measure.PURCHASE_DAYS) == 0
    return figures.get(Measure.CONTRACTS) == 0 and not (past and figures.get(Measure.CONTRACTS_ENDED))


def nothing_many(columns: Columns, size: int, *, bought: bool, past: bool) -> NDArray[np.bool_]:
    """:func:`nothing` of many customers."""
    unknown = np.full(size, np.nan)
    if bought:
        none: NDArray[np.bool_] = (
            columns.get(Measure.PURCHASE_DAYS_12M if past else Measure.PURCHASE_DAYS, unknown) == 0
        )
        return none
    none = columns.get(Measure.CONTRACTS, unknown) == 0
    return none & ~(columns.get(Measure.CONTRACTS_ENDED, unknown) > 0) if past else none
