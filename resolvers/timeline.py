"""Records that pile up over time: their order, their windows, their place in a list."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, TypeVar

import msgspec

from c360.contract import Need
from c360.records.base import Record

RecordT = TypeVar("RecordT", bound=Record)
Moment = date | datetime | None
Place = tuple[str, str, str]
"""Where a record stands: its moment, its connector, its id. Comparable as it is."""

_PENDING = "~"
"""Sorts after every date: what has no date yet is the newest."""


class Timeline(msgspec.Struct, frozen=True, kw_only=True):
    """How a windowed kind of record lies in time."""

    kind: str
    moment: Callable[[Any], Moment]
    """When a record happened; ``None`` while it has not."""
    id_field: str
    back: int = 90
    """Days before today at which the window starts unless the caller says so."""
    ahead: int = 0
    """Days after today at which it ends unless the caller says so."""
    moves: bool = False
    """Whether a record's moment can still change, as a booking's can: its day then tells nothing lasting."""

    def window(self, today: date, since: date | None = None, until: date | None = None) -> Need:
        """The need for a window, with the default for each end that is not given."""
        return Need(
            kind=self.kind,
            since=since if since is not None else _shift(min(today, until or today), -self.back),
            until=until if until is not None else _shift(max(today, since or today), self.ahead),
        )

    def day(self, record: Any) -> date | None:
        """The day a record counts on: the one its moment has in its own zone."""
        moment = self.moment(record)
        return moment.date() if isinstance(moment, datetime) else moment

    def within(self, records: Iterable[RecordT], window: Need) -> tuple[RecordT, ...]:
        """The records of a window, newest first; those without a moment belong to any."""
        kept = [record for record in records if self._inside(record, window)]
        return tuple(record for _, record in self.placed(kept))

    def placed(self, records: Iterable[RecordT]) -> list[tuple[Place, RecordT]]:
        """The records newest first, each with its place; no two places are the same."""
        rows = sorted(
            ((self._place(record), record) for record in records), key=lambda row: row[0], reverse=True
        )
        return _distinct(rows)

    def _inside(self, record: Record, window: Need) -> bool:
        day = self.day(record)
        if day is None:
            return True
        return (window.since is None or day >= window.since) and (window.until is None or day <= window.until)

    def _place(self, record: Record) -> Place:
        identity = getattr(record, self.id_field)
        return (_instant(self.moment(record)), record.connector, identity or content_digest(record))


def _distinct(rows: Sequence[tuple[Place, RecordT]]) -> list[tuple[Place, RecordT]]:
    """A partner that repeats an id gets it numbered, or a page's end could not tell them apart."""
    seen: dict[Place, int] = {}
    numbered = []
    for place, record in rows:
        count = seen[place] = seen.get(place, -1) + 1
        numbered.append(((place[0], place[1], f"{place[2]}~{count:06d}") if count else place, record))
    return sorted(numbered, key=lambda row: row[0], reverse=True) if len(seen) < len(rows) else numbered


def _shift(day: date, days: int) -> date:
    try:
        return day + timedelta(days=days)
    except OverflowError:
        return date.max if days > 0 else date.min


def _instant(moment: Moment) -> str:
    if moment is None:
        return _PENDING
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, time(), UTC)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC).isoformat(timespec="microseconds")
    except OverflowError:  # at the very edge of the calendar
        return moment.replace(tzinfo=UTC).isoformat(timespec="microseconds")


def content_digest(record: Record) -> str:
    """Stands in for an id that the partner does not give: the same content, the same place."""
    encoded = msgspec.json.encode(record, order="sorted")
    return hashlib.blake2b(encoded, digest_size=9).hexdigest()
