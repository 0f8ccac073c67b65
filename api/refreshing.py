"""Tells those who follow the hub what partners have answered behind an answer that did not wait for them."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from c360.access import TenantId
from connectors.results import Refreshed
from resolvers.events.catalogue import drafted
from resolvers.events.customers import CustomerRefreshed
from store.database import Database
from store.errors import StoreError

_TOGETHER = 0.05
"""Seconds for which what arrives is gathered into one transaction."""
_MOST = 10_000
"""Customers waiting to be told of beyond which news is dropped: what arrived is kept all the same."""
_LAST = 2.0
"""Seconds that the last transaction gets at shutdown."""

_log = logging.getLogger(__name__)


class Refreshes:
    """Writes what arrives to the outbox, soon and together.

    Args:
        database: where the outbox is.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: dict[TenantId, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        self._telling: asyncio.Task[None] | None = None

    def take(self, refreshed: Refreshed) -> None:
        """Take what arrived."""
        mine = self._waiting[refreshed.tenant]
        if refreshed.customer_id not in mine and len(mine) >= _MOST:
            return
        mine[refreshed.customer_id].add(refreshed.connector)
        if self._telling is None:
            self._telling = asyncio.create_task(self._tell(), name="telling what arrived")

    async def drain(self) -> None:
        """Let what waits be written."""
        if self._telling is not None:
            await asyncio.wait({self._telling}, timeout=_LAST)

    async def _tell(self) -> None:
        try:
            while self._waiting:
                await asyncio.sleep(_TOGETHER)
                waiting, self._waiting = self._waiting, defaultdict(lambda: defaultdict(set))
                for tenant, customers in waiting.items():
                    await self._write(tenant, customers)
        finally:
            self._telling = None

    async def _write(self, tenant: TenantId, customers: dict[str, set[str]]) -> None:
        drafts = [
            drafted(CustomerRefreshed(connectors=tuple(sorted(connectors))), [customer_id])
            for customer_id, connectors in customers.items()
        ]
        try:
            async with self._database.unit(tenant) as unit:
                unit.outbox.add(drafts)
        except StoreError as error:
            _log.warning("what arrived of %d customers is not told (%s)", len(drafts), error)


@asynccontextmanager
async def telling(database: Database) -> AsyncIterator[Refreshes]:
    """Tell what arrives for as long as the block runs."""
    refreshes = Refreshes(database)
    try:
        yield refreshes
    finally:
        await refreshes.drain()
