"""``customerChanged``: a customer anew, whenever something about it changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from msgspec import Meta

from resolvers.events.catalogue import CATALOGUE
from schema import ids
from schema.answers import CustomerAnswer
from schema.inputs import NodeId
from schema.permissions.rules import needs
from schema.permissions.scopes import Scope
from schema.subscriptions.base import CustomerField, FollowArguments
from schema.subscriptions.shapes import MOST_EVENTS, CustomerChange, happening


class CustomerChangedArguments(FollowArguments, frozen=True, kw_only=True):
    """Arguments of ``customerChanged`` and ``offersChanged``."""

    customer_id: Annotated[NodeId, Meta(description="Id of the customer; an old id will do.")]


class CustomerChangedField(CustomerField):
    """Follows all that is told of a customer."""

    name = "customerChanged"
    description = (
        "The customer anew whenever something about it changes: in the hub, at a partner that tells, or "
        "because partners were asked behind an answer of `gather: {mode: KNOWN}`. Changes that come close "
        "to each other are answered once."
    )
    rule = needs(Scope.EVENTS_READ, Scope.CUSTOMERS_READ)
    arguments_type = CustomerChangedArguments
    arguments: CustomerChangedArguments
    payload_type = CustomerChange
    kinds = frozenset(CATALOGUE) - {"job.progress"}

    def check(self) -> None:
        """Read the id."""
        self.customer_id = ids.decode_as("Customer", self.arguments.customer_id, argument="customerId")

    def answer(self, customers: Mapping[str, CustomerAnswer]) -> Any:
        """The customer with what happened, or without either where there is none any more."""
        customer = self.shown(customers)
        events = self.told.events[-MOST_EVENTS:] if customer is not None else ()
        return CustomerChange(
            cursor=self.told.cursor, events=tuple(map(happening, events)), customer=customer
        )
