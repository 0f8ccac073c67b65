"""Counts a population: how many customers are in each cell and segment, and what they are worth together.

Customers come in pages; after each page the count so far is a value that can be kept, and gone on from.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec

from c360.records.party import PartyKind
from resolvers.segments.definitions import SegmentSet
from resolvers.segments.placing import Placer
from resolvers.segments.ranks import Ranked, Ranks
from resolvers.segments.scores import Subject
from resolvers.segments.scoring import Scored
from resolvers.summaries.customer import Summaries
from store.data_segments import CountData, CustomerScore, Tally


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """A customer of a page."""

    customer_id: str
    kind: PartyKind
    summaries: Summaries
    scored: Scored


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a page of customers."""

    count: CountData
    members: Mapping[str, tuple[str, ...]]
    """The segments of each customer of the page, by name."""
    scores: tuple[CustomerScore, ...]


class Counting:
    """Counts by the definitions in force and the ranks of a population.

    Args:
        defined: the definitions.
        ranks: quantiles of the population.
    """

    def __init__(self, defined: SegmentSet, ranks: Ranks) -> None:
        self._names = tuple(each.segment.name for each in defined.segments)
        self._placer = Placer(defined, ranks)

    def page(
        self, count: CountData, customers: Iterable[Known], *, position: str | None, ended: datetime | None
    ) -> Page:
        """Count a page of customers on top of those before.

        Args:
            count: of the customers before.
            customers: of the page.
            position: id of the last customer looked at, counted or not.
            ended: the moment, where this is the last page.
        """
        segments = defaultdict(_Sum, {name: _Sum.of(tally) for name, tally in count.segments.items()})
        cells = defaultdict(_Sum, {name: _Sum.of(tally) for name, tally in count.cells.items()})
        members: dict[str, tuple[str, ...]] = {}
        scores: list[CustomerScore] = []
        for known in customers:
            subject = Subject(kind=known.kind, summaries=known.summaries, scores=known.scored.scores)
            standing = self._placer.standing(subject)
            names = self._placer.names(subject, standing.cell)
            members[known.customer_id] = names
            cell = standing.cell
            cells[f"{cell.value.value}.{cell.risk.value}.{cell.lifecycle.value}"].add(known.scored)
            for name in names:
                segments[name].add(known.scored)
            scores.extend(_scores(known))
        found = msgspec.structs.replace(
            count,
            position=position,
            customers=count.customers + len(members),
            segments={name: segments[name].tally() for name in self._names},
            cells={name: each.tally() for name, each in cells.items()},
            finished_at=ended,
        )
        return Page(count=found, members=members, scores=tuple(scores))


class _Sum:
    __slots__ = ("customers", "lifetime_value", "profit")

    def __init__(self, customers: int = 0, profit: float = 0.0, lifetime_value: float = 0.0) -> None:
        self.customers = customers
        self.profit = profit
        self.lifetime_value = lifetime_value

    @classmethod
    def of(cls, tally: Tally) -> _Sum:
        return cls(tally.customers, tally.profit, tally.lifetime_value)

    def add(self, found: Scored) -> None:
        self.customers += 1
        self.profit += found.scores.profit or 0.0
        self.lifetime_value += found.scores.lifetime_value or 0.0

    def tally(self) -> Tally:
        return Tally(self.customers, self.profit, self.lifetime_value)


def _scores(known: Known) -> Iterable[CustomerScore]:
    scores = known.scored.scores
    for figure, value in (
        (Ranked.PROFIT, scores.profit),
        (Ranked.LIFETIME_VALUE, scores.lifetime_value),
    ):
        if value is not None:
            yield _score(known, figure, "", value)
    for figure, lines in known.scored.by_line.items():
        for line, value in lines.items():
            yield _score(known, figure, line.value, value)


def _score(known: Known, figure: Ranked, line: str, value: float) -> CustomerScore:
    return CustomerScore(customer_id=known.customer_id, figure=figure.value, line=line, score=value)
