"""Parts of cursors that somebody made up are refused, all of them."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from store import cursors
from store.errors import CursorError


@given(st.text() | st.integers().map(str))
@example("²")
@example("٣")
@example("1_0")
@example("9" * 5000)
def test_a_number_is_one_that_a_database_holds(text: str) -> None:
    with suppress(CursorError):
        assert 0 <= cursors.number(text) < 2**63


@given(st.text() | st.datetimes().map(datetime.isoformat))
def test_a_moment_says_its_zone(text: str) -> None:
    with pytest.raises(CursorError):
        cursors.moment(text)


zones = st.timezones() | st.just(UTC)


@given(st.datetimes(timezones=zones))
def test_a_moment_is_the_one_that_was_written(moment: datetime) -> None:
    with suppress(CursorError):
        read = cursors.moment(moment.isoformat())
        assert read == moment.astimezone(
            UTC
        )  # moments of an hour that comes twice are equal in one zone alone
        assert read.utcoffset() == timedelta(0)


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"])
def test_a_moment_beyond_the_calendar_is_refused(text: str) -> None:
    with pytest.raises(CursorError):
        cursors.moment(text)
