from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from c360.errors import ConnectorError, ProblemCode
from c360.windows import Plan, Scan, days, moments

NOW = datetime(2026, 6, 15, 9, 30, tzinfo=UTC)
PLAN = Plan(history=timedelta(30), ahead=timedelta(10), again=timedelta(5), step=timedelta(7))


@given(
    first=st.dates(date(2000, 1, 1), date(2030, 1, 1)), count=st.integers(0, 800), step=st.integers(1, 400)
)
def test_windows_of_days_cover_each_day_once_in_order(first: date, count: int, step: int) -> None:
    windows = days(first, first + timedelta(count - 1), step)
    covered = [
        window.first + timedelta(day)
        for window in windows
        for day in range((window.last - window.first).days + 1)
    ]
    assert covered == [first + timedelta(day) for day in range(count)]
    assert all((window.last - window.first).days < step for window in windows)
    assert len(windows) == -(-count // step)


def test_a_window_that_is_too_long_is_refused() -> None:
    assert len(days(date(2026, 1, 1), date(2026, 1, 31), 10, most=31)) == 4
    with pytest.raises(ConnectorError, match="31 days is longer than 30") as caught:
        days(date(2026, 1, 1), date(2026, 1, 31), 10, most=30)
    assert caught.value.code is ProblemCode.TOO_MUCH_DATA


def test_a_window_without_length_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="a day or more"):
        days(date(2026, 1, 1), date(2026, 1, 2), 0)
    with pytest.raises(ValueError, match="longer than nothing"):
        next(moments(NOW, NOW + timedelta(1), timedelta()))


@given(hours=st.integers(0, 2000), step=st.integers(1, 300))
def test_spans_follow_each_other_without_a_gap(hours: int, step: int) -> None:
    end = NOW + timedelta(hours=hours)
    spans = list(moments(NOW, end, timedelta(hours=step)))
    edges = [NOW, *(after for _, after in spans)]
    assert [start for start, _ in spans] == edges[:-1]
    assert edges[-1] == end


@given(stop=st.integers(0, 5))
def test_a_scan_that_was_stopped_goes_on_with_what_is_left(stop: int) -> None:
    whole = Scan.begin(None, NOW, PLAN)
    windows = list(whole.windows(PLAN.step))
    assert windows[0][0] == datetime(2026, 5, 16, tzinfo=UTC)
    assert windows[-1][1] == NOW + timedelta(10)
    progress = [checkpoint.progress or 0 for *_, checkpoint in windows]
    assert progress == sorted(progress)
    assert progress[-1] == 1
    resumed = Scan.begin(windows[stop][2].cursor, NOW + timedelta(3), PLAN)
    assert [window[:2] for window in resumed.windows(PLAN.step)] == [
        window[:2] for window in windows[stop + 1 :]
    ]
    assert resumed.finished() == whole.finished()


def test_the_next_scan_reads_the_recent_past_again() -> None:
    done = Scan.begin(None, NOW, PLAN).finished()
    assert done.progress == 1
    later = Scan.begin(done.cursor, NOW + timedelta(1), PLAN)
    assert later.first == datetime(2026, 6, 10, tzinfo=UTC)
    assert later.until == NOW + timedelta(11)


@pytest.mark.parametrize(
    "cursor",
    ["", "nonsense", "{}", '{"type":"done","began":"2026-06-15T09:30:00"}', '{"type":"run","began":1}'],
)
def test_a_cursor_that_cannot_be_read_begins_at_the_start(cursor: str) -> None:
    assert Scan.begin(cursor, NOW, PLAN) == Scan.begin(None, NOW, PLAN)


def test_a_scan_of_nothing_is_done() -> None:
    empty = Plan(history=timedelta(), again=timedelta(), step=timedelta(1))
    midnight = datetime(2026, 6, 15, tzinfo=UTC)
    scan = Scan.begin(None, midnight, empty)
    assert (list(scan.windows(timedelta(1))), scan.progress) == ([], 1.0)
