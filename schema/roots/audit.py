"""``auditEntries``: who looked at whom, and who changed what, for auditors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from schema import cursors, ids
from schema.answers import CustomerAnswer
from schema.audit import CUSTOMER, AuditEntriesArguments, AuditEntriesFilter, audit_entry
from schema.paging import page_size, stored_page
from schema.permissions.rules import needs
from schema.permissions.scopes import Scope
from schema.ports import Unit
from schema.roots.base import Lookups, RootField
from store.data import CustomerData
from store.data_audit import AuditFilter
from store.errors import CursorError


class AuditEntriesRoot(RootField):
    """Lists entries page by page."""

    name = "auditEntries"
    description = (
        "Who looked at whom and who changed what, the newest first, page by page. What was read less than a "
        "second ago may not be there yet."
    )
    arguments_type = AuditEntriesArguments
    arguments: AuditEntriesArguments
    rule = needs(Scope.AUDIT_READ)

    def check(self) -> None:
        """Check the page and the filter.

        Raises:
            InputError: ``INVALID_ID``, the id is none of a customer.
        """
        self._size = page_size(self.arguments.first, "first")
        asked = self.arguments.filter or AuditEntriesFilter()
        customer = asked.customer_id
        self._filter = AuditFilter(
            customer_id=customer and ids.decode_as(CUSTOMER, customer, argument="filter.customerId"),
            principal=asked.principal,
            kind=asked.kind,
            purpose=asked.purpose and asked.purpose.value,
            since=asked.since,
            until=asked.until,
        )

    async def read(self, unit: Unit) -> None:
        """Read the page.

        Raises:
            InputError: ``INVALID_CURSOR``, the cursor was not made by this list.
        """
        try:
            self._page = await unit.audit.page(self._filter, first=self._size, after=self.arguments.after)
        except CursorError:
            raise cursors.refused("after") from None

    def candidates(self, lookups: Lookups) -> Sequence[str]:  # a list looks nothing up
        """No customers: an entry names them by id."""
        return ()

    def choose(self, loaded: Mapping[str, CustomerData]) -> Sequence[str]:
        """None."""
        return ()

    def answer(self, customers: Mapping[str, CustomerAnswer]) -> Any:
        """The page as a connection."""
        rows = zip(map(audit_entry, self._page.entries), self._page.cursors, strict=True)
        return stored_page(rows, self._page)
