"""Orders are placed once, found again, withdrawn in time, and told of by signed calls."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest
import yaml

from c360.access import IdempotencyKey
from c360.contract import Action, ActionOutcome, ActionState, Need, Ref, RejectionCode, Upsert, Webhook
from c360.errors import OutcomeUnknown, PartnerFault, Reconfigure, RefusalCode, WebhookRefused
from c360.http import Request, Response
from c360.kinds import actions
from c360.records.workorders import (
    CancelOrder,
    ChangeStay,
    OpenAccount,
    OrderStatus,
    OrderType,
    ReissueCheque,
    ReportClaim,
    RequestPolicyLoan,
    RequestPolicyValuation,
    WorkOrder,
)
from c360.values import CurrencyCode, Money, Secret, Value
from plugins.workorders import mapping
from plugins.workorders.connector import ORDERS, WorkOrders
from sandbox.framework import World
from sandbox.partners.workorders import CREDENTIALS, call, move
from sandbox.partners.workorders.requests import DETAILS
from tests.conftest import CHECKOUT
from tests.fixtures.connectors import cursor, ids, read_feed
from tests.plugins.workorders.conftest import BASE_URL, NOW, build

INPUTS: tuple[Value, ...] = (
    OpenAccount(product="Everyday", currency=CurrencyCode("AUD"), nickname="Holidays"),
    ReissueCheque(account_id="A1", cheque_number="000123"),
    RequestPolicyLoan(policy_id="P1", amount=Money(amount=Decimal("1500.00"), currency=CurrencyCode("BRL"))),
    RequestPolicyValuation(policy_id="P1", as_of=date(2026, 6, 1)),
    ReportClaim(policy_id="P1", occurred_on=date(2026, 6, 1), description="Hail"),
    ChangeStay(reservation_id="R1", check_in=date(2026, 7, 1)),
)
NAMES = {action.input: name for name, action in actions().items() if name.startswith("workorders.")}
Perform = Callable[..., ActionOutcome]


def action(what: Value, customer: str, key: str = "key-1") -> Action:
    return Action(
        kind=NAMES[type(what)],
        ref=Ref(party_id=customer),
        input=what,
        idempotency_key=IdempotencyKey(key),
        requested_at=NOW,
    )


@pytest.fixture
def act(office: WorkOrders, somebody: str, run: Any) -> Perform:
    def perform(what: Value, key: str = "key-1", customer: str = somebody) -> ActionOutcome:
        outcome: ActionOutcome = run(office.act(action(what, customer, key)))
        return outcome

    return perform


def listed(office: WorkOrders, run: Any, *customers: str) -> dict[str, tuple[WorkOrder, ...]]:
    async def everything() -> Any:
        refs = [Ref(party_id=each) for each in customers]
        return {it.ref.party_id: it.records async for it in office.fetch([Need(kind=ORDERS)], refs)}

    found: dict[str, tuple[WorkOrder, ...]] = run(everything())
    return found


@pytest.mark.parametrize("what", INPUTS, ids=lambda what: type(what).__name__)
def test_every_action_becomes_a_tracked_order(
    what: Value, act: Perform, office: WorkOrders, somebody: str, run: Any
) -> None:
    outcome = act(what)
    assert outcome.state is ActionState.PENDING
    (order,) = listed(office, run, somebody)[somebody]
    assert order.order_id == outcome.reference
    assert order.type is mapping.TYPES[NAMES[type(what)]]
    assert (order.status, order.created_at, order.due_on) == (OrderStatus.RECEIVED, NOW, date(2026, 6, 20))
    assert order.concerns == next(
        (
            getattr(what, name)
            for name in ("account_id", "policy_id", "reservation_id")
            if hasattr(what, name)
        ),
        None,
    )


def test_the_same_key_places_one_order(act: Perform, world: World) -> None:
    assert act(INPUTS[0]) == act(INPUTS[0])
    assert world.effects.as_dict() == {"place_order": 1}
    again = act(INPUTS[1])  # the same key for something else
    assert (again.state, again.rejection) == (ActionState.REJECTED, RejectionCode.CONFLICT)


def test_who_is_not_a_customer_gets_no_order(act: Perform, world: World) -> None:
    outcome = act(INPUTS[0], customer="nobody")
    assert (outcome.state, outcome.rejection) == (ActionState.REJECTED, RejectionCode.NOT_FOUND)
    refused = act(OpenAccount(product="", currency=CurrencyCode("AUD")))
    assert refused.rejection is RejectionCode.INVALID
    assert world.effects.as_dict() == {}


def test_an_order_is_withdrawn_until_somebody_takes_it_up(
    act: Perform, world: World, office: WorkOrders, somebody: str, run: Any
) -> None:
    first, second = act(INPUTS[0], "a").reference, act(INPUTS[3], "b").reference
    assert first
    assert second
    move(world, second, "IN_PROGRESS")
    assert act(CancelOrder(order_id=first), "c").state is ActionState.CONFIRMED
    assert act(CancelOrder(order_id=first), "c").state is ActionState.CONFIRMED
    late = act(CancelOrder(order_id=second), "d")
    assert (late.state, late.rejection) == (ActionState.REJECTED, RejectionCode.CONFLICT)
    other = act(CancelOrder(order_id=first), "e", customer=world.population.members[1].id)
    assert other.rejection is RejectionCode.NOT_FOUND
    assert act(CancelOrder(order_id="../orders"), "f").rejection is RejectionCode.NOT_FOUND
    states = {order.order_id: order.status for order in listed(office, run, somebody)[somebody]}
    assert states == {first: OrderStatus.CANCELLED, second: OrderStatus.IN_PROGRESS}
    assert world.effects.as_dict() == {"cancel_order": 1, "place_order": 2}


def test_an_action_is_traced_by_its_key(
    act: Perform, office: WorkOrders, somebody: str, world: World, run: Any
) -> None:
    assert run(office.trace(action(INPUTS[3], somebody, "lost"))) is None
    order = act(INPUTS[3], "lost").reference
    assert order
    traced = run(office.trace(action(INPUTS[3], somebody, "lost")))
    assert (traced.state, traced.reference) == (ActionState.PENDING, order)
    move(world, order, "DONE")
    assert run(office.trace(action(INPUTS[3], somebody, "lost"))).state is ActionState.CONFIRMED
    (done,) = listed(office, run, somebody)[somebody]
    assert done.valuation is not None
    assert done.closed_at == NOW
    move(world, order, "REJECTED", rejection="NOT_ALLOWED")
    assert run(office.trace(action(INPUTS[3], somebody, "lost"))).rejection is RejectionCode.NOT_ALLOWED


def test_orders_of_fifty_customers_cost_one_request(
    world: World, act: Perform, office: WorkOrders, run: Any
) -> None:
    many = [member.id for member in world.population.members[:50]]
    for number, customer in enumerate(many[:3]):
        act(INPUTS[0], f"key-{number}", customer)
    world.counters.reset()
    found = listed(office, run, *many)
    assert [len(found[each]) for each in many[:4]] == [1, 1, 1, 0]
    assert world.counters.as_dict() == {"GET /orders": 1}


def test_long_lists_are_read_to_their_end(
    world: World, act: Perform, office: WorkOrders, somebody: str, run: Any
) -> None:
    for number in range(205):
        act(INPUTS[0], f"key-{number}")
    assert len({order.order_id for order in listed(office, run, somebody)[somebody]}) == 205
    changes = read_feed(run, office)(ORDERS)
    assert len(set(ids(changes))) == 205
    again = read_feed(run, office)(ORDERS, cursor(changes))
    assert set(ids(again)) == set(ids(changes))  # all within the look back: told twice rather than never


def test_a_lost_answer_to_an_order_is_an_open_question(somebody: str, run: Any) -> None:
    class Garbled:
        async def send(self, request: Request) -> Response:
            return Response(status=201, headers={"content-type": "application/json"}, content=b'{"id": 7}')

    with pytest.raises(OutcomeUnknown):
        run(build(Garbled()).act(action(INPUTS[0], somebody)))


def test_a_wrong_key_is_the_operators_business(
    world: World, plain_http: Any, somebody: str, run: Any
) -> None:
    from sandbox.partners import workorders

    wrong = build(plain_http(workorders.app(world), BASE_URL), api_key=Secret("another key"))
    with pytest.raises(Reconfigure):
        run(wrong.act(action(INPUTS[0], somebody)))


def test_an_order_of_somebody_else_in_the_list_is_a_fault(somebody: str, run: Any) -> None:
    order = {
        "id": "1", "customerId": "else", "type": "NEW_TYPE", "status": "RECEIVED",
        "createdAt": NOW.isoformat(), "movedAt": NOW.isoformat(),
    }  # fmt: skip

    class Mixed:
        async def send(self, request: Request) -> Response:
            body = json.dumps({"orders": [order]}).encode()
            return Response(status=200, headers={"content-type": "application/json"}, content=body)

    with pytest.raises(PartnerFault):
        listed(build(Mixed()), run, somebody)
    assert listed(build(Mixed()), run, "else")["else"][0].type is OrderType.OTHER


# --- the back office's calls ------------------------------------------------------------------


@pytest.fixture
def told(act: Perform, world: World, somebody: str) -> Webhook:
    """The call that says that an order is done."""
    reference = act(INPUTS[0]).reference
    assert reference
    headers, body = call(move(world, reference, "DONE"), CREDENTIALS["webhook_secret"], NOW)
    return Webhook(url="https://hub.example/hooks/workorders", headers=headers, content=body, received_at=NOW)


def test_a_signed_call_tells_of_an_order(told: Webhook, office: WorkOrders, somebody: str) -> None:
    receipt = office.receive(told)
    (change,) = receipt.changes
    assert isinstance(change, Upsert)
    assert isinstance(change.record, WorkOrder)
    assert (change.party_id, change.record.status) == (somebody, OrderStatus.DONE)
    assert receipt.event_id == office.receive(told).event_id


def test_a_call_that_is_not_the_back_offices_is_refused(told: Webhook, office: WorkOrders) -> None:
    def refusal(**other: Any) -> RefusalCode:
        with pytest.raises(WebhookRefused) as caught:
            office.receive(msgspec.structs.replace(told, **other))
        return caught.value.code

    assert refusal(headers={}) is RefusalCode.SIGNATURE
    assert refusal(headers={"c360-signature": "t=1,v1=é"}) is RefusalCode.SIGNATURE
    assert refusal(content=told.content.replace(b"DONE", b"GONE")) is RefusalCode.SIGNATURE
    assert refusal(received_at=NOW + timedelta(minutes=6)) is RefusalCode.REPLAYED
    assert refusal(received_at=NOW - timedelta(minutes=6)) is RefusalCode.REPLAYED
    seconds, body = str(int(NOW.timestamp())), b'{"id": ""}'
    mark = hmac.new(
        CREDENTIALS["webhook_secret"].encode(), f"{seconds}.".encode() + body, hashlib.sha256
    ).hexdigest()
    assert (
        refusal(content=body, headers={"c360-signature": f"t={seconds},v1={mark}"}) is RefusalCode.MALFORMED
    )


# --- the published document -------------------------------------------------------------------


def test_what_is_sent_is_what_the_document_says() -> None:
    document = yaml.safe_load((CHECKOUT / "docs" / "workorders.openapi.yaml").read_text("utf-8"))
    schemas = document["components"]["schemas"]
    for what in INPUTS:
        kind = DETAILS[mapping.TYPES[NAMES[type(what)]].value]
        schema = schemas[kind.__name__]
        sent = mapping.details(what)
        assert set(schema["required"]) <= set(sent) <= set(schema["properties"]), kind.__name__
        fields = {field.encode_name: field.required for field in msgspec.structs.fields(kind)}
        assert set(fields) == set(schema["properties"])
        assert {name for name, required in fields.items() if required} == set(schema["required"])
        msgspec.convert(sent, kind)
