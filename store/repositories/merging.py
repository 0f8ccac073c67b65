"""Merging customers, and taking it back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import select

from store.data_identity import (
    EntryKind,
    LaterFact,
    LinkDecision,
    MergePlan,
    MergeResult,
    PartyRef,
    UnmergeResult,
)
from store.errors_identity import CannotReverse, CustomerUnknown, KeptApart, KindsDiffer, NotMerged
from store.models import Customer
from store.repositories.apart import ApartRepository
from store.repositories.base import Repository
from store.repositories.entries import Entries
from store.repositories.families import Edge, Families
from store.repositories.relocation import Relocation
from store.repositories.reviews import ReviewQueue


class Merging(Repository):
    """See :class:`store.repositories.ledger.LedgerRepository`."""

    async def plan(self, survivor: str, others: Iterable[str]) -> MergePlan:
        """What a merge would do."""
        wanted = (survivor, *others)
        return await self._plan(wanted, await Families(self._scope).resolve(wanted))

    async def merge(
        self,
        survivor: str,
        others: Iterable[str],
        decision: LinkDecision,
        *,
        overrule: bool = False,
        reverses: str | None = None,
        review_id: str | None = None,
    ) -> MergeResult:
        """Make customers one."""
        wanted = (survivor, *others)
        families = Families(self._scope)
        plan = await self._plan(wanted, await families.hold(wanted))
        if not plan.others:
            return MergeResult(entry=None, survivor=plan.survivor, plan=plan)
        if plan.apart:
            if not overrule:
                raise KeptApart(plan.apart)
            await ApartRepository(self._scope).lift(plan.apart)
        entry = await Entries(self._scope).add(
            EntryKind.MERGE,
            decision,
            (plan.survivor, *plan.others),
            reverses=reverses,
            review_id=review_id,
        )
        await families.join(plan.survivor, plan.others, entry.id)
        await Relocation(self._scope).whole(plan.survivor, plan.others)
        await ReviewQueue(self._scope).settle((plan.survivor, *plan.others))
        return MergeResult(entry=entry, survivor=plan.survivor, plan=plan)

    async def unmerge_entry(
        self, entry_id: str, decision: LinkDecision, *, apart: bool, review_id: str | None = None
    ) -> UnmergeResult:
        """Take back all that is left of a merge."""
        entry = await Entries(self._scope).one(entry_id)
        if entry.kind is not EntryKind.MERGE:
            raise CannotReverse(entry_id, "it is no merge; undo it instead")
        families = Families(self._scope)
        held = await families.hold(entry.others)
        standing = [edge for edge in await families.edges(set(held.values())) if edge.entry_id == entry_id]
        if not standing:
            raise CannotReverse(entry_id, "it was taken back already, or a customer of it was erased")
        return await self._unmerge(standing, decision, apart=apart, reverses=entry_id, review_id=review_id)

    async def unmerge_customer(
        self, customer_id: str, decision: LinkDecision, *, apart: bool
    ) -> UnmergeResult:
        """Let one old id stand on its own again."""
        families = Families(self._scope)
        survivor = await families.held(customer_id)
        edges = await families.edges([survivor])
        mine = [edge for edge in edges if edge.node == customer_id]
        if not mine:
            raise NotMerged(customer_id)
        last = [edge for edge in edges if edge.entry_id == mine[0].entry_id] == mine
        return await self._unmerge(mine, decision, apart=apart, reverses=mine[0].entry_id if last else None)

    async def _unmerge(
        self,
        edges: Sequence[Edge],
        decision: LinkDecision,
        *,
        apart: bool,
        reverses: str | None,
        review_id: str | None = None,
    ) -> UnmergeResult:
        families, relocation = Families(self._scope), Relocation(self._scope)
        survivor, restored = edges[0].survivor, [edge.node for edge in edges]
        if (await Entries(self._scope).get([edges[0].entry_id]))[edges[0].entry_id].reversed_by is not None:
            reverses = None  # a merge that stands again after its reversal was itself taken back
        moved: list[PartyRef] = []
        for edge in edges:
            nodes = await families.part(edge)
            moved += [link.party for link in await relocation.links([survivor]) if link.home_id in nodes]
            await relocation.nodes(survivor, edge.node, nodes)
        await relocation.reseal([survivor, *restored])
        left = await relocation.links([survivor])
        since = min(edge.merged_at for edge in edges)
        facts: tuple[LaterFact, ...] = await relocation.later_facts(survivor, since)
        entry = await Entries(self._scope).add(
            EntryKind.UNMERGE, decision, (survivor, *restored), reverses=reverses, review_id=review_id
        )
        if apart:
            await ApartRepository(self._scope).add(
                ((one, link.party) for one in moved for link in left), entry.id
            )
        await ReviewQueue(self._scope).settle([survivor, *restored])
        return UnmergeResult(
            entry=entry,
            survivor=survivor,
            restored=tuple(sorted(restored)),
            moved=tuple(sorted(moved)),
            stayed=tuple(sorted(link.party for link in left if link.recorded_at >= since)),
            later_facts=facts,
        )

    async def _plan(self, wanted: Sequence[str], found: dict[str, str]) -> MergePlan:
        for each in wanted:
            if each not in found:
                raise CustomerUnknown(each)
        survivor = found[wanted[0]]
        others = tuple(sorted({found[each] for each in wanted} - {survivor}))
        kinds = set(
            await self._session.scalars(
                select(Customer.kind).where(
                    Customer.tenant == self._tenant, self._scope.among(Customer.id, (survivor, *others))
                )
            )
        )
        if len(kinds) > 1:
            raise KindsDiffer
        relocation = Relocation(self._scope)
        return MergePlan(
            survivor=survivor,
            others=others,
            parties=tuple(link.party for link in await relocation.links(others)),
            moves=await relocation.counts(others) if others else (),
            apart=await ApartRepository(self._scope).between_customers((survivor, *others)),
            reviews=await ReviewQueue(self._scope).among((survivor, *others)),
        )
