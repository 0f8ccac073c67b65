"""What an operator of vehicles can be asked to do."""

from __future__ import annotations

from schema.mutations.actions.base import partner_mutation

ACTIONS = (
    partner_mutation(
        "rental.book",
        name="bookRental",
        text="Books a vehicle of a type, where the operator has exactly one offer that fits.",
    ),
    partner_mutation(
        "rental.cancel_booking",
        name="cancelRentalBooking",
        text="Calls off a booking of a vehicle that has not begun.",
    ),
)
