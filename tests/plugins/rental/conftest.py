"""A connector over an operator that a test makes up, and the payloads to start from."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from c360.contract import Fetched, Need, Ref, connect
from c360.errors import ConnectorError, ProblemCode
from c360.http import Request, Response, Transport
from c360.values import Secret
from plugins.rental.config import RentalConfig
from plugins.rental.connector import TompRental
from sandbox.framework import World
from sandbox.partners import rental

BASE = "http://rental.test"
NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
SECRET = "credential-that-must-not-show"


@dataclass
class Operator:
    """A transport over a few bookings, and the connector over it."""

    bookings: Sequence[dict[str, Any]] = ()
    customers: dict[str, Any] = field(default_factory=dict)
    journal: Sequence[dict[str, Any]] = ()
    settings: dict[str, Any] = field(default_factory=dict)
    instead: Callable[[Request], Response | None] = lambda _request: None
    """Answers instead of the operator where it gives something."""
    largest_answer: int | None = None
    """Bookings in one answer beyond which the host refuses it."""
    now: datetime = NOW
    requests: list[Request] = field(default_factory=list)

    async def send(self, request: Request) -> Response:
        self.requests.append(request)
        if instead := self.instead(request):
            return instead
        _, what, *rest = request.url.removeprefix(BASE).split("/")
        params = dict(request.params)
        if what == "bookings" and not rest:
            found: Any = [item for item in self.bookings if _overlaps(item, params)]
            if self.largest_answer is not None and len(found) > self.largest_answer:
                raise ConnectorError("too large", code=ProblemCode.TOO_MUCH_DATA)
        elif what == "bookings":
            found = next((item for item in self.bookings if item["id"] == rest[0]), None)
        elif what == "customers":
            found = self.customers.get(rest[0])
        else:
            entries = [entry for entry in self.journal if entry["journalId"] == params["id"]]
            offset, limit = int(params["offset"]), int(params["limit"])
            found = entries[offset : offset + limit]
        if found is None:
            return Response(status=404, headers={})
        return Response(
            status=200, headers={"content-type": "application/json"}, content=json.dumps(found).encode()
        )

    def connector(self) -> TompRental:
        config = RentalConfig(base_url=BASE, credential=Secret(SECRET), maas_id="hub", **self.settings)
        return _connected(config, self, lambda: self.now)

    async def fetch(self, need: Need, booking_ids: Sequence[str] = (), party_id: str = "C1") -> Fetched:
        ref = Ref(party_id=party_id, objects={"rental.bookings": tuple(booking_ids)})
        [fetched] = [item async for item in self.connector().fetch([need], [ref])]
        return fetched

    async def changes(self, kind: str, since: str | None = None) -> list[Any]:
        return [change async for change in self.connector().changes(kind, since)]

    def paths(self) -> list[str]:
        return [request.url.removeprefix(BASE) for request in self.requests]


def _connected(config: RentalConfig, transport: Transport, now: Callable[[], datetime]) -> TompRental:
    connector = connect(TompRental, config, transport, instance="rental", now=now)
    assert isinstance(connector, TompRental)
    return connector


def _overlaps(booking: dict[str, Any], params: dict[str, str]) -> bool:
    start, end = (datetime.fromisoformat(params[name]) for name in ("min-time", "max-time"))
    departure, arrival = (datetime.fromisoformat(booking[name]) for name in ("departureTime", "arrivalTime"))
    return departure <= end and arrival >= start


@pytest.fixture
def operator() -> type[Operator]:
    return Operator


@pytest.fixture
def booking() -> dict[str, Any]:
    """A finished booking with two legs."""
    return {
        "id": "B1",
        "state": "FINISHED",
        "customer": {"id": "C1", "firstName": "Mia", "photo": "aGk="},
        "from": {"name": "Zürich HB", "coordinates": {"lng": 8.5, "lat": 47.4}},
        "departureTime": "2026-06-01T08:00:00+02:00",
        "arrivalTime": "2026-06-03T18:00:00+02:00",
        "actualDepartureTime": "2026-06-01T08:05:00+02:00",
        "actualArrivalTime": "2026-06-03T17:30:00+02:00",
        "mainAssetType": {
            "id": "compact",
            "assetClass": "CAR",
            "assetSubClass": "estate car",
            "sharedProperties": {"brand": "Volkswagen", "model": "Golf"},
        },
        "pricing": {
            "estimated": False,
            "parts": [
                {"type": "FIXED", "amount": 100.10, "currencyCode": "CHF"},
                {"type": "FIXED", "kind": "DISCOUNT", "amount": 10, "currencyCode": "CHF"},
                {"type": "MAX", "amount": 500, "currencyCode": "CHF"},
            ],
        },
        "legs": [
            {
                "id": "L1",
                "state": "FINISHED",
                "from": {"name": "Zürich HB", "coordinates": {"lng": 8.5, "lat": 47.4}},
                "departureTime": "2026-06-01T08:00:00+02:00",
                "assetType": {"id": "compact", "assetClass": "CAR"},
                "asset": {"id": "a1", "overriddenProperties": {"name": "Golf ZH 123"}},
                "pricing": {"estimated": False, "parts": [{"amount": 5, "currencyCode": "chf"}]},
                "distance": 1200,
            },
            {
                "id": "L2",
                "state": "FINISHED",
                "from": {"coordinates": {"lng": 7.4, "lat": 46.9}},
                "to": {
                    "coordinates": {"lng": 7.4, "lat": 46.9},
                    "physicalAddress": {"streetAddress": "Bahnhofplatz 1", "areaReference": "Bern, BE"},
                },
                "arrivalTime": "2026-06-03T18:00:00+02:00",
                "assetType": {"id": "bike", "assetClass": "BICYCLE"},
            },
        ],
        "somethingNew": {"x": 1},
    }


@pytest.fixture
def customer() -> dict[str, Any]:
    return {
        "id": "C1",
        "firstName": "Mia",
        "lastName": "Keller",
        "email": "mia@example.org",
        "phones": [{"number": "+41 44 000"}, {"number": "+41 79 000", "preferred": True}],
        "birthDate": "1990-02-03",
        "address": {
            "streetAddress": "Seestrasse 1",
            "areaReference": "Zürich, ZH",
            "city": "Zürich",
            "province": "ZH",
            "postalCode": "8001",
            "country": "ch",
        },
        "cards": [
            {"type": "PASSPORT", "cardNumber": "X123", "country": "CH"},
            {"type": "CREDIT", "cardNumber": "4111111111111111"},
        ],
        "licenses": [{"assetClass": "CAR", "number": "123"}],
        "modificationDate": "2026-01-02T03:04:05Z",
    }


@pytest.fixture
def entry() -> dict[str, Any]:
    return {
        "journalId": "L1",
        "journalSequenceId": "1",
        "amount": 99.5,
        "amountExVat": 90.45,
        "vatRate": 10,
        "currencyCode": "CHF",
        "category": "FARE",
        "state": "INVOICED",
        "invoiceId": "I1",
        "invoiceDate": "2026-06-05T10:00:00Z",
        "expirationDate": "2026-07-05T10:00:00Z",
        "comment": "Golf",
    }


@pytest.fixture
def connector(world: World) -> Callable[..., TompRental]:
    def over(
        transport: Any, credential: str = rental.CREDENTIALS["credential"], **settings: Any
    ) -> TompRental:
        config = RentalConfig(
            base_url=BASE,
            credential=Secret(credential),
            maas_id=rental.CREDENTIALS["maas_id"],
            timeout=20,
            **settings,
        )
        return _connected(config, transport, world.now)

    return over
