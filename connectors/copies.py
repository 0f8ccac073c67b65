"""Reads last-known copies into the cells of a gathering."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from datetime import datetime
from typing import Any, TypeVar

from c360.access import TenantId
from c360.errors import place
from connectors.planning import Cell
from connectors.protocols import Snapshot, SnapshotKey, SnapshotStore
from connectors.snapshots import together
from connectors.windows import covers

_LONGEST_READ = 1.0
"""Seconds that reads of the store get to end at shutdown."""

T = TypeVar("T")

_log = logging.getLogger(__name__)


class Reads:
    """Reads of the hub's own store that end even where nobody waits for them any more.

    Cancelled in mid-statement, one would cost the store a connection.
    """

    def __init__(self) -> None:
        self._under_way: set[asyncio.Task[Any]] = set()

    async def whole(self, read: Coroutine[Any, Any, T]) -> T:
        """What the read gives; it goes on where the caller is cancelled."""
        task = asyncio.create_task(read)
        self._under_way.add(task)
        task.add_done_callback(self._ended)
        return await asyncio.shield(task)

    async def drain(self) -> None:
        """Let those under way end."""
        if self._under_way:
            await asyncio.wait(set(self._under_way), timeout=_LONGEST_READ)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._under_way.discard(task)
        if not task.cancelled():
            task.exception()  # seen by who waited, or nobody is left to see it


class Copies:
    """The last-known copies, as a gathering wants them.

    Args:
        store: keeps them.
        now: the clock, in UTC.
        reads: lets reads of the store end.
    """

    def __init__(self, store: SnapshotStore, now: Callable[[], datetime], reads: Reads) -> None:
        self._store = store
        self._now = now
        self._reads = reads

    async def read(self, tenant: TenantId, wanting: Sequence[Cell]) -> None:
        """Give cells their last-known copies, where there are some that cover what is needed."""
        keys = [
            SnapshotKey(customer_id=cell.customer_id, connector=cell.instance.id, kind=cell.need.kind)
            for cell in wanting
        ]
        try:
            found = await self._reads.whole(self._store.read(tenant, keys)) if keys else ()
        except Exception as error:  # noqa: BLE001  # whatever the store raises, the rest is answered
            _log.error("last-known copies could not be read: %s", place(error))
            return
        copies: dict[tuple[str, str, str], list[Snapshot]] = {}
        for copy in found:
            copies.setdefault((copy.customer_id, copy.connector, copy.kind), []).append(copy)
        today = self._now().date()
        for cell in wanting:
            cell.looked = True
            mine = copies.get((cell.customer_id, cell.instance.id, cell.need.kind), ())
            if mine and all(covers(copy, cell.need, today) for copy in mine):
                cell.copy = together(mine)
