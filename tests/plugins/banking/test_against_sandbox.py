"""The connector asks the sandbox's bank; every exchange is compared with the published specification."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, TypeVar

import pytest

from c360.contract import Fetched
from c360.errors import ConnectorError, PartnerFault, Reauthorise, RetryLater
from c360.records.banking import Account, AccountKind, AccountTerms, Balance, BankTransaction, DirectDebit
from c360.records.base import Record
from c360.records.party import Party, PartyKind
from sandbox.framework import World
from sandbox.partners import banking
from sandbox.partners.banking.calls import revoked_consents
from sandbox.population.model import Presence

Fetch = Callable[..., Mapping[str, Fetched]]
RecordT = TypeVar("RecordT", bound=Record)

BASE_URL = "http://bank.test/cds-au/v1"
SPECS = ["banking-cds-au.json", "banking-cds-au-common.json"]
KINDS = (
    "party.profile",
    "banking.accounts",
    "banking.balances",
    "banking.account_terms",
    "banking.direct_debits",
    "banking.transactions",
)


def records(found: Mapping[str, Fetched], kind: str, record: type[RecordT]) -> list[RecordT]:
    """The records of a kind, all of their type."""
    assert found[kind].error is None
    typed = [each for each in found[kind].records if isinstance(each, record)]
    assert len(typed) == len(found[kind].records)
    return typed


@pytest.fixture
def transport(world: World, spec_http: Any) -> Any:
    return spec_http(SPECS, banking.app(world), BASE_URL)


@pytest.fixture
def customers(world: World) -> list[Presence]:
    """People and organisations with accounts."""
    presences = world.population.presences("banking")
    held = [each for each in presences if world.population.life(each.member_id).accounts]
    people = [each for each in held if not each.organization]
    return [*people[:8], *(each for each in held if each.organization)]


@pytest.fixture
def customer(world: World, customers: list[Presence]) -> Presence:
    return max(customers[:8], key=lambda each: len(world.population.life(each.member_id).accounts))


def test_everything_of_each_customer(
    world: World, transport: Any, customers: list[Presence], fetched: Fetch
) -> None:
    kinds: set[AccountKind] = set()
    for customer in customers:
        found = fetched(transport, *KINDS, token=customer.token)
        held = [account.id for account in world.population.life(customer.member_id).accounts]
        accounts = records(found, "banking.accounts", Account)
        kinds |= {each.kind for each in accounts}
        assert [each.account_id for each in accounts] == held
        assert [each.account_id for each in records(found, "banking.balances", Balance)] == held
        terms = records(found, "banking.account_terms", AccountTerms)
        assert [each.account_id for each in terms] == held
        assert all(each.rates for each in terms)
        assert {each.account_id for each in records(found, "banking.direct_debits", DirectDebit)} <= set(held)
        movements = records(found, "banking.transactions", BankTransaction)
        assert {each.account_id for each in movements} <= set(held)
    assert AccountKind.TRANSACTION in kinds
    assert AccountKind.OTHER not in kinds


def test_the_customer_is_known_as_the_bank_knows_them(
    transport: Any, customers: list[Presence], fetched: Fetch
) -> None:
    for customer in customers:
        found = fetched(transport, "party.profile", token=customer.token)
        (party,) = records(found, "party.profile", Party)
        assert party.addresses[0].country == customer.address.country
        assert party.updated_at == customer.updated_at
        if customer.organization:
            assert party.kind is PartyKind.ORGANIZATION
            assert party.organization_name == customer.organization_name
        else:
            assert party.kind is PartyKind.PERSON
            assert (party.given_name, party.family_name) == (customer.given_name, customer.family_name)
            assert party.phones == ((customer.phone,) if customer.phone else ())
            assert party.emails == ((customer.email,) if customer.email else ())


def test_a_full_view_takes_one_round_and_the_apis_own_second_step(
    world: World, transport: Any, customer: Presence, fetched: Fetch
) -> None:
    fetched(transport, *KINDS, token=customer.token)
    held = len(world.population.life(customer.member_id).accounts)
    root = "/cds-au/v1/banking/accounts"
    assert world.counters.as_dict() == {
        "GET /cds-au/v1/common/customer/detail": 1,
        f"GET {root}": 1,
        f"POST {root}/balances": 1,
        f"GET {root}/direct-debits": 1,
        f"GET {root}/{{account_id}}": held,
        f"GET {root}/{{account_id}}/transactions": held,
    }


def test_small_pages_give_the_same_records(transport: Any, customer: Presence, fetched: Fetch) -> None:
    kinds = ("banking.accounts", "banking.balances", "banking.direct_debits", "banking.transactions")
    once = fetched(transport, *kinds, token=customer.token)
    calls = len(transport.calls)
    paged = fetched(transport, *kinds, token=customer.token, page_size=3)
    assert {kind: each.records for kind, each in paged.items()} == {
        kind: each.records for kind, each in once.items()
    }
    assert len(transport.calls) - calls > calls


def test_a_day_of_the_window_is_a_day_in_utc(transport: Any, customer: Presence, fetched: Fetch) -> None:
    def transactions(first: date, last: date) -> list[BankTransaction]:
        found = fetched(transport, "banking.transactions", token=customer.token, window=(first, last))
        return records(found, "banking.transactions", BankTransaction)

    month = transactions(date(2026, 4, 1), date(2026, 4, 30))
    posted = [each.posted_at for each in month if each.posted_at is not None]
    assert len(posted) == len(month) > 0
    assert posted == sorted(posted, reverse=True)
    assert all(datetime(2026, 4, 1, tzinfo=UTC) <= each < datetime(2026, 5, 1, tzinfo=UTC) for each in posted)
    halves = [
        *transactions(date(2026, 4, 16), date(2026, 4, 30)),
        *transactions(date(2026, 4, 1), date(2026, 4, 15)),
    ]
    assert halves == month, "two windows side by side miss nothing and repeat nothing"


def test_what_is_owed_is_negative(transport: Any, customers: list[Presence], fetched: Fetch) -> None:
    owed = []
    for customer in customers:
        found = fetched(transport, "banking.accounts", "banking.balances", token=customer.token)
        lending = {
            each.account_id
            for each in records(found, "banking.accounts", Account)
            if each.kind in {AccountKind.MORTGAGE, AccountKind.LOAN}
        }
        balances = records(found, "banking.balances", Balance)
        assert {each.current.currency for each in balances} <= {"AUD"}
        owed += [each.current.amount for each in balances if each.account_id in lending]
    assert owed
    assert all(each <= Decimal(0) for each in owed)


def test_a_consent_taken_back_has_to_be_given_again(
    world: World, plain_http: Any, customer: Presence, fetched: Fetch
) -> None:
    transport = plain_http(banking.app(world), BASE_URL)
    assert customer.token is not None
    revoked_consents(world).add(customer.token)
    for token in (customer.token, "never-granted"):
        found = fetched(transport, *KINDS, token=token)
        assert {type(each.error) for each in found.values()} == {Reauthorise}
        assert token not in repr(found)
        assert token not in " ".join(f"{each.error} {each.error!r}" for each in found.values())


@pytest.mark.parametrize(
    ("mode", "error"),
    [
        ("down", RetryLater),
        ("rate_limited", RetryLater),
        ("truncated", RetryLater),
        ("wrong", PartnerFault),
    ],
)
def test_a_bank_that_misbehaves(
    world: World, plain_http: Any, fetched: Fetch, mode: str, error: type[ConnectorError]
) -> None:
    world.behaviour.set(mode)
    token = world.population.presences("banking")[0].token
    found = fetched(plain_http(banking.app(world), BASE_URL), *KINDS, token=token)
    assert {type(each.error) for each in found.values()} == {error}
