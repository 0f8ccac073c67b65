"""The connector for the made-up population, every exchange checked against the published API."""

from __future__ import annotations

from typing import Any

import pytest

from c360.contract import KeyKind, PartyQuery, Upsert
from c360.records.hotel import StayStatus
from sandbox.framework import World
from sandbox.partners import hotel
from sandbox.population.model import EventKind

pytestmark = pytest.mark.specs

KINDS = ("party.profile", "hotel.stays", "hotel.notes", "hotel.preferences")
BASE_URL = "http://hotel.test/api/v1.3"


@pytest.fixture
def connector(world: World, spec_http: Any, make: Any) -> Any:
    return make(spec_http("hotel-cloudbeds-pms-v1.3.yaml", hotel.app(world), BASE_URL))


def test_guests_have_the_stays_they_lived(world: World, connector: Any, gather: Any) -> None:
    population = world.population
    guests = population.presences("hotel")[:8]
    found = {
        (it.ref.party_id, it.kind): it for it in gather(connector, KINDS, [it.party_id for it in guests])
    }
    assert len(found) == len(guests) * len(KINDS)
    assert not [it.error for it in found.values() if it.error]
    for guest in guests:
        events = {it.detail["reservation"][-8:]: it for it in population.life(guest.member_id).at("hotel")}
        stays = found[guest.party_id, "hotel.stays"].records
        assert {stay.reservation_id.removeprefix(guest.party_id) for stay in stays} == set(events)
        for stay in stays:
            event = events[stay.reservation_id[-8:]]
            assert (stay.property_name, stay.check_in) == (event.text, event.at.date())
            cancelled = stay.status is StayStatus.CANCELLED
            assert cancelled is (event.kind is EventKind.STAY_CANCELLED)
            if not cancelled:
                assert (stay.total.amount, stay.total.currency) == (event.amount, event.currency)
        (profile,) = found[guest.party_id, "party.profile"].records
        assert profile.birth_date == guest.birth_date
        assert profile.phones == ((guest.phone,) if guest.phone else ())


def test_guests_are_found_by_what_the_house_knows(world: World, connector: Any, run: Any) -> None:
    for guest in world.population.presences("hotel")[:8]:
        keys = {KeyKind.EMAIL: guest.email, KeyKind.PHONE: guest.phone}
        for key, value in keys.items():
            if value:
                found = run(connector.identify(PartyQuery(key=key, value=value.lower(), limit=100)))
                assert guest.party_id in {it.party_id for it in found}


def test_the_feed_brings_the_same_stays(world: World, connector: Any, gather: Any, run: Any) -> None:
    async def changes() -> list[Upsert]:
        return [it async for it in connector.changes("hotel.stays", None) if isinstance(it, Upsert)]

    upserts = run(changes())
    guest = world.population.presences("hotel")[0].party_id
    (fetched,) = gather(connector, ["hotel.stays"], [guest])
    fed = {it.object_id: it.record for it in upserts if it.party_id == guest}
    assert fed == {it.reservation_id: it for it in fetched.records}
