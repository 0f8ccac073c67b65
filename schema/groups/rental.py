"""Car and vehicle rental in the graph."""

from __future__ import annotations

from resolvers.groups import rental
from schema.groups.base import Group, RecordConnection, Total

GROUP = Group(
    domain="rental",
    description="Rentals of cars and other vehicles at every linked operator.",
    main="rental.bookings",
    connections=(
        RecordConnection(
            name="rentals",
            timeline=rental.RENTALS,
            description="Bookings past and to come, by departure, the latest first.",
        ),
        RecordConnection(
            name="charges",
            timeline=rental.CHARGES,
            description="Journal entries for all bookings, newest first; those not invoiced yet come first.",
        ),
    ),
    totals=(Total(name="finished", compute=rental.finished), Total(name="spend", compute=rental.spend)),
)
