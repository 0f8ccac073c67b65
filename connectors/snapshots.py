"""Last-known copies: encoding, and keeping them in the background."""

from __future__ import annotations

import asyncio
import functools
import logging
from collections.abc import Iterable, Sequence
from datetime import datetime

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


class Keeper:
    """Writes copies after the answer, one batch at a time. A failure is logged, never raised."""

    def __init__(self, store: SnapshotStore) -> None:
        self._store = store
        self._turn = asyncio.Lock()
        self._writing: set[asyncio.Task[None]] = set()

    def keep(self, tenant: TenantId, batch: Iterable[Kept]) -> asyncio.Task[None] | None:
        """Write a batch soon; not even its making costs the answer time.

        Returns:
            the writing, for those who wait for it; ``None`` where it is not done.
        """
        if len(self._writing) >= _BACKLOG:
            _log.warning("the store is slow: the last-known copies of an operation are not kept")
            return None
        task = asyncio.create_task(self._write(tenant, batch))
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)
        return task

    async def drain(self, seconds: float | None = None) -> None:
        """Wait until everything is written, or for so long; what is not written then is dropped."""
        if self._writing:
            _, left = await asyncio.wait(set(self._writing), timeout=seconds)
            if left:
                _log.warning(
                    "the store is slow: the last-known copies of %d operations are not kept", len(left)
                )
            for task in left:
                task.cancel()

    async def _write(self, tenant: TenantId, batch: Iterable[Kept]) -> None:
        await asyncio.sleep(0)  # the answer goes first
        try:
            async with self._turn:
                snapshots: list[Snapshot] = []
                for kept in batch:
                    snapshots.append(encode(kept))
                    if len(snapshots) % _BREATH == 0:
                        await asyncio.sleep(0)
                if snapshots:
                    await self._store.write(tenant, snapshots)
        except Exception as error:  # noqa: BLE001  # whatever the store raises, the answer is out already
            _log.warning("last-known copies could not be kept: %s", place(error))
