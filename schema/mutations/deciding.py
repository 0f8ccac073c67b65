"""``decideReview`` and ``undoLedgerEntry``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta

from schema.identity import answers
from schema.identity.answers import CUSTOMER, ENTRY, REVIEW
from schema.identity.shapes import CustomerNode, LedgerEntry, PartyReference, Review
from schema.inputs import NodeId
from schema.mutations.base import Concerns, Outcome, Payload, Shown
from schema.mutations.identity import DecisionInput, IdentityMutation
from schema.mutations.linking import drafted
from schema.mutations.regrouping import regrouped
from schema.ports import Unit
from store.data_events import EventDraft
from store.data_identity import CustomerDraft, EntryKind, PartyRef, ReviewVerdict
from store.data_identity import LedgerEntry as LedgerEntryData


class DecideReviewInput(DecisionInput, frozen=True, kw_only=True):
    """What a person says of a pair."""

    review_id: Annotated[NodeId, Meta(description="Id of the review.")]
    verdict: Annotated[ReviewVerdict, Meta(description="Whether they are one.")]
    survivor_id: Annotated[
        NodeId | None,
        Meta(
            description="Which of the two customers remains after `SAME`; the one that has been one longer "
            "unless told."
        ),
    ] = None


class DecideReviewOutcome(Outcome, frozen=True, kw_only=True):
    """What deciding a review did."""

    review: str
    customers: tuple[str, ...]
    moved: tuple[PartyRef, ...]
    entry_id: str
    merge_id: str | None


class DecideReviewPayload(Payload, frozen=True, kw_only=True):
    """What deciding a review did."""

    review: Annotated[Review | None, Meta(description="The review, decided.")] = None
    customers: Annotated[
        tuple[CustomerNode, ...], Meta(description="After `SAME` the survivor, else both of the pair.")
    ] = ()
    moved: Annotated[
        tuple[PartyReference, ...], Meta(description="Partner records that came to the survivor.")
    ] = ()
    entry: Annotated[
        LedgerEntry | None,
        Meta(description="The decision in the ledger, which `undoLedgerEntry` takes back."),
    ] = None
    merge: Annotated[
        LedgerEntry | None, Meta(description="The merge that it led to; null after `NOT_SAME`.")
    ] = None


class DecideReview(IdentityMutation):
    """Decides a review."""

    name = "decideReview"
    description = (
        "Says whether the two of a review are one: after `SAME` they are merged, after `NOT_SAME` their "
        "partner records are kept apart from now on."
    )
    input_type = DecideReviewInput
    outcome_type = DecideReviewOutcome
    payload_type = DecideReviewPayload
    _made: Sequence[LedgerEntryData] = ()

    def check(self) -> None:
        """Read the ids."""
        super().check()
        self._review = self.named(REVIEW, self.asked.review_id, "reviewId")
        survivor = self.asked.survivor_id
        self._survivor = None if survivor is None else self.named(CUSTOMER, survivor, "survivorId")

    async def decide(self, unit: Unit) -> DecideReviewOutcome:
        """Decide."""
        done = await unit.reviews.decide(
            self._review, self.asked.verdict, self.decision, survivor=self._survivor
        )
        self._made = () if done.merge is None or done.merge.entry is None else (done.merge.entry,)
        both = dict.fromkeys((done.review.left_customer, done.review.right_customer))
        return DecideReviewOutcome(
            review=self._review,
            customers=tuple(both) if done.merge is None else (done.merge.survivor,),
            moved=() if done.merge is None else done.merge.plan.parties,
            entry_id=done.entry.id,
            merge_id=None if done.merge is None or done.merge.entry is None else done.merge.entry.id,
        )

    def events(self, outcome: DecideReviewOutcome) -> Sequence[EventDraft]:
        """That they are one, where they became it."""
        return regrouped(self._made) or super().events(outcome)

    def concerns(self, outcome: DecideReviewOutcome) -> Concerns:
        """The review, the customers and the entries."""
        entries = tuple(one for one in (outcome.entry_id, outcome.merge_id) if one is not None)
        return Concerns(customers=outcome.customers, entries=entries, reviews=(outcome.review,))

    def payload(self, outcome: DecideReviewOutcome, shown: Shown) -> DecideReviewPayload:
        """The review as it is now."""
        review = shown.reviews.get(outcome.review)
        return DecideReviewPayload(
            review=None if review is None else answers.review(review, shown.customers),
            customers=tuple(shown.customers[one] for one in outcome.customers if one in shown.customers),
            moved=answers.parties(outcome.moved),
            entry=answers.entry_of(shown.entries, outcome.entry_id),
            merge=answers.entry_of(shown.entries, outcome.merge_id),
        )


class UndoLedgerEntryInput(DecisionInput, frozen=True, kw_only=True):
    """A decision to take back."""

    entry_id: Annotated[NodeId, Meta(description="Id of the entry in the ledger.")]


class UndoOutcome(Outcome, frozen=True, kw_only=True):
    """What taking back a decision did."""

    customers: tuple[str, ...]
    entries: tuple[str, ...]


class UndoLedgerEntryPayload(Payload, frozen=True, kw_only=True):
    """What taking back a decision did."""

    customers: Annotated[
        tuple[CustomerNode, ...], Meta(description="Everybody concerned, as they are now.")
    ] = ()
    entries: Annotated[
        tuple[LedgerEntry, ...],
        Meta(description="The entries that it made, the one that takes the decision back first."),
    ] = ()


class UndoLedgerEntry(IdentityMutation):
    """Takes back a decision."""

    name = "undoLedgerEntry"
    description = (
        "Takes back a decision of the ledger by its opposite: a merge is unmerged and an unmerge merged "
        "again; what was split off or unlinked returns; what was linked becomes a customer of its own; a "
        "decided review is open again, and its merge taken back."
    )
    input_type = UndoLedgerEntryInput
    outcome_type = UndoOutcome
    payload_type = UndoLedgerEntryPayload
    _made: Sequence[LedgerEntryData] = ()

    def check(self) -> None:
        """Read the id."""
        super().check()
        self._entry = self.named(ENTRY, self.asked.entry_id, "entryId")

    async def decide(self, unit: Unit) -> UndoOutcome:
        """Take it back."""
        made = await unit.ledger.undo(self._entry, self.decision, draft=await self._draft(unit))
        self._made = made
        concerned = dict.fromkeys(one for entry in made for one in (entry.customer_id, *entry.others))
        return UndoOutcome(customers=tuple(concerned), entries=tuple(entry.id for entry in made))

    async def _draft(self, unit: Unit) -> CustomerDraft | None:
        """What the party is called that a link is undone of."""
        entry = (await unit.ledger.by_ids([self._entry])).get(self._entry)
        if entry is None or entry.kind is not EntryKind.LINK:
            return None
        customer = (await unit.customers.hold([entry.customer_id])).get(entry.customer_id)
        return None if customer is None else drafted(customer, entry.parties, self.order, self.rules)

    def events(self, outcome: UndoOutcome) -> Sequence[EventDraft]:
        """That they are one again, or several."""
        return regrouped(self._made) or super().events(outcome)

    def concerns(self, outcome: UndoOutcome) -> Concerns:
        """Everybody, and the entries."""
        return Concerns(customers=outcome.customers, entries=outcome.entries)

    def payload(self, outcome: UndoOutcome, shown: Shown) -> UndoLedgerEntryPayload:
        """Everybody as they are now."""
        customers = {
            id(found): found for one in outcome.customers if (found := shown.customers.get(one)) is not None
        }
        return UndoLedgerEntryPayload(
            customers=tuple(customers.values()),
            entries=tuple(
                answers.ledger_entry(shown.entries[one]) for one in outcome.entries if one in shown.entries
            ),
        )
