"""``breakGlass`` and ``reviewEmergencyAccess``: one customer is opened beyond reach, loudly, and reviewed."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta

from c360.access import Reach
from resolvers.events.access import AccessEmergency, AccessReviewed
from resolvers.events.catalogue import drafted
from schema import ids
from schema.access.shapes import EMERGENCY, EmergencyAccess, emergency
from schema.identity.shapes import CustomerNode
from schema.inputs import NodeId
from schema.mutations.access import LONGEST_NAME, AccessMutation, nobody, shut, typed
from schema.mutations.base import Concerns, Mutation, MutationInput, Outcome, Payload, Shown
from schema.mutations.identity import LONGEST_REASON
from schema.mutations.problems import NotFoundProblem, ProblemCode, Refusal
from schema.permissions.rules import needs
from schema.permissions.scopes import Scope
from schema.ports import Unit
from store.data_access import EmergencyVerdict
from store.data_events import EventDraft
from store.errors_access import AlreadyReviewed, FourEyes
from store.errors_identity import CustomerUnknown
from store.errors_service import NotThere

_log = logging.getLogger(__name__)


class BreakGlassInput(MutationInput, frozen=True, kw_only=True):
    """Why one customer has to be opened at once."""

    customer_id: Annotated[NodeId, Meta(description="Id of the customer.")]
    reason: Annotated[
        str,
        Meta(
            description=f"Why it cannot wait, for the person who reviews it; up to {LONGEST_REASON} "
            "characters. Kept encrypted with the customer's own key."
        ),
    ]
    ticket: Annotated[
        str,
        Meta(
            description="The case that it belongs to, as another system numbers it; up to "
            f"{LONGEST_NAME} characters."
        ),
    ]


class BreakGlassOutcome(Outcome, frozen=True, kw_only=True):
    """A customer who was opened."""

    customer: str
    access: str
    until: dt.datetime


class BreakGlassPayload(Payload, frozen=True, kw_only=True):
    """What opening a customer did."""

    customer: Annotated[
        CustomerNode | None, Meta(description="The customer, open and still masked where callers are.")
    ] = None
    access_id: Annotated[NodeId | None, Meta(description="Id of the access, which somebody reviews.")] = None
    until: Annotated[dt.datetime | None, Meta(description="Until when the customer is open.")] = None


class BreakGlass(AccessMutation):
    """Opens a customer beyond reach."""

    name = "breakGlass"
    description = (
        "Opens one customer who is not in the principal's book of business, for as long as the deployment "
        "says. It is told to supervisors at once, written to the audit, and reviewed by somebody else."
    )
    input_type = BreakGlassInput
    outcome_type = BreakGlassOutcome
    payload_type = BreakGlassPayload
    rule = needs(Scope.BREAK_GLASS)
    beyond_reach = True

    def check(self) -> None:
        """Read the id and the texts."""
        super().check()
        self._reason = typed(self.asked.reason, "input.reason")
        self._ticket = typed(self.asked.ticket, "input.ticket", longest=LONGEST_NAME)

    async def effect(self, unit: Unit) -> BreakGlassOutcome:
        """Open the customer."""
        if self.access.principal.reach is Reach.EVERYBODY:
            raise shut(ProblemCode.IN_REACH, "Every customer is open to you already.", "customerId")
        if self.access.principal.reach is not Reach.BOOK:
            message = "Only who has a book of business opens customers in an emergency."
            raise shut(ProblemCode.NO_EMERGENCY, message)
        if await unit.customers.resolve([self.customer]):
            message = "The customer is open to you already."
            raise shut(ProblemCode.IN_REACH, message, "customerId")
        try:
            made = await unit.emergencies.open(
                self.customer,
                reason=self._reason,
                ticket=self._ticket,
                by=self.actor,
                lasting=dt.timedelta(minutes=self.doors.emergency_minutes),
            )
        except CustomerUnknown:
            raise nobody() from None
        # Loud on purpose: whoever watches the log sees it even where nobody follows events.
        _log.warning("emergency access %s of customer %s by %s", made.id, made.customer_id, made.subject)
        return BreakGlassOutcome(customer=made.customer_id, access=made.id, until=made.until)

    def concerns(self, outcome: BreakGlassOutcome) -> Concerns:
        """The customer."""
        return Concerns(customers=(outcome.customer,))

    def payload(self, outcome: BreakGlassOutcome, shown: Shown) -> BreakGlassPayload:
        """The customer."""
        return BreakGlassPayload(
            customer=shown.customers.get(outcome.customer),
            access_id=ids.encode(EMERGENCY, outcome.access),
            until=outcome.until,
        )

    def events(self, outcome: BreakGlassOutcome) -> Sequence[EventDraft]:
        """An emergency, for supervisors."""
        access = ids.encode(EMERGENCY, outcome.access)
        return (drafted(AccessEmergency(access=access, until=outcome.until), (outcome.customer,)),)

    def audit_detail(self, outcome: BreakGlassOutcome) -> dict[str, str]:
        """Which access it is, and until when."""
        return {"emergencyAccess": outcome.access, "until": outcome.until.isoformat()}


class ReviewEmergencyAccessInput(MutationInput, frozen=True, kw_only=True):
    """What a person says of an emergency access."""

    access_id: Annotated[NodeId, Meta(description="Id of the emergency access.")]
    verdict: Annotated[
        EmergencyVerdict, Meta(description="Whether it was right. What was not right ends at once.")
    ]
    note: Annotated[
        str | None,
        Meta(
            description=f"Why it is judged so; up to {LONGEST_REASON} characters. Kept encrypted with the "
            "customer's own key."
        ),
    ] = None


class ReviewEmergencyAccessOutcome(Outcome, frozen=True, kw_only=True):
    """An emergency access that was reviewed."""

    customer: str
    access: str
    verdict: EmergencyVerdict


class ReviewEmergencyAccessPayload(Payload, frozen=True, kw_only=True):
    """What reviewing an emergency access did."""

    access: Annotated[EmergencyAccess | None, Meta(description="The access, reviewed.")] = None
    customer: Annotated[CustomerNode | None, Meta(description="The customer.")] = None


class ReviewEmergencyAccess(Mutation):
    """Reviews an emergency access."""

    name = "reviewEmergencyAccess"
    description = "Says whether an emergency access was right; by somebody else than who used it."
    input_type = ReviewEmergencyAccessInput
    outcome_type = ReviewEmergencyAccessOutcome
    payload_type = ReviewEmergencyAccessPayload
    rule = needs(Scope.ACCESS_REVIEW)

    def check(self) -> None:
        """Read the id and the note."""
        self._access = ids.decode_as(EMERGENCY, self.asked.access_id, argument="input.accessId")
        self._note = None if self.asked.note is None else typed(self.asked.note, "input.note")

    async def effect(self, unit: Unit) -> ReviewEmergencyAccessOutcome:
        """Review it."""
        try:
            made = await unit.emergencies.review(
                self._access, self.asked.verdict, note=self._note, by=self.actor
            )
        except NotThere:
            message = "There is no such emergency access: list `emergencyAccesses` again."
            raise Refusal(NotFoundProblem(message=message, path=("input", "accessId"))) from None
        except FourEyes:
            message = "This emergency access is your own: somebody else reviews it."
            raise shut(ProblemCode.FOUR_EYES, message, "accessId") from None
        except AlreadyReviewed:
            message = "It is reviewed already: list the open ones again."
            raise shut(ProblemCode.ACCESS_REVIEWED, message, "accessId") from None
        return ReviewEmergencyAccessOutcome(
            customer=made.customer_id, access=made.id, verdict=self.asked.verdict
        )

    def concerns(self, outcome: ReviewEmergencyAccessOutcome) -> Concerns:
        """The customer and the access."""
        return Concerns(customers=(outcome.customer,), emergencies=(outcome.access,))

    def payload(self, outcome: ReviewEmergencyAccessOutcome, shown: Shown) -> ReviewEmergencyAccessPayload:
        """Both as they are now."""
        found = shown.emergencies.get(outcome.access)
        return ReviewEmergencyAccessPayload(
            access=None if found is None else emergency(found), customer=shown.customers.get(outcome.customer)
        )

    def events(self, outcome: ReviewEmergencyAccessOutcome) -> Sequence[EventDraft]:
        """That it was reviewed."""
        access = ids.encode(EMERGENCY, outcome.access)
        return (drafted(AccessReviewed(access=access, verdict=outcome.verdict), (outcome.customer,)),)

    def audit_detail(self, outcome: ReviewEmergencyAccessOutcome) -> dict[str, str]:
        """Which access it is, and the verdict."""
        return {"emergencyAccess": outcome.access, "verdict": outcome.verdict.value}
