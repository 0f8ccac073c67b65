"""What the vehicle rentals of a customer add up to. Pure."""

from __future__ import annotations

from c360.records.rental import ChargeCategory, RentalBooking, RentalCharge, RentalStatus
from resolvers.groups.base import Records
from resolvers.groups.rental import departs_at
from resolvers.needs import needs
from resolvers.summaries.figures import THREE_YEARS, Figures, count, day_of, joined, within
from resolvers.summaries.measures import Line, Measure
from resolvers.summaries.purchases import Purchase, purchases

_USED = frozenset({RentalStatus.STARTED, RentalStatus.FINISHED})
_HARM = frozenset({ChargeCategory.DAMAGE, ChargeCategory.LOSS, ChargeCategory.STOLEN, ChargeCategory.FINE})


@needs("rental.bookings")
def rentals(records: Records) -> Figures:
    """Purchases are the rentals that began, on the day of departure, at the price of all legs."""
    found = [
        Purchase(on=on, amount=rental.price)
        for rental in records.of("rental.bookings", RentalBooking)
        if rental.status in _USED and (on := day_of(departs_at(rental))) is not None
    ]
    return purchases(Line.RENTAL, found, records.today)


@needs("rental.bookings")
def fates(records: Records) -> Figures:
    """What became of the bookings, by the day of departure. What was never confirmed is no booking.

    The standard has no word for a customer who does not turn up, so that no-shows are not known.
    """
    found = [
        rental.status
        for rental in records.of("rental.bookings", RentalBooking)
        if (rental.status in _USED or rental.status is RentalStatus.CANCELLED)
        and within(day_of(departs_at(rental)), records.today, THREE_YEARS)
    ]
    return joined(
        count(Line.RENTAL, Measure.TRIPS_36M, len(found)),
        count(Line.RENTAL, Measure.CANCELLED_36M, found.count(RentalStatus.CANCELLED)),
    )


@needs("rental.charges")
def damages(records: Records) -> Figures:
    """Entries of the journal for harm, by the day of their invoice; those to be invoiced yet are of now."""
    found = [
        charge
        for charge in records.of("rental.charges", RentalCharge)
        if charge.category in _HARM
        and within(day_of(charge.invoiced_at) or records.today, records.today, THREE_YEARS)
    ]
    return count(Line.RENTAL, Measure.DAMAGES_36M, len(found))
