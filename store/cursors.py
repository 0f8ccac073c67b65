"""What stands in a cursor, read as strictly as it was written: whoever sends one may have made it up."""

from __future__ import annotations

from datetime import UTC, datetime

from store.errors import CursorError

_LONGEST = 18
"""Digits that a database's whole numbers hold for certain."""


def number(text: str) -> int:
    """A whole number.

    Raises:
        CursorError: it is none, or none that a database holds.
    """
    if not (text.isascii() and text.isdecimal() and len(text) <= _LONGEST):
        raise CursorError("is damaged")
    return int(text)


def moment(text: str) -> datetime:
    """A moment, in UTC.

    Raises:
        CursorError: it is none, says no zone, or lies at the edge of the calendar.
    """
    try:
        found = datetime.fromisoformat(text)
        if found.tzinfo is not None:
            return found.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise CursorError("is damaged")
