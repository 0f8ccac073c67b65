"""``interactionStarted``: who is on the phone, at the moment at which it rings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from msgspec import Meta

from schema.answers import CustomerAnswer
from schema.permissions.rules import needs
from schema.permissions.scopes import Scope
from schema.roots.base import Lookups
from schema.subscriptions.base import FollowArguments, SubscriptionField
from schema.subscriptions.shapes import InteractionStart
from store.data import CustomerData
from store.data_events import EventData


class InteractionStartedArguments(FollowArguments, frozen=True, kw_only=True):
    """Arguments of ``interactionStarted``."""

    agent: Annotated[str | None, Meta(description="Only what this agent takes; all unless told.")] = None
    queue: Annotated[str | None, Meta(description="Only what comes by this queue; all unless told.")] = None


class InteractionStartedField(SubscriptionField):
    """Follows the interactions that begin."""

    name = "interactionStarted"
    description = (
        "Each interaction that begins, with its customer: what a screen pop waits for. With "
        "`gather: {mode: KNOWN}` the customer comes at once, from what the hub has. There is no first answer "
        "for `initial`: what began before is in the customer's interactions."
    )
    rule = needs(Scope.EVENTS_READ, Scope.INTERACTIONS_READ)
    arguments_type = InteractionStartedArguments
    arguments: InteractionStartedArguments
    payload_type = InteractionStart
    kinds = frozenset({"interaction.started"})
    gathers = False

    def want(self, lookups: Lookups, searched: object) -> None:  # nothing is searched
        """The customers concerned."""
        self._concerned = tuple(one for event in self.told.events for one in event.customer_ids)
        lookups.ids.update(dict.fromkeys(self._concerned))

    def candidates(self, lookups: Lookups) -> Sequence[str]:
        """Who answers for them now."""
        return tuple(dict.fromkeys(lookups.known[one] for one in self._concerned if one in lookups.known))

    def choose(self, loaded: Mapping[str, CustomerData]) -> Sequence[str]:
        """All of them."""
        return tuple(loaded)

    def wants(self, event: EventData) -> bool:
        """Only of the agent and the queue that are asked for."""
        asked = (("agent", self.arguments.agent), ("queue", self.arguments.queue))
        return all(wanted is None or event.data.get(name) == wanted for name, wanted in asked)

    def answer(self, customers: Mapping[str, CustomerAnswer]) -> Any:
        """The interaction. One with a customer whom the caller may not see is not for the caller at all."""
        self.is_silent = not self.told.events or bool(self._concerned and not customers)
        if self.is_silent:
            return None
        event = self.told.events[-1]
        return InteractionStart(
            cursor=self.told.cursor,
            interaction_id=event.data["interaction"],
            agent=event.data.get("agent"),
            queue=event.data.get("queue"),
            at=event.at,
            customer=next(iter(customers.values()), None),
        )
