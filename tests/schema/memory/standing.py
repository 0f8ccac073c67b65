"""Where customers stand, in memory: figures, segments, scores and contests."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import TYPE_CHECKING

from store.data import PartyFigures
from store.data_contests import ContestData
from store.data_segments import CountData, SegmentDefinition, SegmentSize, StandingPage
from store.errors import CursorError

if TYPE_CHECKING:
    from tests.schema.memory.store import FakeStore


class FakeSummaries:
    """Figures from a list."""

    def __init__(self, store: FakeStore) -> None:
        self._store = store

    async def of(self, customer_ids: Iterable[str]) -> dict[str, tuple[PartyFigures, ...]]:
        self._store.calls.append("summaries.of")
        return {
            one: tuple(each for each in self._store.figures if each.customer_id == one)
            for one in customer_ids
        }


class FakeSegments:
    """Definitions and counts from lists."""

    def __init__(self, store: FakeStore) -> None:
        self._store = store

    async def current(self, at: datetime | None = None) -> tuple[SegmentDefinition, ...]:
        self._store.calls.append("segments.current")
        return tuple(self._store.segments)

    async def latest(self) -> CountData | None:
        return max(self._store.counts, key=lambda one: one.day, default=None)

    async def sizes(
        self, names: Iterable[str] | None = None, *, since: date, until: date
    ) -> dict[str, tuple[SegmentSize, ...]]:
        self._store.calls.append(f"segments.sizes {since} {until}")
        found: dict[str, tuple[SegmentSize, ...]] = {}
        for count in self._store.counts:
            for name, tally in count.segments.items():
                if since <= count.day <= until and (names is None or name in names):
                    size = SegmentSize(
                        name=name,
                        day=count.day,
                        version=count.versions[name],
                        tally=tally,
                        population=count.customers,
                        currency=count.currency,
                    )
                    found[name] = (*found.get(name, ()), size)
        return found


class FakeStandings:
    """Orders from a list of scores; cursors are places in it."""

    def __init__(self, store: FakeStore) -> None:
        self._store = store

    async def best(
        self, figure: str, line: str = "", *, first: int = 20, after: str | None = None
    ) -> StandingPage:
        self._store.calls.append("standings.best")
        rows = [one for one in self._store.scores if (one.figure, one.line) == (figure, line)]
        rows.sort(key=lambda one: (-one.score, one.customer_id))
        if after is not None and not after.isdecimal():
            raise CursorError("is damaged")
        start = 0 if after is None else int(after) + 1
        shown = rows[start : start + first]
        return StandingPage(
            ids=tuple(one.customer_id for one in shown),
            scores=tuple(one.score for one in shown),
            cursors=tuple(str(start + number) for number in range(len(shown))),
            has_next=len(rows) > start + first,
            has_previous=after is not None,
        )


class FakeContests:
    """Contests from a list."""

    def __init__(self, store: FakeStore) -> None:
        self._store = store

    async def of(self, customer_ids: Iterable[str]) -> dict[str, tuple[ContestData, ...]]:
        self._store.calls.append("contests.of")
        return {
            one: tuple(each for each in self._store.contests if each.customer_id == one)
            for one in customer_ids
        }
