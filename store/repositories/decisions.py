"""What humans say of the pairs before them."""

from __future__ import annotations

import msgspec
from sqlalchemy import select

from store.data_identity import (
    EntryKind,
    LinkDecision,
    PartyRef,
    ReviewResult,
    ReviewState,
    ReviewVerdict,
)
from store.errors_identity import CustomerUnknown, ReviewClosed, ReviewUnknown
from store.models import Customer
from store.repositories.apart import ApartRepository
from store.repositories.entries import Entries
from store.repositories.families import Families
from store.repositories.merging import Merging
from store.repositories.relocation import Relocation
from store.repositories.reviews import ReviewQueue


class ReviewRepository(ReviewQueue):
    """The review queue. A pair of customers is in it once, however often it is raised."""

    async def decide(
        self,
        review_id: str,
        verdict: ReviewVerdict,
        decision: LinkDecision,
        *,
        survivor: str | None = None,
        overrule: bool = False,
    ) -> ReviewResult:
        """Decide a review: merge the two customers, or keep their parties apart.

        Args:
            review_id: the review.
            verdict: what the human says.
            decision: who, and why; its evidence is that of the review where it brings none.
            survivor: which of the two remains after ``SAME``; ``None``: the one that has been one longer.
            overrule: merge even what was kept apart before.

        Raises:
            ReviewUnknown: there is no such review.
            ReviewClosed: it is decided or moot.
            CustomerUnknown: ``survivor`` is neither of the two.
            KeptApart: other parties of the two are kept apart.
        """
        before = (await self.get([review_id])).get(review_id)
        if before is None:
            raise ReviewUnknown(review_id)
        await Families(self._scope).hold({before.left_customer, before.right_customer} - {None})
        review = (await self.get([review_id]))[review_id]
        if review.state is not ReviewState.OPEN:
            raise ReviewClosed(review_id)
        both = (
            min(review.left_customer, review.right_customer),
            max(review.left_customer, review.right_customer),
        )
        if survivor is not None:
            survivor = (await Families(self._scope).resolve([survivor])).get(survivor, survivor)
            if survivor not in both:
                raise CustomerUnknown(survivor)
        if not decision.evidence:
            raised = review.raised.decision
            decision = msgspec.structs.replace(
                decision,
                evidence=raised.evidence,
                probability=raised.probability,
                model_version=raised.model_version,
            )
        entry = await Entries(self._scope).add(EntryKind.DECIDE, decision, both, review_id=review_id)
        await self.decided(both, verdict, entry.id)
        merge = None
        if verdict is ReviewVerdict.SAME:
            first = survivor or await self._older(both)
            merge = await Merging(self._scope).merge(
                first, both, decision, overrule=overrule, review_id=review_id
            )
        else:
            await self._part(both, entry.id)
        return ReviewResult(review=(await self.get([review_id]))[review_id], entry=entry, merge=merge)

    async def _part(self, both: tuple[str, str], entry_id: str) -> None:
        sides: dict[str, list[PartyRef]] = {customer_id: [] for customer_id in both}
        for link in await Relocation(self._scope).links(both):
            sides[link.customer_id].append(link.party)
        await ApartRepository(self._scope).add(
            ((one, other) for one in sides[both[0]] for other in sides[both[1]]), entry_id
        )

    async def _older(self, both: tuple[str, str]) -> str:
        found = await self._session.scalar(
            select(Customer.id)
            .where(Customer.tenant == self._tenant, self._scope.among(Customer.id, both))
            .order_by(Customer.created_at, Customer.id)
            .limit(1)
        )
        return found or both[0]
