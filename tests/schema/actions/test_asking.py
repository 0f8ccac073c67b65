"""What a partner can be asked for through the graph, by whom, and under which grant."""

from __future__ import annotations

from datetime import timedelta

import pytest

from c360.contract import Action, Effect
from c360.errors import ProblemCode
from c360.records.party import PartyKind
from c360.records.workorders import RequestPolicyLoan
from c360.values import Secret
from connectors.acting import Acted, Standing
from connectors.results import SourceProblem
from schema import ids
from store.data import EnrolCustomer, EnrolGrant, EnrolLink
from tests.schema.actions.desk import LOAN, NODE, READ, TENANT, Desk, acted, decide, one_database


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
