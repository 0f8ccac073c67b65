"""A booking is called off once, and only its own customer's; checked against the published API."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from c360.access import IdempotencyKey
from c360.contract import Action, ActionOutcome, ActionState, Need, Ref, RejectionCode
from c360.errors import RetryLater
from c360.records.rental import BookRental, CancelBooking, RentalBooking, RentalStatus
from sandbox.framework import World
from sandbox.framework.behaviour import Mode, Rule
from sandbox.partners import rental
from sandbox.partners.rental import render
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
def perform(hub: Any, run: Any) -> Any:
    return lambda action: run(hub.act(action))


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


ONE_STOP = "POST /bookings/one-stop"


def booking_of(bookings: list[Booking], world: World, **differing: Any) -> Action:
    """A customer books a vehicle of a type that the operator has, for next week."""
    start = world.now().replace(microsecond=0) + timedelta(days=7)
    given = {
        "asset_type_id": render.asset_type(bookings[0])["id"],
        "latitude": 52.25,
        "longitude": 6.17,
        "starts_at": start,
        "ends_at": start + timedelta(days=2),
    }
    return Action(
        kind="rental.book",
        ref=Ref(party_id=bookings[0].customer.party_id),
        input=BookRental(**{**given, **differing}),
        idempotency_key=IdempotencyKey("key-2"),
        requested_at=world.now(),
    )


def test_a_vehicle_is_booked_once(hub: Any, run: Any, world: World, bookings: list[Booking]) -> None:
    asked = booking_of(bookings, world)
    assert run(hub.trace(asked)) is None
    outcome: ActionOutcome = run(hub.act(asked))
    assert outcome.state is ActionState.CONFIRMED
    assert run(hub.trace(asked)) == outcome

    async def shown() -> RentalBooking:
        ref = Ref(party_id=asked.ref.party_id, objects={BOOKINGS: (str(outcome.reference),)})
        (found,) = [it async for it in hub.fetch([Need(kind=BOOKINGS)], [ref])]
        record: RentalBooking = found.records[0]
        return record

    assert run(shown()).status is RentalStatus.CONFIRMED
    again = run(hub.act(asked))
    assert (again.state, again.rejection) == (ActionState.REJECTED, RejectionCode.CONFLICT)
    assert world.effects.as_dict() == {"book_rental": 1}


@pytest.mark.parametrize(
    ("differing", "why"),
    [
        ({"asset_type_id": "car-none"}, RejectionCode.INSUFFICIENT),
        ({"latitude": -33.8}, RejectionCode.INVALID),
        ({"ends_at": datetime(2001, 1, 1, tzinfo=UTC)}, RejectionCode.INVALID),
        (
            {"starts_at": datetime(2001, 1, 1, tzinfo=UTC), "ends_at": datetime(2001, 1, 2, tzinfo=UTC)},
            RejectionCode.NOT_ALLOWED,
        ),
    ],
    ids=["no such type", "in the south", "backwards", "over"],
)
def test_what_cannot_be_booked(
    perform: Any, world: World, bookings: list[Booking], differing: Any, why: RejectionCode
) -> None:
    outcome = perform(booking_of(bookings, world, **differing))
    assert (outcome.state, outcome.rejection) == (ActionState.REJECTED, why)
    assert not world.effects.as_dict()


@pytest.fixture
def shaky(connector: Any, plain_http: Any, world: World) -> Any:
    """The connector before a partner whose answers get lost."""
    return connector(plain_http(rental.app(world), BASE))


@pytest.mark.parametrize(("lost", "took"), [(ONE_STOP, False), (OFF, True)], ids=["first", "second"])
def test_a_booking_is_made_once_whichever_answer_was_lost(
    shaky: Any, run: Any, world: World, bookings: list[Booking], *, lost: str, took: bool
) -> None:
    """What the first step left behind binds nobody, and is committed by the next attempt."""
    asked = booking_of(bookings, world)
    world.behaviour.replace((Rule(operations=(lost,), mode=Mode.TRUNCATED),))
    with pytest.raises(RetryLater):
        run(shaky.act(asked))
    world.behaviour.replace(())
    assert (run(shaky.trace(asked)) is not None) is took
    if not took:
        assert run(shaky.act(asked)).state is ActionState.CONFIRMED
        assert world.counters[ONE_STOP] == 1
    assert run(shaky.trace(asked)).state is ActionState.CONFIRMED
    assert world.effects.as_dict() == {"book_rental": 1}
