"""What the stays of a guest add up to. Pure."""

from __future__ import annotations

from c360.records.hotel import Stay, StayStatus
from resolvers.groups.base import Records
from resolvers.needs import needs
from resolvers.summaries.figures import THREE_YEARS, Figures, count, joined, within
from resolvers.summaries.measures import Line, Measure
from resolvers.summaries.purchases import Purchase, purchases

_CAME = frozenset({StayStatus.CHECKED_IN, StayStatus.CHECKED_OUT})
_DECIDED = _CAME | {StayStatus.CANCELLED, StayStatus.NO_SHOW}


def _booked(records: Records) -> list[Stay]:
    """Stays up to now that the guest booked, and did not just come along to."""
    return [
        stay
        for stay in records.of("hotel.stays", Stay)
        if stay.main_guest is not False and stay.check_in <= records.today
    ]


@needs("hotel.stays")
def stays(records: Records) -> Figures:
    """Purchases are the stays that the guest came for, on the day of arrival, at their grand total."""
    found = [
        Purchase(on=stay.check_in, amount=stay.total) for stay in _booked(records) if stay.status in _CAME
    ]
    return purchases(Line.HOTEL, found, records.today)


@needs("hotel.stays")
def fates(records: Records) -> Figures:
    """What became of the bookings, by the day of arrival. Those that are not decided yet are left out."""
    found = [
        stay.status
        for stay in _booked(records)
        if stay.status in _DECIDED and within(stay.check_in, records.today, THREE_YEARS)
    ]
    return joined(
        count(Line.HOTEL, Measure.TRIPS_36M, len(found)),
        count(Line.HOTEL, Measure.CANCELLED_36M, found.count(StayStatus.CANCELLED)),
        count(Line.HOTEL, Measure.NO_SHOWS_36M, found.count(StayStatus.NO_SHOW)),
    )
