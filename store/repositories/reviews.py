"""Pairs that a human should look at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from store.data_identity import (
    LinkDecision,
    ReviewData,
    ReviewPage,
    ReviewRequest,
    ReviewResult,
    ReviewState,
    ReviewVerdict,
)
from store.repositories.base import Repository


class ReviewRepository(Repository):
    """The review queue. A pair of customers is in it once, however often it is raised."""

    async def open(self, requests: Sequence[ReviewRequest]) -> tuple[str | None, ...]:
        """Put pairs before a human.

        Returns:
            the id of each pair's review, an earlier one where the pair is open already; ``None`` where
            there is nothing to ask: the parties are one customer, are kept apart, or belong to nobody.
        """
        raise NotImplementedError

    async def get(self, ids: Iterable[str]) -> Mapping[str, ReviewData]:
        """Reviews by id, whatever their state; unknown ones are left out."""
        raise NotImplementedError

    async def page(
        self,
        *,
        state: ReviewState = ReviewState.OPEN,
        customer_id: str | None = None,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> ReviewPage:
        """A page of the queue, oldest first.

        Args:
            state: how they stand.
            customer_id: only reviews of this customer; an old id stands for the present customer.
            first: so many from the start or from behind ``after``; 20 where neither it nor ``last``
                is given.
            last: so many up to the end or up to ``before``; not together with ``first``.

        Raises:
            CursorError: a cursor is damaged.
            ValueError: both or negative numbers were given.
        """
        raise NotImplementedError

    async def count(self, *, state: ReviewState = ReviewState.OPEN, customer_id: str | None = None) -> int:
        """How many reviews stand so."""
        raise NotImplementedError

    async def decide(
        self,
        review_id: str,
        verdict: ReviewVerdict,
        decision: LinkDecision,
        *,
        survivor: str | None = None,
    ) -> ReviewResult:
        """Decide a review: merge the two customers, or keep their parties apart.

        Args:
            review_id: the review.
            verdict: what the human says.
            decision: who, and why; its evidence is that of the review where it brings none.
            survivor: which of the two remains after ``SAME``; ``None``: the one that has been one longer.

        Raises:
            ReviewUnknown: there is no such review.
            ReviewClosed: it is decided or moot.
            CustomerUnknown: ``survivor`` is neither of the two.
        """
        raise NotImplementedError
