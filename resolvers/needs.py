"""What a field needs of the partners, declared beside the function that reads it.

Planning collects the declarations; nothing is discovered while answering.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any, TypeVar

from c360.contract import Need

FunctionT = TypeVar("FunctionT", bound=Callable[..., Any])

_ATTRIBUTE = "__needs__"


def needs(*kinds: str) -> Callable[[FunctionT], FunctionT]:
    """Declare the kinds of record that a function reads, such as ``banking.accounts``."""

    def declare(function: FunctionT) -> FunctionT:
        setattr(function, _ATTRIBUTE, kinds)
        return function

    return declare


def needs_of(function: Callable[..., Any]) -> tuple[str, ...]:
    """The kinds that a function declared; empty where it declared none."""
    declared: tuple[str, ...] = getattr(function, _ATTRIBUTE, ())
    return declared


def merge(wanted: Iterable[Need]) -> frozenset[Need]:
    """One need per kind: windows of the same kind grow to the smallest one that covers them all.

    A source answers one window per kind, so each field cuts its own out of the common one.
    """
    merged: dict[str, Need] = {}
    for need in wanted:
        seen = merged.get(need.kind)
        merged[need.kind] = need if seen is None else _cover(seen, need)
    return frozenset(merged.values())


def _cover(one: Need, other: Need) -> Need:
    return Need(
        kind=one.kind,
        since=_bound(one.since, other.since, min),
        until=_bound(one.until, other.until, max),
    )


def _bound(one: date | None, other: date | None, pick: Callable[[date, date], date]) -> date | None:
    """An open end stays open."""
    return None if one is None or other is None else pick(one, other)
