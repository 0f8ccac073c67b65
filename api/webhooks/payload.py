"""What an endpoint is sent, and which events it is sent at all."""

from __future__ import annotations

import msgspec

from resolvers.events.catalogue import CATALOGUE
from resolvers.events.kinds import EventKind
from schema import ids
from schema.identity.answers import CUSTOMER
from store.data_endpoints import EndpointData
from store.data_events import EventData


def body(event: EventData) -> bytes:
    """The body of a delivery: the same bytes whenever the event is sent."""
    return msgspec.json.encode(
        {
            "id": event.id,
            "type": event.kind,
            "version": event.version,
            "timestamp": event.at,
            "sequence": event.sequence,
            "customers": [ids.encode(CUSTOMER, one) for one in event.customer_ids],
            "data": event.data,
        }
    )


def wants(endpoint: EndpointData, event: EventData) -> bool:
    """Whether an endpoint receives an event: it asked for the kind, and its owner may know of it."""
    kind = CATALOGUE.get(event.kind)
    if kind is None:  # written by a newer version of the program
        return False
    return (not endpoint.kinds or event.kind in endpoint.kinds) and _told(endpoint, kind)


def may_have(endpoint: EndpointData, event: EventData) -> bool:
    """Whether an event that was made out may still be sent: its owner may have lost what it takes since."""
    kind = CATALOGUE.get(event.kind)
    return kind is None or _told(endpoint, kind)


def _told(endpoint: EndpointData, kind: EventKind) -> bool:
    return kind.heard_by(endpoint.allowed, endpoint.allowed_purposes)
