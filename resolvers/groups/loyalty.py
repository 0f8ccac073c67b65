"""What a customer has earned in loyalty programmes. Points of two programmes are never added."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from c360.records.loyalty import LoyaltyEvent, Membership
from c360.values import Value
from resolvers.groups.base import Records
from resolvers.needs import needs
from resolvers.timeline import Moment, Timeline


def occurred_at(event: LoyaltyEvent) -> Moment:
    """When points changed."""
    return event.occurred_at


ACTIVITY = Timeline(kind="loyalty.activity", moment=occurred_at, id_field="event_id")


class ProgramPoints(Value, frozen=True, kw_only=True):
    """Points of one programme, over all memberships in it."""

    program_id: Annotated[str, Meta(description="The programme.")]
    points: Annotated[int, Meta(description="Points that can be spent.")]
    lifetime_points: Annotated[int, Meta(description="Points earned since enrolment.")]


@needs("loyalty.memberships")
def points(records: Records) -> tuple[ProgramPoints, ...]:
    """Points per programme."""
    sums: dict[tuple[str, str], tuple[int, int]] = {}
    for one in records.of("loyalty.memberships", Membership):
        now, ever = sums.get((one.connector, one.program_id), (0, 0))
        sums[one.connector, one.program_id] = (now + (one.points or 0), ever + (one.lifetime_points or 0))
    return tuple(
        ProgramPoints(program_id=program, points=now, lifetime_points=ever)
        for (_, program), (now, ever) in sorted(sums.items())
    )
