"""The connector for the made-up population, every exchange checked against the published API."""

from __future__ import annotations

from typing import Any

import pytest

from c360.contract import KeyKind, PartyQuery
from sandbox.framework import World
from sandbox.partners import loyalty
from sandbox.population import ledger

pytestmark = pytest.mark.specs

KINDS = ("party.profile", "loyalty.memberships", "loyalty.activity")
BASE_URL = "http://square.test/v2"


@pytest.fixture
def connector(world: World, spec_http: Any, make: Any) -> Any:
    return make(spec_http("loyalty-square.json", loyalty.app(world), BASE_URL, server_prefix=""))


def test_members_have_the_points_they_earned(world: World, connector: Any, gather: Any) -> None:
    population = world.population
    members = population.presences("loyalty")[:8]
    found = {
        (it.ref.party_id, it.kind): it for it in gather(connector, KINDS, [it.party_id for it in members])
    }
    assert len(found) == len(members) * len(KINDS)
    assert not [it.error for it in found.values() if it.error]
    for member in members:
        (membership,) = found[member.party_id, "loyalty.memberships"].records
        events = found[member.party_id, "loyalty.activity"].records
        life = population.life(member.member_id)
        assert membership.points == ledger.points(life, population.today)
        assert membership.points == sum(it.points or 0 for it in events)
        (profile,) = found[member.party_id, "party.profile"].records
        assert profile.emails == ((member.email,) if member.email else ())
        assert profile.updated_at == member.updated_at


def test_members_are_found_by_what_the_programme_knows(world: World, connector: Any, run: Any) -> None:
    for member in world.population.presences("loyalty")[:8]:
        keys = {KeyKind.EMAIL: member.email, KeyKind.PHONE: member.phone}
        for key, value in keys.items():
            if value:
                found = run(connector.identify(PartyQuery(key=key, value=value.lower(), limit=100)))
                assert member.party_id in {it.party_id for it in found}
