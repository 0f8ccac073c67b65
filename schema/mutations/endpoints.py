"""Where events are delivered: registered, paused, resumed, removed, its secret rotated, events sent again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Annotated, Any

from msgspec import Meta

from c360.access import Reach
from c360.addresses import AddressRefused
from resolvers.events import signing
from resolvers.events.catalogue import CATALOGUE
from schema import ids
from schema.errors import ErrorCode, InputError
from schema.events.shapes import DELIVERY, ENDPOINT, EventDelivery, EventEndpoint, delivery, endpoint, manages
from schema.inputs import NodeId
from schema.mutations.base import Concerns, Mutation, MutationInput, Outcome, Payload, Shown
from schema.mutations.problems import EndpointProblem, InputProblem, NotFoundProblem, ProblemCode, Refusal
from schema.permissions.rules import needs
from schema.permissions.scopes import Scope
from schema.ports import Unit
from store.data_endpoints import DeliveryData, DeliveryState, EndpointData, EndpointDraft, EndpointState
from store.errors_events import DeliveryUnknown, EndpointUnknown, TooManyEndpoints

LONGEST_URL = 2_000
MOST_REPLAYED = 1_000
"""Events that can be named for a replay."""
OVERLAP = dt.timedelta(hours=24)
"""For how long both secrets are valid when one takes the place of another."""


class EndpointInput(MutationInput, frozen=True, kw_only=True):
    """An endpoint that is to be changed."""

    endpoint_id: Annotated[NodeId, Meta(description="Id of the endpoint.")]


class RegisterEndpointInput(MutationInput, frozen=True, kw_only=True):
    """An address to which events are to be delivered."""

    url: Annotated[
        str,
        Meta(
            description=f"The address, https:// unless the operator allows otherwise; up to {LONGEST_URL:,} "
            "characters, without a user or a password."
        ),
    ]
    kinds: Annotated[
        tuple[str, ...],
        Meta(
            description="Kinds of event, such as `customer.changed`; empty: all that the caller may receive."
        ),
    ] = ()


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


class RetryDeliveryInput(MutationInput, frozen=True, kw_only=True):
    """A delivery that was given up."""

    delivery_id: Annotated[NodeId, Meta(description="Id of the delivery.")]


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


class RegisterEndpointPayload(SecretPayload, frozen=True, kw_only=True):
    """What registering an endpoint did."""


class RotateEndpointSecretPayload(SecretPayload, frozen=True, kw_only=True):
    """What rotating a secret did."""

    overlap_until: Annotated[
        dt.datetime | None, Meta(description="Until when deliveries are signed with the old one as well.")
    ] = None


class PauseEndpointPayload(EndpointPayload, frozen=True, kw_only=True):
    """What pausing an endpoint did."""


class ResumeEndpointPayload(EndpointPayload, frozen=True, kw_only=True):
    """What resuming an endpoint did."""


class RemoveEndpointPayload(Payload, frozen=True, kw_only=True):
    """What removing an endpoint did."""

    removed_id: Annotated[
        NodeId | None, Meta(description="Id of the endpoint, which is no more, nor are its deliveries.")
    ] = None


class ReplayEventsPayload(EndpointPayload, frozen=True, kw_only=True):
    """What sending events again did."""


class RetryDeliveryPayload(EndpointPayload, frozen=True, kw_only=True):
    """What sending a delivery again did."""

    delivery: Annotated[EventDelivery | None, Meta(description="The delivery, which waits again.")] = None


class _EndpointMutation(Mutation):
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


class RegisterEndpoint(_EndpointMutation):
    """Registers an endpoint."""

    name = "registerEndpoint"
    description = (
        "Registers an address to which what happens from now on is delivered, signed. It receives no event "
        "that the caller may not receive now; register anew after the caller was allowed more."
    )
    input_type = RegisterEndpointInput
    payload_type = RegisterEndpointPayload

    def check(self) -> None:
        """Check the address and the kinds."""
        self._secret: str | None = None
        if self.access.principal.reach is not Reach.EVERYBODY:
            message = "Events concern all customers, and you come to some of them: they are not sent to you."
            raise Refusal(EndpointProblem(message=message, code=ProblemCode.ENDPOINT_BEYOND_REACH))
        url = self.asked.url
        if not 1 <= len(url) <= LONGEST_URL or not url.isascii() or not url.isprintable() or "#" in url:
            message = f"Give an address of up to {LONGEST_URL:,} ASCII characters, without a fragment."
            raise InputError(message, code=ErrorCode.BAD_USER_INPUT, argument="input.url")
        try:
            self.addresses.check_url(url)
        except AddressRefused as refused:
            message = f"No event can be delivered there: {refused}."
            raise InputError(message, code=ErrorCode.BAD_USER_INPUT, argument="input.url") from None
        for place, kind in enumerate(self.asked.kinds):
            self._check_kind(kind, f"input.kinds.{place}")

    def _check_kind(self, name: str, argument: str) -> None:
        kind = CATALOGUE.get(name)
        if kind is None:
            message = "The event catalogue has no such kind; see docs/events.md."
            raise InputError(message, code=ErrorCode.BAD_USER_INPUT, argument=argument)
        if kind.scope not in self.access.principal.scopes:
            message = f"Events of this kind need the scope {kind.scope}, which your token does not have."
            raise InputError(message, code=ErrorCode.BAD_USER_INPUT, argument=argument)

    async def effect(self, unit: Unit) -> EndpointOutcome:
        """Register it, to receive what happens from now on."""
        self._secret = signing.new_secret()
        principal = self.access.principal
        draft = EndpointDraft(
            url=self.asked.url,
            kinds=tuple(dict.fromkeys(self.asked.kinds)),
            owner=principal.subject,
            client=principal.client,
            scopes=tuple(sorted(principal.scopes)),
        )
        try:
            made = await unit.endpoints.register(
                draft, secret=self._secret, position=await unit.outbox.head()
            )
        except TooManyEndpoints as error:
            message = f"There are {error.most} endpoints already: remove one that is not needed any more."
            problem = InputProblem(message=message, path=("input",), code=ProblemCode.LIMIT_EXCEEDED)
            raise Refusal(problem) from None
        return EndpointOutcome(endpoint=made)

    def payload(self, outcome: EndpointOutcome, shown: Shown) -> RegisterEndpointPayload:
        """The endpoint, and the secret where it was made just now."""
        return RegisterEndpointPayload(endpoint=self.shown(outcome), secret=self._secret)


class _Changing(_EndpointMutation):
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


class RotateEndpointSecret(_Changing):
    """Rotates a secret."""

    name = "rotateEndpointSecret"
    description = (
        f"Signs deliveries with a new secret, and for {OVERLAP.total_seconds() / 3600:g} hours with the old "
        "one as well: take the new one in meanwhile. Only the endpoint's owner can."
    )
    input_type = EndpointInput
    payload_type = RotateEndpointSecretPayload

    def check(self) -> None:
        """Read the id."""
        super().check()
        self._secret: str | None = None

    async def effect(self, unit: Unit) -> EndpointOutcome:
        """Rotate it."""
        found = await self.held(unit)
        if found.owner != self.actor:
            message = "Only the endpoint's owner rotates its secret."
            raise Refusal(EndpointProblem(message=message, code=ProblemCode.ENDPOINT_BEYOND_REACH))
        self._secret = signing.new_secret()
        until = await unit.endpoints.rotate(self._id, self._secret, overlap=OVERLAP)
        return await self.outcome(unit, self._id, until=until)

    def payload(self, outcome: EndpointOutcome, shown: Shown) -> RotateEndpointSecretPayload:
        """The endpoint, and the secret where it was made just now."""
        return RotateEndpointSecretPayload(
            endpoint=self.shown(outcome), secret=self._secret, overlap_until=outcome.until
        )


class PauseEndpoint(_Changing):
    """Pauses an endpoint."""

    name = "pauseEndpoint"
    description = "Sends an endpoint nothing until it is resumed; what happens meanwhile is sent then."
    input_type = EndpointInput
    payload_type = PauseEndpointPayload

    async def effect(self, unit: Unit) -> EndpointOutcome:
        """Pause it."""
        found = await self.held(unit)
        await unit.endpoints.set_state(self._id, EndpointState.PAUSED, failing_since=found.failing_since)
        return await self.outcome(unit, self._id)


class ResumeEndpoint(_Changing):
    """Resumes an endpoint."""

    name = "resumeEndpoint"
    description = (
        "Delivers to an endpoint again that was paused or disabled, beginning with what waits; or at once to "
        "one that fails."
    )
    input_type = EndpointInput
    payload_type = ResumeEndpointPayload

    async def effect(self, unit: Unit) -> EndpointOutcome:
        """Resume it."""
        await self.held(unit)
        await unit.endpoints.set_state(self._id, EndpointState.ENABLED)
        await unit.deliveries.hurry(self._id)
        return await self.outcome(unit, self._id)


class RemoveEndpoint(_Changing):
    """Removes an endpoint."""

    name = "removeEndpoint"
    description = "Removes an endpoint with what waits for it and what is known of its deliveries."
    input_type = EndpointInput
    payload_type = RemoveEndpointPayload

    async def effect(self, unit: Unit) -> EndpointOutcome:
        """Remove it."""
        found = await self.held(unit)
        await unit.endpoints.remove(self._id)
        return EndpointOutcome(endpoint=found)

    def payload(self, outcome: EndpointOutcome, shown: Shown) -> RemoveEndpointPayload:
        """Its id."""
        return RemoveEndpointPayload(removed_id=ids.encode(ENDPOINT, outcome.endpoint.id))


class ReplayEvents(_Changing):
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
            if (kind := CATALOGUE.get(event.kind)) is not None and kind.scope in found.scopes
        ]
        await unit.deliveries.add(self._id, events)
        return await self.outcome(unit, self._id)


class RetryDelivery(_Changing):
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


ENDPOINT_MUTATIONS: tuple[type[Mutation], ...] = (
    RegisterEndpoint,
    RotateEndpointSecret,
    PauseEndpoint,
    ResumeEndpoint,
    RemoveEndpoint,
    ReplayEvents,
    RetryDelivery,
)
"""In the order in which the printed schema has them."""
