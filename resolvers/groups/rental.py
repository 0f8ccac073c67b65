"""What a customer's vehicle rentals add up to."""

from __future__ import annotations

from c360.records.rental import RentalBooking, RentalCharge, RentalStatus
from c360.values import Money
from resolvers.groups.base import Records
from resolvers.money import total
from resolvers.needs import needs
from resolvers.timeline import Moment, Timeline


def departs_at(rental: RentalBooking) -> Moment:
    """The departure, the actual one once it is known."""
    return rental.started_at or rental.starts_at


def invoiced_at(charge: RentalCharge) -> Moment:
    """When a charge was invoiced; not yet where it is still to be."""
    return charge.invoiced_at


RENTALS = Timeline(
    kind="rental.bookings", moment=departs_at, id_field="booking_id", back=365, ahead=365, moves=True
)
CHARGES = Timeline(
    kind="rental.charges", moment=invoiced_at, id_field="entry_id", back=365, ahead=0, moves=True
)


def _finished(records: Records) -> list[RentalBooking]:
    window = RENTALS.window(records.today)
    return [
        rental
        for rental in RENTALS.within(records.of("rental.bookings", RentalBooking), window)
        if rental.status is RentalStatus.FINISHED
    ]


@needs("rental.bookings")
def finished(records: Records) -> int:
    """Rentals of the past year that have ended."""
    return len(_finished(records))


@needs("rental.bookings")
def spend(records: Records) -> tuple[Money, ...]:
    """Prices of the rentals of the past year that have ended."""
    return total(rental.price for rental in _finished(records))
