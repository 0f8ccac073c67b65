"""A customer's figures over all partners, in one currency: what the models read."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from types import MappingProxyType

import msgspec

from resolvers.summaries.keeping import figures_of
from resolvers.summaries.measures import Combine, Figure, Line, Measure
from store.data import HUB, PartyFigures

DOMAINS = frozenset({"banking", "insurance", "brokerage", "loyalty", "hotel", "rental"})
"""Business domains that figures are kept of."""

Convert = Callable[[float, str], float | None]
"""An amount of a currency in the hub's own; none where no rate is known."""

_COMBINED: Mapping[Combine, Callable[[float, float], float]] = MappingProxyType(
    {Combine.SUM: lambda one, other: one + other, Combine.LEAST: min, Combine.GREATEST: max}
)


class Summaries(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of one customer. A line that is not there is not held, or not known: see ``missing``."""

    day: date
    """The day that ages are reckoned to: of the oldest summary used."""
    as_of: datetime | None = None
    """When the oldest figure was reckoned; none where there is none."""
    currency: str
    """Of all amounts."""
    lines: Mapping[Line, Mapping[Measure, float]]
    missing: tuple[str, ...] = ()
    """Linked connector instances that nothing was reckoned of yet: what they hold is not known, not zero."""
    unconverted: tuple[str, ...] = ()
    """Currencies without a rate, whose amounts are left out."""

    def get(self, line: Line, measure: Measure) -> float | None:
        """A figure; none where it is not known."""
        return self.lines.get(line, _NOTHING).get(measure)

    def total(self, measure: Measure) -> float | None:
        """A figure over all lines, combined by its own rule; none where no line has it."""
        found = [figures[measure] for figures in self.lines.values() if measure in figures]
        return _fold(measure, found)

    def age(self, day: float) -> float:
        """Days from a day, as its ordinal, to the day of the summaries."""
        return self.day.toordinal() - day


_NOTHING: Mapping[Measure, float] = MappingProxyType({})


def summarise(
    parties: Sequence[PartyFigures],
    *,
    linked: Collection[str],
    domains: Mapping[str, str],
    currency: str,
    convert: Convert,
    today: date,
) -> Summaries:
    """What is kept of a customer, from what is kept of their parties.

    Args:
        parties: of the customer.
        linked: connector instances that the customer has a party at.
        domains: business domain of each configured instance. What an instance that is not configured any
            more holds is not known either.
        currency: of all amounts.
        convert: amounts to that currency.
        today: the day that ages are reckoned to where there are no figures.
    """
    lines, unknown = combined((figure for party in parties for figure in figures_of(party.figures)), convert)
    oldest = min((party.as_of for party in parties if party.as_of is not None), default=None)
    reckoned = {party.connector for party in parties if party.as_of is not None}
    waiting = {party.connector for party in parties if party.as_of is None}
    return Summaries(
        day=today if oldest is None else oldest.astimezone(UTC).date(),
        as_of=oldest,
        currency=currency,
        lines=lines,
        missing=tuple(
            one
            for one in sorted({*linked} - {HUB} - (reckoned - waiting))
            if domains.get(one) in DOMAINS or not domains.get(one)
        ),
        unconverted=unknown,
    )


def combined(
    figures: Iterable[Figure], convert: Convert
) -> tuple[dict[Line, dict[Measure, float]], tuple[str, ...]]:
    """Figures of several parties as one of each, and the currencies that could not be converted."""
    lines: dict[Line, dict[Measure, float]] = {}
    unknown: set[str] = set()
    for figure in figures:
        value: float | None = figure.value
        if figure.currency is not None:
            value = convert(figure.value, figure.currency)
        if value is None:
            unknown.add(str(figure.currency))
            continue
        kept = lines.setdefault(figure.line, {})
        before = kept.get(figure.measure)
        kept[figure.measure] = value if before is None else _COMBINED[figure.measure.combine](before, value)
    return lines, tuple(sorted(unknown))


def _fold(measure: Measure, values: Iterable[float]) -> float | None:
    found: float | None = None
    for value in values:
        found = value if found is None else _COMBINED[measure.combine](found, value)
    return found
