"""Whatever a bank answers, the connector ends in records or in one of its declared errors."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from c360.contract import Fetched
from c360.errors import ConnectorError
from c360.records.base import Record
from tests.fixtures.sizes import size

Fetch = Callable[..., Mapping[str, Fetched]]

TEMPLATES: dict[str, Any] = {
    "/common/customer/detail": {
        "data": {
            "customerUType": "person",
            "person": {
                "lastUpdateTime": "2025-01-01T00:00:00Z",
                "firstName": "A",
                "lastName": "B",
                "middleNames": ["C"],
                "phoneNumbers": [{"purpose": "HOME", "number": "1", "fullNumber": "+61412345678"}],
                "emailAddresses": [{"purpose": "HOME", "address": "a@example.org"}],
                "physicalAddresses": [
                    {
                        "purpose": "MAIL",
                        "addressUType": "simple",
                        "simple": {"addressLine1": "x", "country": "AUS"},
                    },
                    {
                        "purpose": "WORK",
                        "addressUType": "paf",
                        "paf": {"thoroughfareNumber1": 1, "streetName": "x"},
                    },
                ],
            },
        },
        "links": {"self": "x"},
    },
    "/banking/accounts": {
        "data": {
            "accounts": [
                {
                    "accountId": "a",
                    "creationDate": "2020-02-29",
                    "displayName": "x",
                    "openStatus": "OPEN",
                    "isOwned": True,
                    "accountOwnership": "ONE_PARTY",
                    "maskedNumber": "x",
                    "productCategory": "LEASES",
                    "productName": "x",
                }
            ]
        },
        "links": {"self": "x", "next": None},
        "meta": {"totalRecords": 1, "totalPages": 1},
    },
    "/banking/accounts/balances": {
        "data": {
            "balances": [
                {
                    "accountId": "a",
                    "currentBalance": "-1.00",
                    "availableBalance": "0.00",
                    "creditLimit": "1.00",
                    "currency": "AUD",
                    "purses": [{"amount": "1.00", "currency": "USD"}],
                }
            ]
        },
        "links": {"self": "x"},
        "meta": {"totalRecords": 1, "totalPages": 1},
    },
    "/banking/accounts/a": {
        "data": {
            "accountId": "a",
            "depositRate": "0.01",
            "lendingRates": [{"lendingRateType": "FIXED", "rate": "0.05"}],
            "termDeposit": [
                {
                    "lodgementDate": "2026-01-01",
                    "maturityDate": "2026-02-01",
                    "maturityInstructions": "ROLLED_OVER",
                }
            ],
            "creditCard": {
                "minPaymentAmount": "1.00",
                "paymentDueAmount": "2.00",
                "paymentDueDate": "2026-02-01",
            },
            "loan": {"repaymentType": "OTHER", "minInstalmentAmount": "3.00", "loanEndDate": "2027-01-01"},
        },
        "links": {"self": "x"},
    },
    "/banking/accounts/direct-debits": {
        "data": {
            "directDebitAuthorisations": [
                {
                    "accountId": "a",
                    "authorisedEntity": {"description": "x", "abn": "1"},
                    "lastDebitDateTime": "2026-01-01T00:00:00+11:00",
                    "lastDebitAmount": "5.00",
                }
            ]
        },
        "links": {"self": "x"},
        "meta": {"totalRecords": 1, "totalPages": 1},
    },
    "/banking/accounts/a/transactions": {
        "data": {
            "transactions": [
                {
                    "accountId": "a",
                    "transactionId": "t",
                    "type": "FEE",
                    "status": "POSTED",
                    "description": "x",
                    "postingDateTime": "2026-01-01T00:00:00Z",
                    "executionDateTime": "0001-01-01T00:00:00+14:00",
                    "amount": "-1.00",
                    "reference": "",
                }
            ]
        },
        "links": {"self": "x"},
        "meta": {"totalRecords": 1, "totalPages": 1},
    },
}
ASKED = {
    "/common/customer/detail": "party.profile",
    "/banking/accounts": "banking.accounts",
    "/banking/accounts/balances": "banking.balances",
    "/banking/accounts/a": "banking.account_terms",
    "/banking/accounts/direct-debits": "banking.direct_debits",
    "/banking/accounts/a/transactions": "banking.transactions",
}
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(max_size=20),
    st.sampled_from(
        ["NaN", "-Infinity", "1e400", "9" * 400, "0001-01-01", "9999-12-31T23:59:59-23:59", "AUD", ".."]
    ),
    st.just([]),
    st.just({}),
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Paths of everything inside a JSON value."""
    children = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    return [path, *(place for key, child in children for place in places(child, (*path, key)))]


def spoilt(template: Any, place: tuple[Any, ...], value: Any, *, drop: bool) -> Any:
    copy = json.loads(json.dumps(template))
    if not place:
        return value
    parent = copy
    for key in place[:-1]:
        parent = parent[key]
    if drop:
        del parent[place[-1]]
    else:
        parent[place[-1]] = value
    return copy


@st.composite
def answers(draw: st.DrawFn) -> tuple[str, Any]:
    path = draw(st.sampled_from(sorted(TEMPLATES)))
    body = TEMPLATES[path]
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.sampled_from(places(body)))
        body = spoilt(body, place, draw(VALUES), drop=draw(st.booleans()))
    return path, body


@settings(
    max_examples=size(200, 400), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(answer=answers())
def test_any_answer_ends_in_records_or_in_a_declared_error(
    bank: Callable[..., Any], fetched: Fetch, answer: tuple[str, Any]
) -> None:
    path, body = answer

    class Anything(dict[str, Any]):
        """Answers about accounts that a spoilt list names, too."""

        def __missing__(self, _: str) -> tuple[int, Any]:
            return 404, {}

    script = Anything({name: (200, template) for name, template in TEMPLATES.items()})
    script[path] = (200, body)
    found = fetched(bank(script), ASKED[path])[ASKED[path]]
    assert found.error is None or isinstance(found.error, ConnectorError)
    assert all(isinstance(record, Record) for record in found.records)


@pytest.mark.parametrize("path", sorted(TEMPLATES))
def test_the_templates_themselves_are_read(bank: Callable[..., Any], fetched: Fetch, path: str) -> None:
    script = {name: (200, template) for name, template in TEMPLATES.items()}
    found = fetched(bank(script), ASKED[path])[ASKED[path]]
    assert found.error is None
    assert len(found.records) == 1


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=200), status=st.integers(200, 599))
def test_any_bytes_with_any_status_end_in_records_or_in_a_declared_error(
    bank: Callable[..., Any], fetched: Fetch, content: bytes, status: int
) -> None:
    found = fetched(bank({"/banking/accounts": (status, content)}), "banking.accounts")["banking.accounts"]
    assert isinstance(found.error, ConnectorError)
