"""Events about what people and the hub do for customers: contests, offers, interactions, long jobs."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from c360.access import Purpose
from resolvers.events.kinds import Actor, EventKind, Facts, GlobalId, Name
from store.data_actions import PartnerActionState
from store.data_contests import ContestVerdict
from store.data_offers import OfferEventKind


class ContestOpened(Facts, frozen=True, kw_only=True):
    """What a ``contest.opened`` tells."""

    contest: Annotated[GlobalId, Meta(description="The contest, for a person to decide.")]


class ContestDecided(Facts, frozen=True, kw_only=True):
    """What a ``contest.decided`` tells."""

    contest: Annotated[GlobalId, Meta(description="The contest.")]
    verdict: Annotated[ContestVerdict, Meta(description="Whether the score stands.")]


class OfferResponded(Facts, frozen=True, kw_only=True):
    """What an ``offer.responded`` tells."""

    product: Annotated[Name, Meta(description="Id of the product in the catalogue.")]
    event: Annotated[OfferEventKind, Meta(description="What became of the offer.")]


class InteractionStarted(Facts, frozen=True, kw_only=True):
    """What an ``interaction.started`` tells."""

    interaction: Annotated[GlobalId, Meta(description="The interaction.")]
    agent: Annotated[Actor | None, Meta(description="Id of the agent who takes it, where that is an id.")] = (
        None
    )
    queue: Annotated[Name | None, Meta(description="Name of the queue that it comes by, where known.")] = None


class ActionChanged(Facts, frozen=True, kw_only=True):
    """What an ``action.changed`` tells."""

    action: Annotated[GlobalId, Meta(description="The action.")]
    kind: Annotated[Name, Meta(description="Its kind, such as `loyalty.adjust_points`.")]
    connector: Annotated[Name, Meta(description="Connector instance of the partner.")]
    state: Annotated[PartnerActionState, Meta(description="Where it stands.")]
    human_asked: Annotated[
        bool, Meta(description="Whether a person was asked to find out what became of it.")
    ] = False


class JobProgress(Facts, frozen=True, kw_only=True):
    """What a ``job.progress`` tells."""

    job: Annotated[Name, Meta(description="Name of the job.")]
    done: Annotated[int, Meta(description="Units of work that are done.", ge=0)]
    total: Annotated[
        Annotated[int, Meta(ge=0)] | None, Meta(description="Units of work in all, where known.")
    ] = None
    finished: Annotated[bool, Meta(description="Whether it has come to its end.")] = False


KINDS = (
    EventKind(
        name="contest.opened",
        facts=ContestOpened,
        scope="risk:read",
        description="A score was contested and waits for a person.",
    ),
    EventKind(
        name="contest.decided",
        facts=ContestDecided,
        scope="risk:read",
        description="A person decided a contested score.",
    ),
    EventKind(
        name="offer.responded",
        facts=OfferResponded,
        scope="offers:read",
        description="It was recorded what became of an offer.",
        purposes=frozenset({Purpose.SERVICE, Purpose.MARKETING}),
    ),
    EventKind(
        name="interaction.started",
        facts=InteractionStarted,
        scope="interactions:read",
        description="A customer got in touch, or was: a call, a chat, a visit began.",
    ),
    EventKind(
        name="action.changed",
        facts=ActionChanged,
        scope="workorders:read",
        description="A partner was asked to do something, or it became known what became of that.",
    ),
    EventKind(
        name="job.progress",
        facts=JobProgress,
        scope="bulk:write",
        description="Long work got on, or ended.",
    ),
)
