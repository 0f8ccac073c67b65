"""Endpoints begin and end: registered, and removed."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from c360.access import Purpose, Reach
from c360.addresses import AddressRefused
from resolvers.events import signing
from resolvers.events.catalogue import CATALOGUE
from schema import ids
from schema.errors import ErrorCode, InputError
from schema.events.shapes import ENDPOINT
from schema.inputs import NodeId
from schema.mutations.base import MutationInput, Payload, Shown
from schema.mutations.endpoints.base import (
    Changing,
    EndpointInput,
    EndpointMutation,
    EndpointOutcome,
    SecretPayload,
)
from schema.mutations.problems import EndpointProblem, InputProblem, ProblemCode, Refusal
from schema.ports import Unit
from store.data_endpoints import EndpointDraft
from store.errors_events import TooManyEndpoints

LONGEST_URL = 2_000


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


class RegisterEndpointPayload(SecretPayload, frozen=True, kw_only=True):
    """What registering an endpoint did."""


class RegisterEndpoint(EndpointMutation):
    """Registers an endpoint."""

    name = "registerEndpoint"
    description = (
        "Registers an address to which what happens from now on is delivered, signed. It receives no event "
        "that the caller may not receive now, nor one that they may not receive any more by then; register "
        "anew after the caller was allowed more."
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
        principal = self.access.principal
        if kind.scope not in principal.scopes:
            message = f"Events of this kind need the scope {kind.scope}, which your token does not have."
            raise InputError(message, code=ErrorCode.BAD_USER_INPUT, argument=argument)
        if not kind.heard_by(principal.scopes, principal.purposes):
            names = " or ".join(one.value for one in Purpose if one in kind.purposes)
            message = f"Events of this kind are told for {names}, which your token does not allow."
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
            purposes=tuple(one for one in Purpose if one in principal.purposes),
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


class RemoveEndpointPayload(Payload, frozen=True, kw_only=True):
    """What removing an endpoint did."""

    removed_id: Annotated[
        NodeId | None, Meta(description="Id of the endpoint, which is no more, nor are its deliveries.")
    ] = None


class RemoveEndpoint(Changing):
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
