"""Windows and places of records in time, and the needs that windows grow to."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from c360.contract import Need
from c360.records.hotel import Stay, StayStatus
from resolvers.needs import merge, needs, needs_of
from resolvers.timeline import Timeline

TODAY = date(2025, 6, 15)
STAYS = Timeline(kind="hotel.stays", moment=lambda stay: stay.check_in, id_field="reservation_id", ahead=30)


def stay(name: str, day: date) -> Stay:
    return Stay(reservation_id=name, status=StayStatus.CONFIRMED, check_in=day, check_out=day)


def test_a_window_reaches_back_from_today_unless_told() -> None:
    need = STAYS.window(TODAY)
    assert (need.since, need.until) == (TODAY - timedelta(days=90), TODAY + timedelta(days=30))
    past = STAYS.window(TODAY, until=date(2020, 1, 31))
    assert (past.since, past.until) == (date(2020, 1, 31) - timedelta(days=90), date(2020, 1, 31))
    future = STAYS.window(TODAY, since=date(2026, 1, 1))
    assert (future.since, future.until) == (date(2026, 1, 1), date(2026, 1, 31))


def test_a_window_at_the_edge_of_the_calendar() -> None:
    assert STAYS.window(TODAY, until=date.min).since == date.min
    assert STAYS.window(TODAY, since=date.max).until == date.max


def test_what_has_no_moment_belongs_to_any_window_and_comes_first() -> None:
    line = Timeline(
        kind="k",
        moment=lambda one: None if one.reservation_id == "x" else one.check_in,
        id_field="reservation_id",
    )
    found = line.within([stay("a", TODAY), stay("x", TODAY)], line.window(TODAY))
    assert [one.reservation_id for one in found] == ["x", "a"]


def test_moments_with_zones_are_ordered_as_instants() -> None:
    early = datetime(2025, 6, 1, 1, tzinfo=UTC)
    line = Timeline(
        kind="k",
        moment=lambda one: early.astimezone(UTC) + timedelta(hours=int(one.reservation_id)),
        id_field="reservation_id",
    )
    assert [
        one.reservation_id
        for one in line.within([stay("2", TODAY), stay("9", TODAY), stay("4", TODAY)], Need(kind="k"))
    ] == ["9", "4", "2"]


days = st.dates(date(2025, 1, 1), date(2025, 12, 31))


@given(rows=st.lists(st.tuples(st.sampled_from("abc"), days), max_size=12), since=days, until=days)
def test_places_are_distinct_and_fall(rows: list[tuple[str, date]], since: date, until: date) -> None:
    placed = STAYS.placed([stay(name, day) for name, day in rows])
    places = [place for place, _ in placed]
    assert places == sorted(set(places), reverse=True)
    assert len(placed) == len(rows)
    inside = STAYS.within([one for _, one in placed], Need(kind="k", since=since, until=until))
    assert len(inside) == sum(since <= day <= until for _, day in rows)


ZONES = [UTC, *(timezone(timedelta(hours=hours)) for hours in (10, -3))]
FAR_WEST = timezone(timedelta(hours=-11))
EDGES = [datetime.min.replace(tzinfo=FAR_WEST), datetime.max.replace(tzinfo=FAR_WEST)]
zoned = st.builds(
    lambda minutes, zone: datetime(2025, 6, 14, tzinfo=zone) + timedelta(minutes=minutes),
    st.integers(0, 3_000),
    st.sampled_from(ZONES),
)
moments = st.none() | days | zoned | zoned.map(lambda one: one.replace(tzinfo=None)) | st.sampled_from(EDGES)


@given(found=st.lists(moments, max_size=9))
def test_whatever_tells_a_moment_stands_where_its_place_says(found: list[Any]) -> None:
    line = Timeline(kind="k", moment=lambda one: found[int(one.reservation_id)], id_field="reservation_id")
    placed = line.placed([stay(str(number), TODAY) for number in range(len(found))])
    assert [place for place, _ in placed] == sorted((place for place, _ in placed), reverse=True)
    for (moment, _, name), _ in placed:
        told = found[int(name)]
        if told is None:
            assert moment == "~"
        elif isinstance(told, datetime) and told.year == TODAY.year:
            told = told if told.tzinfo else told.replace(tzinfo=UTC)
            assert datetime.fromisoformat(moment) == told


@given(found=st.lists(moments, max_size=9), since=days | st.none(), until=days | st.none())
def test_a_window_is_of_days_in_whatever_zone(
    found: list[Any], since: date | None, until: date | None
) -> None:
    line = Timeline(kind="k", moment=lambda one: found[int(one.reservation_id)], id_field="reservation_id")
    inside = line.within(
        [stay(str(number), TODAY) for number in range(len(found))], Need(kind="k", since=since, until=until)
    )
    day_of = [told.date() if isinstance(told, datetime) else told for told in found]
    assert {int(one.reservation_id) for one in inside} == {
        number
        for number, day in enumerate(day_of)
        if day is None or (since or date.min) <= day <= (until or date.max)
    }


windows = st.builds(
    lambda kind, one, other: Need(kind=kind, since=min(one, other), until=max(one, other)),
    st.sampled_from(["a", "b"]),
    days,
    days,
) | st.builds(Need, kind=st.sampled_from(["a", "b"]))


@given(wanted=st.lists(windows, max_size=6))
def test_a_merged_need_covers_each_and_is_one_per_kind(wanted: list[Need]) -> None:
    merged = {need.kind: need for need in merge(wanted)}
    assert set(merged) == {need.kind for need in wanted}
    assert len(merge(wanted)) == len(merged)
    for need in wanted:
        whole = merged[need.kind]
        assert whole.since is None or (need.since is not None and whole.since <= need.since)
        assert whole.until is None or (need.until is not None and whole.until >= need.until)
    assert merge(merge(wanted)) == merge(wanted)


def test_needs_stand_beside_the_function() -> None:
    @needs("a.b", "c.d")
    def compute() -> None:
        """Nothing."""

    assert needs_of(compute) == ("a.b", "c.d")
    assert needs_of(print) == ()
