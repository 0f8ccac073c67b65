"""``requestExport``: a customer is told everything that is known of them."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from schema import ids
from schema.identity.answers import CUSTOMER
from schema.inputs import NodeId
from schema.mutations.base import Concerns, Mutation, MutationInput, Outcome, Payload, Shown
from schema.mutations.problems import NotFoundProblem, Refusal
from schema.permissions.rules import needs
from schema.permissions.scopes import Scope
from schema.ports import Unit
from schema.privacy.shapes import DataExport, data_export
from store.errors_identity import CustomerUnknown


class RequestExportInput(MutationInput, frozen=True, kw_only=True):
    """Whose data is to be told."""

    customer_id: Annotated[NodeId, Meta(description="Id of the customer; an old id will do.")]


class ExportOutcome(Outcome, frozen=True, kw_only=True):
    """An export that was requested."""

    customer: str
    export: str


class RequestExportPayload(Payload, frozen=True, kw_only=True):
    """What requesting an export did."""

    export: Annotated[DataExport | None, Meta(description="The export; `dataExport` says how far it is.")] = (
        None
    )


class RequestExport(Mutation):
    """Requests an export."""

    name = "requestExport"
    description = (
        "Requests everything that is known of a customer, as JSON: what is kept, what partners hold, what is "
        "worked out of it and how, and who looked at it. The worker makes it; where a request waits already, "
        "it is that one."
    )
    input_type = RequestExportInput
    outcome_type = ExportOutcome
    payload_type = RequestExportPayload
    rule = needs(Scope.PRIVACY_WRITE)

    def check(self) -> None:
        """Read the id."""
        self._customer = ids.decode_as(CUSTOMER, self.asked.customer_id, argument="input.customerId")

    async def effect(self, unit: Unit) -> ExportOutcome:
        """Note the request."""
        try:
            made = await unit.exports.request(self._customer, by=self.actor)
        except CustomerUnknown:
            message = "There is no such customer, or no more: look it up again."
            raise Refusal(NotFoundProblem(message=message, path=("input", "customerId"))) from None
        return ExportOutcome(customer=made.customer_id, export=made.id)

    def concerns(self, outcome: ExportOutcome) -> Concerns:
        """The customer and the export."""
        return Concerns(customers=(outcome.customer,), exports=(outcome.export,))

    def payload(self, outcome: ExportOutcome, shown: Shown) -> Payload:
        """The export as it is now."""
        found = shown.exports.get(outcome.export)
        return RequestExportPayload(export=None if found is None else data_export(found))
