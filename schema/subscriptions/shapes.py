"""What subscriptions answer, as types of the graph, each written once."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import Meta

from resolvers.events.customers import Aspect
from schema.identity.shapes import CustomerNode
from schema.inputs import NodeId
from schema.shapes import Shape
from schema.subscriptions.base import tellers_of
from store.data_events import EventData

MOST_EVENTS = 50
"""Events that one answer names; beyond it, what it shows has changed that often."""

_CURSOR = (
    "Give it as `after` when you subscribe again, and nothing is missed. Over server-sent events it is the "
    "event's id as well."
)


class Happening(Shape, frozen=True, kw_only=True):
    """Something that happened, as the event catalogue has it."""

    id: Annotated[NodeId, Meta(description="Id of the event, the same wherever it is told.")]
    kind: Annotated[str, Meta(description="Its kind in the event catalogue, such as `customer.changed`.")]
    at: Annotated[datetime, Meta(description="When it happened.")]
    aspects: Annotated[
        tuple[Aspect, ...],
        Meta(description="What of the customer is no longer what it was; empty where that is not known."),
    ] = ()
    connectors: Annotated[
        tuple[NodeId, ...], Meta(description="Connector instances of the partners that told of it.")
    ] = ()


class CustomerChange(Shape, frozen=True, kw_only=True):
    """A customer, after something about it changed."""

    cursor: Annotated[str, Meta(description=_CURSOR)]
    events: Annotated[
        tuple[Happening, ...],
        Meta(
            description=f"What happened since the last answer, in its order; the latest {MOST_EVENTS} where "
            "it is more, and empty in an answer that no event caused."
        ),
    ] = ()
    customer: Annotated[
        CustomerNode | None,
        Meta(
            description="The customer as it is now. Null where it was erased or is not yours to see any "
            "more: then nothing else comes."
        ),
    ] = None


class InteractionStart(Shape, frozen=True, kw_only=True):
    """A customer got in touch, or was got in touch with."""

    cursor: Annotated[str, Meta(description=_CURSOR)]
    interaction_id: Annotated[NodeId, Meta(description="Id of the interaction.")]
    agent: Annotated[str | None, Meta(description="Who takes it, where that was told.")] = None
    queue: Annotated[str | None, Meta(description="Where it waits or waited, where that was told.")] = None
    at: Annotated[datetime, Meta(description="When the hub was told of it.")]
    customer: Annotated[CustomerNode | None, Meta(description="Whom it is with, where that is known.")] = None


class JobProgress(Shape, frozen=True, kw_only=True):
    """How far long work has come."""

    cursor: Annotated[str, Meta(description=_CURSOR)]
    job_id: Annotated[NodeId, Meta(description="The job.")]
    done: Annotated[int, Meta(description="Units of work that are done.")]
    total: Annotated[int | None, Meta(description="Units of work in all, where known.")] = None
    finished: Annotated[bool, Meta(description="Whether it has ended: then nothing else comes.")] = False


def happening(event: EventData) -> Happening:
    """An event as a subscription shows it."""
    return Happening(
        id=event.id,
        kind=event.kind,
        at=event.at,
        aspects=tuple(Aspect(one) for one in event.data.get("aspects", ())),
        connectors=tuple(sorted(tellers_of(event))),
    )
