"""``customers``: the list of customers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from schema import cursors
from schema.answers import CustomerAnswer
from schema.errors import ErrorCode, InputError
from schema.inputs import CustomerFilter, CustomersArguments, OrderDirection
from schema.paging import stored_page, stretch
from schema.permissions.rules import needs
from schema.permissions.scopes import Scope
from schema.ports import Unit
from schema.roots.base import Lookups, RootField
from store import data
from store.errors import CursorError

_LONGEST_NAME = 200
_MOST_CONNECTORS = 50


class CustomersRoot(RootField):
    """Lists customers page by page."""

    name = "customers"
    rule = needs(Scope.CUSTOMERS_READ)
    description = "The customers, filtered and ordered, page by page, forward and backward."
    takes = frozenset()
    arguments_type = CustomersArguments
    arguments: CustomersArguments

    def check(self) -> None:
        """Check the page, the filter and the order."""
        self._stretch = stretch(self.arguments)
        self._filter = _filter(self.arguments.filter or CustomerFilter())
        order = self.arguments.order_by
        self._order = self._usual() if order is None else data.CustomerOrder(
            field=data.OrderField(order.field.value), descending=order.direction is OrderDirection.DESC
        )  # fmt: skip
        self._total: int | None = None

    def _usual(self) -> data.CustomerOrder:
        """By name; to whom names are not shown, their order would tell them."""
        named = self.may(Scope.PROFILE_READ)
        return data.CustomerOrder(field=data.OrderField.NAME if named else data.OrderField.CREATED_AT)

    async def read(self, unit: Unit) -> None:
        """Read the page, and count only where the number is selected.

        Raises:
            InputError: ``INVALID_CURSOR``, a cursor was not made by this list in this order.
        """
        asked = self._stretch
        size = {"first" if asked.forward else "last": asked.size}
        try:
            self._page = await unit.customers.page(
                self._filter, self._order, after=asked.after, before=asked.before, **size
            )
        except CursorError:
            raise cursors.refused("after" if asked.after is not None else "before") from None
        if self.count:
            self._total = await unit.customers.count(self._filter)

    def candidates(self, lookups: Lookups) -> Sequence[str]:  # a list looks nothing up
        """The customers of the page."""
        return self._page.ids

    def choose(self, loaded: Mapping[str, data.CustomerData]) -> Sequence[str]:
        """All of them."""
        return tuple(loaded)

    def answer(self, customers: Mapping[str, CustomerAnswer]) -> Any:
        """The page as a connection."""
        page = self._page
        rows = [
            (customers[customer_id], cursor)
            for customer_id, cursor in zip(page.ids, page.cursors, strict=True)
            if customer_id in customers
        ]
        return stored_page(rows, page, total_count=self._total)


def _filter(asked: CustomerFilter) -> data.CustomerFilter:
    if asked.name is not None and len(asked.name) > _LONGEST_NAME:
        message = f"A name may have {_LONGEST_NAME} characters at the most."
        raise InputError(message, code=ErrorCode.LIMIT_EXCEEDED, argument="filter.name")
    if len(asked.connectors) > _MOST_CONNECTORS:
        message = f"At most {_MOST_CONNECTORS} connectors can be asked for."
        raise InputError(message, code=ErrorCode.LIMIT_EXCEEDED, argument="filter.connectors")
    return data.CustomerFilter(
        name=asked.name,
        domains=tuple(dict.fromkeys(str(domain) for domain in asked.holds)),
        connectors=tuple(dict.fromkeys(asked.connectors)),
        country=asked.country,
        kind=asked.kind,
        segment=asked.segment,
    )
