"""Whatever Square answers, the connector ends in records or in an error of the contract."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from c360.contract import Fetched, Need, Ref, connect
from c360.errors import ConnectorError
from c360.http import Request, Response
from c360.records.base import Record
from c360.values import Secret
from plugins.loyalty import mapping, payloads
from plugins.loyalty.config import SquareConfig
from plugins.loyalty.connector import SquareLoyalty

SCALARS = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=12)
MOMENTS = st.sampled_from(["2026-06-15T10:00:00Z", "2026-06-15T10:00:00.123+10:00", "2026-06-15", "", "x"])
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)
FIELDS: dict[str, Any] = {
    "id": st.text(max_size=5),
    "program_id": st.text(max_size=5),
    "customer_id": st.just("A") | SCALARS,
    "loyalty_account_id": st.just("acc"),
    "type": st.sampled_from([*mapping.EVENT_TYPES, "NEW"]),
    "created_at": MOMENTS,
    "updated_at": MOMENTS,
    "birthday": st.sampled_from(["1980-01-01", "0000-01-01", "99999-1-1", ""]),
    "balance": st.integers(-5, 5) | SCALARS,
    "given_name": SCALARS,
    "address": ANYTHING,
    "accumulate_points": st.fixed_dictionaries({}, optional={"points": SCALARS}),
    "create_reward": ANYTHING,
    "errors": ANYTHING,
}
THING = st.fixed_dictionaries({}, optional=FIELDS) | ANYTHING
ANSWERS = st.fixed_dictionaries(
    {},
    optional={
        "responses": st.dictionaries(st.just("A"), st.fixed_dictionaries({}, optional={"customer": THING})),
        "loyalty_accounts": st.lists(THING, max_size=3),
        "events": st.lists(THING, max_size=3),
        "cursor": st.none() | st.text(max_size=2),
        "errors": ANYTHING,
    },
)


class Answering:
    def __init__(self, answer: Callable[[Request], bytes]) -> None:
        self.answer = answer

    async def send(self, request: Request) -> Response:
        return Response(
            status=200, headers={"content-type": "application/json"}, content=self.answer(request)
        )


async def everything(answer: Callable[[Request], bytes]) -> list[Fetched]:
    config = SquareConfig(access_token=Secret("t"))
    connector = connect(SquareLoyalty, config, Answering(answer), instance="s", now=lambda: None)  # type: ignore[arg-type,return-value]  # no clock is asked
    found = []
    for kinds in (["party.profile"], ["loyalty.memberships", "loyalty.activity"]):
        try:
            needs = [Need(kind=kind) for kind in kinds]
            found += [it async for it in connector.fetch(needs, [Ref(party_id="A")])]
        except ConnectorError:
            continue
    return found


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(answer=ANSWERS | ANYTHING)
def test_any_json(answer: Any) -> None:
    content = json.dumps(answer).encode()
    for fetched in asyncio.run(everything(lambda _: content)):
        assert all(isinstance(record, Record) for record in fetched.records)


@settings(max_examples=50, deadline=None)
@given(content=st.binary(max_size=60))
def test_any_bytes(content: bytes) -> None:
    asyncio.run(everything(lambda _: content))


@settings(max_examples=100, deadline=None)
@given(
    kind=st.sampled_from([*mapping.EVENT_TYPES, "NEW"]),
    points=st.none() | st.integers(-(10**9), 10**9),
)
def test_points_never_change_their_amount(kind: str, points: int | None) -> None:
    _, part, _ = mapping.EVENT_TYPES.get(kind, mapping.EVENT_TYPES["OTHER"])
    moment = "2026-06-15T10:00:00Z"
    wire = {
        "id": "e",
        "type": kind,
        "created_at": moment,
        "loyalty_account_id": "a",
        part: {"points": points},
    }
    record = mapping.event(payloads_event(wire))
    assert (record.points is None) == (points is None)
    assert abs(record.points or 0) == abs(points or 0)


def payloads_event(wire: dict[str, Any]) -> payloads.LoyaltyEvent:
    import msgspec

    return msgspec.convert(wire, payloads.LoyaltyEvent)
