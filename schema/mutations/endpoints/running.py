"""Endpoints that there are: paused, resumed, signed for with a new secret."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from msgspec import Meta

from resolvers.events import signing
from schema.mutations.base import Shown
from schema.mutations.endpoints.base import (
    Changing,
    EndpointInput,
    EndpointOutcome,
    EndpointPayload,
    SecretPayload,
)
from schema.mutations.problems import EndpointProblem, ProblemCode, Refusal
from schema.ports import Unit
from store.data_endpoints import EndpointState

OVERLAP = dt.timedelta(hours=24)
"""For how long both secrets are valid when one takes the place of another."""


class RotateEndpointSecretPayload(SecretPayload, frozen=True, kw_only=True):
    """What rotating a secret did."""

    overlap_until: Annotated[
        dt.datetime | None, Meta(description="Until when deliveries are signed with the old one as well.")
    ] = None


class RotateEndpointSecret(Changing):
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


class PauseEndpointPayload(EndpointPayload, frozen=True, kw_only=True):
    """What pausing an endpoint did."""


class PauseEndpoint(Changing):
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


class ResumeEndpointPayload(EndpointPayload, frozen=True, kw_only=True):
    """What resuming an endpoint did."""


class ResumeEndpoint(Changing):
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
