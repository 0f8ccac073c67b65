"""What an operator lets the hub change: a vehicle can be booked, and a booking be called off.

The API has no idempotency key. A booking says whether it is cancelled, and a customer's booking of the same
type of vehicle from and to the same moment is the one that was asked for: that is how an attempt is traced
whose answer was lost. So nothing is booked that a customer has already. A booking is made in two steps, of
which the first binds nobody: what a lost attempt left behind is committed by the next one, or expires.
"""

from __future__ import annotations

from datetime import timedelta

from c360.contract import Action, ActionOutcome, ActionState, RejectionCode
from c360.errors import ConnectorError, OutcomeUnknown, PartnerFault, SkipCustomer
from c360.http import Response
from c360.records.rental import BookRental, CancelBooking
from plugins.rental.client import REFUSALS, Client
from plugins.rental.payloads import WireBooking

_REJECTIONS = {
    400: RejectionCode.INVALID,
    404: RejectionCode.NOT_FOUND,
    406: RejectionCode.INSUFFICIENT,
    410: RejectionCode.NOT_FOUND,
}
_BOUND = {
    "CONFIRMED": ActionState.CONFIRMED,
    "STARTED": ActionState.CONFIRMED,
    "FINISHED": ActionState.CONFIRMED,
    "CONDITIONAL_CONFIRMED": ActionState.PENDING,
}
"""States of a booking that binds, and what that makes of the action that asked for it."""
_MOMENT = timedelta(minutes=1)


async def perform(client: Client, action: Action) -> ActionOutcome:
    """Book a vehicle for the action's own customer, or call off a booking of theirs.

    Raises:
        OutcomeUnknown: it was sent, and no answer came.
        ConnectorError: it has no effect.
    """
    if isinstance(action.input, BookRental):
        return await _book(client, action, action.input)
    booking_id = _booking_id(action)
    booking = await _own(client, action, booking_id)
    if booking is None:
        return _rejected(RejectionCode.NOT_FOUND)
    if booking.state == "CANCELLED":
        return _rejected(RejectionCode.CONFLICT)
    answer = await client.cancel(booking_id)
    if answer.status in REFUSALS:
        return _refused(answer)
    return ActionOutcome(state=ActionState.CONFIRMED, reference=booking_id)


async def trace(client: Client, action: Action) -> ActionOutcome | None:
    """Whether the vehicle is booked, or the booking called off, by now."""
    if isinstance(action.input, BookRental):
        found = await _same(client, action, action.input)
        return next((_outcome(each) for each in found if each.state in _BOUND), None)
    booking_id = _booking_id(action)
    booking = await _own(client, action, booking_id)
    if booking is None or booking.state != "CANCELLED":
        return None
    return ActionOutcome(state=ActionState.CONFIRMED, reference=booking_id)


async def _book(client: Client, action: Action, wanted: BookRental) -> ActionOutcome:
    if wanted.ends_at <= wanted.starts_at or wanted.latitude < 0 or wanted.longitude < 0:
        return _rejected(RejectionCode.INVALID)  # the API has no place south or west of null
    found = await _same(client, action, wanted)
    if any(each.state in _BOUND for each in found):
        return _rejected(RejectionCode.CONFLICT)
    pending = next((each for each in found if each.state == "PENDING"), None)
    if pending is None:
        answer = await client.propose(action.ref.party_id, wanted)
        if answer.status in REFUSALS:
            return _refused(answer)
        pending = answer.decode(WireBooking)
    if pending.id is None:
        raise PartnerFault("a booking was made without an id")
    answer = await client.commit(pending.id)
    if answer.status in REFUSALS:
        return _refused(answer)
    try:
        committed = answer.decode(WireBooking)
    except PartnerFault as fault:
        raise OutcomeUnknown(f"it was committed, but the answer cannot be read: {fault}") from None
    if committed.state not in _BOUND:
        raise OutcomeUnknown("a booking that was committed does not say that it binds")
    return _outcome(committed)


async def _same(client: Client, action: Action, wanted: BookRental) -> list[WireBooking]:
    """The customer's bookings of the same type of vehicle from and to the same moment."""
    around = await client.bookings(wanted.starts_at, wanted.starts_at + _MOMENT)
    return [
        each
        for each in around
        if each.customer
        and each.customer.id == action.ref.party_id
        and (each.departure_time, each.arrival_time) == (wanted.starts_at, wanted.ends_at)
        and each.main_asset_type
        and each.main_asset_type.id == wanted.asset_type_id
    ]


def _outcome(booking: WireBooking) -> ActionOutcome:
    return ActionOutcome(state=_BOUND[booking.state or ""], reference=booking.id)


def _refused(answer: Response) -> ActionOutcome:
    return _rejected(_REJECTIONS.get(answer.status, RejectionCode.NOT_ALLOWED))


def _rejected(why: RejectionCode) -> ActionOutcome:
    return ActionOutcome(state=ActionState.REJECTED, rejection=why)


async def _own(client: Client, action: Action, booking_id: str) -> WireBooking | None:
    """The booking, where the customer has one of that id."""
    try:
        booking = await client.booking(booking_id)
    except SkipCustomer:
        return None
    owner = booking.customer.id if booking.customer else None
    return booking if owner == action.ref.party_id else None


def _booking_id(action: Action) -> str:
    if not isinstance(action.input, CancelBooking):
        raise ConnectorError(f"{action.kind} is not an action of this connector")
    return action.input.booking_id
