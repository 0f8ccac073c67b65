"""Mutations by which a customer says what may be done with their data."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Annotated, ClassVar

from msgspec import Meta

from c360.access import Purpose
from c360.values import LanguageTag
from resolvers.events.catalogue import drafted
from resolvers.events.consents import ConsentGiven, ConsentWithdrawn
from resolvers.events.customers import Aspect, CustomerChanged
from resolvers.offers.situation import Channel
from schema import ids
from schema.consents.answers import decision
from schema.consents.shapes import DECISION, ConsentDecision
from schema.errors import ErrorCode, InputError
from schema.identity.answers import CUSTOMER
from schema.identity.shapes import CustomerNode
from schema.inputs import Arguments, NodeId
from schema.mutations.base import Concerns, Mutation, MutationInput, Outcome, Payload, Shown
from schema.mutations.problems import InputProblem, NotFoundProblem, ProblemCode, Refusal
from schema.mutations.undoing import take_back
from schema.permissions.rules import needs
from schema.permissions.scopes import Scope
from schema.ports import Unit
from store.data_consents import (
    ConsentSource,
    DecisionDraft,
    DecisionKind,
    DecisionState,
    Proof,
    WordingRef,
)
from store.data_events import EventDraft
from store.errors_consents import WordingUnknown
from store.errors_identity import CustomerUnknown

LONGEST_PROOF = 4_000
"""Characters of a proof."""
AHEAD = dt.timedelta(minutes=5)
"""By how much a caller's clock may be ahead of the hub's."""


class ConsentProofInput(Arguments, frozen=True, kw_only=True):
    """What shows that a decision was made so; kept encrypted with the customer's own key."""

    reference: Annotated[
        str | None, Meta(description="Where it is kept: number of a document or a recording.")
    ] = None
    text: Annotated[
        str | None, Meta(description=f"What was said or written; up to {LONGEST_PROOF} characters.")
    ] = None


class ConsentWordingInput(Arguments, frozen=True, kw_only=True):
    """The words that a decision is made on."""

    wording_id: Annotated[NodeId, Meta(description="Name of the wording.")]
    version: Annotated[int, Meta(description="Its version.")]
    language: Annotated[LanguageTag, Meta(description="Its language.")]


class _DecisionInput(MutationInput, frozen=True, kw_only=True):
    customer_id: Annotated[NodeId, Meta(description="Id of the customer; an old id will do.")]
    at: Annotated[
        dt.datetime | None, Meta(description="When the customer decided; now unless told, never ahead.")
    ] = None
    source: Annotated[ConsentSource, Meta(description="Through what it came.")]
    proof: Annotated[ConsentProofInput | None, Meta(description="What shows it.")] = None


class _ScopedInput(_DecisionInput, frozen=True, kw_only=True):
    purpose: Annotated[Purpose, Meta(description="What for.")]
    channel: Annotated[Channel | None, Meta(description="Through what; through whatever unless told.")] = None
    connector: Annotated[
        NodeId | None,
        Meta(description="Connector instance of the partner it is about; all partners unless told."),
    ] = None
    wording: Annotated[ConsentWordingInput | None, Meta(description="The words it is made on.")] = None


class RecordConsentInput(_ScopedInput, frozen=True, kw_only=True):
    """A consent that a customer gave or refused."""

    given: Annotated[bool, Meta(description="Whether the customer agreed; otherwise they refused.")]
    expires_at: Annotated[dt.datetime | None, Meta(description="When it is over; never unless told.")] = None


class WithdrawConsentInput(_ScopedInput, frozen=True, kw_only=True):
    """A consent that a customer takes back."""


class RecordObjectionInput(_ScopedInput, frozen=True, kw_only=True):
    """An objection to the use of data that needs no consent."""

    lifted: Annotated[bool, Meta(description="Whether it ends instead.")] = False


class RestrictProcessingInput(_DecisionInput, frozen=True, kw_only=True):
    """A restriction of processing."""

    lifted: Annotated[bool, Meta(description="Whether it ends instead.")] = False


class DecisionOutcome(Outcome, frozen=True, kw_only=True):
    """A decision that was noted."""

    customer: str
    decision: str
    purpose: str | None = None
    channel: str | None = None
    connector: str | None = None
    ends: bool = False


class ConsentPayload(Payload, frozen=True, kw_only=True):
    """Base of the payloads."""

    decision: Annotated[ConsentDecision | None, Meta(description="The decision as it was noted.")] = None
    customer: Annotated[CustomerNode | None, Meta(description="The customer.")] = None


class RecordConsentPayload(ConsentPayload, frozen=True, kw_only=True):
    """What recording a consent did."""


class WithdrawConsentPayload(ConsentPayload, frozen=True, kw_only=True):
    """What withdrawing a consent did."""


class RecordObjectionPayload(ConsentPayload, frozen=True, kw_only=True):
    """What recording an objection did."""


class RestrictProcessingPayload(ConsentPayload, frozen=True, kw_only=True):
    """What restricting the processing did."""


class _Deciding(Mutation):
    outcome_type = DecisionOutcome
    rule = needs(Scope.CONSENTS_WRITE)
    kind: ClassVar[DecisionKind] = DecisionKind.CONSENT

    def check(self) -> None:
        """Read the id, the moments, the partner and the proof."""
        self._customer = ids.decode_as(CUSTOMER, self.asked.customer_id, argument="input.customerId")
        at = self.asked.at or self.at
        if at > self.at + AHEAD:
            raise _refused("A decision is noted once it was made: `at` lies ahead.", "at")
        expires = getattr(self.asked, "expires_at", None)
        if expires is not None and expires <= at:
            raise _refused("A consent is over after it was given: `expiresAt` lies before `at`.", "expiresAt")
        connector = getattr(self.asked, "connector", None)
        if connector is not None and connector not in self.domains_of:
            raise _refused("There is no such connector instance; list `connectors`.", "connector")
        self._draft = self._drafted(min(at, self.at), expires, connector)

    def state(self) -> DecisionState:
        """What is decided."""
        raise NotImplementedError

    async def effect(self, unit: Unit) -> DecisionOutcome:
        """Note it."""
        try:
            made = await unit.consents.record(self._customer, self._draft, by=self.actor)
        except CustomerUnknown:
            message = "There is no such customer, or no more: look it up again."
            raise Refusal(NotFoundProblem(message=message, path=("input", "customerId"))) from None
        except WordingUnknown:
            message = "No such version of the wording was published in that language: list `consentWordings`."
            raise Refusal(NotFoundProblem(message=message, path=("input", "wording"))) from None
        if made.purpose is Purpose.SERVICE and made.state in _ENDS and made.channel is None:
            await take_back(unit, made.customer_id, made.connector, purpose=self.access.purpose, at=self.at)
        return DecisionOutcome(
            customer=made.customer_id,
            decision=made.id,
            purpose=None if made.purpose is None else made.purpose.value,
            channel=made.channel,
            connector=made.connector,
            ends=made.state in _ENDS,
        )

    def concerns(self, outcome: DecisionOutcome) -> Concerns:
        """The customer and the decision."""
        return Concerns(customers=(outcome.customer,), consents=(outcome.decision,))

    def events(self, outcome: DecisionOutcome) -> Sequence[EventDraft]:
        """That something may be done from now on, or may not, beside that the customer changed."""
        kind = ConsentWithdrawn if outcome.ends else ConsentGiven
        facts = kind(
            decision=ids.encode(DECISION, outcome.decision),
            purpose=None if outcome.purpose is None else Purpose(outcome.purpose),
            channel=outcome.channel,
            connector=outcome.connector,
        )
        changed = CustomerChanged(aspects=(Aspect.OWN, Aspect.OFFERS))
        return drafted(facts, [outcome.customer]), drafted(changed, [outcome.customer])

    def payload(self, outcome: DecisionOutcome, shown: Shown) -> Payload:
        """Both as they are now."""
        found = shown.consents.get(outcome.decision)
        return self.payload_type(
            decision=None if found is None else decision(found),
            customer=shown.customers.get(outcome.customer),
        )  # type: ignore[call-arg]  # the payloads of these mutations have these fields

    def _drafted(self, at: dt.datetime, expires: dt.datetime | None, connector: str | None) -> DecisionDraft:
        channel = getattr(self.asked, "channel", None)
        words = getattr(self.asked, "wording", None)
        return DecisionDraft(
            kind=self.kind,
            state=self.state(),
            purpose=getattr(self.asked, "purpose", None),
            channel=None if channel is None else channel.name,
            connector=connector,
            at=at,
            source=self.asked.source,
            wording=None
            if words is None
            else WordingRef(id=words.wording_id, version=words.version, language=words.language),
            expires_at=expires,
            proof=_proof(self.asked.proof),
        )


class RecordConsent(_Deciding):
    """Notes a consent."""

    name = "recordConsent"
    description = (
        "Notes that a customer agreed to the use of their data for a purpose, or refused it. What is "
        "narrower (a channel, a partner) wins over what is wider; a refusal ends what was given before it "
        "more narrowly."
    )
    input_type = RecordConsentInput
    payload_type = RecordConsentPayload

    def state(self) -> DecisionState:
        """Given or refused."""
        return DecisionState.GIVEN if self.asked.given else DecisionState.REFUSED


class WithdrawConsent(_Deciding):
    """Takes a consent back."""

    name = "withdrawConsent"
    description = (
        "Takes a consent back, with every narrower one that was given before. It holds at once: no answer "
        "begun later shows what is withdrawn, and a partner who is named is not asked for that purpose any "
        "more. That for service ends at partners too what the hub asked these for."
    )
    input_type = WithdrawConsentInput
    payload_type = WithdrawConsentPayload

    def state(self) -> DecisionState:
        """Withdrawn."""
        return DecisionState.WITHDRAWN


class _Standing(_Deciding):
    def state(self) -> DecisionState:
        """Raised or lifted."""
        return DecisionState.LIFTED if self.asked.lifted else DecisionState.RAISED


class RecordObjection(_Standing):
    """Notes an objection."""

    name = "recordObjection"
    description = (
        "Notes that a customer objects to the use of their data for a purpose that needs no consent, or to "
        "marketing altogether (GDPR, Article 21); or that they do not any more."
    )
    input_type = RecordObjectionInput
    payload_type = RecordObjectionPayload
    kind = DecisionKind.OBJECTION


class RestrictProcessing(_Standing):
    """Notes a restriction."""

    name = "restrictProcessing"
    description = (
        "Has a customer's data kept and hardly used (GDPR, Article 18): for service that the customer asks "
        "for, for claims and against fraud alone; or ends that."
    )
    input_type = RestrictProcessingInput
    payload_type = RestrictProcessingPayload
    kind = DecisionKind.RESTRICTION


_ENDS = frozenset({DecisionState.REFUSED, DecisionState.WITHDRAWN, DecisionState.RAISED})


def _proof(given: ConsentProofInput | None) -> Proof | None:
    if given is None or (not given.reference and not given.text):
        return None
    for name, text in (("reference", given.reference or ""), ("text", given.text or "")):
        if len(text) > LONGEST_PROOF or "\0" in text:
            message = f"A proof has at most {LONGEST_PROOF:,} characters, and no NUL."
            raise InputError(message, code=ErrorCode.LIMIT_EXCEEDED, argument=f"input.proof.{name}")
    return Proof(reference=given.reference, text=given.text)


def _refused(message: str, field: str) -> Refusal:
    return Refusal(InputProblem(message=message, path=("input", field), code=ProblemCode.BAD_USER_INPUT))
