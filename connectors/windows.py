"""Windows of dates: what a need asks for, what a copy covers."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from c360.contract import Need
from connectors.protocols import Snapshot


def covers(copy: Snapshot, need: Need, today: date) -> bool:
    """Whether a last-known copy holds all of the window that is needed.

    A window that reached up to the day of its fetching held everything there was; it also serves a
    need that reaches no further than today, being as old as it says.
    """
    if copy.since is not None and (need.since is None or copy.since > need.since):
        return False
    if copy.until is None:
        return True
    if need.until is None:
        return False
    return need.until <= copy.until or (copy.until >= copy.fetched_at.date() and need.until <= today)


def merged(needs: Iterable[Need]) -> tuple[Need, ...]:
    """One need per kind, its window wide enough for all of that kind; sorted by kind."""
    widest: dict[str, Need] = {}
    for need in needs:
        known = widest.get(need.kind)
        widest[need.kind] = need if known is None else wider(known, need)
    return tuple(widest[kind] for kind in sorted(widest))


def whole(need: Need) -> Need:
    """The same need of all fields."""
    return need if need.fields is None else Need(kind=need.kind, since=need.since, until=need.until)


def wider(one: Need, other: Need) -> Need:
    """The smallest window that holds both, and the fields of both."""
    if one == other:
        return one
    since = None if one.since is None or other.since is None else min(one.since, other.since)
    until = None if one.until is None or other.until is None else max(one.until, other.until)
    fields = None if one.fields is None or other.fields is None else one.fields | other.fields
    return Need(kind=one.kind, since=since, until=until, fields=fields)
