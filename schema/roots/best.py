"""``bestCustomers``: customers in the order of a figure, over all lines of business or of one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from c360.values import CurrencyCode
from resolvers.money import rounded
from schema import cursors
from schema.answers import CustomerAnswer
from schema.inputs import BestCustomersArguments
from schema.paging import Connection, page_size, stored_page
from schema.permissions.types import TYPES
from schema.ports import Unit
from schema.roots.base import Lookups, RootField
from schema.scoring.segments import BestCustomer
from store.data import CustomerData
from store.data_segments import StandingPage
from store.errors import CursorError

_NOBODY = StandingPage(ids=(), cursors=(), has_next=False, has_previous=False)


class CountedConnection(Connection, frozen=True, kw_only=True):
    """A stretch of customers as they were counted on a day."""

    counted_on: date | None


class BestCustomersRoot(RootField):
    """Lists customers by a kept figure."""

    name = "bestCustomers"
    rule = TYPES["BestCustomer"]
    description = (
        "Customers by what they contributed or are worth, the best first, over all lines of business or of "
        "one, as they were last counted. Who has no such figure is not among them."
    )
    arguments_type = BestCustomersArguments
    arguments: BestCustomersArguments

    def check(self) -> None:
        """Check the page."""
        self._size = page_size(self.arguments.first, "first")

    async def read(self, unit: Unit) -> None:
        """Read the page.

        Raises:
            InputError: ``INVALID_CURSOR``, the cursor was not made by this list in this order.
        """
        asked = self.arguments
        self._latest = await unit.segments.latest()
        try:
            self._page = await unit.standings.best(
                asked.by.value,
                "" if asked.line is None else asked.line.value,
                first=self._size,
                after=asked.after,
            )
        except CursorError:
            raise cursors.refused("after") from None
        if self._latest is None:
            self._page = _NOBODY  # a count is under way for the first time

    def candidates(self, lookups: Lookups) -> Sequence[str]:  # a list looks nothing up
        """The customers of the page."""
        return self._page.ids

    def choose(self, loaded: Mapping[str, CustomerData]) -> Sequence[str]:
        """All of them."""
        return tuple(loaded)

    def answer(self, customers: Mapping[str, CustomerAnswer]) -> Any:
        """The page as a connection."""
        page, latest = self._page, self._latest
        currency = CurrencyCode(latest.currency if latest else "XXX")
        rows = [
            (BestCustomer(customer=customers[one], amount=rounded(score, currency)), cursor)
            for one, score, cursor in zip(page.ids, page.scores, page.cursors, strict=True)
            if one in customers
        ]
        found = stored_page(rows, page)
        return CountedConnection(
            edges=found.edges,
            page_info=found.page_info,
            total_count=None,
            counted_on=latest.day if latest else None,
        )
