"""A connector over answers that a test makes up, and the payloads to start from."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from c360.contract import Context, Fetched, Need, Ref
from c360.http import Http, Request, Response
from c360.values import Secret
from plugins.brokerage.config import CustodyConfig
from plugins.brokerage.connector import OpenWealthCustody

BASE = "http://custody.test"
NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
SECRET = "credential-that-must-not-show"

Answer = tuple[int, Mapping[str, str], Any]


@dataclass
class Custodian:
    """A transport that answers what the test says, and the connector over it."""

    answer: Callable[[Request], Answer]
    settings: dict[str, Any] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)

    async def send(self, request: Request) -> Response:
        self.requests.append(request)
        status, headers, body = self.answer(request)
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return Response(
            status=status, headers={"content-type": "application/json", **headers}, content=content
        )

    def connector(self) -> OpenWealthCustody:
        config = CustodyConfig(base_url=BASE, credential=Secret(SECRET), **self.settings)
        auth = OpenWealthCustody(config, None).auth()  # type: ignore[arg-type]  # only its credential
        http = Http(self, base_url=BASE, auth=auth)
        return OpenWealthCustody(config, Context(instance="custody", http=http, now=lambda: NOW))

    async def fetch(self, need: Need, party_id: str = "C-1") -> Fetched:
        [fetched] = [item async for item in self.connector().fetch([need], [Ref(party_id=party_id)])]
        return fetched


@pytest.fixture
def custodian() -> type[Custodian]:
    return Custodian


ACCOUNT = {
    "id": "C-1-S",
    "type": "safekeepingAccount",
    "name": "Depot",
    "referenceCurrency": "CHF",
    "number": "123-1",
    "designation": "Main depot",
    "portfolioInformation": {"identification": "P-1", "referenceCurrency": "CHF"},
}
EQUITY = {
    "type": "equity",
    "name": "Novartis AG",
    "identificationList": [
        {"type": "valoren", "identifier": "1200526"},
        {"type": "isin", "identifier": "CH0012005267"},
    ],
}


@pytest.fixture
def account() -> dict[str, Any]:
    return {**ACCOUNT, "iban": "CH9300762011623852957", "somethingNew": [1, 2]}


@pytest.fixture
def position() -> dict[str, Any]:
    return {
        "id": "POS-1",
        "financialInstrument": EQUITY,
        "account": ACCOUNT,
        "currency": "USD",
        "endOfDayIndicator": True,
        "positionDate": "2026-06-15",
        "quantity": {"type": "unit", "value": 12.5},
        "valuation": {
            "valueInPositionCurrency": {"amount": 1250.25, "currency": "USD"},
            "valueInReferenceCurrency": {"amount": 1100.1, "currency": "CHF"},
            "valuationDate": "2026-06-14",
        },
        "price": {"type": "actual", "value": 100.02, "currency": "USD", "priceDate": "2026-06-14"},
        "accruedInterest": {"amount": 0.5, "currency": "USD"},
        "blockedQuantity": {"type": "unit", "value": 2},
    }


@pytest.fixture
def transaction() -> dict[str, Any]:
    return {
        "id": "T-1",
        "type": "buy",
        "transactionDate": "2026-06-10",
        "customerId": "C-1",
        "reversalIndicator": False,
        "endOfDayIndicator": True,
        "reference": "R-1",
        "description": "Buy 5 Novartis",
        "tradeDate": "2026-06-10",
        "settlementDate": "2026-06-12",
        "triggeringFinancialInstrument": EQUITY,
        "triggeringQuantity": {"type": "unit", "value": 5},
        "postingAmountList": [
            {
                "amount": -500.1,
                "currency": "CHF",
                "account": {**ACCOUNT, "id": "C-1-C", "type": "cashAccount"},
            },
            {"amount": -0.9, "currency": "CHF", "account": {**ACCOUNT, "id": "C-1-C", "type": "cashAccount"}},
        ],
    }
