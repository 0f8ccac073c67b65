"""What a member's activity in loyalty programmes adds up to. Pure."""

from __future__ import annotations

from c360.records.loyalty import LoyaltyEvent, LoyaltyEventKind, Membership
from resolvers.groups.base import Records
from resolvers.needs import needs
from resolvers.summaries.figures import Figures, count, joined
from resolvers.summaries.measures import Line, Measure
from resolvers.summaries.purchases import Purchase, frequency

_BOUGHT = frozenset(
    {
        LoyaltyEventKind.ACCUMULATE,
        LoyaltyEventKind.ACCUMULATE_PROMOTION,
        LoyaltyEventKind.REDEEM_REWARD,
    }
)
"""What happens at a purchase. Points set aside, adjusted by hand or lapsed are none."""


@needs("loyalty.memberships")
def memberships(records: Records) -> Figures:
    """Memberships, and the points that can be spent: not known where no programme tells them."""
    found = records.of("loyalty.memberships", Membership)
    told = [one.points for one in found if one.points is not None]
    points = count(Line.LOYALTY, Measure.POINTS, sum(told)) if told or not found else ()
    return joined(count(Line.LOYALTY, Measure.CONTRACTS, len(found)), points)


@needs("loyalty.activity")
def activity(records: Records) -> Figures:
    """Days with purchases. What was paid is the till's to know: the programme tells points alone."""
    found = (
        Purchase(on=event.occurred_at.date())
        for event in records.of("loyalty.activity", LoyaltyEvent)
        if event.kind in _BOUGHT
    )
    return frequency(Line.LOYALTY, found, records.today)
