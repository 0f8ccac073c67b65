"""What all mutations of endpoints share: which one it is, whose it is, and how it is shown."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Annotated, Any

from msgspec import Meta

from schema import ids
from schema.events.shapes import ENDPOINT, EventEndpoint, endpoint, manages
from schema.inputs import NodeId
from schema.mutations.base import Concerns, Mutation, MutationInput, Outcome, Payload, Shown
from schema.mutations.problems import NotFoundProblem, Refusal
from schema.permissions.rules import needs
from schema.permissions.scopes import Scope
from schema.ports import Unit
from store.data_endpoints import DeliveryData, DeliveryState, EndpointData
from store.errors_events import EndpointUnknown


class EndpointInput(MutationInput, frozen=True, kw_only=True):
    """An endpoint that is to be changed."""

    endpoint_id: Annotated[NodeId, Meta(description="Id of the endpoint.")]


class EndpointOutcome(Outcome, frozen=True, kw_only=True):
    """An endpoint as it is now."""

    endpoint: EndpointData
    pending: int = 0
    dead: int = 0
    until: dt.datetime | None = None
    delivery: DeliveryData | None = None


class EndpointPayload(Payload, frozen=True, kw_only=True):
    """What became of an endpoint."""

    endpoint: Annotated[EventEndpoint | None, Meta(description="The endpoint as it was left.")] = None


class SecretPayload(EndpointPayload, frozen=True, kw_only=True):
    """An endpoint and what its deliveries are signed with."""

    secret: Annotated[
        str | None,
        Meta(
            description="What deliveries are signed with, shown this once: keep it like a password. Null "
            "where the same request was sent again; rotate it where it got lost."
        ),
    ] = None


class EndpointMutation(Mutation):
    """Does something with one endpoint."""

    outcome_type = EndpointOutcome
    rule = needs(Scope.ENDPOINTS_WRITE)

    def concerns(self, outcome: EndpointOutcome) -> Concerns:
        """Nobody."""
        return Concerns()

    def audit_detail(self, outcome: EndpointOutcome) -> dict[str, str]:
        """Which endpoint."""
        return {"endpoint": outcome.endpoint.id}

    def payload(self, outcome: EndpointOutcome, shown: Shown) -> Payload:
        """The endpoint."""
        return self.payload_type(endpoint=self.shown(outcome))  # type: ignore[call-arg]  # they have the field

    @staticmethod
    def shown(outcome: EndpointOutcome) -> EventEndpoint:
        """The endpoint as the graph shows it."""
        counts = {DeliveryState.PENDING: outcome.pending, DeliveryState.DEAD: outcome.dead}
        return endpoint(outcome.endpoint, counts)

    async def outcome(self, unit: Unit, endpoint_id: str, **more: Any) -> EndpointOutcome:
        """The endpoint as it is now."""
        found = (await unit.endpoints.get([endpoint_id]))[endpoint_id]
        counts = (await unit.deliveries.counts([endpoint_id])).get(endpoint_id, {})
        return EndpointOutcome(
            endpoint=found,
            pending=counts.get(DeliveryState.PENDING, 0),
            dead=counts.get(DeliveryState.DEAD, 0),
            **more,
        )


class Changing(EndpointMutation):
    """Changes an endpoint that there is."""

    def check(self) -> None:
        """Read the id."""
        self._id = ids.decode_as(ENDPOINT, self.asked.endpoint_id, argument="input.endpointId")

    async def held(self, unit: Unit, path: Sequence[str] = ("input", "endpointId")) -> EndpointData:
        """The endpoint, which nobody else changes meanwhile.

        Raises:
            Refusal: the caller has none of that id.
        """
        message = "You have no such endpoint: list `endpoints`."
        missing = Refusal(NotFoundProblem(message=message, path=tuple(path)))
        try:
            found = await unit.endpoints.held(self._id)
        except EndpointUnknown:
            raise missing from None
        if not manages(self.access.principal, found):
            raise missing
        return found
