"""What a customer's stays at hotels add up to."""

from __future__ import annotations

from c360.records.hotel import Stay, StayStatus
from c360.values import Money
from resolvers.groups.base import Records
from resolvers.money import total
from resolvers.needs import needs
from resolvers.timeline import Moment, Timeline


def arrives_on(stay: Stay) -> Moment:
    """The day of arrival, in the hotel's own time."""
    return stay.check_in


STAYS = Timeline(
    kind="hotel.stays",
    moment=arrives_on,
    id_field="reservation_id",
    back=365,
    ahead=365,
    moves=True,
)


def _stays(records: Records) -> tuple[Stay, ...]:
    return STAYS.within(records.of("hotel.stays", Stay), STAYS.window(records.today))


def _completed(records: Records) -> list[Stay]:
    return [stay for stay in _stays(records) if stay.status is StayStatus.CHECKED_OUT]


@needs("hotel.stays")
def nights(records: Records) -> int:
    """Nights of the stays of the past year that have ended."""
    return sum(max(0, (stay.check_out - stay.check_in).days) for stay in _completed(records))


@needs("hotel.stays")
def spend(records: Records) -> tuple[Money, ...]:
    """Grand totals of the stays of the past year that have ended."""
    return total(stay.total for stay in _completed(records))


@needs("hotel.stays")
def outstanding(records: Records) -> tuple[Money, ...]:
    """What is still to be paid for stays that are not cancelled, a year back and ahead."""
    gone = {StayStatus.CANCELLED, StayStatus.NO_SHOW}
    return total(stay.balance for stay in _stays(records) if stay.status not in gone)
