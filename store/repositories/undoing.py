"""Taking back entries, each by its opposite."""

from __future__ import annotations

from store.data_identity import CustomerDraft, EntryKind, LedgerEntry, LinkDecision, ReviewVerdict
from store.errors_identity import CannotReverse
from store.repositories.apart import ApartRepository
from store.repositories.base import Repository
from store.repositories.entries import Entries
from store.repositories.merging import Merging
from store.repositories.parting import Parting
from store.repositories.relocation import Relocation
from store.repositories.reviews import ReviewQueue


class Undoing(Repository):
    """See :meth:`store.repositories.ledger.LedgerRepository.undo`."""

    async def undo(
        self, entry_id: str, decision: LinkDecision, draft: CustomerDraft | None
    ) -> tuple[LedgerEntry, ...]:
        """Take back an entry."""
        entry = await Entries(self._scope).one(entry_id)
        if entry.kind is EntryKind.MERGE:
            # Of a merge that was taken back in part, the rest.
            merging = Merging(self._scope)
            return ((await merging.unmerge_entry(entry_id, decision, apart=False)).entry,)
        if entry.reversed_by is not None:
            raise CannotReverse(entry_id, f"entry {entry.reversed_by} did so already")
        if entry.kind is EntryKind.UNMERGE:
            return (await self._merge_again(entry, decision),)
        if entry.kind in {EntryKind.SPLIT, EntryKind.UNLINK}:
            return (await Parting(self._scope).restore(entry, decision),)
        if entry.kind is EntryKind.LINK:
            return (await self._end_link(entry, decision, draft),)
        if entry.kind is EntryKind.APART:
            return (await self._together(entry, decision),)
        if entry.kind is EntryKind.DECIDE:
            return await self._undecide(entry, decision)
        raise CannotReverse(entry_id, f"{entry.kind.value} has no opposite; do what you want instead")

    async def _merge_again(self, entry: LedgerEntry, decision: LinkDecision) -> LedgerEntry:
        await ApartRepository(self._scope).lift_entry(entry.id)
        merge = await Merging(self._scope).merge(entry.customer_id, entry.others, decision, reverses=entry.id)
        if merge.entry is None:
            raise CannotReverse(entry.id, "they are one customer already")
        return merge.entry

    async def _end_link(
        self, entry: LedgerEntry, decision: LinkDecision, draft: CustomerDraft | None
    ) -> LedgerEntry:
        (party,) = entry.parties or (None,)
        link = (await Relocation(self._scope).links_of([party])).get(party) if party is not None else None
        if party is None or link is None:
            raise CannotReverse(entry.id, "the party was erased")
        if (await Entries(self._scope).placing([party])).get(party) != entry.id:
            raise CannotReverse(entry.id, "a later entry moved the party; take that back first")
        if draft is None:
            raise CannotReverse(entry.id, "it takes a draft that says what the party is called")
        parting = Parting(self._scope)
        return (await parting.unlink(party, draft, decision, apart=False, reverses=entry.id)).entry

    async def _together(self, entry: LedgerEntry, decision: LinkDecision) -> LedgerEntry:
        if not await ApartRepository(self._scope).lift_entry(entry.id):
            raise CannotReverse(entry.id, "a merge overruled it")
        return await Entries(self._scope).add(
            EntryKind.TOGETHER, decision, (entry.customer_id, *entry.others), reverses=entry.id
        )

    async def _undecide(self, entry: LedgerEntry, decision: LinkDecision) -> tuple[LedgerEntry, ...]:
        review_id = entry.review_id or ""
        review = (await ReviewQueue(self._scope).get([review_id])).get(review_id)
        if review is None or review.decided is None or review.decided.id != entry.id:
            raise CannotReverse(entry.id, "a customer of it was erased")
        more: tuple[LedgerEntry, ...] = ()
        if review.verdict is ReviewVerdict.SAME:
            merges = [
                each for each in await Entries(self._scope).merges_of_review(review_id) if each > entry.id
            ]
            merging = Merging(self._scope)
            more = tuple(
                [
                    (await merging.unmerge_entry(each, decision, apart=False, review_id=review_id)).entry
                    for each in merges
                ]
            )
        await ApartRepository(self._scope).lift_entry(entry.id)
        await ReviewQueue(self._scope).reopen(entry.id)
        customers = (entry.customer_id, *entry.others)
        undone = await Entries(self._scope).add(
            EntryKind.TOGETHER, decision, customers, review_id=review_id, reverses=entry.id
        )
        return (undone, *more)
