"""Events are sent to an endpoint again."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from msgspec import Meta

from resolvers.events.catalogue import CATALOGUE
from schema import ids
from schema.errors import ErrorCode, InputError
from schema.events.shapes import DELIVERY, EventDelivery, delivery
from schema.inputs import NodeId
from schema.mutations.base import MutationInput, Shown
from schema.mutations.endpoints.base import Changing, EndpointInput, EndpointOutcome, EndpointPayload
from schema.mutations.problems import EndpointProblem, ProblemCode, Refusal
from schema.ports import Unit
from store.errors_events import DeliveryUnknown

MOST_REPLAYED = 1_000
"""Events that can be named for a replay."""


class ReplayEventsInput(EndpointInput, frozen=True, kw_only=True):
    """Events that are to be sent again: one of the two is given."""

    since: Annotated[
        dt.datetime | None,
        Meta(
            description="Everything that happened from then on, as far back as it is kept, in its order; "
            "what waits still is sent as well."
        ),
    ] = None
    event_ids: Annotated[
        tuple[NodeId, ...] | None,
        Meta(description=f"These events, up to {MOST_REPLAYED:,}, in their order, behind those that wait."),
    ] = None


class ReplayEventsPayload(EndpointPayload, frozen=True, kw_only=True):
    """What sending events again did."""


class ReplayEvents(Changing):
    """Sends events again."""

    name = "replayEvents"
    description = (
        "Sends an endpoint events again that it has had, under their old ids: those from a moment on, or "
        "some by their ids. Events that are not kept any more are left out."
    )
    input_type = ReplayEventsInput
    payload_type = ReplayEventsPayload

    def check(self) -> None:
        """Check which of the two is given."""
        super().check()
        since, given = self.asked.since, self.asked.event_ids
        if (since is None) == (given is None):
            message = "Give either `since` or `eventIds`."
            raise InputError(message, code=ErrorCode.BAD_USER_INPUT, argument="input")
        if given is not None and not 1 <= len(given) <= MOST_REPLAYED:
            message = f"Name 1 to {MOST_REPLAYED:,} events."
            raise InputError(message, code=ErrorCode.LIMIT_EXCEEDED, argument="input.eventIds")
        if since is not None and since.tzinfo is None:
            message = "Give the moment with its zone."
            raise InputError(message, code=ErrorCode.BAD_USER_INPUT, argument="input.since")

    async def effect(self, unit: Unit) -> EndpointOutcome:
        """Go back to the moment, or make out deliveries of the events."""
        found = await self.held(unit)
        if self.asked.since is not None:
            earlier = min(found.position, await unit.outbox.place_at(self.asked.since))
            await unit.endpoints.move(self._id, earlier)
            return await self.outcome(unit, self._id)
        events = [
            event
            for event in await unit.outbox.get(self.asked.event_ids)
            if (kind := CATALOGUE.get(event.kind)) and kind.heard_by(found.allowed, found.allowed_purposes)
        ]
        await unit.deliveries.add(self._id, events)
        return await self.outcome(unit, self._id)


class RetryDeliveryInput(MutationInput, frozen=True, kw_only=True):
    """A delivery that was given up."""

    delivery_id: Annotated[NodeId, Meta(description="Id of the delivery.")]


class RetryDeliveryPayload(EndpointPayload, frozen=True, kw_only=True):
    """What sending a delivery again did."""

    delivery: Annotated[EventDelivery | None, Meta(description="The delivery, which waits again.")] = None


class RetryDelivery(Changing):
    """Sends a delivery again."""

    name = "retryDelivery"
    description = "Sends a delivery that was given up once more, before the later ones."
    input_type = RetryDeliveryInput
    payload_type = RetryDeliveryPayload

    def check(self) -> None:
        """Read the id."""
        local = ids.decode_as(DELIVERY, self.asked.delivery_id, argument="input.deliveryId")
        self._id, _, number = local.rpartition(":")
        self._number = int(number) if number.isdecimal() and len(number) <= 18 else 0

    async def effect(self, unit: Unit) -> EndpointOutcome:
        """Let it wait again."""
        path = ("input", "deliveryId")
        await self.held(unit, path)
        try:
            revived = await unit.deliveries.again(self._id, self._number)
        except DeliveryUnknown:
            message = "There is no such delivery that was given up: list `deliveries(state: DEAD)`."
            raise Refusal(
                EndpointProblem(message=message, path=path, code=ProblemCode.DELIVERY_NOT_DEAD)
            ) from None
        return await self.outcome(unit, self._id, delivery=revived)

    def payload(self, outcome: EndpointOutcome, shown: Shown) -> RetryDeliveryPayload:
        """The delivery and the endpoint."""
        return RetryDeliveryPayload(
            endpoint=self.shown(outcome),
            delivery=None if outcome.delivery is None else delivery(outcome.delivery),
        )
