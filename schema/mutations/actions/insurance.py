"""What an insurer can be asked to do."""

from __future__ import annotations

from schema.mutations.actions.base import partner_mutation
from schema.permissions.scopes import Scope

ACTIONS = (
    partner_mutation(
        "insurance.request_consent",
        name="requestConsent",
        text="Asks an insurer for a consent to read a customer's data. It is `CONFIRMED` when the customer "
        "gives it on the insurer's pages, and `SENT` until then; its id is the `reference`.",
        scope=Scope.GRANTS_WRITE,
    ),
    partner_mutation(
        "insurance.revoke_consent",
        name="revokeConsent",
        text="Ends a consent of a customer at an insurer that the hub has asked for.",
        scope=Scope.GRANTS_WRITE,
        undoes="insurance.request_consent",
    ),
)
