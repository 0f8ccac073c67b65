"""Endpoints and deliveries, as objects of the graph."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta

from c360.access import Principal
from resolvers.events.catalogue import CATALOGUE
from schema import ids
from schema.inputs import NodeId
from schema.permissions.scopes import Scope
from schema.shapes import Shape
from store.data_endpoints import DeliveryData, DeliveryFailure, DeliveryState, EndpointData, EndpointState

ENDPOINT, DELIVERY, EVENT = "EventEndpoint", "EventDelivery", "Event"
"""Names of the types, as global ids have them; an event itself goes by its own id."""


_SENT = (EndpointState.ENABLED, EndpointState.FAILING)


class EventEndpoint(Shape, frozen=True, kw_only=True):
    """An address outside of the hub to which events are delivered."""

    id: Annotated[NodeId, Meta(description="Id, to change it by.")]
    url: Annotated[str, Meta(description="The address.")]
    kinds: Annotated[
        tuple[str, ...],
        Meta(description="Kinds of event that it receives; empty: all that its owner may receive."),
    ]
    state: Annotated[EndpointState, Meta(description="Whether events are delivered.")]
    owner: Annotated[str, Meta(description="Subject of the token by which it was registered.")]
    created_at: Annotated[dt.datetime, Meta(description="When it was registered.")]
    failing_since: Annotated[
        dt.datetime | None,
        Meta(description="Of the first failure since a delivery arrived; null where the last one did."),
    ] = None
    withheld_kinds: Annotated[
        tuple[str, ...],
        Meta(
            description="Kinds of event that its owner may not receive any more: they are not sent, and what "
            "happens meanwhile is not sent later either."
        ),
    ] = ()
    pending: Annotated[int, Meta(description="Deliveries that wait.")] = 0
    dead: Annotated[int, Meta(description="Deliveries that were given up, as far as they are kept.")] = 0


class EventDelivery(Shape, frozen=True, kw_only=True):
    """An event on its way to an endpoint."""

    id: Annotated[NodeId, Meta(description="Id, to send it again by.")]
    endpoint_id: Annotated[NodeId, Meta(description="Id of the endpoint.")]
    event_id: Annotated[NodeId, Meta(description="Id of the event, as the delivery has it in `webhook-id`.")]
    kind: Annotated[str, Meta(description="Kind of the event.")]
    state: Annotated[DeliveryState, Meta(description="What became of it.")]
    attempts: Annotated[int, Meta(description="How often it was tried.")]
    created_at: Annotated[dt.datetime, Meta(description="When it was made out.")]
    next_at: Annotated[
        dt.datetime | None,
        Meta(description="When the next attempt is due, once those before it have ended; null: never."),
    ] = None
    last_at: Annotated[dt.datetime | None, Meta(description="When the last attempt ended.")] = None
    response_status: Annotated[
        int | None, Meta(description="Status of HTTP that the endpoint answered last.")
    ] = None
    failure: Annotated[DeliveryFailure | None, Meta(description="Why the last attempt failed.")] = None


def endpoint(found: EndpointData, counts: Mapping[DeliveryState, int]) -> EventEndpoint:
    """An endpoint as the graph shows it."""
    wanted = [
        kind for kind in found.kinds or CATALOGUE if CATALOGUE[kind].heard_by(found.scopes, found.purposes)
    ]
    withheld = tuple(
        kind for kind in wanted if not CATALOGUE[kind].heard_by(found.allowed, found.allowed_purposes)
    )
    nothing_left = bool(withheld) and len(withheld) == len(wanted)
    return EventEndpoint(
        id=ids.encode(ENDPOINT, found.id),
        url=found.url,
        kinds=found.kinds,
        state=EndpointState.UNAUTHORISED if nothing_left and found.state in _SENT else found.state,
        owner=found.owner,
        created_at=found.created_at,
        failing_since=found.failing_since,
        withheld_kinds=withheld,
        pending=counts.get(DeliveryState.PENDING, 0),
        dead=counts.get(DeliveryState.DEAD, 0),
    )


def delivery(found: DeliveryData) -> EventDelivery:
    """A delivery as the graph shows it."""
    return EventDelivery(
        id=ids.encode(DELIVERY, f"{found.endpoint_id}:{found.number}"),
        endpoint_id=ids.encode(ENDPOINT, found.endpoint_id),
        event_id=found.event_id,
        kind=found.kind,
        state=found.state,
        attempts=found.attempts,
        created_at=found.created_at,
        next_at=found.next_at,
        last_at=found.last_at,
        response_status=found.response_status,
        failure=found.failure,
    )


def manages(principal: Principal, found: EndpointData) -> bool:
    """Whether somebody comes to an endpoint: its owner, and who keeps the hub running."""
    return found.owner == principal.subject or Scope.OPERATIONS_READ.value in principal.scopes
