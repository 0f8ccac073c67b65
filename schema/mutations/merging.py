"""``mergeCustomers`` and ``unmerge``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from msgspec import Meta

from resolvers.events.catalogue import drafted
from resolvers.events.customers import Aspect, CustomerChanged, CustomersMerged, CustomersParted
from schema import ids
from schema.errors import ErrorCode, InputError
from schema.identity import answers
from schema.identity.answers import CUSTOMER, ENTRY, REVIEW
from schema.identity.shapes import CustomerNode, LedgerEntry, PartyReference
from schema.inputs import NodeId
from schema.mutations.base import Concerns, Outcome, Payload, Shown
from schema.mutations.identity import DecisionInput, ExpectedCustomer, IdentityMutation, bounded
from schema.mutations.problems import PartyPair
from schema.mutations.refusing import pairs
from schema.ports import Unit
from schema.shapes import Shape
from store.data_events import EventDraft
from store.data_identity import LaterFact, MergePlan, Moves, PartyRef

MOST_MERGED = 20
"""Customers who are merged into one at once."""


class MovedFacts(Shape, frozen=True, kw_only=True):
    """How much of one kind that the hub itself keeps goes to another customer."""

    kind: Annotated[str, Meta(description="What it is, such as `summary`.")]
    count: Annotated[int, Meta(description="How many.")]


class HubFact(Shape, frozen=True, kw_only=True):
    """Something that the hub itself noted of a customer."""

    kind: Annotated[str, Meta(description="What it is, such as `summary`.")]
    key: Annotated[str, Meta(description="Which one.", extra={"personal": True})]
    at: Annotated[datetime, Meta(description="When it was noted.")]


class MergeCustomersInput(DecisionInput, frozen=True, kw_only=True):
    """Customers who are to become one."""

    survivor: Annotated[
        ExpectedCustomer, Meta(description="The customer who remains, with their name and dates.")
    ]
    others: Annotated[
        tuple[ExpectedCustomer, ...],
        Meta(
            description=f"Those who become part of it, at most {MOST_MERGED}. Their ids go on answering, "
            "with the survivor."
        ),
    ]
    overrule: Annotated[
        bool,
        Meta(description="Merge even what a person keeps apart, and keep it apart no longer."),
    ] = False
    dry_run: Annotated[bool, Meta(description="Change nothing, and tell what would be changed.")] = False


class MergeOutcome(Outcome, frozen=True, kw_only=True):
    """What a merge did or would do."""

    dry_run: bool
    plan: MergePlan
    entry_id: str | None


class MergeCustomersPayload(Payload, frozen=True, kw_only=True):
    """What a merge did, or with `dryRun` what it would do."""

    customer: Annotated[
        CustomerNode | None, Meta(description="The survivor; with `dryRun` as it is without the merge.")
    ] = None
    dry_run: Annotated[bool, Meta(description="Whether nothing was changed because that was asked for.")] = (
        False
    )
    merged_ids: Annotated[
        tuple[NodeId, ...],
        Meta(
            description="Ids of the customers who became part of it; they lead to the survivor from now on."
        ),
    ] = ()
    moved: Annotated[
        tuple[PartyReference, ...], Meta(description="The partner records that came to the survivor.")
    ] = ()
    moved_facts: Annotated[
        tuple[MovedFacts, ...], Meta(description="What else came to the survivor, by kind.")
    ] = ()
    kept_apart: Annotated[
        tuple[PartyPair, ...],
        Meta(
            description="Partner records that a person keeps apart: without `overrule` the merge is refused."
        ),
    ] = ()
    moot_review_ids: Annotated[
        tuple[NodeId, ...], Meta(description="Ids of open reviews that need no answer any more.")
    ] = ()
    entry: Annotated[
        LedgerEntry | None,
        Meta(description="The merge in the ledger; null with `dryRun`, and where they were one already."),
    ] = None


class MergeCustomers(IdentityMutation):
    """Makes customers one."""

    name = "mergeCustomers"
    description = (
        "Makes customers one. Nothing is lost: their partner records and what the hub keeps of them come to "
        "the survivor, their ids lead to it, and `unmerge` takes it back. With `dryRun` it only tells what "
        "it would do."
    )
    input_type = MergeCustomersInput
    outcome_type = MergeOutcome
    payload_type = MergeCustomersPayload

    def check(self) -> None:
        """Read the ids."""
        super().check()
        bounded(self.asked.others, MOST_MERGED, "input.others")
        self._survivor = self.customer(self.asked.survivor, "survivor")
        self._others = [
            self.customer(one, "others", str(place)) for place, one in enumerate(self.asked.others)
        ]

    async def decide(self, unit: Unit) -> MergeOutcome:
        """Merge, or only plan it."""
        await self.seen(unit, (self.asked.survivor, *self.asked.others))
        if not self.changes:
            plan = await unit.ledger.plan_merge(self._survivor, self._others)
            return MergeOutcome(dry_run=True, plan=plan, entry_id=None)
        done = await unit.ledger.merge(
            self._survivor, self._others, self.decision, overrule=self.asked.overrule
        )
        return MergeOutcome(
            dry_run=False, plan=done.plan, entry_id=None if done.entry is None else done.entry.id
        )

    def events(self, outcome: MergeOutcome) -> Sequence[EventDraft]:
        """That they are one, where they were not before."""
        plan = outcome.plan
        if outcome.entry_id is None:
            return ()
        entry, survivor = ids.encode(ENTRY, outcome.entry_id), ids.encode(CUSTOMER, plan.survivor)
        merged = drafted(CustomersMerged(survivor=survivor, entry=entry), (plan.survivor, *plan.others))
        return merged, drafted(CustomerChanged(aspects=(Aspect.IDENTITY,)), (plan.survivor, *plan.others))

    def concerns(self, outcome: MergeOutcome) -> Concerns:
        """The survivor and the entry."""
        return Concerns(customers=(outcome.plan.survivor,), entries=_one(outcome.entry_id))

    def payload(self, outcome: MergeOutcome, shown: Shown) -> MergeCustomersPayload:
        """The survivor, and all that moved."""
        plan = outcome.plan
        return MergeCustomersPayload(
            customer=shown.customers.get(plan.survivor),
            dry_run=outcome.dry_run,
            merged_ids=answers.customer_ids(plan.others),
            moved=answers.parties(plan.parties),
            moved_facts=_facts(plan.moves),
            kept_apart=pairs(plan.apart),
            moot_review_ids=tuple(ids.encode(REVIEW, one) for one in plan.reviews),
            entry=answers.entry_of(shown.entries, outcome.entry_id),
        )


class UnmergeInput(DecisionInput, frozen=True, kw_only=True):
    """A merge to take back: one of the two ids is given."""

    entry_id: Annotated[
        NodeId | None,
        Meta(
            description="Id of the merge in the ledger: everybody whom it made one stands on their own again."
        ),
    ] = None
    customer_id: Annotated[
        NodeId | None,
        Meta(description="An old id: that customer alone stands on their own again."),
    ] = None
    keep_apart: Annotated[
        bool,
        Meta(description="Keep the two sides apart from now on, so that nothing makes them one by itself."),
    ] = False


class UnmergeOutcome(Outcome, frozen=True, kw_only=True):
    """What an unmerge did."""

    survivor: str
    restored: tuple[str, ...]
    moved: tuple[PartyRef, ...]
    stayed: tuple[PartyRef, ...]
    later: tuple[LaterFact, ...]
    entry_id: str


class UnmergePayload(Payload, frozen=True, kw_only=True):
    """What taking back a merge did."""

    customer: Annotated[
        CustomerNode | None, Meta(description="The customer whom the others were part of.")
    ] = None
    restored: Annotated[
        tuple[CustomerNode, ...], Meta(description="Those who stand on their own again, under their old ids.")
    ] = ()
    moved: Annotated[
        tuple[PartyReference, ...], Meta(description="The partner records that went back with them.")
    ] = ()
    stayed: Annotated[
        tuple[PartyReference, ...],
        Meta(description="Partner records that came after the merge, and stay with the survivor."),
    ] = ()
    later_facts: Annotated[
        tuple[HubFact, ...],
        Meta(description="What the hub itself noted after the merge: it stays with the survivor."),
    ] = ()
    entry: Annotated[LedgerEntry | None, Meta(description="The unmerge in the ledger.")] = None


class Unmerge(IdentityMutation):
    """Takes back a merge."""

    name = "unmerge"
    description = (
        "Takes back a merge, whatever was merged before and after it: everybody has again exactly what they "
        "had. What a partner said since goes with its record; what the hub itself noted since stays with the "
        "survivor and is listed."
    )
    input_type = UnmergeInput
    outcome_type = UnmergeOutcome
    payload_type = UnmergePayload

    def check(self) -> None:
        """Read the one id that is given."""
        super().check()
        entry, customer = self.asked.entry_id, self.asked.customer_id
        if (entry is None) == (customer is None):
            message = "Give either `entryId` or `customerId`."
            raise InputError(message, code=ErrorCode.BAD_USER_INPUT, argument="input")
        self._entry = None if entry is None else self.named(ENTRY, entry, "entryId")
        self._customer = None if customer is None else self.named(CUSTOMER, customer, "customerId")

    async def decide(self, unit: Unit) -> UnmergeOutcome:
        """Unmerge."""
        done = await unit.ledger.unmerge(
            self.decision, entry_id=self._entry, customer_id=self._customer, apart=self.asked.keep_apart
        )
        return UnmergeOutcome(
            survivor=done.survivor,
            restored=done.restored,
            moved=done.moved,
            stayed=done.stayed,
            later=done.later_facts,
            entry_id=done.entry.id,
        )

    def events(self, outcome: UnmergeOutcome) -> Sequence[EventDraft]:
        """That they are several again."""
        everybody = (outcome.survivor, *outcome.restored)
        entry, customer = ids.encode(ENTRY, outcome.entry_id), ids.encode(CUSTOMER, outcome.survivor)
        parted = drafted(CustomersParted(customer=customer, entry=entry), everybody)
        return parted, drafted(CustomerChanged(aspects=(Aspect.IDENTITY,)), everybody)

    def concerns(self, outcome: UnmergeOutcome) -> Concerns:
        """Everybody who was one."""
        return Concerns(customers=(outcome.survivor, *outcome.restored), entries=(outcome.entry_id,))

    def payload(self, outcome: UnmergeOutcome, shown: Shown) -> UnmergePayload:
        """Everybody, and what went where."""
        return UnmergePayload(
            customer=shown.customers.get(outcome.survivor),
            restored=tuple(shown.customers[one] for one in outcome.restored if one in shown.customers),
            moved=answers.parties(outcome.moved),
            stayed=answers.parties(outcome.stayed),
            later_facts=tuple(HubFact(kind=one.table, key=one.key, at=one.at) for one in outcome.later),
            entry=answers.entry_of(shown.entries, outcome.entry_id),
        )


def _one(entry_id: str | None) -> tuple[str, ...]:
    return () if entry_id is None else (entry_id,)


def _facts(moves: tuple[Moves, ...]) -> tuple[MovedFacts, ...]:
    return tuple(MovedFacts(kind=one.table, count=one.rows) for one in moves)
