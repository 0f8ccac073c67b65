"""What an operator lets the hub change: a booking can be called off.

The API has no idempotency key, but a booking says whether it is cancelled: that is how an attempt is
traced whose answer was lost.
"""

from __future__ import annotations

from c360.contract import Action, ActionOutcome, ActionState, RejectionCode
from c360.errors import ConnectorError, SkipCustomer
from c360.records.rental import CancelBooking
from plugins.rental.client import REFUSALS, Client
from plugins.rental.payloads import WireBooking

_REJECTIONS = {400: RejectionCode.INVALID, 404: RejectionCode.NOT_FOUND, 410: RejectionCode.NOT_FOUND}


async def perform(client: Client, action: Action) -> ActionOutcome:
    """Call off a booking of the action's own customer.

    Raises:
        OutcomeUnknown: it was sent, and no answer came.
        ConnectorError: it has no effect.
    """
    booking_id = _booking_id(action)
    booking = await _own(client, action, booking_id)
    if booking is None:
        return ActionOutcome(state=ActionState.REJECTED, rejection=RejectionCode.NOT_FOUND)
    if booking.state == "CANCELLED":
        return ActionOutcome(state=ActionState.REJECTED, rejection=RejectionCode.CONFLICT)
    answer = await client.cancel(booking_id)
    if answer.status in REFUSALS:
        rejection = _REJECTIONS.get(answer.status, RejectionCode.NOT_ALLOWED)
        return ActionOutcome(state=ActionState.REJECTED, rejection=rejection)
    return ActionOutcome(state=ActionState.CONFIRMED, reference=booking_id)


async def trace(client: Client, action: Action) -> ActionOutcome | None:
    """Whether the booking is called off by now."""
    booking_id = _booking_id(action)
    booking = await _own(client, action, booking_id)
    if booking is None or booking.state != "CANCELLED":
        return None
    return ActionOutcome(state=ActionState.CONFIRMED, reference=booking_id)


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
