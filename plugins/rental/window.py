"""Which records fall into the window of dates that a need carries."""

from __future__ import annotations

from datetime import datetime

from c360.contract import Need
from c360.records.rental import RentalBooking, RentalCharge


def rented_within(need: Need, rental: RentalBooking) -> bool:
    """Whether the rental overlaps the window; a missing end of either leaves that side open."""
    return _overlaps(need, rental.started_at or rental.starts_at, rental.ended_at or rental.ends_at)


def charged_within(need: Need, charge: RentalCharge, rental: RentalBooking) -> bool:
    """Whether the charge was invoiced in the window, or until then, whether its rental overlaps it."""
    if charge.invoiced_at is None:
        return rented_within(need, rental)
    return _overlaps(need, charge.invoiced_at, charge.invoiced_at)


def _overlaps(need: Need, start: datetime | None, end: datetime | None) -> bool:
    """Days are those of the zone that the operator states."""
    begins_too_late = start is not None and need.until is not None and start.date() > need.until
    ends_too_early = end is not None and need.since is not None and end.date() < need.since
    return not (begins_too_late or ends_too_early)
