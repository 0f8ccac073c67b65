"""Records that pile up over time: their order, their windows, their place in a list."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from operator import eq, itemgetter
from typing import Any, Generic, TypeVar

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
        return tuple(self.line(records, window).records)

    def placed(self, records: Iterable[RecordT]) -> list[tuple[Place, RecordT]]:
        """The records newest first, each with its place; no two places are the same."""
        line = self.line(records)
        return [(line.place(at), record) for at, record in enumerate(line.records)]

    def line(self, records: Iterable[RecordT], window: Need | None = None) -> Line[RecordT]:
        """The records newest first, in places that are worked out for those alone whose is asked for.

        Args:
            records: In any order.
            window: Where given, those of other days are left out; those without a moment belong to any.
        """
        rows = self._rows(records, window or _ANY)
        rows.sort(key=itemgetter(0), reverse=True)
        keys = [key for key, _ in rows]
        if any(map(eq, keys, keys[1:])):  # those that are the same lie side by side by now
            placed = _distinct([(_place(key), record) for key, record in rows])
            return Line([record for _, record in placed], places=[place for place, _ in placed])
        return Line([record for _, record in rows], keys=keys)

    def _rows(self, records: Iterable[RecordT], window: Need) -> list[tuple[_Key, RecordT]]:
        """The records of a window, each with what it is ordered by. Many go through here: it is one loop.

        Of a moment in UTC it is seen without its day whether it lies in the window.
        """
        moment_of, id_field, since, until = self.moment, self.id_field, window.since, window.until
        first = _NEVER if since is None else datetime.combine(since, time.min, UTC)
        last = _LAST if until is None else datetime.combine(until, time.max, UTC)
        rows = []
        for record in records:
            moment = moment_of(record)
            if type(moment) is datetime and moment.tzinfo is UTC:
                if moment < first or moment > last:
                    continue
                key = (False, moment, record.connector, getattr(record, id_field) or content_digest(record))
            elif moment is None:
                key = (True, _NEVER, record.connector, getattr(record, id_field) or content_digest(record))
            else:
                day = moment.date() if isinstance(moment, datetime) else moment
                if (since is not None and day < since) or (until is not None and day > until):
                    continue
                identity = getattr(record, id_field) or content_digest(record)
                key = (False, _instant(moment), record.connector, identity)
            rows.append((key, record))
        return rows


_Key = tuple[bool, datetime, str, str]
"""What a record is ordered by: whether it has no moment, its moment in UTC, its connector, its id. Falls
along a line as its places do, and costs a fraction of them."""
_NEVER = datetime.min.replace(tzinfo=UTC)
_LAST = datetime.max.replace(tzinfo=UTC)
_ANY = Need(kind="")
"""A window without ends."""


class Line(Generic[RecordT]):
    """Records newest first.

    Args:
        records: They.
        keys: What they are ordered by, where no two are the same.
        places: Otherwise their places.
    """

    __slots__ = ("_keys", "_places", "records")

    def __init__(
        self, records: Sequence[RecordT], *, keys: Sequence[_Key] = (), places: Sequence[Place] = ()
    ) -> None:
        self.records = records
        self._keys = keys
        self._places = places

    def place(self, at: int) -> Place:
        """Where one of them stands; no two places are the same.

        Args:
            at: Which, from 0.
        """
        return self._places[at] if self._places else _place(self._keys[at])


def _place(key: _Key) -> Place:
    never, moment, connector, identity = key
    return (_PENDING if never else moment.isoformat(timespec="microseconds"), connector, identity)


def _distinct(rows: Sequence[tuple[Place, RecordT]]) -> list[tuple[Place, RecordT]]:
    """A partner that repeats an id gets it numbered, or a page's end could not tell them apart."""
    seen: dict[Place, int] = {}
    numbered = []
    for place, record in rows:
        count = seen[place] = seen.get(place, -1) + 1
        numbered.append(((place[0], place[1], f"{place[2]}~{count:06d}") if count else place, record))
    return sorted(numbered, key=itemgetter(0), reverse=True)


def _shift(day: date, days: int) -> date:
    try:
        return day + timedelta(days=days)
    except OverflowError:
        return date.max if days > 0 else date.min


def _instant(moment: date) -> datetime:
    """A moment in UTC: a day at its beginning, and one that has no zone as if it had this one."""
    if not isinstance(moment, datetime):
        return datetime.combine(moment, time(), UTC)
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC)
    except OverflowError:  # at the very edge of the calendar
        return moment.replace(tzinfo=UTC)


def content_digest(record: Record) -> str:
    """Stands in for an id that the partner does not give: the same content, the same place."""
    encoded = msgspec.json.encode(record, order="sorted")
    return hashlib.blake2b(encoded, digest_size=9).hexdigest()
