"""Where events are delivered: registered, paused, resumed, removed, its secret rotated, events sent again."""

from __future__ import annotations

from schema.mutations.base import Mutation
from schema.mutations.endpoints.redelivering import ReplayEvents, RetryDelivery
from schema.mutations.endpoints.registering import RegisterEndpoint, RemoveEndpoint
from schema.mutations.endpoints.running import PauseEndpoint, ResumeEndpoint, RotateEndpointSecret

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
