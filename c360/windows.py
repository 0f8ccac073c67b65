"""Reading by windows of time, for APIs that can only list what happened within one.

:func:`days` splits the window of a need. :class:`Scan` walks all there is for ``changes()``: its cursor
carries the plan of the run, so that a run which was killed goes on with what it would have read.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

import msgspec

from c360.changes import Checkpoint
from c360.errors import ConnectorError, ProblemCode

__all__ = ["Days", "Done", "Plan", "Scan", "days", "moments"]


class Days(NamedTuple):
    """A window of whole days, both included."""

    first: date
    last: date


def days(first: date, last: date, step: int, *, most: int | None = None) -> list[Days]:
    """Split a window of days into those that an API allows, in order, without a gap or an overlap.

    Args:
        first: first day of the window.
        last: last day, included; before the first day there is nothing to read.
        step: days of one window.
        most: days beyond which the window is refused.

    Raises:
        ConnectorError: the window has more days than ``most``.
        ValueError: ``step`` is below 1.
    """
    if step < 1:
        raise ValueError("a window has a day or more")
    count = (last - first).days + 1
    if most is not None and count > most:
        raise ConnectorError(
            f"a window of {count} days is longer than {most}", code=ProblemCode.TOO_MUCH_DATA
        )
    starts = range(0, count, step)
    return [
        Days(first + timedelta(start), min(first + timedelta(min(start + step, count) - 1), last))
        for start in starts
    ]


def moments(start: datetime, end: datetime, step: timedelta) -> Iterator[tuple[datetime, datetime]]:
    """Split a span of time, its end excluded, in order, without a gap or an overlap.

    Raises:
        ValueError: ``step`` is not above zero.
    """
    if step <= timedelta():
        raise ValueError("a window lasts longer than nothing")
    while start < end:
        after = min(start + step, end)
        yield start, after
        start = after


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """How far a scan goes, and by what steps."""

    history: timedelta
    """How far back the first run begins."""
    ahead: timedelta = timedelta()
    """How far beyond the present a run ends."""
    again: timedelta
    """How far back later runs begin, to see how things went on."""
    step: timedelta
    """Length of one window."""


class Scan(msgspec.Struct, frozen=True, kw_only=True, tag="run"):
    """A run under way: a walk from the past into the future, window by window."""

    began: datetime
    first: datetime
    """Where the run starts."""
    next: datetime
    """Where its next window starts."""
    until: datetime
    """Where the run ends."""

    @classmethod
    def begin(cls, cursor: str | None, now: datetime, plan: Plan) -> Scan:
        """The run to do, from the cursor of the last checkpoint.

        A cursor that cannot be read begins from the very start: scanning again changes nothing.
        """
        match _read(cursor):
            case Scan() as scan:
                return scan
            case Done(began=began):
                back_to = began - plan.again
            case _:
                back_to = now - plan.history
        first = datetime.combine(back_to.date(), time(), UTC)
        return cls(began=now, first=first, next=first, until=now + plan.ahead)

    def windows(self, step: timedelta) -> Iterator[tuple[datetime, datetime, Checkpoint]]:
        """The windows left, each with the checkpoint to yield once it was read."""
        for start, end in moments(self.next, self.until, step):
            after = msgspec.structs.replace(self, next=end)
            yield start, end, Checkpoint(cursor=_text(after), progress=after.progress)

    def finished(self) -> Checkpoint:
        """The checkpoint to yield at the end of the run."""
        return Checkpoint(cursor=_text(Done(began=self.began)), progress=1.0)

    @property
    def progress(self) -> float:
        """Share that is done, 0 to 1."""
        whole = self.until - self.first
        return min(1.0, (self.next - self.first) / whole) if whole else 1.0


class Done(msgspec.Struct, frozen=True, kw_only=True, tag="done"):
    """The last run is complete."""

    began: datetime
    """When that run began: what changed since then it may have missed."""


def _text(state: Scan | Done) -> str:
    return msgspec.json.encode(state).decode()


def _read(text: str | None) -> Scan | Done | None:
    if text is None:
        return None
    try:
        state = msgspec.json.decode(text, type=Scan | Done)
    except msgspec.MsgspecError:
        return None
    moments = (
        (state.began,) if isinstance(state, Done) else (state.began, state.first, state.next, state.until)
    )
    return state if all(moment.tzinfo for moment in moments) else None
