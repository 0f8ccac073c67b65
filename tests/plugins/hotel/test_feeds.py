"""What changed at Cloudbeds since a cursor."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from c360.contract import Change, Checkpoint, Deletion, Upsert
from c360.errors import PartnerFault
from tests.fixtures.connectors import cursor, ids, read_feed

pytestmark = pytest.mark.specs

PARTY, STAYS = "party.profile", "hotel.stays"
Read = Callable[..., list[Change]]


@pytest.fixture
def read(cloudbeds: Any, run: Any) -> Read:
    return read_feed(run, cloudbeds)


def test_profiles_from_the_beginning_and_from_a_cursor(town: Any, read: Read) -> None:
    old = town.add("Old", updated_at=datetime(2019, 1, 1, tzinfo=UTC))
    new = town.add("New", updated_at=datetime(2026, 6, 1, tzinfo=UTC), birth_date=None)
    changes = read(PARTY)
    assert set(ids(changes)) == {old, new}
    assert cursor(changes) == "2026-06-15T12:00:00+00:00"
    assert ids(read(PARTY, "2026-05-01T00:00:00+00:00")) == [new]
    assert ids(read(PARTY, cursor(changes))) == []


def test_merged_and_anonymised_guests_are_deletions(make: Any, canned: Any, read: Read) -> None:
    guests = [{"guestID": "1", "isAnonymized": True}, {"guestID": "2", "isMerged": True}, {"guestID": "3"}]
    connector = make(canned(lambda _: {"success": True, "data": guests, "total": 3}))
    changes = read(PARTY, connector=connector)
    assert [it.object_id for it in changes if isinstance(it, Deletion)] == ["1", "2"]
    assert ids(changes) == ["3"]


def test_stays_of_everybody(town: Any, read: Read, town_world: Any) -> None:
    guests = [town.add(f"P{index}") for index in range(3)]
    for guest in guests:
        for index in range(80):
            town.stay(guest, arrives=-900 + 10 * index)
    changes = read(STAYS)
    upserts = [it for it in changes if isinstance(it, Upsert)]
    assert len(set(ids(changes))) == len(upserts) == 240
    assert {it.party_id for it in upserts} == set(guests)
    assert town_world.counters["GET /api/v1.3/getReservationsWithRateDetails"] == 3


def test_stays_since_a_cursor(town: Any, read: Read) -> None:
    ada = town.add("Ada")
    town.stay(ada, arrives=-100)
    town.stay(ada, arrives=-4, nights=3)  # left yesterday
    town.stay(ada, arrives=30, booked=31)  # booked yesterday
    assert len(ids(read(STAYS, "2026-06-14T12:00:00+00:00"))) == 2


def test_a_run_that_was_interrupted_goes_on(town: Any, read: Read) -> None:
    ada = town.add("Ada")
    for index in range(230):
        town.stay(ada, arrives=-1000 + 4 * index)
    whole = read(STAYS)
    stop = next(index for index, it in enumerate(whole) if isinstance(it, Checkpoint))
    rest = read(STAYS, cursor(whole[: stop + 1]))
    assert ids(whole[: stop + 1]) + ids(rest) == ids(whole)
    assert cursor(rest) == cursor(whole)


def test_a_deleted_reservation_is_a_deletion_for_every_guest_on_it(
    make: Any, canned: Any, read: Read
) -> None:
    gone = {"reservationID": "R", "guestID": 1, "isDeleted": True, "guestList": {"1": {}, "2": {}}}

    def answer(request: Any) -> Any:
        return {"success": True, "data": [gone] if "RateDetails" in request.url else [], "total": 1}

    changes = read(STAYS, connector=make(canned(answer)))
    assert [(it.party_id, it.object_id) for it in changes if isinstance(it, Deletion)] == [
        ("1", "R"),
        ("2", "R"),
    ]


@pytest.mark.parametrize("kind", [PARTY, STAYS])
@pytest.mark.parametrize("since", ["yesterday", "a/b/c", "2026-01-01/1"])
def test_a_cursor_nobody_gave(read: Read, kind: str, since: str) -> None:
    with pytest.raises(PartnerFault):
        read(kind, since)
