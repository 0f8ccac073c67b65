from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from c360.contract import Checkpoint, Upsert
from c360.errors import ConnectorError, PartnerFault, RetryLater
from c360.http import Request, Response

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
BOOKINGS = "rental.bookings"
PARTY = "party.profile"
SETTINGS = {"history_days": 40, "horizon_days": 20, "rescan_days": 10, "window_days": 7}


def made(number: int, day: int, days: int = 1, customer: str | None = "C1") -> dict[str, Any]:
    start = NOW + timedelta(days=day)
    return {
        "id": f"B{number}",
        "state": "CONFIRMED",
        "customer": {"id": customer} if customer else {},
        "departureTime": start.isoformat(),
        "arrivalTime": (start + timedelta(days=days)).isoformat(),
    }


def upserts(changes: list[Any]) -> list[Any]:
    return [item for item in changes if isinstance(item, Upsert)]


def upserted(changes: list[Any]) -> set[tuple[str, str]]:
    return {(item.party_id, item.object_id) for item in upserts(changes)}


def checkpoints(changes: list[Any]) -> list[Checkpoint]:
    return [item for item in changes if isinstance(item, Checkpoint)]


def test_finds_every_booking_of_history_and_horizon_by_its_customer(operator: Any, run: Any) -> None:
    rental = operator(
        [
            made(1, -39),
            made(2, 0, customer="C2"),
            made(3, 19),
            made(4, -60),
            made(5, 25),
            made(6, 1, customer=None),
        ],
        settings=SETTINGS,
    )
    changes = run(rental.changes(BOOKINGS))
    assert upserted(changes) == {("C1", "B1"), ("C2", "B2"), ("C1", "B3")}
    assert all(item.record.booking_id == item.object_id for item in upserts(changes))


def test_windows_follow_each_other_without_a_gap(operator: Any, run: Any) -> None:
    rental = operator(settings=SETTINGS)
    run(rental.changes(BOOKINGS))
    windows = [
        (params["min-time"], params["max-time"]) for params in (dict(item.params) for item in rental.requests)
    ]
    assert windows[0][0] == "2026-05-06T00:00:00Z"
    assert windows[-1][1] == "2026-07-05T12:00:00Z"
    assert all(before[1] == after[0] for before, after in pairwise(windows))


def test_says_how_far_it_is_and_ends(operator: Any, run: Any) -> None:
    progress = [
        item.progress or 0 for item in checkpoints(run(operator(settings=SETTINGS).changes(BOOKINGS)))
    ]
    assert progress == sorted(progress)
    assert 0 < progress[0] < 1
    assert progress[-1] == 1


def test_a_later_run_reads_the_recent_past_and_the_future_again(operator: Any, run: Any) -> None:
    rental = operator([made(1, -30), made(2, -5), made(3, 5)], settings=SETTINGS)
    done = checkpoints(run(rental.changes(BOOKINGS)))[-1].cursor
    rental.now = NOW + timedelta(days=1)
    rental.bookings = [{**item, "state": "CANCELLED"} for item in rental.bookings]
    changes = run(rental.changes(BOOKINGS, done))
    assert upserted(changes) == {("C1", "B2"), ("C1", "B3")}
    assert {item.record.status.value for item in upserts(changes)} == {"CANCELLED"}


BOOKED = st.lists(
    st.tuples(st.integers(-45, 25), st.integers(0, 30), st.sampled_from(["C1", "C2", "C3"])), max_size=12
).map(lambda items: [made(number, *item) for number, item in enumerate(items)])


@given(booked=BOOKED, data=st.data())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.parametrize("kind", [BOOKINGS, PARTY])
def test_going_on_from_any_checkpoint_gives_what_the_whole_run_gives(
    operator: Any, run: Any, kind: str, booked: list[dict[str, Any]], data: st.DataObject
) -> None:
    customers = {name: {"id": name} for name in ("C1", "C2", "C3")}
    rental = operator(booked, customers=customers, settings=SETTINGS)
    changes = run(rental.changes(kind))
    killed_after = data.draw(st.integers(0, len(changes)))
    delivered = changes[:killed_after]
    kept = checkpoints(delivered)
    if kept and json.loads(kept[-1].cursor)["type"] == "done":
        return
    # The worker comes back days later: the run that was begun is finished as it was planned.
    rental.now = NOW + timedelta(days=data.draw(st.integers(0, 9)))
    if not kept:
        rental.now = NOW
    rest = run(rental.changes(kind, kept[-1].cursor if kept else None))
    assert upserted(delivered) | upserted(rest) == upserted(changes)
    assert checkpoints(rest)[-1] == checkpoints(changes)[-1]


def test_an_answer_that_is_too_large_is_asked_for_in_parts(operator: Any, run: Any) -> None:
    booked = [made(number, number - 10, 0) for number in range(20)]
    rental = operator(booked, settings=SETTINGS, largest_answer=2)
    assert len(upserted(run(rental.changes(BOOKINGS)))) == 20


def test_a_window_that_cannot_be_cut_further_says_so(operator: Any, run: Any) -> None:
    rental = operator([made(1, 0), made(2, 0)], settings=SETTINGS, largest_answer=1)
    with pytest.raises(ConnectorError, match="too large"):
        run(rental.changes(BOOKINGS))


def test_customers_are_read_once_a_run_in_full(operator: Any, run: Any, customer: dict[str, Any]) -> None:
    rental = operator(
        [made(1, -30), made(2, 0), made(3, 10, customer="gone")],
        customers={"C1": customer},
        settings=SETTINGS,
    )
    [upsert] = upserts(run(rental.changes(PARTY)))
    assert (upsert.party_id, upsert.object_id, upsert.record.family_name) == ("C1", "C1", "Keller")
    assert sorted(path for path in rental.paths() if "customers" in path) == [
        "/customers/C1",
        "/customers/gone",
    ]


@pytest.mark.parametrize(
    "cursor", ["", "{}", "[", '{"type":"done","began":"2026-01-01T00:00:00"}', '{"type":"x"}']
)
def test_a_cursor_that_cannot_be_read_begins_anew(operator: Any, run: Any, cursor: str) -> None:
    rental = operator([made(1, -39)], settings=SETTINGS)
    assert upserted(run(rental.changes(BOOKINGS, cursor))) == {("C1", "B1")}


@pytest.mark.parametrize(("status", "error"), [(404, PartnerFault), (503, RetryLater), (400, PartnerFault)])
def test_failures_are_raised(operator: Any, run: Any, status: int, error: type[Exception]) -> None:
    def refuse(_request: Request) -> Response:
        return Response(status=status, headers={})

    with pytest.raises(error):
        run(operator(instead=refuse, settings=SETTINGS).changes(BOOKINGS))


def test_a_cursor_is_small_text_without_personal_data(operator: Any, run: Any) -> None:
    rental = operator([made(1, 0)], settings=SETTINGS)
    for checkpoint in checkpoints(run(rental.changes(BOOKINGS))):
        assert len(checkpoint.cursor) < 250
        assert set(msgspec.json.decode(checkpoint.cursor)) <= {"type", "began", "first", "next", "until"}
