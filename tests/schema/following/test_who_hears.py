"""Who follows hears what they may read, and nothing else."""

from __future__ import annotations

import pytest

from c360.access import Purpose, Reach
from resolvers.events.catalogue import CATALOGUE
from resolvers.events.kinds import EventKind
from schema.build import Schema
from tests.fixtures.access import access
from tests.schema.following.scene import ANA, CHANGED, ID, Play, Scene, changed, cursor

LEADS_TO = {
    "customer": ("Customer", "id"),
    "consent": ("Customer", "consentHistory"),
    "contest": ("Query", "contests"),
    "offer": ("Customer", "offers"),
    "interaction": ("Customer", "interactions"),
    "action": ("Customer", "actions"),
    "job": ("Query", "job"),
    "access": ("Query", "emergencyAccesses"),
}
"""Where somebody who was told of something looks it up."""


@pytest.mark.parametrize("kind", CATALOGUE.values(), ids=lambda kind: kind.name)
def test_who_is_told_of_something_may_look_it_up(kind: EventKind, schema: Schema) -> None:
    type_name, field = LEADS_TO[kind.name.partition(".")[0]]
    needed = schema.permits.table.fields[type_name][field]
    assert needed.scopes == (frozenset({kind.scope}),)
    assert needed.purposes == kind.purposes


def test_a_customer_out_of_reach_is_gone_at_once_and_says_nothing_of_why(play: Play) -> None:
    async def scene(here: Scene) -> None:
        follower = here.follow(CHANGED, id=ID)
        await here.settle()
        here.world.store.customers.clear()  # what the store shows to somebody without reach
        here.bus.tell("customer.changed", [ANA], connector="bank")
        await here.settle()
        assert changed(follower.heard[-1]) == {"cursor": cursor(1), "events": [], "customer": None}
        assert follower.over

    play(scene)


def test_a_partner_hears_of_its_own_records_alone(play: Play) -> None:
    async def scene(here: Scene) -> None:
        here.granted = access("bank", reach=Reach.PARTNER, connectors=frozenset({"bank"}))
        follower = here.follow(CHANGED, id=ID)
        await here.settle()
        here.bus.tell("customer.changed", [ANA], connector="other_bank")
        here.bus.tell("customer.changed", [ANA])
        here.bus.tell("customer.refreshed", [ANA], connectors=["bank", "other_bank"])
        await here.settle()
        assert follower.heard == []
        here.bus.tell("customer.changed", [ANA], connector="bank")
        await here.settle()
        assert [event["id"] for event in changed(follower.heard[0])["events"]] == ["event-4"]

    play(scene)


def test_nobody_hears_of_what_they_may_not_read(play: Play) -> None:
    async def scene(here: Scene) -> None:
        here.granted = access("agent", scopes=frozenset({"events:read", "customers:read"}))
        follower = here.follow(
            "subscription ($id: ID!) { customerChanged(customerId: $id) { events { kind } } }", id=ID
        )
        await here.settle()
        here.bus.tell("contest.opened", [ANA], contest="c1")
        await here.settle()
        assert follower.heard == []
        here.bus.tell("customer.changed", [ANA])
        await here.settle()
        assert changed(follower.heard[0])["events"] == [{"kind": "customer.changed"}]

    play(scene)


def test_nobody_hears_of_what_is_told_for_another_purpose(play: Play) -> None:
    async def scene(here: Scene) -> None:
        here.granted = access("agent", purpose=Purpose.RISK)
        follower = here.follow(
            "subscription ($id: ID!) { customerChanged(customerId: $id) { events { kind } } }", id=ID
        )
        await here.settle()
        here.bus.tell("offer.responded", [ANA], product="p1", event="DECLINED")
        await here.settle()
        assert follower.heard == []
        here.granted = access("agent", purpose=Purpose.SERVICE)
        here.bus.tell("offer.responded", [ANA], product="p1", event="DECLINED")
        await here.settle()
        # The purpose is asked for anew as well: only what came by then is told of.
        assert changed(follower.heard[0])["events"] == [{"kind": "offer.responded"}]

    play(scene)
