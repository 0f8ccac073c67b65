"""A booking is called off once, and only its own customer's; checked against the published API."""

from __future__ import annotations

from typing import Any

import pytest

from c360.access import IdempotencyKey
from c360.contract import Action, ActionOutcome, ActionState, Need, Ref, RejectionCode
from c360.errors import RetryLater
from c360.records.rental import CancelBooking, RentalStatus
from sandbox.framework import World
from sandbox.framework.behaviour import Mode, Rule
from sandbox.partners import rental
from sandbox.partners.rental.bookings import Booking, Bookings
from tests.plugins.rental.test_against_sandbox import BASE, BOOKINGS, SPEC

pytestmark = pytest.mark.specs

OFF = "POST /bookings/{id}/events"


@pytest.fixture
def hub(connector: Any, spec_http: Any, world: World) -> Any:
    return connector(spec_http(SPEC, rental.app(world), BASE))


@pytest.fixture
def bookings(world: World, run: Any) -> list[Booking]:
    found: list[Booking] = run(Bookings(world).everything())
    return found


@pytest.fixture
def act(hub: Any, world: World, bookings: list[Booking], run: Any) -> Any:
    return lambda state: run(hub.act(action(in_state(world, bookings, state), world)))


def in_state(world: World, bookings: list[Booking], state: str) -> Booking:
    return next(item for item in bookings if item.state(world.now()) == state)


def action(booking: Booking, world: World, *, party_id: str = "") -> Action:
    return Action(
        kind="rental.cancel_booking",
        ref=Ref(party_id=party_id or booking.customer.party_id),
        input=CancelBooking(booking_id=booking.id),
        idempotency_key=IdempotencyKey("key-1"),
        requested_at=world.now(),
    )


def test_a_booking_is_called_off(hub: Any, run: Any, world: World, bookings: list[Booking]) -> None:
    booking = in_state(world, bookings, "CONFIRMED")
    assert run(hub.trace(action(booking, world))) is None
    outcome: ActionOutcome = run(hub.act(action(booking, world)))
    assert outcome == ActionOutcome(state=ActionState.CONFIRMED, reference=booking.id)
    assert run(hub.trace(action(booking, world))) == outcome

    async def status() -> RentalStatus:
        ref = Ref(party_id=booking.customer.party_id, objects={BOOKINGS: (booking.id,)})
        (found,) = [it async for it in hub.fetch([Need(kind=BOOKINGS)], [ref])]
        shown: RentalStatus = found.records[0].status
        return shown

    assert run(status()) is RentalStatus.CANCELLED


@pytest.mark.parametrize(
    ("state", "why"), [("CANCELLED", RejectionCode.CONFLICT), ("FINISHED", RejectionCode.NOT_ALLOWED)]
)
def test_what_cannot_be_called_off(act: Any, world: World, state: str, why: RejectionCode) -> None:
    outcome = act(state)
    assert (outcome.state, outcome.rejection) == (ActionState.REJECTED, why)
    assert not world.effects.as_dict()


def test_a_stranger_has_no_such_booking(hub: Any, run: Any, world: World, bookings: list[Booking]) -> None:
    booking = in_state(world, bookings, "CONFIRMED")
    other = next(it.customer.party_id for it in bookings if it.customer != booking.customer)
    outcome = run(hub.act(action(booking, world, party_id=other)))
    assert outcome.rejection is RejectionCode.NOT_FOUND
    assert world.counters[OFF] == 0


def test_a_lost_answer_is_traced(
    connector: Any,
    plain_http: Any,
    run: Any,
    world: World,
    bookings: list[Booking],
) -> None:
    hub = connector(plain_http(rental.app(world), BASE))
    booking = in_state(world, bookings, "CONFIRMED")
    world.behaviour.replace((Rule(operations=(OFF,), mode=Mode.TRUNCATED),))
    with pytest.raises(RetryLater):
        run(hub.act(action(booking, world)))
    assert run(hub.trace(action(booking, world))).state is ActionState.CONFIRMED
    assert world.effects.as_dict() == {"cancel_booking": 1}
