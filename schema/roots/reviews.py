"""``reviews``: pairs of customers that may be one, for people to say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from schema import cursors, ids
from schema.answers import CustomerAnswer
from schema.identity import answers
from schema.inputs import ReviewFilter, ReviewsArguments
from schema.paging import stored_page, stretch
from schema.permissions.rules import needs
from schema.permissions.scopes import Scope
from schema.ports import Unit
from schema.roots.base import Lookups, RootField
from schema.roots.decisions import sides
from store.data import CustomerData
from store.errors import CursorError


class ReviewsRoot(RootField):
    """Lists reviews page by page."""

    name = "reviews"
    rule = needs(Scope.IDENTITY_READ)
    description = (
        "The review queue: pairs of customers that may be one, the oldest first, page by page, forward and "
        "backward. Both sides stand beside each other, field by field."
    )
    arguments_type = ReviewsArguments
    arguments: ReviewsArguments

    def check(self) -> None:
        """Check the page and the filter."""
        self._stretch = stretch(self.arguments)
        asked = self.arguments.filter or ReviewFilter()
        self._state = asked.state
        self._customer = (
            None
            if asked.customer_id is None
            else ids.decode_as("Customer", asked.customer_id, argument="filter.customerId")
        )
        self._total: int | None = None

    async def read(self, unit: Unit) -> None:
        """Read the page, and count only where the number is selected.

        Raises:
            InputError: ``INVALID_CURSOR``, a cursor was not made by this list.
        """
        asked = self._stretch
        page = partial(
            unit.reviews.page,
            state=self._state,
            customer_id=self._customer,
            after=asked.after,
            before=asked.before,
        )
        try:
            self._page = await (page(first=asked.size) if asked.forward else page(last=asked.size))
        except CursorError:
            raise cursors.refused("after" if asked.after is not None else "before") from None
        if self.count:
            self._total = await unit.reviews.count(state=self._state, customer_id=self._customer)

    def candidates(self, lookups: Lookups) -> Sequence[str]:  # a list looks nothing up
        """The customers on both sides."""
        return tuple(dict.fromkeys(sides(self._page.reviews)))

    def choose(self, loaded: Mapping[str, CustomerData]) -> Sequence[str]:
        """All of them."""
        return tuple(loaded)

    def answer(self, customers: Mapping[str, CustomerAnswer]) -> Any:
        """The page as a connection."""
        rows = [
            (answers.review(one, customers), cursor)
            for one, cursor in zip(self._page.reviews, self._page.cursors, strict=True)
        ]
        return stored_page(rows, self._page, total_count=self._total)
