"""Places customers: the one cell that each is in, and the segments that they belong to, with reasons."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from resolvers.segments import lifecycle
from resolvers.segments.bands import measured, named
from resolvers.segments.definitions import FigureRange, SegmentSet, Versioned, When
from resolvers.segments.dimensions import Dimension, Finding, Lifecycle, Risk, Value
from resolvers.segments.lifecycle import BINDING
from resolvers.segments.ranks import Ranks
from resolvers.segments.scores import Subject
from resolvers.summaries.customer import Summaries
from resolvers.summaries.measures import Line, Measure


class Cell(msgspec.Struct, frozen=True):
    """A label of each dimension: every customer has exactly one of each."""

    value: Value
    risk: Risk
    lifecycle: Lifecycle


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """Where a customer stands, and why."""

    cell: Cell
    value: Finding
    risk: Finding
    lifecycle: Finding


class Membership(msgspec.Struct, frozen=True, kw_only=True):
    """A segment that a customer belongs to."""

    segment: Versioned
    why: tuple[Finding, ...]
    """Each dimension and figure that the rule asked for."""


class Placer:
    """Places customers by the definitions in force and the ranks of a population.

    Args:
        definitions: the segments and the cuts of their dimensions.
        ranks: quantiles of the population.
    """

    def __init__(self, definitions: SegmentSet, ranks: Ranks) -> None:
        self._dimensions = definitions.dimensions
        self._segments = tuple(sorted(definitions.segments, key=lambda each: each.segment.name))
        self._ranks = ranks
        self._by_cell: dict[Cell, tuple[tuple[Versioned, When], ...]] = {}

    def standing(self, subject: Subject) -> Standing:
        """The cell of a customer."""
        value, value_why = self._dimensions.value.find(subject, self._ranks)
        risk, risk_why = self._dimensions.risk.find(subject, self._ranks)
        stage, stage_why = lifecycle.find(subject, self._dimensions.lifecycle)
        return Standing(cell=Cell(value, risk, stage), value=value_why, risk=risk_why, lifecycle=stage_why)

    def memberships(self, subject: Subject, standing: Standing) -> tuple[Membership, ...]:
        """The segments of a customer, by name; of each the first alternative that holds is the reason."""
        return tuple(
            Membership(segment=versioned, why=(*_dimensions(standing, when), *_lines(when), *figures))
            for versioned, when, figures in self._met(subject, standing.cell)
        )

    def names(self, subject: Subject, cell: Cell) -> tuple[str, ...]:
        """The names of a customer's segments, for who asks for no reasons."""
        return tuple(versioned.segment.name for versioned, _, _ in self._met(subject, cell))

    def _met(self, subject: Subject, cell: Cell) -> Iterator[tuple[Versioned, When, tuple[Finding, ...]]]:
        """Of each segment the first alternative that a customer meets."""
        last: Versioned | None = None
        for versioned, when in self._candidates(cell):
            if versioned is not last:
                figures = self._figures(subject, when)
                if figures is not None:
                    last = versioned
                    yield versioned, when, figures

    def _candidates(self, cell: Cell) -> tuple[tuple[Versioned, When], ...]:
        """The alternatives that a cell meets as far as the dimensions go: worked out once for each cell."""
        known = self._by_cell.get(cell)
        if known is None:
            known = self._by_cell[cell] = tuple(
                (versioned, when)
                for versioned in self._segments
                for when in versioned.segment.rule
                if (not when.value or cell.value in when.value)
                and (not when.risk or cell.risk in when.risk)
                and (not when.lifecycle or cell.lifecycle in when.lifecycle)
            )
        return known

    def _figures(self, subject: Subject, when: When) -> tuple[Finding, ...] | None:
        """The figures that an alternative asks for, as they were met; none where it was not."""
        if when.kind and subject.kind not in when.kind:
            return None
        if when.holds and not all(holds(subject.summaries, line) for line in when.holds):
            return None
        if when.lacks and not all(lacks(subject.summaries, line) for line in when.lacks):
            return None
        met = tuple(self._ranges(subject, when))
        return met if len(met) == len(when.figures) else None

    def _ranges(self, subject: Subject, when: When) -> Iterator[Finding]:
        for asked in when.figures:
            value, _ = measured(subject, asked.figure, asked.by, self._ranks)
            if value is not None and _within(value, asked):
                yield Finding(
                    dimension=Dimension.FIGURE,
                    label=asked.figure.value,
                    figure=named(asked.figure, asked.by),
                    value=value,
                    at_least=asked.at_least,
                    below=asked.below,
                )


def holds(summaries: Summaries, line: Line) -> bool:
    """Whether a customer holds a line: a contract that binds is in force, or they bought in the last year."""
    contracts = summaries.get(line, Measure.CONTRACTS) if line in BINDING else None
    return bool(contracts) or bool(summaries.get(line, Measure.PURCHASE_DAYS_12M))


def lacks(summaries: Summaries, line: Line) -> bool:
    """Whether a customer is known not to hold a line: never while a partner's part is missing."""
    return not summaries.missing and not holds(summaries, line)


def _within(value: float, asked: FigureRange) -> bool:
    return (asked.at_least is None or value >= asked.at_least) and (
        asked.below is None or value < asked.below
    )


def _dimensions(standing: Standing, when: When) -> Iterator[Finding]:
    if when.value:
        yield standing.value
    if when.risk:
        yield standing.risk
    if when.lifecycle:
        yield standing.lifecycle


def _lines(when: When) -> Iterator[Finding]:
    for line in when.holds:
        yield Finding(dimension=Dimension.FIGURE, label=line.value, figure="HELD", value=1.0, at_least=1.0)
    for line in when.lacks:
        yield Finding(dimension=Dimension.FIGURE, label=line.value, figure="HELD", value=0.0, below=1.0)
