"""The Square connector before the sandbox, every exchange checked against the published API."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from c360.contract import KeyKind, Need, PartyQuery
from c360.errors import (
    ConnectorError,
    PartnerFault,
    ProblemCode,
    Reconfigure,
    RetryLater,
    SkipCustomer,
)
from c360.http import Response
from c360.records.loyalty import LoyaltyEventKind

pytestmark = pytest.mark.specs

PARTY, MEMBERSHIPS, ACTIVITY = "party.profile", "loyalty.memberships", "loyalty.activity"


def test_one_customer_with_everything(town: Any, square: Any, gather: Any) -> None:
    ada = town.add("Ada", earned=[50, 30, 20], spent=[40])
    found = {it.kind: it for it in gather(square, [PARTY, MEMBERSHIPS, ACTIVITY], [ada])}

    (profile,) = found[PARTY].records
    assert (profile.given_name, profile.family_name) == ("Ada", "Example")
    assert profile.emails == ("ada@example.test",)
    assert profile.birth_date == date(1980, 5, 17)
    assert profile.addresses[0].lines == ("7 George Street",)
    assert profile.addresses[0].country == "AU"
    (membership,) = found[MEMBERSHIPS].records
    assert (membership.points, membership.lifetime_points) == (60, 100)
    assert membership.phone == profile.phones[0]
    events = found[ACTIVITY].records
    assert [it.kind for it in events] == [
        LoyaltyEventKind.REDEEM_REWARD,
        LoyaltyEventKind.CREATE_REWARD,
        LoyaltyEventKind.ACCUMULATE,
        LoyaltyEventKind.ACCUMULATE,
        LoyaltyEventKind.ACCUMULATE,
    ]
    assert sum(it.points or 0 for it in events) == membership.points
    assert {it.membership_id for it in events} == {membership.membership_id}


def test_company_is_an_organisation(town: Any, square: Any, gather: Any) -> None:
    acme = town.add("Acme", organization=True, organization_name="Acme Pty Ltd", birth_date=None)
    (profile,) = gather(square, [PARTY], [acme])[0].records
    assert (profile.kind.value, profile.organization_name, profile.given_name) == (
        "ORGANIZATION",
        "Acme Pty Ltd",
        None,
    )


def test_batches_are_as_large_as_the_api_takes(town: Any, square: Any, gather: Any, town_world: Any) -> None:
    ids = [town.add(f"P{index}", earned=[1]) for index in range(31)]
    found = gather(square, [PARTY, MEMBERSHIPS, ACTIVITY], ids)
    assert len(found) == 3 * 31
    assert all(it.error is None and len(it.records) == 1 for it in found)
    assert town_world.counters["POST /v2/customers/bulk-retrieve"] == 1
    assert town_world.counters["POST /v2/loyalty/accounts/search"] == 2
    assert town_world.counters["POST /v2/loyalty/events/search"] == 31


def test_more_than_a_batch_is_refused_by_the_partner(town: Any, square: Any, run: Any) -> None:
    square.transport.check.answers = False  # the API publishes successful answers only
    with pytest.raises(PartnerFault):
        run(square.client.customers([f"C{index}" for index in range(101)]))
    with pytest.raises(PartnerFault):
        run(anext(square.client.search_accounts({"customer_ids": [f"C{index}" for index in range(31)]})))


def test_unknown_customers_do_not_hurt_the_others(town: Any, square: Any, gather: Any) -> None:
    ada = town.add("Ada", earned=[5])
    found = {
        (it.ref.party_id, it.kind): it for it in gather(square, [PARTY, MEMBERSHIPS, ACTIVITY], [ada, "GONE"])
    }
    assert found[ada, PARTY].records
    assert isinstance(found["GONE", PARTY].error, SkipCustomer)
    assert found[ada, MEMBERSHIPS].records
    assert found["GONE", MEMBERSHIPS].records == ()
    assert found["GONE", ACTIVITY].records == ()


def test_history_is_read_to_the_end_of_its_cursor(
    town: Any, square: Any, gather: Any, town_world: Any
) -> None:
    ada = town.add("Ada", earned=[1] * 95)
    (found,) = gather(square, [ACTIVITY], [ada])
    assert len({it.event_id for it in found.records}) == 95
    assert town_world.counters["POST /v2/loyalty/events/search"] == 4


def test_window_includes_its_last_day(town: Any, square: Any, gather: Any) -> None:
    ada = town.add("Ada", earned=[1] * 10)  # 5 to 14 June
    need = Need(kind=ACTIVITY, since=date(2026, 6, 10), until=date(2026, 6, 12))
    (found,) = gather(square, [need], [ada])
    assert [it.occurred_at.day for it in found.records] == [12, 11, 10]


@pytest.mark.parametrize(
    ("key", "value"), [(KeyKind.EMAIL, "ADA@example.test"), (KeyKind.PHONE, "+61400000000")]
)
def test_identify(town: Any, square: Any, run: Any, key: KeyKind, value: str) -> None:
    ada = town.add("Ada")
    town.add("Bea")
    assert [it.party_id for it in run(square.identify(PartyQuery(key=key, value=value)))] == [ada]


def test_identify_nobody(town: Any, square: Any, run: Any) -> None:
    assert run(square.identify(PartyQuery(key=KeyKind.EMAIL, value="nobody@example.test"))) == []


def test_identify_stops_at_the_limit(town: Any, square: Any, run: Any) -> None:
    for index in range(7):
        town.add(f"P{index}", email="shared@example.test")
    found = run(square.identify(PartyQuery(key=KeyKind.EMAIL, value="shared@example.test", limit=3)))
    assert len(found) == 3
    assert len(square.transport.calls) == 1


def test_identify_by_a_key_it_does_not_search(square: Any, run: Any) -> None:
    with pytest.raises(PartnerFault) as raised:
        run(square.identify(PartyQuery(key=KeyKind.NAME, value="Ada Example")))
    assert raised.value.code is ProblemCode.NOT_SEARCHABLE


def test_every_request_carries_version_and_token_and_may_be_repeated(
    town: Any, square: Any, gather: Any
) -> None:
    ada = town.add("Ada", earned=[1])
    gather(square, [PARTY, MEMBERSHIPS, ACTIVITY], [ada])
    assert square.transport.calls
    for call in square.transport.calls:
        assert call.request.safe
        assert dict(call.request.headers)["square-version"] == "2025-08-20"
        assert "sandbox-loyalty-token" not in repr(call.request)


def test_wrong_token(town_world: Any, plain_http: Any, make: Any, gather: Any) -> None:
    from sandbox.partners import loyalty

    connector = make(plain_http(loyalty.app(town_world), "http://square.test/v2"), token="stolen-secret")
    with pytest.raises(Reconfigure) as raised:
        gather(connector, [PARTY], ["X"])
    assert "stolen-secret" not in f"{raised.value}{raised.value!r}{connector.config!r}{connector.auth()!r}"


@pytest.mark.parametrize(
    ("mode", "error"),
    [
        ("down", RetryLater),
        ("rate_limited", RetryLater),
        ("truncated", ConnectorError),
        ("wrong", PartnerFault),
    ],
)
def test_partner_behaving_badly(
    *, town: Any, town_world: Any, plain_http: Any, make: Any, gather: Any, mode: str, error: type[Exception]
) -> None:
    from sandbox.partners import loyalty

    ada = town.add("Ada", earned=[1])
    connector = make(plain_http(loyalty.app(town_world), "http://square.test/v2"))
    town_world.behaviour.set(mode)
    with pytest.raises(error):
        gather(connector, [MEMBERSHIPS], [ada])


def test_history_failing_for_one_customer_is_that_customers(make: Any, canned: Any, gather: Any) -> None:
    def answer(request: Any) -> Any:
        if "/accounts/" in request.url:
            account = {"program_id": "P", "balance": 1}
            return {
                "loyalty_accounts": [{**account, "id": f"acc-{it}", "customer_id": it} for it in ("A", "B")]
            }
        if b"acc-A" in request.content:
            return Response(status=503, headers={"retry-after": "3"})
        return {}

    found = {it.ref.party_id: it for it in gather(make(canned(answer)), [ACTIVITY], ["A", "B"])}
    assert isinstance(found["A"].error, RetryLater)
    assert found["B"].error is None


def test_cursor_in_a_circle(make: Any, canned: Any, gather: Any) -> None:
    transport = canned(lambda request: {"loyalty_accounts": [], "cursor": "again"})
    with pytest.raises(PartnerFault, match="circle"):
        gather(make(transport), [MEMBERSHIPS], ["A"])
    assert len(transport.requests) == 2


@pytest.mark.parametrize(
    ("category", "code", "error"),
    [
        ("INVALID_REQUEST_ERROR", "NOT_FOUND", SkipCustomer),
        ("AUTHENTICATION_ERROR", "INSUFFICIENT_SCOPES", Reconfigure),
        ("RATE_LIMIT_ERROR", "RATE_LIMITED", RetryLater),
        ("API_ERROR", "INTERNAL_SERVER_ERROR", RetryLater),
        ("INVALID_REQUEST_ERROR", "VALUE_TOO_LONG", PartnerFault),
        ("SOMETHING_NEW", "SOMETHING", PartnerFault),
    ],
)
def test_errors_inside_a_successful_answer(
    *, make: Any, canned: Any, gather: Any, category: str, code: str, error: type[Exception]
) -> None:
    wire = {"category": category, "code": code, "detail": "about Ada Example"}
    (inside,) = gather(make(canned(lambda _: {"responses": {"A": {"errors": [wire]}}})), [PARTY], ["A"])
    assert type(inside.error) is error
    assert "Ada" not in f"{inside.error}{inside.error!r}"
    whole = PartnerFault if error is SkipCustomer else error
    with pytest.raises(whole) as raised:
        gather(make(canned(lambda _: {"errors": [wire]})), [MEMBERSHIPS], ["A"])
    assert type(raised.value) is whole


def test_customer_missing_in_the_bulk_answer(make: Any, canned: Any, gather: Any) -> None:
    (found,) = gather(make(canned(lambda _: {"responses": {}})), [PARTY], ["A"])
    assert isinstance(found.error, PartnerFault)


@pytest.mark.parametrize("kind", [PARTY, MEMBERSHIPS])
def test_a_search_that_is_not_there_makes_no_customer_unknown(
    make: Any, canned: Any, gather: Any, kind: str
) -> None:
    with pytest.raises(PartnerFault):
        gather(make(canned(lambda _: Response(status=404, headers={}, content=b""))), [kind], ["A", "B"])


def test_for_nobody_nothing_is_asked(make: Any, canned: Any, run: Any) -> None:
    transport = canned(lambda _: {})
    square = make(transport)

    async def everything() -> list[Any]:
        needs = [Need(kind=kind) for kind in (PARTY, MEMBERSHIPS, ACTIVITY)]
        return [it async for it in square.fetch(needs, [])]

    assert not run(everything())
    assert not transport.requests
