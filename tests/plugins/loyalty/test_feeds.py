"""What changed at Square since a cursor."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from c360.contract import Change, Checkpoint, Upsert
from c360.errors import PartnerFault
from tests.fixtures.connectors import cursor, ids, read_feed

pytestmark = pytest.mark.specs

PARTY, ACTIVITY = "party.profile", "loyalty.activity"
Read = Callable[..., list[Change]]


@pytest.fixture
def read(square: Any, run: Any) -> Read:
    return read_feed(run, square)


def test_profiles_from_the_beginning_and_from_a_cursor(town: Any, read: Read) -> None:
    old = town.add("Old", updated_at=datetime(2025, 1, 1, tzinfo=UTC))
    new = town.add("New", updated_at=datetime(2026, 6, 1, tzinfo=UTC))
    changes = read(PARTY)
    assert set(ids(changes)) == {old, new}
    assert cursor(changes) == "2026-06-15T12:00:00+00:00"
    assert ids(read(PARTY, "2026-05-01T00:00:00+00:00")) == [new]
    assert ids(read(PARTY, cursor(changes))) == []


def test_profiles_of_many_pages(town: Any, read: Read) -> None:
    people = {town.add(f"P{index}") for index in range(205)}
    assert set(ids(read(PARTY))) == people


def test_every_event_with_its_customer(town: Any, read: Read, town_world: Any) -> None:
    ada, bea = town.add("Ada", earned=[1] * 40), town.add("Bea", earned=[2] * 30, spent=[10])
    changes = read(ACTIVITY)
    upserts = [it for it in changes if isinstance(it, Upsert)]
    assert [sum(it.party_id == who for it in upserts) for who in (ada, bea)] == [40, 32]
    assert len(set(ids(changes))) == 72
    assert town_world.counters["GET /v2/loyalty/accounts/{account_id}"] == 0


def test_later_events_look_up_the_accounts_they_need(town: Any, read: Read, town_world: Any) -> None:
    town.add("Ada", earned=[1] * 5)
    assert len(ids(read(ACTIVITY, "2026-06-13T11:30:00+00:00"))) == 2
    assert town_world.counters["GET /v2/loyalty/accounts/{account_id}"] == 1
    assert town_world.counters["POST /v2/loyalty/accounts/search"] == 0


def test_a_run_that_was_interrupted_goes_on(town: Any, read: Read) -> None:
    town.add("Ada", earned=[1] * 95)
    whole = read(ACTIVITY)
    stop = next(index for index, it in enumerate(whole) if isinstance(it, Checkpoint))
    before, rest = whole[: stop + 1], read(ACTIVITY, cursor(whole[: stop + 1]))
    assert set(ids(before)) | set(ids(rest)) == set(ids(whole))
    assert len(ids(rest)) < len(ids(whole))
    assert cursor(rest) == cursor(whole)


def test_accounts_without_a_customer_are_passed_over(make: Any, canned: Any, read: Read) -> None:
    def answer(request: Any) -> Any:
        if "/accounts/" in request.url:
            return {"loyalty_accounts": [{"id": "acc", "program_id": "P"}]}
        event = {
            "id": "e",
            "type": "OTHER",
            "created_at": "2026-06-01T00:00:00Z",
            "loyalty_account_id": "acc",
        }
        return {"events": [event]}

    assert ids(read(ACTIVITY, connector=make(canned(answer)))) == []


@pytest.mark.parametrize("since", ["yesterday", "/x"])
def test_a_cursor_nobody_gave(read: Read, make: Any, canned: Any, since: str) -> None:
    connector = make(canned(lambda _: {}))
    if since == "yesterday":
        with pytest.raises(PartnerFault):
            read(ACTIVITY, since, connector=connector)
    with pytest.raises(PartnerFault):
        read(PARTY, since, connector=connector)


def test_windows_on_the_wire(make: Any, canned: Any, read: Read) -> None:
    transport = canned(lambda _: {})
    read(ACTIVITY, "2026-06-01T00:00:00+00:00", connector=make(transport))
    body = json.loads(transport.requests[-1].content)
    assert body["query"]["filter"]["date_time_filter"]["created_at"] == {
        "start_at": "2026-05-31T23:50:00+00:00",
        "end_at": "2026-06-15T12:00:00+00:00",
    }
