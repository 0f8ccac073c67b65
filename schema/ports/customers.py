"""What execution asks of the store about customers as they are."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Protocol

from c360.contract import KeyKind
from store.data import CustomerData, CustomerFilter, CustomerOrder, Page, PartyFigures


class Customers(Protocol):
    """The customers of a tenant; see :class:`store.repositories.customers.CustomerRepository`."""

    async def resolve(self, ids: Iterable[str]) -> Mapping[str, str]:
        """The customer that answers for each id."""
        ...

    async def by_keys(
        self, keys: Iterable[tuple[KeyKind, str]]
    ) -> Mapping[tuple[KeyKind, str], tuple[str, ...]]:
        """The customers that each key leads to."""
        ...

    async def by_party_refs(self, refs: Iterable[tuple[str, str]]) -> Mapping[tuple[str, str], str]:
        """The customer that each (instance id, party id) is linked to."""
        ...

    async def load(self, ids: Iterable[str]) -> Mapping[str, CustomerData]:
        """Customers with links and present profile values."""
        ...

    async def page(
        self,
        which: CustomerFilter,
        order: CustomerOrder,
        *,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Page:
        """A page of the customers that meet a filter."""
        ...

    async def hold(self, ids: Iterable[str]) -> Mapping[str, CustomerData]:
        """Customers whom nobody changes until the unit ends, by the ids asked for."""
        ...

    async def in_sight(self, ids: Iterable[str]) -> Collection[str]:
        """Those present customers whom the caller may come to."""
        ...

    async def count(self, which: CustomerFilter) -> int:
        """How many customers meet a filter."""
        ...

    async def search(self, text: str, *, limit: int = 20, after: str | None = None) -> Page:
        """Customers whose names have words that start with the words of a text."""
        ...


class Summaries(Protocol):
    """What is kept of behaviour; see :class:`store.repositories.summaries.SummaryRepository`."""

    async def of(self, customer_ids: Iterable[str]) -> Mapping[str, tuple[PartyFigures, ...]]:
        """The figures of each customer's parties."""
        ...
