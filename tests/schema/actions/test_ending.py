"""A partner is asked to do something through the graph, and the answer is honest, however it ends."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Annotated

import msgspec
import pytest

from c360.contract import Action, ActionOutcome, ActionState, Effect, RejectionCode
from c360.errors import ProblemCode
from c360.kinds import actions
from c360.records.loyalty import AdjustPoints
from connectors.acting import Acted, Standing
from connectors.results import SourceProblem
from store.data_service import TaskState
from tests.schema.actions.desk import LIST, NODE, READ, Desk, acted, confirming, decide, losing, one_database


def test_a_partner_does_what_it_is_asked_to(desk: Desk) -> None:
    made = desk.adjust(reason="As promised.")
    assert made["problems"] == []
    action = made["action"]
    assert (action["state"], action["reference"], action["attempts"]) == ("CONFIRMED", "ev-1", 1)
    assert (action["kind"], action["domain"], action["connector"]) == (
        "loyalty.adjust_points",
        "LOYALTY",
        "points",
    )
    assert action["details"] == [
        {"name": "membershipId", "value": "m1"},
        {"name": "points", "value": "50"},
        {"name": "reason", "value": "As promised."},
    ]
    assert [(one["state"], one["reason"], one["by"]) for one in action["history"]] == [
        ("REQUESTED", "ASKED", "agent"),
        ("SENT", "GOING_OUT", "c360"),
        ("CONFIRMED", "ANSWERED", "c360"),
    ]
    shown = {"id": action["id"], "state": "CONFIRMED"}
    assert made["customer"] == {"displayName": "Ada", "actions": {"edges": [{"node": shown}]}}
    (sent,) = desk.host.asked
    assert sent.input == AdjustPoints(membership_id="m1", points=50, reason="As promised.")
    assert sent.ref.party_id == "P1"
    assert desk.ask(READ, id=action["id"]) == action
    assert desk.ask(NODE, id=action["id"]) == shown
    listed = {"action": {"id": action["id"]}, "customer": {"displayName": "Ada"}}
    assert desk.ask(LIST)["edges"] == [{"node": listed}]
    assert desk.ask(LIST, filter={"states": ["UNKNOWN"]}) == {"totalCount": 0, "edges": []}


def test_the_same_key_names_the_same_action(desk: Desk) -> None:
    first = desk.adjust()
    assert desk.adjust()["action"] == first["action"]
    desk.now += timedelta(days=30)  # when requests are not recognised any more, actions still are
    assert desk.adjust()["action"] == first["action"]
    assert len(desk.host.asked) == 1
    reused = desk.adjust(points=60)
    assert [(one["code"], one["path"]) for one in reused["problems"]] == [
        ("IDEMPOTENCY_KEY_REUSED", ["input", "idempotencyKey"])
    ]
    assert len(desk.host.asked) == 1


@one_database
def test_what_a_partner_refuses_has_no_effect(desk: Desk) -> None:
    async def refusing(_instance: str, action: Action) -> Acted:
        outcome = ActionOutcome(state=ActionState.REJECTED, rejection=RejectionCode.INSUFFICIENT)
        return acted(action, Standing.REJECTED, outcome=outcome)

    desk.host.acting = refusing
    made = desk.adjust(points=-5000)
    assert made["problems"] == []
    assert (made["action"]["state"], made["action"]["rejection"]) == ("REJECTED", "INSUFFICIENT")


@one_database
def test_a_slow_partner_is_waited_for_as_long_as_an_operation_may_take(desk: Desk) -> None:
    answered = asyncio.Event()

    async def slow(instance: str, action: Action) -> Acted:
        await answered.wait()
        return await confirming(instance, action)

    desk.host.acting = slow
    desk.wait(timedelta(seconds=1))
    made = desk.adjust()
    assert (made["action"]["state"], made["action"]["settledAt"]) == ("SENT", None)

    async def answer() -> None:
        answered.set()
        await desk.performer.close(5)

    desk.runner.run(answer())
    assert desk.ask(READ, id=made["action"]["id"])["state"] == "CONFIRMED"


@one_database
def test_a_partner_that_is_down_gets_it_later_or_not_at_all(desk: Desk) -> None:
    async def down(_instance: str, action: Action) -> Acted:
        problem = SourceProblem(code=ProblemCode.PARTNER_UNAVAILABLE, message="down")
        return acted(action, Standing.FAILED, problem=problem)

    desk.host.acting = down
    kept, given_up = desk.adjust("a"), desk.adjust("b", validFor="PT1M")
    assert (kept["action"]["state"], kept["action"]["problem"]) == ("REQUESTED", "PARTNER_UNAVAILABLE")
    desk.now += timedelta(minutes=2)
    desk.host.acting = confirming
    desk.round()
    assert desk.ask(READ, id=kept["action"]["id"])["state"] == "CONFIRMED"
    over = desk.ask(READ, id=given_up["action"]["id"])
    assert (over["state"], over["rejection"]) == ("REJECTED", "EXPIRED")


def test_what_nobody_can_find_out_becomes_a_task_for_a_person(desk: Desk) -> None:
    desk.host.performs["points"] = {"loyalty.adjust_points": Effect.UNTRACEABLE}
    desk.host.acting = losing
    action = desk.adjust()["action"]
    assert (action["state"], action["problem"]) == ("UNKNOWN", "DEADLINE_EXCEEDED")
    assert action["humanAskedAt"] is not None
    assert desk.tasks() == 1
    desk.now += timedelta(days=1)
    desk.round()
    assert len(desk.host.asked) == 1
    listed = desk.ask(LIST, filter={"humanAsked": True, "connector": "points"})
    assert [edge["node"]["action"]["id"] for edge in listed["edges"]] == [action["id"]]
    given = {"actionId": action["id"]}
    again = desk.ask(decide("retryAction"), input=given)
    assert [one["code"] for one in again["problems"]] == ["UNTRACEABLE"]
    verdict = {**given, "verdict": "TOOK_EFFECT", "note": "Their ledger has it."}
    resolved = desk.ask(decide("resolveAction"), input=verdict)["action"]
    assert (resolved["state"], resolved["humanAskedAt"]) == ("CONFIRMED", None)
    assert resolved["history"][-1] == {
        "state": "CONFIRMED",
        "reason": "VERDICT",
        "by": "agent",
        "note": "Their ledger has it.",
    }
    assert (desk.tasks(), desk.tasks(TaskState.DONE)) == (0, 1)
    late = desk.ask(decide("resolveAction"), input={**given, "verdict": "NO_EFFECT"})
    assert [(one["code"], one["path"]) for one in late["problems"]] == [
        ("ACTION_STANDS", ["input", "actionId"])
    ]


def test_with_a_key_it_is_sent_again_under_the_same_one(desk: Desk) -> None:
    desk.host.acting = losing
    action = desk.adjust()["action"]
    assert (action["state"], action["humanAskedAt"]) == ("UNKNOWN", None)
    desk.host.acting = confirming
    retried = desk.ask(decide("retryAction"), input={"actionId": action["id"]})["action"]
    assert (retried["state"], retried["attempts"]) == ("CONFIRMED", 2)
    assert len({sent.idempotency_key for sent in desk.host.asked}) == 1


@one_database
def test_what_was_not_sent_can_be_called_off(desk: Desk) -> None:
    async def down(_instance: str, action: Action) -> Acted:
        return acted(action, Standing.FAILED)

    desk.host.acting = down
    action = desk.adjust()["action"]
    given = {"actionId": action["id"]}
    off = desk.ask(decide("cancelAction"), input=given)["action"]
    assert (off["state"], off["rejection"]) == ("REJECTED", "CANCELLED")
    desk.host.acting = confirming
    desk.now += timedelta(hours=1)
    desk.round()
    assert len(desk.host.asked) == 1
    assert [one["code"] for one in desk.ask(decide("cancelAction"), input=given)["problems"]] == [
        "ACTION_STANDS"
    ]


@one_database
def test_what_fits_no_more_goes_out_no_more_and_is_over_in_its_time(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def unreachable(_instance: str, action: Action) -> Acted:
        problem = SourceProblem(code=ProblemCode.PARTNER_UNAVAILABLE, message="It is down.")
        return acted(action, Standing.FAILED, problem=problem)

    desk.host.acting = unreachable
    asked = desk.adjust(points=50, reason="a" * 400)["action"]
    assert (asked["state"], len(desk.host.asked)) == ("REQUESTED", 1)

    class Shorter(AdjustPoints, frozen=True, kw_only=True):
        reason: Annotated[str, msgspec.Meta(max_length=10)]

    kinds = dict(actions())
    kinds["loyalty.adjust_points"] = msgspec.structs.replace(kinds["loyalty.adjust_points"], input=Shorter)
    monkeypatch.setattr("resolvers.actions.performing.actions", lambda: kinds)
    desk.host.acting = confirming
    desk.now += timedelta(hours=1)
    desk.round()
    assert desk.ask(READ, id=asked["id"])["problem"] == "CONNECTOR_FAULT"
    desk.now += timedelta(hours=24)
    desk.round()
    ended = desk.ask(READ, id=asked["id"])
    assert (ended["state"], ended["rejection"], len(desk.host.asked)) == ("REJECTED", "EXPIRED", 1)
    assert not [record for record in caplog.records if record.levelname == "ERROR"]
