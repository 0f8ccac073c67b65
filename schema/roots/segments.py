"""``segments``: what customers are told apart by, and how many are in each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from c360.values import CurrencyCode
from resolvers.money import rounded
from resolvers.segments.definitions import Versioned
from schema.answers import CustomerAnswer
from schema.errors import ErrorCode, InputError
from schema.hub import defined
from schema.inputs import LONGEST_WINDOW, SegmentsArguments
from schema.permissions.rules import needs
from schema.permissions.scopes import Scope
from schema.ports import Unit
from schema.roots.base import Lookups, RootField
from schema.scoring.segments import Segment, SegmentSize, actions
from store import data_segments as data
from store.data import CustomerData

_BACK = timedelta(days=30)


class SegmentsRoot(RootField):
    """Lists the segments in force with their sizes over time."""

    name = "segments"
    rule = needs(Scope.CATALOGUE_READ)
    description = (
        "The segments in force, by name, with their sizes over time. `customers(filter: {segment: …})` lists "
        "who belongs to one."
    )
    arguments_type = SegmentsArguments
    arguments: SegmentsArguments

    def check(self) -> None:
        """Check the window."""
        since, until = self.arguments.since, self.arguments.until
        if since is None or until is None:
            return
        if until < since:
            message = "The window ends before it begins."
            raise InputError(message, code=ErrorCode.BAD_USER_INPUT, argument="until")
        if until - since > LONGEST_WINDOW:
            message = f"A window may be {LONGEST_WINDOW.days} days long at the most."
            raise InputError(message, code=ErrorCode.LIMIT_EXCEEDED, argument="since")

    async def read(self, unit: Unit) -> None:
        """Read definitions and sizes."""
        self._segments = (await defined(unit)).segments
        latest = await unit.segments.latest()
        since, until = self._window(latest.day if latest else None)
        names = [each.segment.name for each in self._segments]
        self._sizes = await unit.segments.sizes(names, since=since, until=until)

    def _window(self, counted: date | None) -> tuple[date, date]:
        """The days asked for; by default the 30 days up to the last count."""
        since, until = self.arguments.since, self.arguments.until
        if until is None:
            until = max(counted or date.min, since or date.min)
            until = until if since is None else min(until, since + LONGEST_WINDOW)
        return (until - min(_BACK, until - date.min) if since is None else since), until

    def candidates(self, lookups: Lookups) -> Sequence[str]:  # a list looks nothing up
        """Nobody: it is not of single customers."""
        return ()

    def choose(self, loaded: Mapping[str, CustomerData]) -> Sequence[str]:
        """Nobody."""
        return ()

    def answer(self, customers: Mapping[str, CustomerAnswer]) -> Any:
        """The segments."""
        return [_segment(each, self._sizes.get(each.segment.name, ())) for each in self._segments]


def _segment(found: Versioned, sizes: Sequence[data.SegmentSize]) -> Segment:
    segment = found.segment
    return Segment(
        name=segment.name,
        title=segment.title,
        description=segment.description,
        strategy=segment.strategy,
        actions=actions(segment.actions),
        version=found.version,
        sizes=tuple(map(_size, sizes)),
    )


def _size(found: data.SegmentSize) -> SegmentSize:
    tally, currency = found.tally, CurrencyCode(found.currency)
    return SegmentSize(
        date=found.day,
        customers=tally.customers,
        share=tally.customers / found.population if found.population else 0.0,
        profit=rounded(tally.profit, currency),
        lifetime_value=rounded(tally.lifetime_value, currency),
        version=found.version,
    )
