"""Keeps who read what of whom: gathered in memory, chained into the database within a second.

A process that cannot keep it for longer than :data:`LONGEST` refuses to read anything personal until it can
again: nobody looks unseen. What a killed process had not written yet, under a second of readings, is lost;
changes are not, they are kept in their own transactions and sealed by whoever comes next.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from c360.access import TenantId
from schema.execution.auditing import AuditBehind, Selected
from store.columns import new_id
from store.data_audit import ChainEntry, ChainHead, ReadEntry, SealEntry
from store.database import Database
from store.errors import StoreError

EVERY = 0.5
"""Seconds between two batches."""
LONGEST = timedelta(seconds=30)
"""For which entries may wait for the database."""
MOST = 100_000
"""Entries that wait at the most."""
_BATCH = 2_000
"""Entries of one batch at the most."""
_SEALS_AFTER = timedelta(seconds=30)
"""After which a change that nobody sealed is sealed by others."""
_log = logging.getLogger(__name__)


class _Tenant:
    """What waits of one tenant, and its chain."""

    def __init__(self) -> None:
        self.waiting: list[ChainEntry] = []
        self.since: datetime | None = None
        self.selections: dict[str, Selected] = {}
        self.kept: set[str] = set()
        self.head = ChainHead(chain=new_id(), number=0, hash="")


class Recorder:
    """The audit of one process; see :class:`schema.execution.auditing.AuditSink`.

    Args:
        database: where it is kept.
        clock: the present in UTC.
    """

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock
        self._tenants: dict[TenantId, _Tenant] = {}
        self._waiting = 0
        self._failing = False
        self._writing = asyncio.Lock()

    def check(self) -> None:
        """Make sure that what is read now can be kept.

        Raises:
            AuditBehind: the database takes nothing for too long.
        """
        if not self._failing and self._waiting < MOST:
            return
        oldest = min((one.since for one in self._tenants.values() if one.since), default=None)
        if self._waiting >= MOST or (oldest is not None and self._clock() - oldest > LONGEST):
            raise AuditBehind("the audit cannot be written")

    def waiting(self) -> int:
        """Entries that are not in the database yet."""
        return self._waiting

    def read(self, tenant: TenantId, entry: ReadEntry, selected: Selected) -> None:
        """Take a reading."""
        mine = self._take(tenant, entry)
        if selected.digest not in mine.kept:
            mine.selections[selected.digest] = selected

    def seal(self, tenant: TenantId, entry: SealEntry) -> None:
        """Take a change that was committed."""
        self._take(tenant, entry)

    def _take(self, tenant: TenantId, entry: ChainEntry) -> _Tenant:
        mine = self._tenants.get(tenant)
        if mine is None:
            mine = self._tenants[tenant] = _Tenant()
        if mine.since is None:
            mine.since = self._clock()
        mine.waiting.append(entry)
        self._waiting += 1
        return mine

    async def flush(self) -> None:
        """Write what waits. What comes meanwhile waits for the next time, else a busy process wrote always.

        Raises:
            StoreError: the database takes nothing; what waits goes on waiting.
        """
        async with self._writing:
            for tenant, mine in list(self._tenants.items()):
                begun, left = self._clock(), len(mine.waiting)
                while left:
                    left -= await self._write(tenant, mine, min(left, _BATCH))
                mine.since = begun if mine.waiting else None

    async def _write(self, tenant: TenantId, mine: _Tenant, most: int) -> int:
        """Write a batch of those that have waited longest; how many it holds."""
        batch = mine.waiting[:most]
        new = dict(mine.selections)
        try:
            async with self._database.unit(tenant) as unit:
                if new:
                    fields = {digest: selected.fields for digest, selected in new.items()}
                    await unit.audit.keep_selections(fields)
                head = await unit.audit.chain(mine.head, batch)
        except asyncio.CancelledError:
            # Whether it was committed is not known: a batch written twice is no loss, a broken chain is.
            mine.head = ChainHead(chain=new_id(), number=0, hash="")
            raise
        mine.head = head
        del mine.waiting[: len(batch)]
        self._waiting -= len(batch)
        mine.kept.update(new)
        for digest in new:
            del mine.selections[digest]
        return len(batch)

    async def seal_others(self, tenant: TenantId) -> int:
        """Seal the changes of processes that ended before they could; how many.

        Raises:
            StoreError: the database does not answer.
        """
        async with self._database.read(tenant) as unit:
            found = await unit.audit.unsealed(older_than=_SEALS_AFTER)
        for entry in found:
            self.seal(tenant, entry)
        await self.flush()
        return len(found)

    async def run(self) -> None:
        """Write every half second, until cancelled."""
        while True:
            await asyncio.sleep(EVERY)
            try:
                await self.flush()
                self._failing = False
            except StoreError as error:
                if not self._failing:
                    _log.warning("the audit waits for the database (%s)", error)
                self._failing = True


@asynccontextmanager
async def recording(database: Database, clock: Callable[[], datetime]) -> AsyncIterator[Recorder]:
    """A recorder that writes while the block runs, and all that waits at its end."""
    recorder = Recorder(database, clock)
    writing = asyncio.create_task(recorder.run(), name="audit")
    try:
        yield recorder
    finally:
        writing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await writing
        try:
            await recorder.flush()
        except StoreError as error:
            _log.error("the last second of the audit could not be written (%s)", error)  # no trace
