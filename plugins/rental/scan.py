"""Walking through all bookings, window by window, so that it can go on where it was stopped.

The API has no list of a customer's bookings and no feed of changes, only the bookings of a time
window. A run walks from the past into the future; its cursor carries the whole plan of the run, so
that going on after a kill gives what the run would have given. Later runs read the recent past and
the future again, because bookings change their state there.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta

import msgspec

from plugins.rental.config import RentalConfig


class Run(msgspec.Struct, frozen=True, kw_only=True, tag="run"):
    """A run under way."""

    began: datetime
    first: datetime
    """Where the run starts."""
    next: datetime
    """Where its next window starts."""
    until: datetime
    """Where the run ends."""

    @property
    def progress(self) -> float:
        """Share that is done, 0 to 1."""
        whole = self.until - self.first
        return min(1.0, (self.next - self.first) / whole) if whole else 1.0


class Done(msgspec.Struct, frozen=True, kw_only=True, tag="done"):
    """The last run is complete."""

    began: datetime
    """When that run began: what changed since then it may have missed."""


def begin(cursor: str | None, now: datetime, config: RentalConfig) -> Run:
    """The run to do, from a cursor.

    A cursor that cannot be read begins from the very start: scanning again changes nothing.
    """
    match _read(cursor):
        case Run() as run:
            return run
        case Done(began=began):
            back_to = began - timedelta(days=config.rescan_days)
        case _:
            back_to = now - timedelta(days=config.history_days)
    first = datetime.combine(back_to.date(), time(), UTC)
    return Run(began=now, first=first, next=first, until=now + timedelta(days=config.horizon_days))


def windows(run: Run, step: timedelta) -> Iterator[tuple[datetime, datetime, Run]]:
    """The windows left, each with the run as it stands after that window."""
    while run.next < run.until:
        end = min(run.next + step, run.until)
        after = msgspec.structs.replace(run, next=end)
        yield run.next, end, after
        run = after


def cursor(state: Run | Done) -> str:
    """The state as the text that the host keeps."""
    return msgspec.json.encode(state).decode()


def _read(text: str | None) -> Run | Done | None:
    if text is None:
        return None
    try:
        state = msgspec.json.decode(text, type=Run | Done)
    except msgspec.MsgspecError:
        return None
    moments = (
        (state.began,) if isinstance(state, Done) else (state.began, state.first, state.next, state.until)
    )
    return state if all(moment.tzinfo for moment in moments) else None
