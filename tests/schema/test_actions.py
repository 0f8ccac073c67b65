"""A partner is asked to do something through the graph, on real databases, and the answer is honest."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from c360.access import TenantId
from c360.contract import Action, ActionOutcome, ActionState, Effect, RejectionCode
from c360.errors import ProblemCode
from c360.records.loyalty import AdjustPoints
from c360.records.party import PartyKind
from c360.records.workorders import RequestPolicyLoan
from c360.values import Secret
from connectors.acting import Acted, Standing, following
from connectors.results import SourceProblem
from resolvers.actions.machine import ActionRules
from resolvers.actions.performing import Performer
from schema import ids
from schema.build import Schema
from schema.engine import GraphEngine
from schema.execution.context import EngineSettings
from store.data import EnrolCustomer, EnrolGrant, EnrolLink
from store.data_actions import ActionFilter
from store.data_service import TaskState
from store.database import Database
from store.keyring import Keyring
from tests.fixtures.access import access as access_of

TENANT = TenantId("default")
ACTION = """
  id kind domain connector state reference rejection problem attempts requestedBy humanAskedAt settledAt
  details { name value } history { state reason by note }
"""
ADJUST = f"""
mutation Adjust($input: AdjustPointsInput!) {{
  adjustPoints(input: $input) {{
    action {{ {ACTION} }}
    customer {{ displayName actions {{ edges {{ node {{ id state }} }} }} }}
    problems {{ __typename code path message ... on ActionProblem {{ parties {{ connector partyId }} }} }}
  }}
}}
"""
LOAN = """
mutation Loan($input: RequestPolicyLoanInput!) {
  requestPolicyLoan(input: $input) {
    action { state reference details { name value } } problems { code path message }
  }
}
"""
READ = f"query Read($id: ID!) {{ action(id: $id) {{ {ACTION} }} }}"
NODE = "query Node($id: ID!) { node(id: $id) { id ... on PartnerAction { state } } }"
LIST = """
query List($filter: PartnerActionFilter) {
  actions(filter: $filter) { totalCount edges { node { action { id } customer { displayName } } } }
}
"""


def decide(field: str) -> str:
    title = field[0].upper() + field[1:]
    return f"""
    mutation Decide($input: {title}Input!) {{
      {field}(input: $input) {{ action {{ {ACTION} }} problems {{ code path }} }}
    }}
    """


def acted(action: Action, standing: Standing, effect: Effect = Effect.KEYED, **more: Any) -> Acted:
    return Acted(
        connector="points",
        kind=action.kind,
        idempotency_key=action.idempotency_key,
        standing=standing,
        next=following(standing, effect),
        **more,
    )


async def confirming(_instance: str, action: Action) -> Acted:
    outcome = ActionOutcome(state=ActionState.CONFIRMED, reference="ev-1")
    return acted(action, Standing.CONFIRMED, outcome=outcome)


async def losing(_instance: str, action: Action) -> Acted:
    problem = SourceProblem(code=ProblemCode.DEADLINE_EXCEEDED, message="late")
    return acted(action, Standing.UNKNOWN, problem=problem)


@dataclass
class Desk:
    """An agent before a graph over a real store in which there is Ada, a member of one programme."""

    runner: asyncio.Runner
    engine: GraphEngine
    database: Database
    performer: Performer
    host: Any
    ada: str
    now: datetime = datetime(2026, 1, 1, tzinfo=UTC)

    def ask(self, query: str, **variables: Any) -> Any:
        response = self.runner.run(self.engine.execute(query, variables, access=access_of("agent")))
        assert not response.errors, response.errors
        assert response.data
        return next(iter(response.data.values()))

    def answer(self, query: str, *, without: str, **variables: Any) -> Any:
        """What an agent is answered whose token lacks a scope."""
        access = access_of("agent")
        scopes = access.principal.scopes - {without}
        narrowed = msgspec.structs.replace(
            access, principal=msgspec.structs.replace(access.principal, scopes=scopes)
        )
        return self.runner.run(self.engine.execute(query, variables, access=narrowed))

    def stored(self) -> bytes:
        """All that is kept of actions."""

        async def go() -> bytes:
            async with self.database.read(TENANT) as unit:
                page = await unit.actions.page(ActionFilter())
                contents = await unit.actions.contents(page.actions)
                return msgspec.json.encode(page) + b"".join(contents.values())

        return self.runner.run(go())

    def adjust(self, key: str = "k", **differing: Any) -> Any:
        given = {"customerId": self.ada, "idempotencyKey": key, "membershipId": "m1", "points": 50}
        return self.ask(ADJUST, input={**given, **differing})

    def wait(self, deadline: timedelta) -> None:
        """Let operations wait so long at the most."""
        services = self.engine._services
        settings = msgspec.structs.replace(services.settings, deadline=deadline)
        self.engine._services = dataclasses.replace(services, settings=settings)

    def round(self) -> None:
        async def go() -> None:
            await self.performer.round(TENANT)
            await self.performer.close(5)

        self.runner.run(go())

    def tasks(self, state: TaskState = TaskState.OPEN) -> int:
        async def go() -> int:
            async with self.database.read(TENANT) as unit:
                return await unit.tasks.count(state=state)

        return self.runner.run(go())


@pytest.fixture
def desk(database_url: str, schema: Schema, make_world: Callable[..., Any]) -> Iterator[Desk]:
    host = make_world().host
    host.instances = {"points": "loyalty", "other": "loyalty", "office": "workorders"}
    host.performs = {
        "points": {"loyalty.adjust_points": Effect.KEYED},
        "office": {"workorders.request_policy_loan": Effect.KEYED},
    }
    host.acting = confirming
    with asyncio.Runner() as runner:
        holder: list[Desk] = []

        def clock() -> datetime:
            return holder[0].now if holder else datetime(2026, 1, 1, tzinfo=UTC)

        database = Database(database_url, keyring=Keyring(master=b"m" * 32, pepper=b"p" * 32), clock=clock)
        performer = Performer(database, host, clock, ActionRules(timeout=5))

        async def enrol() -> str:
            async with database.unit(TENANT) as unit:
                links = (
                    EnrolLink(connector="points", party_id="P1"),
                    EnrolLink(connector="office", party_id="O1"),
                )
                ada = EnrolCustomer(external_id="ada", kind=PartyKind.PERSON, display_name="Ada", links=links)
                await unit.customers.enrol([ada])
                return (await unit.customers.by_party_refs([("points", "P1")]))["points", "P1"]

        ada = ids.encode("Customer", runner.run(enrol()))
        engine = GraphEngine(
            schema,
            database,
            host,
            clock,
            settings=EngineSettings(deadline=timedelta(seconds=20)),
            performer=performer,
        )
        holder.append(Desk(runner, engine, database, performer, host, ada))
        yield holder[0]
        runner.run(performer.close(5))
        runner.run(database.dispose())


one_database = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


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
def test_an_action_takes_amounts_and_days(desk: Desk) -> None:
    given = {
        "customerId": desk.ada,
        "idempotencyKey": "k",
        "policyId": "P-1",
        "amount": {"amount": "1200.50", "currency": "BRL"},
    }
    made = desk.ask(LOAN, input=given)
    assert made["problems"] == []
    assert made["action"]["details"] == [
        {"name": "policyId", "value": "P-1"},
        {"name": "amount.amount", "value": "1200.50"},
        {"name": "amount.currency", "value": "BRL"},
    ]
    (sent,) = desk.host.asked
    assert isinstance(sent.input, RequestPolicyLoan)
    assert str(sent.input.amount.amount) == "1200.50"
    wrong = desk.ask(LOAN, input={**given, "idempotencyKey": "l", "policyId": ""})
    assert [(one["code"], one["path"]) for one in wrong["problems"]] == [
        ("BAD_USER_INPUT", ["input", "policyId"])
    ]


@one_database
@pytest.mark.parametrize(
    ("given", "code", "path"),
    [
        ({"customerId": "rubbish"}, "INVALID_ID", ["input", "customerId"]),
        ({"customerId": ids.encode("Customer", "x")}, "NOT_FOUND", ["input", "customerId"]),
        ({"connector": "office"}, "NOT_PERFORMED", ["input", "connector"]),
        ({"partyId": "P9"}, "NOT_LINKED", ["input", "customerId"]),
        ({"validFor": "P8D"}, "LIMIT_EXCEEDED", ["input", "validFor"]),
        ({"validFor": "PT0S"}, "LIMIT_EXCEEDED", ["input", "validFor"]),
        ({"reason": "a\0b"}, "BAD_USER_INPUT", []),
        ({"idempotencyKey": ""}, "BAD_USER_INPUT", ["input", "idempotencyKey"]),
    ],
)
def test_what_cannot_be_asked_for(desk: Desk, given: dict[str, str], code: str, path: list[str]) -> None:
    made = desk.adjust(key=given.pop("idempotencyKey", "k"), **given)
    assert made["action"] is None
    assert [(one["code"], one["path"]) for one in made["problems"]] == [(code, path)]
    assert desk.host.asked == []


def grant(desk: Desk, token: str | None) -> None:
    """Ada grants access to her programme, or takes it back."""

    async def go() -> None:
        which = (ids.decode_as("Customer", desk.ada, argument="id"), "points", "P1")
        async with desk.database.unit(TENANT) as unit:
            if token is None:
                await unit.grants.revoke(which[0], which[1], at=desk.now)
            else:
                await unit.grants.put({which: EnrolGrant(token=Secret(token))})

    desk.runner.run(go())


def test_a_partner_that_is_asked_by_grant_gets_it_when_the_action_is_sent(desk: Desk) -> None:
    """The grant of then, not of when it was asked for; it is kept with no action."""
    desk.host.by_grant = {"points"}
    action = desk.adjust()["action"]
    assert (action["state"], action["problem"], desk.host.asked) == ("REQUESTED", "GRANT_MISSING", [])
    grant(desk, "first-token")
    grant(desk, "second-token")
    desk.now += timedelta(hours=1)
    desk.round()
    done = desk.ask(READ, id=action["id"])
    assert (done["state"], done["problem"], done["attempts"]) == ("CONFIRMED", None, 1)
    (sent,) = desk.host.asked
    assert sent.ref.grant.reveal() == "second-token"
    assert b"second-token" not in desk.stored()


def test_a_grant_that_the_partner_refused_is_not_sent_again(desk: Desk) -> None:
    async def refusing(_instance: str, action: Action) -> Acted:
        problem = SourceProblem(code=ProblemCode.REAUTHORISATION_REQUIRED, message="over")
        return acted(action, Standing.FAILED, problem=problem)

    desk.host.by_grant, desk.host.acting = {"points"}, refusing
    grant(desk, "a-token")
    action = desk.adjust()["action"]
    assert (action["state"], action["problem"]) == ("REQUESTED", "REAUTHORISATION_REQUIRED")
    for _ in range(3):
        desk.now += timedelta(hours=1)
        desk.round()
    assert len(desk.host.asked) == 1


@one_database
@pytest.mark.parametrize("missing", ["loyalty:read", "actions:write"])
def test_who_may_not_see_what_an_action_is_about_does_not_call_it_off(desk: Desk, missing: str) -> None:
    async def down(_instance: str, action: Action) -> Acted:
        return acted(action, Standing.FAILED)

    desk.host.acting = down
    action = desk.adjust()["action"]
    refused = desk.answer(decide("cancelAction"), without=missing, input={"actionId": action["id"]})
    (error,) = refused.errors
    assert error["extensions"]["code"] == "FORBIDDEN"
    assert [missing] in error["extensions"]["requiredScopes"]
    assert desk.ask(READ, id=action["id"])["state"] == "REQUESTED"


@one_database
def test_of_two_partners_the_caller_says_which(desk: Desk) -> None:
    desk.host.performs["other"] = {"loyalty.adjust_points": Effect.KEYED}

    async def link() -> None:
        async with desk.database.unit(TENANT) as unit:
            links = (EnrolLink(connector="other", party_id="X1"),)
            ada = EnrolCustomer(external_id="ada", kind=PartyKind.PERSON, display_name="Ada", links=links)
            await unit.customers.enrol([ada])

    desk.runner.run(link())
    unclear = desk.adjust()["problems"]
    assert [(one["code"], one["path"]) for one in unclear] == [("AMBIGUOUS_PARTY", ["input", "connector"])]
    assert [one["connector"] for one in unclear[0]["parties"]] == ["other", "points"]
    assert desk.adjust(connector="other")["action"]["connector"] == "other"


@one_database
def test_a_dry_run_keeps_and_sends_nothing(desk: Desk) -> None:
    made = desk.adjust(dryRun=True)
    assert (made["action"], made["problems"]) == (None, [])
    assert made["customer"]["actions"]["edges"] == []
    assert desk.adjust(dryRun=True, partyId="P9")["problems"][0]["code"] == "NOT_LINKED"
    assert desk.host.asked == []


@one_database
def test_an_unknown_action_is_said_to_be_none(desk: Desk) -> None:
    missing = ids.encode("PartnerAction", "x")
    assert desk.ask(READ, id=missing) is None
    assert desk.ask(NODE, id=missing) is None
    gone = desk.ask(decide("cancelAction"), input={"actionId": missing})
    assert [one["code"] for one in gone["problems"]] == ["NOT_FOUND"]
