"""Time zones by their names."""

from __future__ import annotations

import zoneinfo

_NO_NAMES = ("posix", "right/")
"""Beginnings of what lies beside the zones, and is the same in another form."""


def is_time_zone(name: str) -> bool:
    """Whether the IANA has a time zone of that name.

    It is looked for alone: to list all of them takes a tenth of a second.
    """
    if name.startswith(_NO_NAMES):
        return False
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):  # no file, not one of a zone, or a folder
        return False
    return True
