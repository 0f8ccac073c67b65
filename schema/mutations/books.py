"""``assignCustomers`` and ``unassignCustomers``: whose customers are whose."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta

from resolvers.events.catalogue import drafted
from resolvers.events.customers import CustomerAccessChanged
from schema import ids
from schema.identity.answers import CUSTOMER
from schema.inputs import NodeId
from schema.mutations.access import LONGEST_NAME, nobody, typed
from schema.mutations.base import Concerns, Mutation, MutationInput, Outcome, Payload, Shown
from schema.mutations.identity import bounded
from schema.permissions.rules import needs
from schema.permissions.scopes import Scope
from schema.ports import Unit
from store.data_events import EventDraft
from store.errors_identity import CustomerUnknown

MOST_ASSIGNED = 1_000
"""Customers who are assigned at once."""
_TOLD = 500
"""Customers that one event names."""


class AssignCustomersInput(MutationInput, frozen=True, kw_only=True):
    """Customers who come into an agent's book of business."""

    agent: Annotated[
        str, Meta(description="The agent: the subject of the agent's tokens, as the issuer writes it.")
    ]
    customer_ids: Annotated[
        tuple[NodeId, ...], Meta(description=f"Ids of the customers, {MOST_ASSIGNED:,} at the most.")
    ]
    with_households: Annotated[
        bool, Meta(description="Also everybody who lives in a household with one of them.")
    ] = False


class UnassignCustomersInput(MutationInput, frozen=True, kw_only=True):
    """Customers who leave an agent's book of business."""

    agent: Annotated[str, Meta(description="The agent, by the subject of the agent's tokens.")]
    customer_ids: Annotated[
        tuple[NodeId, ...], Meta(description=f"Ids of the customers, {MOST_ASSIGNED:,} at the most.")
    ]


class BookOutcome(Outcome, frozen=True, kw_only=True):
    """A book that was changed."""

    agent: str
    customers: tuple[str, ...]
    changed: int


class BookPayload(Payload, frozen=True, kw_only=True):
    """Base of the payloads."""

    changed: Annotated[
        int, Meta(description="How many came into the book or left it; the others were so already.")
    ] = 0


class AssignCustomersPayload(BookPayload, frozen=True, kw_only=True):
    """What assigning customers did."""


class UnassignCustomersPayload(BookPayload, frozen=True, kw_only=True):
    """What taking customers out of a book did."""


class _BookMutation(Mutation):
    outcome_type = BookOutcome
    rule = needs(Scope.ACCESS_REVIEW)

    def check(self) -> None:
        """Read the agent and the ids."""
        self._agent = typed(self.asked.agent, "input.agent", longest=LONGEST_NAME)
        bounded(self.asked.customer_ids, MOST_ASSIGNED, "input.customerIds")
        self._customers = [
            ids.decode_as(CUSTOMER, text, argument=f"input.customerIds.{place}")
            for place, text in enumerate(self.asked.customer_ids)
        ]

    def concerns(self, outcome: BookOutcome) -> Concerns:
        """The customers."""
        return Concerns(customers=outcome.customers)

    def shows(self, outcome: BookOutcome) -> Concerns:
        """None of them: there may be many."""
        return Concerns()

    def events(self, outcome: BookOutcome) -> Sequence[EventDraft]:
        """That others see them."""
        return tuple(
            drafted(CustomerAccessChanged(), outcome.customers[start : start + _TOLD])
            for start in range(0, len(outcome.customers), _TOLD)
        )

    def payload(self, outcome: BookOutcome, shown: Shown) -> Payload:
        """How many."""
        return self.payload_type(changed=outcome.changed)  # type: ignore[call-arg]  # both payloads have it

    def audit_detail(self, outcome: BookOutcome) -> dict[str, str]:
        """Whose book it is."""
        return {"agent": outcome.agent, "changed": str(outcome.changed)}


class AssignCustomers(_BookMutation):
    """Brings customers into an agent's book of business."""

    name = "assignCustomers"
    description = (
        "Brings customers into an agent's book of business: an agent comes to those alone. Who is in it "
        "already stays; a merge brings an entry to the survivor, and taking it back returns it."
    )
    input_type = AssignCustomersInput
    payload_type = AssignCustomersPayload

    async def effect(self, unit: Unit) -> BookOutcome:
        """Assign them."""
        wanted = dict.fromkeys(self._customers)
        if self.asked.with_households:
            present = await unit.customers.resolve(wanted)
            for homes in (await unit.households.of(set(present.values()))).values():
                wanted.update(dict.fromkeys(one for home in homes for one in home.members))
        try:
            done = await unit.books.assign(self._agent, tuple(wanted), by=self.actor)
        except CustomerUnknown as error:
            known = error.customer_id in self._customers
            place = (str(self._customers.index(error.customer_id)),) if known else ()
            raise nobody(("input", "customerIds", *place)) from None
        return BookOutcome(agent=self._agent, customers=tuple(wanted), changed=done.assigned)


class UnassignCustomers(_BookMutation):
    """Takes customers out of an agent's book of business."""

    name = "unassignCustomers"
    description = (
        "Takes customers out of an agent's book of business: from then on they are not there for the agent."
    )
    input_type = UnassignCustomersInput
    payload_type = UnassignCustomersPayload

    async def effect(self, unit: Unit) -> BookOutcome:
        """Take them out."""
        done = await unit.books.unassign(self._agent, self._customers, by=self.actor)
        return BookOutcome(agent=self._agent, customers=tuple(self._customers), changed=done.ended)
