"""Events about who comes to which customer: what supervisors have to know at once."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import Meta

from resolvers.events.kinds import EventKind, Facts, GlobalId
from store.data_access import EmergencyVerdict


class AccessEmergency(Facts, frozen=True, kw_only=True):
    """What an ``access.emergency`` tells."""

    access: Annotated[GlobalId, Meta(description="The emergency access, for a person to review.")]
    until: Annotated[datetime, Meta(description="Until when the customer is open.")]


class AccessReviewed(Facts, frozen=True, kw_only=True):
    """What an ``access.reviewed`` tells."""

    access: Annotated[GlobalId, Meta(description="The emergency access.")]
    verdict: Annotated[EmergencyVerdict, Meta(description="Whether it was right.")]


KINDS = (
    EventKind(
        name="access.emergency",
        facts=AccessEmergency,
        scope="access:review",
        description="A customer was opened to somebody beyond their reach, and waits for a review.",
    ),
    EventKind(
        name="access.reviewed",
        facts=AccessReviewed,
        scope="access:review",
        description="A person reviewed an emergency access.",
    ),
)
