"""What the store takes and gives of endpoints: addresses outside of the hub to which events are delivered."""

from __future__ import annotations

import enum
from datetime import datetime

import msgspec

from c360.access import Purpose


class EndpointState(enum.Enum):
    """Whether events are delivered to an endpoint."""

    ENABLED = "ENABLED"
    """They are."""
    PAUSED = "PAUSED"
    """Its owner paused it: nothing is sent, and what happens meanwhile is sent once it is resumed, as far
    back as events are kept."""
    FAILING = "FAILING"
    """They are, but none has arrived for an hour or longer."""
    DISABLED = "DISABLED"
    """It answered that it is gone, or nothing arrived for days: nothing is sent until it is resumed."""
    UNAUTHORISED = "UNAUTHORISED"
    """Its owner may receive nothing of what it asked for any more: what happens meanwhile is not sent."""


class DeliveryState(enum.Enum):
    """What became of a delivery."""

    PENDING = "PENDING"
    """It waits for its turn, or for its next attempt."""
    DELIVERED = "DELIVERED"
    """The endpoint answered that it has it."""
    DEAD = "DEAD"
    """It was given up; `retryDelivery` or `replayEvents` sends it again."""


class DeliveryFailure(enum.Enum):
    """Why an attempt failed."""

    TIMEOUT = "TIMEOUT"
    """The endpoint did not answer in time."""
    CONNECTION = "CONNECTION"
    """There was no connection, or it broke; TLS counts."""
    ADDRESS = "ADDRESS"
    """The address leads to where the hub may not deliver, such as into a private network."""
    REDIRECT = "REDIRECT"
    """It answered with a redirect, and none is followed."""
    STATUS = "STATUS"
    """It answered with another status than 200 to 299."""
    GONE = "GONE"
    """It answered 410: it wants no more events."""
    FORGOTTEN = "FORGOTTEN"
    """The event is not kept any more."""
    NOT_ALLOWED = "NOT_ALLOWED"
    """The endpoint's owner may not receive such events any more: it was not sent."""


class EndpointDraft(msgspec.Struct, frozen=True, kw_only=True):
    """An endpoint as it is registered."""

    url: str
    kinds: tuple[str, ...]
    """Kinds of event that it receives; none: all that its owner may receive."""
    owner: str
    """Who registered it."""
    client: str = ""
    """By which application."""
    scopes: tuple[str, ...]
    """What the owner may do: no event is sent that needs more."""
    purposes: tuple[Purpose, ...]
    """What for: no event is sent that is told for others alone."""


class EndpointData(EndpointDraft, frozen=True, kw_only=True):
    """An endpoint."""

    id: str
    state: EndpointState
    position: int
    """Place in the outbox up to which deliveries are made out."""
    created_at: datetime
    failing_since: datetime | None = None
    """Of the first failure since something arrived."""
    lost: tuple[str, ...] = ()
    """Scopes that its owner had when it was registered, and has no more."""
    lost_purposes: tuple[Purpose, ...] = ()
    """Purposes likewise."""
    seen_at: datetime | None = None
    """When it was seen last what its owner may do; none: when it was registered."""

    @property
    def allowed(self) -> frozenset[str]:
        """Scopes whose events it may be sent."""
        return frozenset(self.scopes).difference(self.lost)

    @property
    def allowed_purposes(self) -> frozenset[Purpose]:
        """Purposes for one of which its events have to be told."""
        return frozenset(self.purposes).difference(self.lost_purposes)


class DeliveryData(msgspec.Struct, frozen=True, kw_only=True):
    """An event on its way to an endpoint."""

    endpoint_id: str
    number: int
    """Its turn among those of the endpoint."""
    event_id: str
    sequence: int
    """The event's place in the outbox."""
    kind: str
    state: DeliveryState
    created_at: datetime
    attempts: int = 0
    next_at: datetime | None = None
    """When the next attempt is due, at the earliest; none once it has ended."""
    last_at: datetime | None = None
    response_status: int | None = None
    """What the endpoint answered last."""
    failure: DeliveryFailure | None = None
    """Why the last attempt failed."""


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """How an attempt ended."""

    at: datetime
    response_status: int | None = None
    failure: DeliveryFailure | None = None
    """None where it arrived."""
    next_at: datetime | None = None
    """When to try again; none: never."""

    @property
    def state(self) -> DeliveryState:
        """What becomes of the delivery."""
        if self.failure is None:
            return DeliveryState.DELIVERED
        return DeliveryState.DEAD if self.next_at is None else DeliveryState.PENDING


class DeliveryPage(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of the deliveries to an endpoint."""

    deliveries: tuple[DeliveryData, ...]
    cursors: tuple[str, ...]
    """One per delivery: where to go on from."""
    has_next: bool
    has_previous: bool = False


class SigningSecret(msgspec.Struct, frozen=True, kw_only=True):
    """What deliveries to an endpoint are signed with. Never shown but to who made it."""

    value: str
    until: datetime | None = None
    """When it ends, where another took its place."""

    def __repr__(self) -> str:
        return "SigningSecret(…)"
