"""``verifyCaller``, ``endVerification``, ``checkAnswer``: who is calling, before anything personal shows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta

from resolvers.events.catalogue import drafted
from resolvers.events.customers import CustomerAccessChanged
from resolvers.knowledge import CheckedAttribute, agrees
from resolvers.profile import golden_profile
from schema import ids
from schema.errors import ErrorCode, InputError
from schema.identity.answers import CUSTOMER
from schema.identity.shapes import CustomerNode
from schema.inputs import NodeId
from schema.mutations.access import LONGEST_NAME, AccessMutation, nobody, shut, too_often, typed
from schema.mutations.base import Concerns, Mutation, MutationInput, Outcome, Payload, Shown
from schema.mutations.problems import ProblemCode
from schema.permissions.rules import needs
from schema.permissions.scopes import Scope
from schema.ports import Unit
from store.data_access import VerificationMethod
from store.data_events import EventDraft
from store.errors_access import NotProven, TooOften
from store.errors_identity import CustomerUnknown

LONGEST_ANSWER = 300
"""Characters of an answer that is compared."""


class VerifyCallerInput(MutationInput, frozen=True, kw_only=True):
    """That somebody made sure who is calling."""

    customer_id: Annotated[NodeId, Meta(description="Id of the customer who is calling.")]
    method: Annotated[VerificationMethod, Meta(description="How that was made sure of.")]
    session: Annotated[
        str | None,
        Meta(
            description="The call or visit, as the caller's program names it: `endVerification` ends all of "
            f"it. Up to {LONGEST_NAME} characters."
        ),
    ] = None


class VerifyCallerOutcome(Outcome, frozen=True, kw_only=True):
    """A verification that was noted."""

    customer: str
    method: VerificationMethod
    until: dt.datetime


class VerifyCallerPayload(Payload, frozen=True, kw_only=True):
    """What verifying a caller did."""

    customer: Annotated[CustomerNode | None, Meta(description="The customer, no longer masked.")] = None
    until: Annotated[dt.datetime | None, Meta(description="Until when it counts.")] = None


class VerifyCaller(AccessMutation):
    """Notes that a caller was verified."""

    name = "verifyCaller"
    description = (
        "Notes how somebody made sure who is calling. For that principal, and for as long as the deployment "
        "says, the customer is not masked. `KNOWLEDGE` counts only after enough answers agreed in "
        "`checkAnswer`."
    )
    input_type = VerifyCallerInput
    outcome_type = VerifyCallerOutcome
    payload_type = VerifyCallerPayload
    rule = needs(Scope.VERIFY)

    def check(self) -> None:
        """Read the id and the session."""
        super().check()
        session = self.asked.session
        self._session = None if session is None else typed(session, "input.session", longest=LONGEST_NAME)

    async def effect(self, unit: Unit) -> VerifyCallerOutcome:
        """Note it."""
        try:
            made = await unit.verifications.open(
                self.customer,
                self.asked.method,
                by=self.actor,
                lasting=dt.timedelta(minutes=self.doors.verified_minutes),
                session=self._session,
                answers=self.doors.answers,
            )
        except CustomerUnknown:
            raise nobody() from None
        except NotProven as error:
            message = (
                f"{error.agreed} of {error.needed} different answers agreed: compare more by `checkAnswer`, "
                "or verify the caller in another way."
            )
            raise shut(ProblemCode.NOT_PROVEN, message, "method") from None
        return VerifyCallerOutcome(customer=made.customer_id, method=made.method, until=made.until)

    def events(self, outcome: VerifyCallerOutcome) -> Sequence[EventDraft]:
        """That somebody sees more of the customer."""
        return (drafted(CustomerAccessChanged(), (outcome.customer,)),)

    def concerns(self, outcome: VerifyCallerOutcome) -> Concerns:
        """The customer."""
        return Concerns(customers=(outcome.customer,))

    def payload(self, outcome: VerifyCallerOutcome, shown: Shown) -> VerifyCallerPayload:
        """The customer, as it shows now."""
        return VerifyCallerPayload(customer=shown.customers.get(outcome.customer), until=outcome.until)

    def audit_detail(self, outcome: VerifyCallerOutcome) -> dict[str, str]:
        """How."""
        return {"method": outcome.method.value}


class EndVerificationInput(MutationInput, frozen=True, kw_only=True):
    """What is over: everything that was verified, unless one of the fields says which."""

    customer_id: Annotated[NodeId | None, Meta(description="Of this customer alone.")] = None
    session: Annotated[str | None, Meta(description="Of this call or visit alone.")] = None


class EndVerificationOutcome(Outcome, frozen=True, kw_only=True):
    """Verifications that were ended."""

    customers: tuple[str, ...]


class EndVerificationPayload(Payload, frozen=True, kw_only=True):
    """What ending verifications did."""

    customer_ids: Annotated[
        tuple[NodeId, ...], Meta(description="Ids of the customers who are masked again.")
    ] = ()


class EndVerification(Mutation):
    """Masks again what a verification opened."""

    name = "endVerification"
    description = "Ends what the principal verified, at the end of a call: the customers are masked again."
    input_type = EndVerificationInput
    outcome_type = EndVerificationOutcome
    payload_type = EndVerificationPayload
    rule = needs(Scope.VERIFY)

    def check(self) -> None:
        """Read what is over."""
        given = self.asked.customer_id
        self._customer = (
            None if given is None else ids.decode_as(CUSTOMER, given, argument="input.customerId")
        )
        session = self.asked.session
        self._session = None if session is None else typed(session, "input.session", longest=LONGEST_NAME)

    async def effect(self, unit: Unit) -> EndVerificationOutcome:
        """End them."""
        ended = await unit.verifications.end(by=self.actor, customer_id=self._customer, session=self._session)
        return EndVerificationOutcome(customers=tuple(sorted(await unit.customers.in_sight(ended))))

    def concerns(self, outcome: EndVerificationOutcome) -> Concerns:
        """The customers."""
        return Concerns(customers=outcome.customers)

    def events(self, outcome: EndVerificationOutcome) -> Sequence[EventDraft]:
        """That somebody sees less of them."""
        return (drafted(CustomerAccessChanged(), outcome.customers),) if outcome.customers else ()

    def payload(self, outcome: EndVerificationOutcome, shown: Shown) -> EndVerificationPayload:
        """Who they are."""
        return EndVerificationPayload(
            customer_ids=tuple(ids.encode(CUSTOMER, one) for one in outcome.customers)
        )


class CheckAnswerInput(MutationInput, frozen=True, kw_only=True):
    """What a caller answered to a question."""

    customer_id: Annotated[NodeId, Meta(description="Id of the customer whom the caller says to be.")]
    attribute: Annotated[CheckedAttribute, Meta(description="What was asked for.")]
    value: Annotated[
        str, Meta(description=f"What the caller said; up to {LONGEST_ANSWER} characters. It is not kept.")
    ]


class CheckAnswerOutcome(Outcome, frozen=True, kw_only=True):
    """An answer that was compared."""

    customer: str
    attribute: CheckedAttribute
    agrees: bool


class CheckAnswerPayload(Payload, frozen=True, kw_only=True):
    """What comparing an answer told."""

    agrees: Annotated[
        bool | None,
        Meta(
            description="Whether it is what is known. False too where nothing is known, or the answer cannot "
            "be one; null where nothing was compared."
        ),
    ] = None


class CheckAnswer(AccessMutation):
    """Compares an answer without showing what is known."""

    name = "checkAnswer"
    description = (
        "Compares what a caller answered with what is known of the customer, and says only whether it "
        "agrees. After too many failures it refuses for a while, for the customer and for the principal."
    )
    input_type = CheckAnswerInput
    outcome_type = CheckAnswerOutcome
    payload_type = CheckAnswerPayload
    rule = needs(Scope.VERIFY)

    def check(self) -> None:
        """Read the id; an idempotency key is not used up, since each answer is compared for itself."""
        super().check()
        self.key = None
        if len(self.asked.value) > LONGEST_ANSWER:
            message = f"An answer has at most {LONGEST_ANSWER} characters."
            raise InputError(message, code=ErrorCode.LIMIT_EXCEEDED, argument="input.value")

    async def effect(self, unit: Unit) -> CheckAnswerOutcome:
        """Compare it, and note that it was compared."""
        try:
            present = await unit.verifications.check_allowed(
                self.customer, by=self.actor, most=self.doors.failed_answers
            )
        except CustomerUnknown:
            raise nobody() from None
        except TooOften as error:
            raise too_often(error.wait) from None
        found = (await unit.customers.load([present])).get(present)
        if found is None:
            raise nobody()
        golden = golden_profile(found.values, (), self.order, rules=self.rules)
        attribute = self.asked.attribute
        right = agrees(golden, attribute, self.asked.value, self.region)
        await unit.verifications.note_answer(present, attribute.value, matched=right, by=self.actor)
        return CheckAnswerOutcome(customer=present, attribute=attribute, agrees=right)

    def concerns(self, outcome: CheckAnswerOutcome) -> Concerns:
        """The customer."""
        return Concerns(customers=(outcome.customer,))

    def payload(self, outcome: CheckAnswerOutcome, shown: Shown) -> CheckAnswerPayload:
        """Whether it agrees."""
        return CheckAnswerPayload(agrees=outcome.agrees)

    def audit_detail(self, outcome: CheckAnswerOutcome) -> dict[str, str]:
        """What was asked for, and whether it agreed."""
        return {"attribute": outcome.attribute.value, "agrees": str(outcome.agrees).lower()}
