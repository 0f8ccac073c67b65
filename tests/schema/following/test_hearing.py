"""Subscriptions: opened, followed, and answered for each event."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest

from schema import ids
from schema.live import AccessEnded
from store.data import JobData
from tests.fixtures.access import access
from tests.fixtures.bus import ListedBus
from tests.fixtures.virtual import virtually
from tests.schema.following.scene import ANA, CHANGED, GATHERING, ID, Play, Scene, changed, cursor
from tests.schema.memory.clock import NOW


def test_each_change_is_answered_with_the_customer_as_it_is_then(play: Play) -> None:
    async def scene(here: Scene) -> None:
        follower = here.follow(CHANGED, id=ID)
        await here.settle()
        assert follower.heard == []
        here.world.customer(1, links={"bank": "b1"}, name="Ana Maria")
        here.bus.tell("customer.changed", [ANA], aspects=["PROFILE"], connector="bank")
        here.bus.tell("customer.changed", ["somebody else"])
        await here.settle()
        (told,) = map(changed, follower.heard)
        assert told == {
            "cursor": cursor(1),
            "events": [
                {"id": "event-1", "kind": "customer.changed", "aspects": ["PROFILE"], "connectors": ["bank"]}
            ],
            "customer": {"displayName": "Ana Maria", "banking": {"accounts": []}},
        }
        assert follower.heard[0].cursor == cursor(1)
        assert len(here.world.host.requests) == 1, "opening asks no partner"
        await follower.stop()

    play(scene)


def test_what_comes_close_together_is_answered_once(play: Play) -> None:
    async def scene(here: Scene) -> None:
        follower = here.follow(CHANGED, id=ID)
        await here.settle()
        for _ in range(20):
            here.bus.tell("customer.changed", [ANA])
            await asyncio.sleep(GATHERING / 40)
        await here.settle()
        (told,) = map(changed, follower.heard)
        assert [event["id"] for event in told["events"]] == [f"event-{one}" for one in range(1, 21)]
        assert told["cursor"] == cursor(20)

    play(scene)


def test_nothing_after_a_cursor_is_missed(play: Play) -> None:
    async def scene(here: Scene) -> None:
        for _ in range(3):
            here.bus.tell("customer.changed", [ANA])
        for follower in (
            here.follow(CHANGED, id=ID, after=cursor(1)),
            here.follow(CHANGED, id=ID, resume=cursor(1), after=cursor(3)),
        ):
            await here.settle()
            (told,) = map(changed, follower.heard)
            assert [event["id"] for event in told["events"]] == ["event-2", "event-3"]

    play(scene)


def test_a_flood_names_the_latest_events(play: Play) -> None:
    async def scene(here: Scene) -> None:
        for _ in range(1_200):
            here.bus.tell("customer.changed", [ANA])
        follower = here.follow(CHANGED, id=ID, after=cursor(0))
        await here.settle()
        first, second = map(changed, follower.heard)
        assert len(first["events"]) == 50
        assert first["events"][-1]["id"] == "event-1000"
        assert second["events"][-1]["id"] == "event-1200"

    play(scene)


def test_the_first_answer_may_be_how_things_are(play: Play) -> None:
    async def scene(here: Scene) -> None:
        here.world.store.head = 7
        follower = here.follow(CHANGED, id=ID, initial=True)
        await here.settle()
        (told,) = map(changed, follower.heard)
        assert (told["cursor"], told["events"]) == (cursor(7), [])
        assert told["customer"]["displayName"] == "Ana"

    play(scene)


@pytest.mark.parametrize(
    ("variables", "code"),
    [
        ({"id": ids.encode("Customer", "nobody")}, "NOT_FOUND"),
        ({"id": "nonsense"}, "INVALID_ID"),
        ({"id": ID, "after": "nonsense"}, "INVALID_CURSOR"),
        ({"id": ID, "after": cursor(0) + "x"}, "INVALID_CURSOR"),
        ({"id": ID, "after": cursor(1)}, "INVALID_CURSOR"),
        ({"id": ID, "gather": {"deadline": "PT99S"}}, "LIMIT_EXCEEDED"),
        ({"id": 5.5}, "BAD_USER_INPUT"),
        ({}, "BAD_USER_INPUT"),
    ],
)
def test_what_cannot_be_followed_is_refused_at_once(play: Play, variables: dict[str, Any], code: str) -> None:
    async def scene(here: Scene) -> None:
        follower = here.follow(CHANGED, **variables)
        await here.settle()
        assert follower.over
        assert [answer.is_request_error for answer in follower.heard] == [True]
        assert follower.codes == [code]

    play(scene)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("subscription {", "GRAPHQL_PARSE_FAILED"),
        ("subscription { nope }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { __typename }", "GRAPHQL_VALIDATION_FAILED"),
        (
            'subscription { a: jobProgress(jobId: "x") { done } b: jobProgress(jobId: "x") { done } }',
            "GRAPHQL_VALIDATION_FAILED",
        ),
        ("subscription A { __typename } subscription B { __typename }", "GRAPHQL_VALIDATION_FAILED"),
        ('subscription { jobProgress(jobId: "nope") { done } }', "NOT_FOUND"),
    ],
)
def test_documents_are_held_to_the_same_rules(play: Play, query: str, code: str) -> None:
    async def scene(here: Scene) -> None:
        follower = here.follow(query)
        await here.settle()
        assert follower.over
        assert set(follower.codes) == {code}

    play(scene)


def test_a_skipped_field_follows_nothing(play: Play) -> None:
    query = 'subscription ($no: Boolean!) { jobProgress(jobId: "x") @include(if: $no) { done } }'

    async def scene(here: Scene) -> None:
        follower = here.follow(query, no=False)
        await here.settle()
        assert follower.over
        assert len(follower.codes) == 1

    play(scene)


def test_a_merge_is_followed_to_the_survivor(play: Play) -> None:
    async def scene(here: Scene) -> None:
        follower = here.follow(CHANGED, id=ID)
        await here.settle()
        survivor = here.world.customer(2, name="Ana and Bea")
        del here.world.store.customers[ANA]
        here.world.store.redirects[ANA] = Redirected(survivor)
        here.bus.tell("customer.merged", [ANA, survivor], survivor=ids.encode("Customer", survivor), entry=ID)
        await here.settle()
        assert changed(follower.heard[-1])["customer"]["displayName"] == "Ana and Bea"
        here.bus.tell("customer.changed", [survivor])
        await here.settle()
        assert [event["id"] for event in changed(follower.heard[-1])["events"]] == ["event-2"]

    play(scene)


class Redirected(msgspec.Struct, frozen=True):
    survivor: str


def test_known_values_come_without_asking_and_what_arrives_asks_nothing_more(play: Play) -> None:
    async def scene(here: Scene) -> None:
        follower = here.follow(CHANGED, id=ID, initial=True, gather={"mode": "KNOWN"})
        await here.settle()
        here.bus.tell("customer.refreshed", [ANA], connectors=["bank"])
        await here.settle()
        here.bus.tell("customer.changed", [ANA], connector="bank")
        here.bus.tell("customer.refreshed", [ANA], connectors=["bank"])
        await here.settle()
        requests = here.world.host.requests
        assert [one.all_known_only for one in requests] == [True, True, True]
        assert [one.refresh for one in requests] == [True, False, True]
        assert len(follower.heard) == 3

    play(scene)


def test_offers_are_told_of_when_what_decides_on_them_changes(play: Play) -> None:
    query = "subscription ($id: ID!) { offersChanged(customerId: $id) { cursor customer { id } } }"

    async def scene(here: Scene) -> None:
        follower = here.follow(query, id=ID)
        await here.settle()
        here.bus.tell("customer.changed", [ANA], aspects=["PROFILE"])
        await here.settle()
        assert follower.heard == []
        for told in (
            here.bus.tell("customer.changed", [ANA], aspects=["PROFILE", "RECORDS"]),
            here.bus.tell("customer.changed", [ANA]),
            here.bus.tell("offer.responded", [ANA], product="p", event="ACCEPTED"),
        ):
            await here.settle()
            assert follower.data[-1]["offersChanged"]["cursor"] == cursor(max(told.sequence, 4))

    play(scene)


def test_each_interaction_is_told_by_itself_and_to_whom_it_concerns(play: Play) -> None:
    query = """subscription ($agent: String, $queue: String) {
      interactionStarted(agent: $agent, queue: $queue, initial: true) {
        cursor interactionId agent queue customer { displayName } } }"""

    async def scene(here: Scene) -> None:
        every = here.follow(query)
        mine = here.follow(query, agent="agent-7", queue="cards")
        await here.settle()
        assert every.heard == [], "there is nothing to tell at first"
        here.world.customer(2, name="Bea")
        bea = "0190a6c0-0000-7000-8000-000000000002"
        here.bus.tell("interaction.started", [ANA], interaction="i1", agent="agent-7", queue="cards")
        here.bus.tell("interaction.started", [bea], interaction="i2", agent="agent-7", queue="claims")
        here.bus.tell("interaction.started", ["out of reach"], interaction="i3", agent="agent-7")
        here.bus.tell("interaction.started", [], interaction="i4")
        await here.settle()
        told = [one["interactionStarted"] for one in every.data]
        assert [(one["interactionId"], one["customer"]) for one in told] == [
            ("i1", {"displayName": "Ana"}),
            ("i2", {"displayName": "Bea"}),
            ("i4", None),
        ]
        assert [one["interactionStarted"]["interactionId"] for one in mine.data] == ["i1"]

    play(scene)


def test_a_job_is_followed_to_its_end(play: Play) -> None:
    query = """subscription ($job: ID!) {
      jobProgress(jobId: $job, initial: true) { jobId done total finished } }"""

    async def scene(here: Scene) -> None:
        here.world.store.jobs["import"] = JobData(name="import", position=10, total=100, updated_at=NOW)
        follower = here.follow(query, job="import")
        await here.settle()
        here.bus.tell("job.progress", job="another", done=1)
        here.bus.tell("job.progress", job="import", done=50, total=100)
        await here.settle()
        here.bus.tell("job.progress", job="import", done=100, total=100, finished=True)
        await here.settle()
        told = [(one["jobProgress"]["done"], one["jobProgress"]["finished"]) for one in follower.data]
        assert told == [(10, False), (50, False), (100, True)]
        assert follower.over

    play(scene)


def test_queries_and_mutations_are_answered_once(play: Play) -> None:
    async def scene(here: Scene) -> None:
        follower = here.follow("{ __typename }")
        await here.settle()
        assert follower.over
        assert follower.data == [{"__typename": "Query"}]
        here.ended = AccessEnded("Nobody knows you.", can_renew=False)
        refused = here.follow("{ __typename }")
        await here.settle()
        assert refused.codes == ["UNAUTHENTICATED"]
        assert refused.heard[0].is_request_error

    play(scene)


def test_without_a_bus_nothing_is_followed(make_world: Any) -> None:
    async def scene() -> None:
        world = make_world()
        played = Scene(world, ListedBus(), access("agent"))
        follower = played.follow(CHANGED, id=ID)
        await played.settle()
        assert follower.codes == ["OPERATION_NOT_ALLOWED"]

    virtually(scene())
