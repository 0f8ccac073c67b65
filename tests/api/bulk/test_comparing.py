"""Uploaded customers who are there already are found out, whoever brought them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from api.bulk.comparing import Comparing
from api.matching import Matching
from api.sections import Security
from api.settings import Settings
from c360.access import DEFAULT_TENANT
from c360.records.party import Party
from c360.values import Secret
from store.data import HUB
from store.data_bulk import UploadKind
from tests.api.bulk.conftest import Intake
from tests.api.bulk.test_working import lines

EVE = {
    "givenName": "Eveline",
    "familyName": "Ashworth",
    "birthDate": "1971-04-05",
    "email": "eveline.ashworth@home.example",
    "phone": "+61255508877",
}


@pytest.fixture
def matching() -> Matching:
    keys = Security(master_key=Secret("ab" * 32), lookup_pepper=Secret("cd" * 32))
    return Matching(Settings(security=keys))


def comparing(intake: Intake, matching: Matching, **more: Any) -> Comparing:
    later = datetime.now(UTC) + timedelta(hours=1)
    return Comparing(intake.database, DEFAULT_TENANT, matching, lambda: later, **more)


def test_who_is_there_already_is_merged_and_told(intake: Intake, matching: Matching) -> None:
    bank = Party(
        party_id="b1",
        given_name="Eveline",
        family_name="Ashworth",
        birth_date=datetime(1971, 4, 5, tzinfo=UTC).date(),
        emails=("eveline.ashworth@home.example",),
        phones=("+61255508877",),
    )

    async def known() -> str:
        async with intake.database.unit(DEFAULT_TENANT) as unit:
            (made,) = await matching.admit(unit, "bank", [bank])
            assert made.customer_id is not None
            return made.customer_id

    eve = intake.run(known())
    other = {"id": "bob", "givenName": "Bob", "familyName": "Boole", "email": "bob@crm.example"}
    intake.taken(UploadKind.CUSTOMERS, lines(other, {"id": "eve", **EVE}))
    assert intake.customer("eve").id != eve

    intake.run(comparing(intake, matching, settled=timedelta(days=1)).round())
    assert intake.customer("eve").id != eve, "what has just come may not be all yet"
    intake.run(comparing(intake, matching, batch=1).round())
    assert intake.customer("eve").id == eve
    assert intake.customer("bob").id != eve

    async def told() -> tuple[list[str], str]:
        async with intake.database.read(DEFAULT_TENANT) as unit:
            kinds = [one.kind for one in await unit.outbox.after(0)]
            feed = await unit.feeds.get(HUB, "uploaded")
        assert feed is not None
        return kinds, feed.cursor

    kinds, place = intake.run(told())
    assert kinds.count("customer.merged") == 1
    intake.run(comparing(intake, matching).round())
    assert intake.run(told())[1] >= place
    assert intake.run(told())[0].count("customer.merged") == 1, "once"


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_an_upload_that_waits_is_not_kept_waiting(intake: Intake, matching: Matching) -> None:
    intake.taken(UploadKind.CUSTOMERS, lines(*({"id": f"p{n}", "familyName": f"Ash{n}"} for n in range(5))))
    intake.upload(UploadKind.CUSTOMERS, lines({"id": "last", "familyName": "Birk"}))
    follower = comparing(intake, matching, batch=1)

    async def place() -> str:
        async with intake.database.read(DEFAULT_TENANT) as unit:
            feed = await unit.feeds.get(HUB, "uploaded")
        assert feed is not None
        return feed.cursor

    places = []
    for _ in range(3):
        intake.run(follower.round())
        places.append(intake.run(place()))
    assert len(set(places)) == 3, "one batch each time"
    intake.run(intake.worker().round())
    intake.run(follower.round())
    end = intake.run(place())
    intake.run(follower.round())
    assert intake.run(place()) == end > places[-1], "all of them when nothing waits"
