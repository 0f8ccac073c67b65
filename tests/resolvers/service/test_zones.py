"""Which names are those of time zones."""

from __future__ import annotations

import zoneinfo

import pytest

from resolvers.service.zones import is_time_zone


def test_every_zone_there_is_and_no_other_name() -> None:
    listed = zoneinfo.available_timezones()

    assert all(map(is_time_zone, listed))
    assert "Europe/Zurich" in listed


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        "Europe",
        "Europe/Nowhere",
        "../UTC",
        "/etc/localtime",
        "posix/UTC",
        "right/UTC",
        "posixrules",
        "a\0b",
    ],
    ids=ascii,
)
def test_what_is_no_zone(name: str) -> None:
    assert not is_time_zone(name)
