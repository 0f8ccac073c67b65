"""What a partner can be asked for through the graph, by whom, and under which grant."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from c360.access import Purpose
from c360.contract import Action, Effect
from c360.errors import ProblemCode
from c360.kinds import actions
from c360.records.insurance.consents import ConsentPart, RequestConsent
from c360.records.loyalty import AdjustPoints
from c360.records.party import PartyKind
from c360.records.rental import BookRental
from c360.records.workorders import ChangeStay, ReissueCheque, ReportClaim, RequestPolicyLoan
from c360.values import CurrencyCode, Money, Secret
from connectors.acting import Acted, Standing
from connectors.results import SourceProblem
from schema import ids
from schema.errors import InputError
from schema.mutations.actions.checking import checked
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


OF_POLICY = {"policyId": "P-1", "amount": {"amount": "1200.50", "currency": "BRL"}}


@one_database
def test_nothing_is_asked_for_about_what_is_somebody_elses(desk: Desk) -> None:
    given = {"customerId": desk.ada, **OF_POLICY}
    theirs = desk.ask(LOAN, input={**given, "idempotencyKey": "a", "policyId": "P-2"})
    assert [(one["code"], one["path"]) for one in theirs["problems"]] == [
        ("NOT_FOUND", ["input", "policyId"])
    ]
    desk.host.down["insurer"] = ProblemCode.DEADLINE_EXCEEDED
    unknown = desk.ask(LOAN, input={**given, "idempotencyKey": "b"})
    assert [(one["code"], one["path"]) for one in unknown["problems"]] == [
        ("RECORD_UNCHECKED", ["input", "policyId"])
    ]
    assert desk.host.asked == []


@one_database
def test_what_is_sent_again_names_its_action_whatever_partners_say_by_then(desk: Desk) -> None:
    given = {"customerId": desk.ada, "idempotencyKey": "a", **OF_POLICY}
    made = desk.ask(LOAN, input=given)
    assert made["problems"] == []
    desk.host.records.clear()
    again = desk.ask(LOAN, input=given)
    assert (again["problems"], again["action"]) == ([], made["action"])


@one_database
def test_an_action_is_asked_for_where_its_records_may_be_used(desk: Desk) -> None:
    query = "mutation($input: RequestPolicyLoanInput!) { requestPolicyLoan(input: $input) { action { id } } }"
    given = {"customerId": desk.ada, "idempotencyKey": "a", **OF_POLICY}
    answer = desk.acting_for(Purpose.MARKETING, query, input=given)
    (error,) = answer.errors
    assert error["extensions"]["code"] == "FORBIDDEN"
    assert error["extensions"]["purposes"] == ["CLAIMS", "FRAUD", "RISK", "SERVICE"]
    assert desk.host.asked == []


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
        ({"reason": "a\ud800b"}, "BAD_USER_INPUT", ["input", "reason"]),
        ({"reason": "x" * 501}, "LIMIT_EXCEEDED", ["input", "reason"]),
        ({"membershipId": ""}, "BAD_USER_INPUT", ["input", "membershipId"]),
        ({"points": 0}, "BAD_USER_INPUT", ["input", "points"]),
        ({"idempotencyKey": ""}, "BAD_USER_INPUT", ["input", "idempotencyKey"]),
    ],
)
def test_what_cannot_be_asked_for(desk: Desk, given: dict[str, Any], code: str, path: list[str]) -> None:
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


MONDAY = datetime(2026, 3, 2, 12, tzinfo=UTC)


def loan(amount: str) -> RequestPolicyLoan:
    return RequestPolicyLoan(
        policy_id="p", amount=Money(amount=Decimal(amount), currency=CurrencyCode("CHF"))
    )


def claim(day: int, estimate: str | None = None) -> ReportClaim:
    money = None if estimate is None else Money(amount=Decimal(estimate), currency=CurrencyCode("CHF"))
    return ReportClaim(policy_id="p", occurred_on=date(2026, 3, day), description="d", estimate=money)


def stay(**changes: Any) -> ChangeStay:
    return ChangeStay(reservation_id="r", **changes)


def rental(hours: int) -> BookRental:
    ends = MONDAY + timedelta(hours=hours)
    return BookRental(asset_type_id="a", latitude=1.0, longitude=1.0, starts_at=MONDAY, ends_at=ends)


@pytest.mark.parametrize(
    ("kind", "asked", "path"),
    [
        ("workorders.request_policy_loan", loan("0.01"), None),
        ("workorders.request_policy_loan", loan("0"), "input.amount"),
        ("workorders.request_policy_loan", loan("-5"), "input.amount"),
        ("workorders.report_claim", claim(3), None),  # it is Tuesday in Kiribati
        ("workorders.report_claim", claim(4), "input.occurredOn"),
        ("workorders.report_claim", claim(1, "0"), None),
        ("workorders.report_claim", claim(1, "-1"), "input.estimate"),
        ("workorders.change_stay", stay(check_in=date(2026, 3, 9)), None),
        ("workorders.change_stay", stay(request="a cot"), None),
        ("workorders.change_stay", stay(), "input.request"),
        ("workorders.change_stay", stay(request=" "), "input.request"),
        (
            "workorders.change_stay",
            stay(check_in=date(2026, 3, 9), check_out=date(2026, 3, 9)),
            "input.checkOut",
        ),
        ("workorders.change_stay", stay(check_in=date(2026, 3, 9), check_out=date(2026, 3, 10)), None),
        ("rental.book", rental(1), None),
        ("rental.book", rental(0), "input.endsAt"),
        ("loyalty.adjust_points", AdjustPoints(membership_id="m", points=-1), None),
        ("loyalty.adjust_points", AdjustPoints(membership_id="m", points=0), "input.points"),
    ],
    ids=lambda one: str(one) if isinstance(one, str | None) else "",
)
def test_what_makes_no_sense_is_not_asked_for(kind: str, asked: Any, path: str | None) -> None:
    if path is None:
        assert msgspec.json.decode(checked(actions()[kind], asked, MONDAY), type=type(asked)) == asked
        return
    with pytest.raises(InputError) as refused:
        checked(actions()[kind], asked, MONDAY)
    assert refused.value.extensions == {"code": "BAD_USER_INPUT", "argument": path}


@pytest.mark.parametrize(
    ("kind", "differing", "code", "path", "message"),
    [
        (
            "rental.book",
            {"latitude": 91.0},
            "BAD_USER_INPUT",
            "input.latitude",
            "Give at most 90.",
        ),
        (
            "rental.book",
            {"asset_type_id": "x" * 201},
            "LIMIT_EXCEEDED",
            "input.assetTypeId",
            "Give at most 200 ",
        ),
        (
            "workorders.reissue_cheque",
            {"cheque_number": "x"},
            "BAD_USER_INPUT",
            "input.chequeNumber",
            "Wanted: Num",
        ),
        (
            "insurance.request_consent",
            {"parts": ()},
            "BAD_USER_INPUT",
            "input.parts",
            "Give at least 1 of them.",
        ),
    ],
)
def test_what_does_not_fit_is_told_in_words(
    kind: str, differing: dict[str, Any], code: str, path: str, message: str
) -> None:
    fitting: dict[str, Any] = {
        "rental.book": rental(1),
        "workorders.reissue_cheque": ReissueCheque(account_id="a", cheque_number="1"),
        "insurance.request_consent": RequestConsent(
            document="1" * 11, parts=tuple(ConsentPart)[:1], expires_at=MONDAY
        ),
    }
    asked = msgspec.structs.replace(fitting[kind], **differing)
    with pytest.raises(InputError) as refused:
        checked(actions()[kind], asked, MONDAY)
    assert refused.value.extensions == {"code": code, "argument": path}
    assert message in refused.value.message
