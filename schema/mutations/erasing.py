"""``eraseCustomer``: a person is forgotten, with a certificate; a dry run first says what that means."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from typing import Annotated

import msgspec
from msgspec import Meta

from resolvers.events.catalogue import drafted
from resolvers.events.customers import CustomerErased
from schema import ids
from schema.identity.answers import CUSTOMER, parties
from schema.identity.shapes import PartyReference
from schema.inputs import NodeId
from schema.mutations.base import Concerns, Mutation, MutationInput, Outcome, Payload, Shown
from schema.mutations.problems import NotFoundProblem, PrivacyProblem, ProblemCode, Refusal
from schema.permissions.rules import needs
from schema.permissions.scopes import Scope
from schema.ports import Unit
from schema.privacy.shapes import ErasedPlace, ErasureCertificate, HeldBack, certificate
from schema.shapes import Shape
from store.data_events import EventDraft
from store.data_identity import PartyRef
from store.data_privacy import CertificateData, Deleted, HeldPart
from store.errors_identity import CustomerUnknown
from store.errors_privacy import EverythingHeld


class ErasureReason(enum.Enum):
    """Why a person is erased (GDPR, Article 17)."""

    REQUESTED = "REQUESTED"
    """The person asked for it."""
    CONSENT_WITHDRAWN = "CONSENT_WITHDRAWN"
    """The person took back what it all rested on."""
    NOT_NEEDED = "NOT_NEEDED"
    """Nothing is done with the data any more."""
    UNLAWFUL = "UNLAWFUL"
    """The data should never have been here."""
    OBLIGATION = "OBLIGATION"
    """The law or a court demands it."""


class EraseCustomerInput(MutationInput, frozen=True, kw_only=True):
    """Who is to be forgotten."""

    customer_id: Annotated[NodeId, Meta(description="Id of the customer; an old id will do.")]
    reason: Annotated[ErasureReason, Meta(description="Why.")]
    dry_run: Annotated[
        bool, Meta(description="Whether it is only told what would be done, and nothing is changed.")
    ] = True


class ErasurePreview(Shape, frozen=True, kw_only=True):
    """What an erasure would do."""

    customer_id: Annotated[NodeId, Meta(description="The customer.")]
    former_customer_ids: Annotated[
        tuple[NodeId, ...], Meta(description="Customers merged into that one, who would be erased with it.")
    ]
    erases: Annotated[tuple[ErasedPlace, ...], Meta(description="What would be deleted, and where.")]
    holds_back: Annotated[
        tuple[HeldBack, ...], Meta(description="What may not be deleted yet, and on what ground.")
    ]
    parties: Annotated[
        tuple[PartyReference, ...],
        Meta(
            description="The partners' own records of the person, who have to be asked themselves: note the "
            "numbers, they are not kept."
        ),
    ]


class ErasureOutcome(Outcome, frozen=True, kw_only=True):
    """What was done, or would be."""

    customer: str
    certificate: CertificateData | None = None
    genuine: bool = False
    former: tuple[str, ...] = ()
    deleted: tuple[Deleted, ...] = ()
    held: tuple[HeldPart, ...] = ()
    parties: tuple[PartyRef, ...] = ()
    """Of a dry run alone, whose outcome is never kept."""


class EraseCustomerPayload(Payload, frozen=True, kw_only=True):
    """What erasing a customer did."""

    preview: Annotated[ErasurePreview | None, Meta(description="Of a dry run: what would be done.")] = None
    certificate: Annotated[
        ErasureCertificate | None, Meta(description="What was done; null after a dry run.")
    ] = None


class EraseCustomer(Mutation):
    """Erases a customer."""

    name = "eraseCustomer"
    description = (
        "Forgets a person for good: the key of what is sealed is destroyed, every row about them deleted or "
        "blanked, and feeds do not bring them back. The ledger and the audit keep that there was somebody. "
        "What the law wants kept is left until it may go. A dry run unless told otherwise."
    )
    input_type = EraseCustomerInput
    outcome_type = ErasureOutcome
    payload_type = EraseCustomerPayload
    rule = needs(Scope.PRIVACY_WRITE)

    def check(self) -> None:
        """Read the id."""
        self._customer = ids.decode_as(CUSTOMER, self.asked.customer_id, argument="input.customerId")

    async def effect(self, unit: Unit) -> ErasureOutcome:
        """Erase, or say what that would do."""
        path = ("input", "customerId")
        try:
            if self.asked.dry_run:
                plan = await unit.erasures.plan(self._customer)
                return ErasureOutcome(
                    customer=plan.customer_id,
                    former=plan.former_ids,
                    deleted=plan.deleted,
                    held=plan.held,
                    parties=plan.parties,
                )
            made = await unit.erasures.erase(self._customer, reason=self.asked.reason.value, by=self.actor)
        except CustomerUnknown:
            message = "There is no such customer, or it was erased already."
            raise Refusal(NotFoundProblem(message=message, path=path)) from None
        except EverythingHeld:
            message = "A legal hold keeps all that is known of the customer: lift it first."
            raise Refusal(PrivacyProblem(message=message, path=path, code=ProblemCode.HELD)) from None
        return ErasureOutcome(
            customer=made.customer_id, certificate=made, genuine=unit.erasures.genuine(made)
        )

    def concerns(self, outcome: ErasureOutcome) -> Concerns:
        """The customer, as long as there is one."""
        return Concerns(customers=(outcome.customer,) if outcome.certificate is None else ())

    def audit_detail(self, outcome: ErasureOutcome) -> Mapping[str, str]:
        """Who was erased, since nobody is concerned any more."""
        made = outcome.certificate
        return {} if made is None else {"customer": made.customer_id, "certificate": made.id}

    def events(self, outcome: ErasureOutcome) -> Sequence[EventDraft]:
        """That there is nobody any more."""
        made = outcome.certificate
        if made is None:
            return ()
        return (drafted(CustomerErased(), (made.customer_id, *made.former_ids)),)

    def payload(self, outcome: ErasureOutcome, shown: Shown) -> Payload:
        """The certificate, or the preview."""
        if outcome.certificate is not None:
            return EraseCustomerPayload(certificate=certificate(outcome.certificate, genuine=outcome.genuine))
        return EraseCustomerPayload(
            preview=ErasurePreview(
                customer_id=ids.encode(CUSTOMER, outcome.customer),
                former_customer_ids=tuple(ids.encode(CUSTOMER, one) for one in outcome.former),
                erases=tuple(ErasedPlace(**msgspec.structs.asdict(one)) for one in outcome.deleted),
                holds_back=tuple(
                    HeldBack(kind=one.kind, basis=one.basis, until=one.until, rows=one.rows)
                    for one in outcome.held
                ),
                parties=parties(outcome.parties),
            )
        )
