"""What execution asks of the store and of the host. The composition root passes the real ones in."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import Protocol

from c360.access import Access, TenantId
from c360.contract import KeyKind, PartyQuery
from connectors.host import InstanceInfo
from connectors.identify import IdentifyResult
from connectors.results import Gathered, GatherRequest
from store.data import CustomerData, CustomerFilter, CustomerOrder, Page
from store.data_identity import Replay


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

    async def count(self, which: CustomerFilter) -> int:
        """How many customers meet a filter."""
        ...

    async def search(self, text: str, *, limit: int = 20, after: str | None = None) -> Page:
        """Customers whose names have words that start with the words of a text."""
        ...


class Idempotency(Protocol):
    """What was answered before; see :class:`store.repositories.idempotency.IdempotencyRepository`."""

    async def claim(self, caller: str, key: str, fingerprint: bytes) -> Replay | None:
        """Take a key for a request; what was answered to the same request before, if it was.

        Raises:
            KeyReused: The caller used the key for another request.
        """
        ...

    async def keep(self, caller: str, key: str, response: bytes, *, customer_ids: Iterable[str] = ()) -> None:
        """Keep the answer of a request that was claimed in this unit of work."""
        ...


class Unit(Protocol):
    """One transaction."""

    @property
    def customers(self) -> Customers:
        """The customers."""
        ...

    @property
    def idempotency(self) -> Idempotency:
        """What was done under which key."""
        ...


class Database(Protocol):
    """The store; see :class:`store.database.Database`."""

    def read(self, tenant: TenantId) -> AbstractAsyncContextManager[Unit]:
        """A unit of work for reading."""
        ...

    def unit(self, tenant: TenantId) -> AbstractAsyncContextManager[Unit]:
        """A unit of work: committed when the block ends, rolled back when it raises."""
        ...


class Host(Protocol):
    """The connectors; see :class:`connectors.host.Host`."""

    def infos(self) -> tuple[InstanceInfo, ...]:
        """What can be said about every instance, in the order of the settings."""
        ...

    async def gather(self, request: GatherRequest) -> Gathered:
        """Fetch everything that an operation needs; never raises for a partner."""
        ...

    async def identify(
        self,
        query: PartyQuery,
        *,
        access: Access,
        deadline: timedelta,
        only: Collection[str] | None = None,
    ) -> tuple[IdentifyResult, ...]:
        """Search the partners for a key; never raises for a partner."""
        ...
