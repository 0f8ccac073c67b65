"""``accessLog``: who looked at a customer, for the customer, and for those who answer for their data."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from msgspec import Meta

from c360.access import Purpose
from schema import cursors, ids
from schema.answers import CustomerAnswer
from schema.identity.answers import CUSTOMER
from schema.inputs import Arguments, NodeId
from schema.paging import page_size, stored_page
from schema.permissions.rules import Rule
from schema.permissions.scopes import Scope
from schema.ports import Unit
from schema.roots.base import Lookups, RootField
from schema.shapes import Shape
from store.data import CustomerData
from store.data_audit import AuditEntry, AuditFilter, AuditKind
from store.errors import CursorError

MAY_SEE = Rule(scopes=((Scope.AUDIT_READ,), (Scope.PRIVACY_WRITE,)))


class AccessLogArguments(Arguments, frozen=True, kw_only=True):
    """Arguments of ``accessLog``."""

    customer_id: Annotated[NodeId, Meta(description="Id of the customer.")]
    first: Annotated[int | None, Meta(description="Elements, 1 to 100; 20 unless told.")] = None
    after: Annotated[str | None, Meta(description="Cursor after which the stretch begins.")] = None


class AccessLogEntry(Shape, frozen=True, kw_only=True):
    """That somebody looked at a customer, or changed something about them. Names no other customer."""

    at: Annotated[dt.datetime, Meta(description="When.")]
    by: Annotated[str, Meta(description="Who: subject of their token.")]
    application: Annotated[str | None, Meta(description="Through which application, where that is told.")]
    purpose: Annotated[Purpose | None, Meta(description="What for.")]
    kind: Annotated[AuditKind, Meta(description="Whether it was looked at or changed.")]
    action: Annotated[str | None, Meta(description="Of a change: the mutation.")]
    fields: Annotated[tuple[str, ...], Meta(description="Of a look: the fields, such as `Profile.email`.")]


class AccessLogRoot(RootField):
    """Lists who looked at one customer."""

    name = "accessLog"
    description = (
        "Who looked at a customer and who changed what about them, the newest first: the answer to the "
        "question who looked at me. Null where there is no such customer, or not for the caller."
    )
    arguments_type = AccessLogArguments
    arguments: AccessLogArguments
    rule = MAY_SEE

    def check(self) -> None:
        """Read the id and check the page."""
        self._customer = ids.decode_as(CUSTOMER, self.arguments.customer_id, argument="customerId")
        self._size = page_size(self.arguments.first, "first")

    def want(self, lookups: Lookups, searched: object) -> None:  # nothing is searched
        """The customer."""
        lookups.ids[self._customer] = None

    async def read(self, unit: Unit) -> None:
        """Read the page.

        Raises:
            InputError: ``INVALID_CURSOR``, the cursor was not made by this list.
        """
        which = AuditFilter(customer_id=self._customer)
        try:
            self._page = await unit.audit.page(which, first=self._size, after=self.arguments.after)
        except CursorError:
            raise cursors.refused("after") from None

    def candidates(self, lookups: Lookups) -> Sequence[str]:
        """Who answers for the id, where the caller may come to them."""
        found = lookups.known.get(self._customer)
        return () if found is None else (found,)

    def choose(self, loaded: Mapping[str, CustomerData]) -> Sequence[str]:
        """The same."""
        return tuple(loaded)

    def answer(self, customers: Mapping[str, CustomerAnswer]) -> Any:
        """The page, of a customer whom the caller may come to."""
        if not customers:
            return None
        rows = zip(map(_entry, self._page.entries), self._page.cursors, strict=True)
        return stored_page(rows, self._page)


def _entry(found: AuditEntry) -> AccessLogEntry:
    return AccessLogEntry(
        at=found.at,
        by=found.principal,
        application=found.client or None,
        purpose=Purpose.__members__.get(found.purpose),
        kind=found.kind,
        action=found.action or None,
        fields=found.fields,
    )
