"""``linkIdentity``, ``unlinkIdentity`` and ``splitCustomer``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated, Any, ClassVar

from msgspec import Meta

from c360.contract import KeyKind, PartyQuery
from c360.errors import ProblemCode as SourceCode
from c360.records.party import Party
from connectors.results import SourceState
from resolvers.events import catalogue
from resolvers.events.customers import Aspect, CustomerChanged, CustomersParted
from resolvers.identity.keeping import draft, party_link
from resolvers.survivorship import ProfileRules
from schema import ids
from schema.identity import answers
from schema.identity.answers import CUSTOMER, ENTRY
from schema.identity.shapes import CustomerNode, LedgerEntry, PartyReference
from schema.inputs import PartnerRef
from schema.mutations.base import Concerns, Outcome, Payload, Shown
from schema.mutations.identity import STEWARD, DecisionInput, ExpectedCustomer, IdentityMutation, bounded
from schema.mutations.problems import NotFoundProblem, Refusal
from schema.ports import Host, Unit
from store.data import CustomerData, EnrolLink
from store.data_events import EventDraft
from store.data_identity import CustomerDraft, PartyRef, SplitResult
from store.errors_identity import PartyUnknown

MOST_SPLIT = 50
"""Partner records that leave a customer at once."""
_PATIENCE = timedelta(seconds=2)
"""For the partner whose record is linked."""


class LinkIdentityInput(DecisionInput, frozen=True, kw_only=True):
    """A partner record that is a customer's."""

    customer: Annotated[ExpectedCustomer, Meta(description="The customer.")]
    identity: Annotated[PartnerRef, Meta(description="The partner record, which belongs to nobody yet.")]


class LinkOutcome(Outcome, frozen=True, kw_only=True):
    """What a linking did."""

    customer: str
    entry_id: str | None


class LinkIdentityPayload(Payload, frozen=True, kw_only=True):
    """What a linking did."""

    customer: Annotated[CustomerNode | None, Meta(description="The customer.")] = None
    entry: Annotated[
        LedgerEntry | None,
        Meta(description="The linking in the ledger; null where it was linked to this customer already."),
    ] = None


class LinkIdentity(IdentityMutation):
    """Links a partner record to a customer."""

    name = "linkIdentity"
    description = (
        "Links a partner record that belongs to nobody to a customer. The partner is asked for the record; "
        "where it cannot be, the hub learns what the record says with the next change that the partner "
        "tells of."
    )
    input_type = LinkIdentityInput
    outcome_type = LinkOutcome
    payload_type = LinkIdentityPayload

    def check(self) -> None:
        """Read the ids."""
        super().check()
        self._customer = self.customer(self.asked.customer, "customer")
        self._party = self.party(self.asked.identity, "identity")
        self._record: Party | None = None

    async def ask(self, host: Host) -> None:
        """Ask the partner for the record.

        Raises:
            Refusal: There is no such connector, or the partner says that it has no such customer.
        """
        party = self._party
        if party.connector not in {info.id for info in host.infos()}:
            raise Refusal(self._unknown("There is no such connector: see `connectors`.", "connector"))
        query = PartyQuery(key=KeyKind.CUSTOMER_NUMBER, value=party.party_id)
        (answer,) = await host.identify(query, access=self.access, deadline=_PATIENCE, only=[party.connector])
        found = (one for one in answer.parties if one.party_id == party.party_id)
        self._record = next(found, None)
        asked = answer.state in {SourceState.FRESH, SourceState.KEPT}
        unknown = answer.problem is not None and answer.problem.code is SourceCode.CUSTOMER_UNKNOWN
        if self._record is None and (asked or unknown):
            raise Refusal(self._unknown("The partner has no customer of this number.", "partyId"))

    def _unknown(self, message: str, field: str) -> NotFoundProblem:
        return NotFoundProblem(message=message, path=("input", "identity", field))

    async def decide(self, unit: Unit) -> LinkOutcome:
        """Link it, with what the partner says of it."""
        await self.seen(unit, (self.asked.customer,))
        entry = await unit.ledger.link(self._customer, self._link(), self.decision)
        return LinkOutcome(customer=self._customer, entry_id=None if entry is None else entry.id)

    def _link(self) -> EnrolLink:
        party, record = self._party, self._record
        if record is None:
            return EnrolLink(connector=party.connector, party_id=party.party_id, method=STEWARD)
        return party_link(record, self.region, method=STEWARD)

    def concerns(self, outcome: LinkOutcome) -> Concerns:
        """The customer and the entry."""
        entries = () if outcome.entry_id is None else (outcome.entry_id,)
        return Concerns(customers=(outcome.customer,), entries=entries)

    def payload(self, outcome: LinkOutcome, shown: Shown) -> LinkIdentityPayload:
        """The customer with the record."""
        return LinkIdentityPayload(
            customer=shown.customers.get(outcome.customer),
            entry=answers.entry_of(shown.entries, outcome.entry_id),
        )


class SplitOutcome(Outcome, frozen=True, kw_only=True):
    """What a split or an unlinking did."""

    customer: str
    created: str
    moved: tuple[PartyRef, ...]
    entry_id: str


class _SplitPayload(Payload, frozen=True, kw_only=True):
    customer: Annotated[CustomerNode | None, Meta(description="The customer whom they left.")] = None
    created: Annotated[CustomerNode | None, Meta(description="The customer whom they are now.")] = None
    moved: Annotated[tuple[PartyReference, ...], Meta(description="The partner records that left.")] = ()
    entry: Annotated[LedgerEntry | None, Meta(description="What was done, in the ledger.")] = None


class SplitCustomerPayload(_SplitPayload, frozen=True, kw_only=True):
    """What a split did."""


class UnlinkIdentityPayload(_SplitPayload, frozen=True, kw_only=True):
    """What an unlinking did."""


class _SplitInput(DecisionInput, frozen=True, kw_only=True):
    customer: Annotated[ExpectedCustomer, Meta(description="The customer.")]
    keep_apart: Annotated[
        bool,
        Meta(
            description="Keep what leaves apart from what stays from now on, so that nothing makes them one "
            "by itself."
        ),
    ] = True


class SplitCustomerInput(_SplitInput, frozen=True, kw_only=True):
    """Partner records that are somebody else's, all of the same person."""

    identities: Annotated[
        tuple[PartnerRef, ...],
        Meta(description=f"The partner records that leave, at most {MOST_SPLIT}, and not all there are."),
    ]


class UnlinkIdentityInput(_SplitInput, frozen=True, kw_only=True):
    """A partner record that is somebody else's."""

    identity: Annotated[PartnerRef, Meta(description="The partner record that leaves.")]


class SplitCustomer(IdentityMutation):
    """Makes two customers of one."""

    name = "splitCustomer"
    description = (
        "Makes two customers of one: the partner records that are named leave, and together become a new "
        "customer. Nothing is lost; `undoLedgerEntry` takes it back."
    )
    input_type: ClassVar[type[Any]] = SplitCustomerInput
    outcome_type = SplitOutcome
    payload_type: ClassVar[type[_SplitPayload]] = SplitCustomerPayload

    def check(self) -> None:
        """Read the ids."""
        super().check()
        self._customer = self.customer(self.asked.customer, "customer")
        self._parties = self.leaving()

    def leaving(self) -> Sequence[PartyRef]:
        """The partner records that leave."""
        bounded(self.asked.identities, MOST_SPLIT, "input.identities")
        return [self.party(one, "identities", str(place)) for place, one in enumerate(self.asked.identities)]

    async def decide(self, unit: Unit) -> SplitOutcome:
        """Split."""
        (customer,) = (await self.seen(unit, (self.asked.customer,))).values()
        done = await self.part(unit, customer, drafted(customer, self._parties, self.order, self.rules))
        return SplitOutcome(
            customer=done.customer_id,
            created=done.created,
            moved=done.entry.parties,
            entry_id=done.entry.id,
        )

    async def part(self, unit: Unit, customer: CustomerData, called: CustomerDraft) -> SplitResult:
        """Let the partner records leave a customer that is held."""
        apart = self.asked.keep_apart
        return await unit.ledger.split(customer.id, self._parties, called, self.decision, apart=apart)

    def made(self, outcome: SplitOutcome) -> tuple[str, ...]:
        """The customer that the records became."""
        return (outcome.created,)

    def events(self, outcome: SplitOutcome) -> Sequence[EventDraft]:
        """That they are two."""
        both = (outcome.customer, outcome.created)
        facts = CustomersParted(
            customer=ids.encode(CUSTOMER, outcome.customer), entry=ids.encode(ENTRY, outcome.entry_id)
        )
        changed = CustomerChanged(aspects=(Aspect.IDENTITY,))
        return catalogue.drafted(facts, both), catalogue.drafted(changed, both)

    def concerns(self, outcome: SplitOutcome) -> Concerns:
        """Both customers and the entry."""
        return Concerns(customers=(outcome.customer, outcome.created), entries=(outcome.entry_id,))

    def payload(self, outcome: SplitOutcome, shown: Shown) -> Payload:
        """Both customers."""
        return self.payload_type(
            customer=shown.customers.get(outcome.customer),
            created=shown.customers.get(outcome.created),
            moved=answers.parties(outcome.moved),
            entry=answers.entry_of(shown.entries, outcome.entry_id),
        )


class UnlinkIdentity(SplitCustomer):
    """Takes one partner record out of a customer."""

    name = "unlinkIdentity"
    description = (
        "Takes a partner record out of a customer: it becomes a customer of its own, so that nothing is "
        "lost. `undoLedgerEntry` takes it back."
    )
    input_type = UnlinkIdentityInput
    payload_type = UnlinkIdentityPayload

    def leaving(self) -> Sequence[PartyRef]:
        """The one partner record."""
        return [self.party(self.asked.identity, "identity")]

    async def part(self, unit: Unit, customer: CustomerData, called: CustomerDraft) -> SplitResult:
        """Unlink it, if it is this customer's."""
        (party,) = self._parties
        if party not in {PartyRef(link.connector, link.party_id) for link in customer.links}:
            raise PartyUnknown(party)
        return await unit.ledger.unlink(party, called, self.decision, apart=self.asked.keep_apart)


def drafted(
    customer: CustomerData, parties: Sequence[PartyRef], order: Sequence[str], rules: ProfileRules
) -> CustomerDraft:
    """What the customer is called whom some partner records of another become."""
    leaving = {(party.connector, party.party_id) for party in parties}
    values = (one for one in customer.values if (one.connector, one.party_id) in leaving)
    return draft(customer.kind, values, order, rules)
