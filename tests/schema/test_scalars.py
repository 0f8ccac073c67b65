"""Scalars are read strictly and written so that they are read back."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schema.errors import InputError
from schema.scalars import (
    parse_date,
    parse_datetime,
    parse_decimal,
    parse_duration,
    serialize_decimal,
    serialize_duration,
)


@given(
    span=st.timedeltas(timedelta(0), timedelta(days=99_999)).map(
        lambda span: timedelta(milliseconds=span // timedelta(milliseconds=1))
    )
)
def test_durations_come_back(span: timedelta) -> None:
    assert abs(parse_duration(serialize_duration(span)) - span) < timedelta(milliseconds=1)


@given(
    number=st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**30), max_value=10**30, places=8)
)
def test_decimals_come_back_exactly(number: Decimal) -> None:
    text = serialize_decimal(number)
    assert "E" not in text
    assert parse_decimal(text) == number


LONGEST = parse_duration("P100000D")
zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(
    moment=st.datetimes(
        min_value=datetime(1000, 1, 1),  # noqa: DTZ001  # its zone is drawn beside it
        max_value=datetime(8999, 12, 31),  # noqa: DTZ001
        timezones=zones,
    )
)
def test_moments_come_back(moment: datetime) -> None:
    assert parse_datetime(moment.isoformat()) == moment


@given(day=st.dates(), moment=st.datetimes(timezones=zones))
def test_what_is_taken_can_be_reckoned_with(day: date, moment: datetime) -> None:
    with suppress(InputError):
        taken = parse_date(day.isoformat())
        assert taken - LONGEST < taken < taken + LONGEST
    with suppress(InputError):
        taken = parse_datetime(moment.isoformat())
        assert taken - LONGEST < taken.astimezone(UTC) < taken + LONGEST


@pytest.mark.parametrize("text", ["0001-01-01", "0999-12-31", "9000-01-01", "9999-12-31"])
def test_days_at_the_ends_of_the_calendar_are_refused(text: str) -> None:
    with pytest.raises(InputError, match="from the year 1000 to 8999"):
        parse_date(text)
    for zone in ("Z", "+23:59", "-23:59"):
        with pytest.raises(InputError, match="from the year 1000 to 8999"):
            parse_datetime(f"{text}T23:59:59{zone}")


@pytest.mark.parametrize("text", ["P100001D", "P99999W", "P99999DT48H"])
def test_spans_longer_than_that_are_refused(text: str) -> None:
    with pytest.raises(InputError, match="at most 100000 days"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("PT90S", timedelta(seconds=90)),
        ("P2W", timedelta(weeks=2)),
        ("P1DT2H3M4.5S", timedelta(days=1, hours=2, minutes=3, seconds=4.5)),
        ("PT0S", timedelta(0)),
    ],
)
def test_durations_are_understood(text: str, span: timedelta) -> None:
    assert parse_duration(text) == span


@pytest.mark.parametrize("value", ["", "P", "PT", "P1Y", "P1M", "1h", "P1W1D", "-PT1S", 5, None, "PT\u0661S"])
def test_other_durations_are_refused(value: object) -> None:
    with pytest.raises(InputError):
        parse_duration(value)


@pytest.mark.parametrize(
    "value",
    ["2025-02-30", "20250101", "2025-W01-1", "25-01-01", 20250101, True, "\u0662\u0660\u0662\u0665-01-01"],
)
def test_other_dates_are_refused(value: object) -> None:
    with pytest.raises(InputError):
        parse_date(value)


@pytest.mark.parametrize("value", ["2025-01-01T10:00:00", "2025-01-01", "2025-01-01T25:00:00Z", 1, "now"])
def test_moments_need_their_zone(value: object) -> None:
    with pytest.raises(InputError):
        parse_datetime(value)


@pytest.mark.parametrize("value", [1.5, "1e5", "NaN", "Infinity", "", "1,5", True, "1" * 41, "--1"])
def test_other_decimals_are_refused(value: object) -> None:
    with pytest.raises(InputError):
        parse_decimal(value)


def test_scalars_read_what_they_should() -> None:
    assert parse_date("2024-02-29") == date(2024, 2, 29)
    assert parse_datetime("2025-01-01T10:00z") == datetime(2025, 1, 1, 10, tzinfo=UTC)
    assert parse_decimal(7) == Decimal(7)


def test_literals_and_variables_are_read_alike(world: Any) -> None:
    literal = world.ask('{ customers(filter: {country: "Switzerland"}) { totalCount } }')
    variable = world.ask(
        "query ($c: CountryCode) { customers(filter: {country: $c}) { totalCount } }", {"c": "Switzerland"}
    )
    for response in (literal, variable):
        assert response.is_request_error
        assert response.errors[0]["extensions"]["code"] == "BAD_USER_INPUT"
        assert "CH" in response.errors[0]["message"]
        assert response.errors[0]["locations"], "a client shows where the mistake is"
