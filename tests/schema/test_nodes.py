"""Partners' records as nodes: each found again by its global id, with one gathering of its kind."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from c360.contract import KeyKind
from c360.errors import ProblemCode
from c360.records.banking import (
    Account,
    AccountKind,
    Balance,
    BankTransaction,
    BankTransactionKind,
    TransactionStatus,
)
from c360.records.insurance import Claim, ClaimStatus, Policy, PolicyLine
from schema import ids

BY = 'customer(by: {email: "ana@example.org"})'


@pytest.fixture
def ana(world: Any, money: Any) -> str:
    """A customer with an account, a transaction of last year and a policy with a claim."""
    records = world.host.records
    records["bank", "b1", "banking.accounts"] = (
        Account(
            account_id="1",
            kind=AccountKind.TRANSACTION,
            display_name="Everyday",
            masked_number="x",
            product_name="p",
        ),
    )
    records["bank", "b1", "banking.balances"] = (Balance(account_id="1", current=money("12.50")),)
    records["bank", "b1", "banking.transactions"] = (
        BankTransaction(
            transaction_id="t1",
            account_id="1",
            kind=BankTransactionKind.FEE,
            status=TransactionStatus.POSTED,
            description="Fee",
            amount=money("-1"),
            posted_at=datetime(2024, 7, 1, 8, tzinfo=UTC),
        ),
    )
    records["insurer", "i1", "insurance.policies"] = (Policy(policy_id="p1", line=PolicyLine.MOTOR),)
    records["insurer", "i1", "insurance.claims"] = (
        Claim(claim_id="c1", policy_id="p1", status=ClaimStatus.OPEN),
    )
    made: str = world.customer(
        1, links={"bank": "b1", "insurer": "i1"}, keys={KeyKind.EMAIL: "ana@example.org"}
    )
    return made


def account_id(world: Any) -> str:
    data = world.data(f"{{ {BY} {{ banking {{ accounts {{ id }} }} }} }}")
    world.host.requests.clear()
    found: str = data["customer"]["banking"]["accounts"][0]["id"]
    return found


REFETCH = "query ($id: ID!) { node(id: $id) { __typename id ...Rest } }"


def test_a_record_is_found_again_with_what_is_selected_of_it(world: Any, ana: str) -> None:
    known = account_id(world)
    rest = " fragment Rest on Account { displayName balance { current { amount } } }"
    assert world.data(REFETCH + rest, {"id": known})["node"] == {
        "__typename": "Account",
        "id": known,
        "displayName": "Everyday",
        "balance": {"current": {"amount": "12.50"}},
    }
    (request,) = world.host.requests
    assert {need.kind for need in request.needs[ana]} == {"banking.accounts", "banking.balances"}


def test_a_transaction_is_looked_for_on_its_day(world: Any, ana: str) -> None:
    window = 'since: "2024-06-20", until: "2024-07-10"'
    inner = f"banking {{ transactions({window}) {{ edges {{ node {{ id description }} }} }} }}"
    (edge,) = world.data(f"{{ {BY} {{ {inner} }} }}")["customer"]["banking"]["transactions"]["edges"]
    world.host.requests.clear()
    rest = " fragment Rest on BankTransaction { description }"
    found = world.data(REFETCH + rest, {"id": edge["node"]["id"]})["node"]
    assert found == {"__typename": "BankTransaction", **edge["node"]}
    (request,) = world.host.requests
    (need,) = request.needs[ana]
    assert (need.since, need.until) == (date(2024, 7, 1), date(2024, 7, 1))


def test_a_record_has_one_id_wherever_it_stands(world: Any, ana: str) -> None:
    data = world.data(f"{{ {BY} {{ insurance {{ claims {{ id }} policies {{ claims {{ id }} }} }} }} }}")
    insurance = data["customer"]["insurance"]
    assert insurance["claims"] == insurance["policies"][0]["claims"]


def test_nodes_of_all_types_are_gathered_for_at_once(world: Any, ana: str) -> None:
    mine = ids.encode("Customer", ana)
    wanted = [account_id(world), mine, ids.encode("Connector", "bank"), ids.encode("Customer", "nobody")]
    found = world.data("query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }", {"ids": wanted})[
        "nodes"
    ]
    assert [one and one["__typename"] for one in found] == ["Account", "Customer", "Connector", None]
    assert len(world.host.requests) == 1


def test_a_record_that_is_gone_or_whose_partner_is_down_is_null(world: Any, ana: str) -> None:
    known = account_id(world)
    world.host.down["bank"] = ProblemCode.PARTNER_UNAVAILABLE
    assert world.data("query ($id: ID!) { node(id: $id) { id } }", {"id": known})["node"] is None
    del world.host.down["bank"]
    world.host.records["bank", "b1", "banking.accounts"] = ()
    assert world.data("query ($id: ID!) { node(id: $id) { id } }", {"id": known})["node"] is None


def test_ids_of_days_far_apart_do_not_make_a_window_of_ages(world: Any, ana: str) -> None:
    wanted = [ids.encode("BankTransaction", f"{ana}.abc.{day}") for day in ("0001-01-01", "9999-12-31")]
    response = world.ask("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", {"ids": wanted})
    assert response.errors[0]["extensions"] == {"code": "LIMIT_EXCEEDED", "argument": "ids"}
    assert not world.host.requests


@pytest.mark.parametrize(
    "text",
    [
        ids.encode("Account", "rubbish"),
        ids.encode("Account", "a.b.2025-01-01.more"),
        ids.encode("Balance", "a.b"),
        ids.encode("Money", "1"),
    ],
)
def test_an_id_that_no_object_has_is_a_mistake(world: Any, text: str) -> None:
    response = world.ask("query ($id: ID!) { node(id: $id) { id } }", {"id": text})
    assert response.errors[0]["extensions"] == {"code": "INVALID_ID", "argument": "id"}
