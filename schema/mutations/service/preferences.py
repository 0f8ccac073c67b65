"""``setPreference``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from msgspec import Meta

from resolvers.events.catalogue import drafted
from resolvers.events.customers import Aspect, CustomerChanged
from resolvers.service.preferences import catalogue, preferred
from schema import ids
from schema.errors import ErrorCode, InputError
from schema.identity.answers import CUSTOMER
from schema.mutations.base import Concerns, Mutation, Payload, Shown
from schema.mutations.problems import NotFoundProblem, Refusal
from schema.mutations.service.base import OnCustomer, line
from schema.mutations.service.statements import SAYS, StatementOutcome, StatementPayload
from schema.ports import Unit
from store.data_events import EventDraft
from store.errors_identity import CustomerUnknown


class SetPreferenceInput(OnCustomer, frozen=True, kw_only=True):
    """What a customer likes best."""

    key: Annotated[str, Meta(description="Key in the catalogue; see `preferenceKeys`.")]
    value: Annotated[
        str | None,
        Meta(description="What they like, as the key's type writes it; none any more unless told."),
    ] = None


class SetPreferencePayload(StatementPayload, frozen=True, kw_only=True):
    """What setting a preference did."""


class SetPreference(Mutation):
    """Sets a preference."""

    name = "setPreference"
    description = "Notes what a customer likes best, by a key of the catalogue; without a value, forgets it."
    input_type = SetPreferenceInput
    outcome_type = StatementOutcome
    payload_type = SetPreferencePayload
    rule = SAYS

    def check(self) -> None:
        """Read the id, and the value by its key."""
        asked = self.asked
        self._customer = ids.decode_as(CUSTOMER, asked.customer_id, argument="input.customerId")
        found = catalogue(self.service.preferences).get(asked.key)
        if found is None:
            message = "The catalogue has no such key: list `preferenceKeys`."
            raise InputError(message, code=ErrorCode.BAD_USER_INPUT, argument="input.key")
        self._value = None
        if asked.value is not None:
            try:
                self._value = preferred(found, line(asked.value, "value"))
            except ValueError as error:
                raise InputError(str(error), code=ErrorCode.BAD_USER_INPUT, argument="input.value") from None

    async def effect(self, unit: Unit) -> StatementOutcome:
        """Note it."""
        try:
            present = await unit.preferences.put(self._customer, self.asked.key, self._value, by=self.actor)
        except CustomerUnknown:
            message = "There is no such customer, or no more: look it up again."
            raise Refusal(NotFoundProblem(message=message, path=("input", "customerId"))) from None
        return StatementOutcome(customer=present)

    def concerns(self, outcome: StatementOutcome) -> Concerns:
        """The customer."""
        return Concerns(customers=(outcome.customer,))

    def events(self, outcome: StatementOutcome) -> Sequence[EventDraft]:
        """That something else is kept of the customer."""
        return (drafted(CustomerChanged(aspects=(Aspect.OWN,)), (outcome.customer,)),)

    def payload(self, outcome: StatementOutcome, shown: Shown) -> Payload:
        """The customer with the preference."""
        fields: dict[str, Any] = {"customer": shown.customers.get(outcome.customer)}
        return self.payload_type(**fields)
