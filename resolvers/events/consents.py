"""Events about what customers agreed to."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from c360.access import Purpose
from resolvers.events.kinds import EventKind, Facts, GlobalId, Name


class ConsentFacts(Facts, frozen=True, kw_only=True):
    """What an event about a decision tells."""

    decision: Annotated[GlobalId, Meta(description="The decision, as `consentHistory` lists it.")]
    purpose: Annotated[
        Purpose | None, Meta(description="What for; none of a restriction, which holds for all.")
    ] = None
    channel: Annotated[Name | None, Meta(description="Through what; none for whatever.")] = None
    connector: Annotated[
        Name | None, Meta(description="Connector instance of the partner it is about; none for all.")
    ] = None


class ConsentGiven(ConsentFacts, frozen=True, kw_only=True):
    """What a ``consent.given`` tells."""


class ConsentWithdrawn(ConsentFacts, frozen=True, kw_only=True):
    """What a ``consent.withdrawn`` tells."""


KINDS = (
    EventKind(
        name="consent.given",
        facts=ConsentGiven,
        scope="consents:read",
        description="A customer agreed to something, or lifted an objection or a restriction.",
    ),
    EventKind(
        name="consent.withdrawn",
        facts=ConsentWithdrawn,
        scope="consents:read",
        description="A customer refused or took back a consent, objects, or had the processing restricted: "
        "stop at once what rested on it.",
    ),
)
