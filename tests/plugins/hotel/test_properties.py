"""Whatever Cloudbeds answers, the connector ends in records or in an error of the contract."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from c360.contract import Fetched, Need, Ref, connect
from c360.http import Request, Response
from c360.records.base import Record
from c360.values import Secret
from plugins.hotel import mapping
from plugins.hotel.config import CloudbedsConfig
from plugins.hotel.connector import CloudbedsHotel

KINDS = ("party.profile", "hotel.stays", "hotel.notes", "hotel.preferences")
SCALARS = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=12)
TIMES = st.sampled_from(
    [
        "2026-06-15",
        "2026-06-15 10:00:00",
        "2026-06-15T10:00:00+10:00",
        "0000-00-00",
        "9999-12-31 23:59:59",
        "",
        "?",
    ]
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)
RATES: Any = st.dictionaries(TIMES, st.decimals(allow_nan=True).map(str) | SCALARS, max_size=3) | st.just([])
FIELDS: dict[str, Any] = {
    "reservationID": st.sampled_from(["1", "2", 3]) | SCALARS,
    "reservationNoteID": st.text(max_size=3),
    "reservationNote": SCALARS,
    "propertyID": st.sampled_from(["9", 9]),
    "propertyTimezone": st.sampled_from(["Asia/Tokyo", "../../etc/passwd", "", "/x", "Nowhere", "\x00"]),
    "propertyCurrency": st.sampled_from(["EUR", "", "€", [{"currencyCode": "EUR"}], []]),
    "guestID": SCALARS,
    "status": st.sampled_from([*mapping.STATUSES, "new", None]),
    "reservationCheckIn": TIMES,
    "reservationCheckOut": TIMES,
    "dateCreated": TIMES,
    "dateModifiedUTC": TIMES,
    "total": SCALARS,
    "detailedRates": RATES,
    "rooms": st.lists(st.fixed_dictionaries({}, optional={"adults": SCALARS}), max_size=2) | ANYTHING,
    "balanceDetailed": ANYTHING,
    "firstName": SCALARS,
    "birthDate": TIMES,
    "customFields": ANYTHING,
    "isMerged": st.booleans(),
    "newGuestID": SCALARS,
}
THING = st.fixed_dictionaries({}, optional=FIELDS)
STAY = st.fixed_dictionaries(
    {"reservationID": st.text(max_size=3), "reservationCheckIn": TIMES, "reservationCheckOut": TIMES},
    optional={"detailedRates": RATES, "dateCreated": TIMES, "status": SCALARS, "propertyID": st.just("9")},
)
ANSWERS = st.fixed_dictionaries(
    {"success": st.just(True) | SCALARS},
    optional={
        "data": THING
        | st.lists(THING | STAY, max_size=3)
        | st.dictionaries(st.text(max_size=3), STAY, max_size=3),
        "total": SCALARS,
        "message": SCALARS,
    },
)


class Answering:
    def __init__(self, content: bytes) -> None:
        self.content = content

    async def send(self, request: Request) -> Response:
        return Response(status=200, headers={"content-type": "application/json"}, content=self.content)


async def everything(content: bytes) -> list[Fetched]:
    config = CloudbedsConfig(api_key=Secret("k"))
    connector = connect(
        CloudbedsHotel,
        config,
        Answering(content),
        instance="h",
        now=lambda: datetime(2026, 6, 15, tzinfo=UTC),
    )
    return [it async for it in connector.fetch([Need(kind=kind) for kind in KINDS], [Ref(party_id="7")])]


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(answer=ANSWERS | ANYTHING)
def test_any_json(answer: Any) -> None:
    found = asyncio.run(everything(json.dumps(answer).encode()))
    assert {it.kind for it in found} == set(KINDS)
    assert all(isinstance(record, Record) for it in found for record in it.records)


@settings(max_examples=50, deadline=None)
@given(content=st.binary(max_size=60))
def test_any_bytes(content: bytes) -> None:
    assert all(it.error for it in asyncio.run(everything(content)))


@settings(max_examples=200, deadline=None)
@given(text=TIMES | st.text(max_size=25), zone=st.sampled_from([None, UTC]))
def test_moments_always_have_a_zone(text: str, zone: Any) -> None:
    moment = mapping.instant(text, zone)
    assert moment is None or moment.utcoffset() is not None
