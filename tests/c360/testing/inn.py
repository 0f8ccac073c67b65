"""An inn whose guests grant access themselves: a second partner, with money and without batches."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, ClassVar

import msgspec

from c360.config import ConnectorConfig
from c360.contract import (
    Connector,
    Description,
    Exemption,
    Fetch,
    Fetched,
    Lookup,
    Need,
    Ref,
    fetch_each,
)
from c360.hooks import hookimpl
from c360.http import Request, Response, Transport
from c360.records.base import Record
from c360.records.hotel import Stay, StayStatus
from c360.testing import ConnectorSuite, Known
from c360.values import CurrencyCode, Money

BASE_URL = "https://inn.example/api"
TOKENS = {"token-of-guest-1": "G-1", "token-of-guest-2": "G-2"}
STAYS: Mapping[str, tuple[Mapping[str, Any], ...]] = {
    "G-1": (
        {"id": "S-1", "from": "2026-02-01", "to": "2026-02-04", "total": "310.50"},
        {"id": "S-2", "from": "2026-05-10", "to": "2026-05-11", "total": "99.00"},
    ),
    "G-2": ({"id": "S-3", "from": "2026-03-03", "to": "2026-03-05", "total": "200.00"},),
}


class InnServer:
    """Answers like the inn's API; a :class:`c360.http.Transport`."""

    async def send(self, request: Request) -> Response:
        headers = dict(request.auth.headers()) if request.auth else {}
        guest = TOKENS.get(headers.get("authorization", "").removeprefix("Bearer "))
        if guest is None:
            return _json(404, {})  # the inn forgets whose token it does not know
        since, until = (dict(request.params)[name] for name in ("since", "until"))
        return _json(200, {"stays": [it for it in STAYS[guest] if since <= it["from"] <= until]})


def _json(status: int, value: Any) -> Response:
    headers = {"content-type": "application/json"}
    return Response(status=status, headers=headers, content=json.dumps(value).encode())


class WireStay(msgspec.Struct, rename={"arrival": "from", "departure": "to"}):
    id: str
    arrival: date
    departure: date
    total: Decimal


class WireStays(msgspec.Struct):
    stays: list[WireStay]


class GoodInn(Connector[ConnectorConfig]):
    """One inn."""

    description: ClassVar[Description] = Description(
        name="good_inn",
        title="Good Inn",
        domain="hotel",
        lookup=Lookup.BY_GRANT,
        fetches=(Fetch(kind="hotel.stays"),),
        config=ConnectorConfig,
        documentation="https://inn.example/developers",
        exemptions=tuple(
            Exemption(rule=rule, reason="the inn's API has stays and nothing else")
            for rule in ("paging", "identify", "feeds", "webhooks", "actions", "rate-limit", "fuzz")
        ),
    )

    def fetch(self, needs: Sequence[Need], refs: Sequence[Ref]) -> AsyncIterator[Fetched]:
        return fetch_each(needs, refs, {"hotel.stays": self.stays})

    async def stays(self, ref: Ref, need: Need) -> Sequence[Record]:
        params = {"since": str(need.since), "until": str(need.until)}
        answer = await self.ctx.http.get("/stays", params=params, auth=ref.auth())
        return [self.stay(it) for it in answer.decode(WireStays).stays]

    def stay(self, wire: WireStay) -> Stay:
        return Stay(
            reservation_id=wire.id,
            status=StayStatus.OTHER,
            check_in=wire.arrival,
            check_out=wire.departure,
            total=self.money(wire.total),
        )

    def money(self, amount: Decimal) -> Money:
        return Money(amount=amount, currency=CurrencyCode("EUR"))


class InnSuite(ConnectorSuite):
    """What there is to check the inn's connectors with."""

    connector = GoodInn
    config: ClassVar[Mapping[str, Any]] = {"base_url": BASE_URL}
    customers = (
        Known(party_id="G-1", grant="token-of-guest-1", records={"hotel.stays": 2}),
        Known(party_id="G-2", grant="token-of-guest-2", records={"hotel.stays": 1}),
    )
    unknown = "G-404"
    now = datetime(2026, 6, 15, 12, tzinfo=UTC)

    def partner(self) -> Transport:
        return InnServer()


@hookimpl
def c360_connectors() -> Sequence[type[Connector[Any]]]:
    return (GoodInn,)
