"""Last-known copies: encoding, and keeping them in the background."""

from __future__ import annotations

import asyncio
import contextvars
import functools
import logging
from collections import deque
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec

from c360.access import TenantId
from c360.contract import Need
from c360.errors import UnknownKindError, place
from c360.kinds import kind
from c360.records.base import Record
from connectors.planning import Copy
from connectors.protocols import Snapshot, SnapshotStore

FORMAT = 1
"""First byte of every copy. Raised when a record changes so that old copies would be misread."""

_BACKLOG = 64
"""Batches waiting to be written beyond which new ones are dropped: a copy is a convenience."""

_TOGETHER = 16
"""Batches that are written in one go."""

_BREATH = 64
"""Copies encoded before the event loop gets its turn."""

# JSON, because msgpack would move every time to UTC, and a record keeps the zone the partner gave.
_encode = msgspec.json.Encoder().encode
_log = logging.getLogger(__name__)


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """Records worth keeping, not encoded yet."""

    customer_id: str
    connector: str
    need: Need
    """Their kind and the window they cover."""
    records: tuple[Record, ...]
    fetched_at: datetime
    parties: tuple[str, ...]
    """Whose records they are: everybody whom the customer was linked to at the instance."""


@functools.cache
def _decoder(name: str) -> msgspec.json.Decoder[tuple[Record, ...]]:
    record = kind(name).record
    return msgspec.json.Decoder(tuple[record, ...])  # type: ignore[valid-type]  # a type known at run time


def encode(kept: Kept) -> Snapshot:
    """The copy as a store keeps it."""
    return Snapshot(
        customer_id=kept.customer_id,
        connector=kept.connector,
        kind=kept.need.kind,
        fetched_at=kept.fetched_at,
        content=bytes((FORMAT,)) + _encode(kept.records),
        since=kept.need.since,
        until=kept.need.until,
        parties=kept.parties,
    )


def decode(snapshot: Snapshot) -> tuple[Record, ...] | None:
    """The records of a copy; none where it is of another format or shape than today's."""
    if snapshot.content[:1] != bytes((FORMAT,)):
        return None
    try:
        return _decoder(snapshot.kind).decode(memoryview(snapshot.content)[1:])
    except (msgspec.DecodeError, UnicodeDecodeError, UnknownKindError):
        _log.info("a kept copy of %s no longer decodes and is ignored", snapshot.kind)
        return None


def together(snapshots: Sequence[Snapshot]) -> Copy | None:
    """The copies of one customer's parties as one, as old as the oldest; none where one does not decode."""
    records: list[Record] = []
    for snapshot in snapshots:
        found = decode(snapshot)
        if found is None:
            return None
        records.extend(found)
    return Copy(tuple(records), min(snapshot.fetched_at for snapshot in snapshots))


class _Batch(NamedTuple):
    tenant: TenantId
    kept: Iterable[Kept]
    written: asyncio.Future[None]
    """Done as soon as it is written, or given up."""


class Keeper:
    """Writes copies after the answer. A failure is logged, never raised.

    One writing at a time: what is to be kept meanwhile is written together, in the next.
    """

    def __init__(self, store: SnapshotStore) -> None:
        self._store = store
        self._waiting: deque[_Batch] = deque()
        self._under_way: list[_Batch] = []
        self._task: asyncio.Task[None] | None = None

    def keep(self, tenant: TenantId, batch: Iterable[Kept]) -> asyncio.Future[None] | None:
        """Write a batch soon; not even its making costs the answer time.

        Returns:
            done when it is written, for those who wait for it; ``None`` where it is not done.
        """
        if len(self._waiting) >= _BACKLOG:
            _log.warning("the store is slow: the last-known copies of an operation are not kept")
            return None
        loop = asyncio.get_running_loop()
        written = loop.create_future()
        self._waiting.append(_Batch(tenant, batch, written))
        if self._task is None:
            # In a context of its own: it goes on for operations that come later.
            self._task = loop.create_task(self._write_all(), context=contextvars.Context())
        return written

    async def drain(self, seconds: float | None = None) -> None:
        """Wait until everything is written, or for so long; what is not written then is dropped."""
        task = self._task
        if task is None:
            return
        await asyncio.wait({task}, timeout=seconds)
        if not task.done():
            left = [*self._under_way, *self._waiting]
            _log.warning("the store is slow: the last-known copies of %d operations are not kept", len(left))
            self._waiting.clear()
            task.cancel()
            _settle(left)

    async def _write_all(self) -> None:
        await asyncio.sleep(0)  # the answer goes first
        try:
            while self._waiting:
                tenant = self._waiting[0].tenant
                mine = [batch for batch in self._waiting if batch.tenant == tenant][:_TOGETHER]
                for batch in mine:
                    self._waiting.remove(batch)
                self._under_way = mine
                await self._write(tenant, mine)
                _settle(mine)
                self._under_way = []
        finally:
            self._task = None

    async def _write(self, tenant: TenantId, batches: Sequence[_Batch]) -> None:
        try:
            snapshots: list[Snapshot] = []
            for batch in batches:
                for kept in batch.kept:
                    snapshots.append(encode(kept))
                    if len(snapshots) % _BREATH == 0:
                        await asyncio.sleep(0)
            if snapshots:
                await self._store.write(tenant, snapshots)
        except Exception as error:  # noqa: BLE001  # whatever the store raises, the answer is out already
            _log.warning("last-known copies could not be kept: %s", place(error))


def _settle(batches: Iterable[_Batch]) -> None:
    for batch in batches:
        if not batch.written.done():
            batch.written.set_result(None)
