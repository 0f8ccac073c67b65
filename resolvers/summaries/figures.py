"""Figures from counts, days and amounts, and the windows that they are reckoned over. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta

import msgspec

from c360.records.base import Record
from c360.values import Money
from resolvers.groups.base import RecordT
from resolvers.money import total
from resolvers.summaries.measures import Figure, Line, Measure

YEAR = 365
"""Days of the windows that measures call ``_12M``."""
THREE_YEARS = 1_096
"""Days of the windows that measures call ``_36M``."""

Figures = tuple[Figure, ...]


class PartyRecords(msgspec.Struct, frozen=True, kw_only=True):
    """The records of one party, as functions of a group take them."""

    today: date
    """The day that windows end on."""
    kinds: Mapping[str, Sequence[Record]]
    """By kind. A kind that is not there was not asked for."""

    def of(self, kind: str, record: type[RecordT]) -> tuple[RecordT, ...]:
        """The records of a kind."""
        return tuple(one for one in self.kinds.get(kind, ()) if isinstance(one, record))


def within(day: date | None, today: date, days: int) -> bool:
    """Whether a day is one of the last so many, today included."""
    return day is not None and today - timedelta(days) < day <= today


def day_of(moment: date | datetime | None) -> date | None:
    """The day of a moment in its own zone."""
    return moment.date() if isinstance(moment, datetime) else moment


def count(line: Line, measure: Measure, number: float) -> Figures:
    """How many; zero is a figure like any other."""
    return (Figure(line=line, measure=measure, value=float(number)),)


def day(line: Line, measure: Measure, found: date | None) -> Figures:
    """A day as its ordinal; no figure where it is not known."""
    return () if found is None else count(line, measure, found.toordinal())


def amounts(line: Line, measure: Measure, found: Collection[Money | None]) -> Figures:
    """One sum for each currency.

    Of nothing it is zero in any currency; of things whose amounts the partner does not name there is no
    figure.
    """
    if not found:
        return count(line, measure, 0)
    return tuple(
        Figure(line=line, measure=measure, value=float(each.amount), currency=each.currency)
        for each in total(found)
    )


def joined(*found: Iterable[Figure]) -> Figures:
    """All figures of several."""
    return tuple(figure for some in found for figure in some)
