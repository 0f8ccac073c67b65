"""How a statement changes what is believed, without forgetting what was believed before.

A belief is a value with two spans: valid (from when to when the partner held it) and recorded (from when
to when the hub took that for true). Beliefs are never changed but in ``recorded_to`` and
``observed_at``: a change ends the old belief and records new ones beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from store.data import StatedValue


class Belief(msgspec.Struct, frozen=True, kw_only=True):
    """A present belief about one party of one customer."""

    id: str
    stated: StatedValue
    observed_at: datetime
    valid_from: datetime
    valid_to: datetime | None


class NewBelief(msgspec.Struct, frozen=True, kw_only=True):
    """A belief to be recorded."""

    stated: StatedValue
    observed_at: datetime
    valid_from: datetime
    valid_to: datetime | None


class Revision(msgspec.Struct, frozen=True, kw_only=True):
    """What one statement changes."""

    ended: tuple[str, ...] = ()
    """Beliefs that are no longer held."""
    recorded: tuple[NewBelief, ...] = ()
    confirmed: tuple[str, ...] = ()
    """Beliefs that were seen again, later than before."""
    observed_at: datetime | None = None
    """When the confirmed ones were seen."""

    def __bool__(self) -> bool:
        return bool(self.ended or self.recorded or self.confirmed)


def revise(
    beliefs: Sequence[Belief], stated: Iterable[StatedValue], observed_at: datetime | None, now: datetime
) -> Revision:
    """What a party's statement changes in the beliefs about that party.

    The statement holds from ``observed_at`` until the next moment at which the party was seen or its
    values changed, so that a statement that arrives late does not undo what is known of a later time.

    Args:
        beliefs: every present belief about this party.
        observed_at: when the party said so; ``None``: now, and nothing if it says nothing new.
        now: what ``None`` stands for.
    """
    wanted = dict.fromkeys(stated)
    if observed_at is None:
        if wanted.keys() == {belief.stated for belief in beliefs if belief.valid_to is None}:
            return Revision()
        # Never before what is already known: "now" of an import is not a late statement.
        observed_at = max([now, *_seen(beliefs)])
    start = observed_at
    end = min((moment for moment in _seen(beliefs) if moment > start), default=None)
    ended: list[str] = []
    recorded: list[NewBelief] = []
    confirmed: list[str] = []
    for belief in beliefs:
        if not _covers(belief, start):
            continue
        if belief.stated in wanted:
            del wanted[belief.stated]
            if belief.observed_at < start:
                confirmed.append(belief.id)
            continue
        ended.append(belief.id)
        recorded.extend(_remainders(belief, start, end))
    recorded.extend(
        NewBelief(stated=value, observed_at=start, valid_from=start, valid_to=end) for value in wanted
    )
    return Revision(
        ended=tuple(ended), recorded=tuple(recorded), confirmed=tuple(confirmed), observed_at=start
    )


def _seen(beliefs: Sequence[Belief]) -> Iterable[datetime]:
    """Every moment at which something is known of the party."""
    for belief in beliefs:
        yield belief.valid_from
        yield belief.observed_at
        if belief.valid_to is not None:
            yield belief.valid_to


def _covers(belief: Belief, moment: datetime) -> bool:
    return belief.valid_from <= moment and (belief.valid_to is None or moment < belief.valid_to)


def _remainders(belief: Belief, start: datetime, end: datetime | None) -> Iterable[NewBelief]:
    """What stays true of a belief before and after the span in which it is contradicted."""
    if belief.valid_from < start:
        yield NewBelief(
            stated=belief.stated,
            observed_at=belief.observed_at if belief.observed_at < start else belief.valid_from,
            valid_from=belief.valid_from,
            valid_to=start,
        )
    if end is not None and (belief.valid_to is None or end < belief.valid_to):
        yield NewBelief(
            stated=belief.stated,
            observed_at=max(belief.observed_at, end),
            valid_from=end,
            valid_to=belief.valid_to,
        )
