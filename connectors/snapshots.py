"""Last-known copies: encoding, and keeping them in the background."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import functools
import logging
from collections import OrderedDict, deque
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
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

_MOMENT = 0.1
"""Seconds for which the first batch waits for more: one writing of many costs the store far less."""

_UNCHANGED = timedelta(seconds=10)
"""For so long a copy is not written again where its records are the same: it may seem so much older."""

_COMPARED = 2_048
"""Copies that were written last, with which new ones are compared."""

_BREATH = 64
"""Copies encoded before the event loop gets its turn."""

# JSON, because msgpack would move every time to UTC, and a record keeps the zone the partner gave.
_encode = msgspec.json.Encoder().encode
_log = logging.getLogger(__name__)


class Kept(msgspec.Struct, frozen=True, gc=False, kw_only=True):
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


_Key = tuple[TenantId, str, str, str, date | None, date | None, tuple[str, ...]]


class Written:
    """What was written a moment ago: copies that would say the same are not written again."""

    def __init__(self) -> None:
        self._latest: OrderedDict[_Key, Kept] = OrderedDict()
        self.forgotten = 0
        """How often something was."""

    def __len__(self) -> int:
        return len(self._latest)

    def same(self, tenant: TenantId, kept: Kept) -> bool:
        """Whether the store has a copy as good."""
        before = self._latest.get(_key(tenant, kept))
        return (
            before is not None
            and timedelta(0) <= kept.fetched_at - before.fetched_at < _UNCHANGED
            and before.records == kept.records
        )

    def add(self, tenant: TenantId, kept: Kept) -> None:
        """The store has this one."""
        key = _key(tenant, kept)
        self._latest[key] = kept
        self._latest.move_to_end(key)
        while True:  # what is older than that is compared with nothing any more
            first = next(iter(self._latest))
            if (
                len(self._latest) <= _COMPARED
                and kept.fetched_at - self._latest[first].fetched_at < _UNCHANGED
            ):
                break
            del self._latest[first]

    def forget(self, connector: str) -> None:
        """The store may have dropped copies of an instance."""
        self.forgotten += 1
        for key in [key for key in self._latest if key[2] == connector]:
            del self._latest[key]


def _key(tenant: TenantId, kept: Kept) -> _Key:
    need = kept.need
    return tenant, kept.customer_id, kept.connector, need.kind, need.since, need.until, kept.parties


class Keeper:
    """Writes copies after the answer. A failure is logged, never raised.

    One writing at a time: what is to be kept meanwhile, and in the moment before it, is written together.
    """

    def __init__(self, store: SnapshotStore) -> None:
        self._store = store
        self._waiting: deque[_Batch] = deque()
        self._under_way: list[_Batch] = []
        self._task: asyncio.Task[None] | None = None
        self._hurry = asyncio.Event()
        """Set where something waits for what is to be written."""
        self._written = Written()

    def keep(
        self, tenant: TenantId, batch: Iterable[Kept], *, soon: bool = False
    ) -> asyncio.Future[None] | None:
        """Write a batch soon; not even its making costs the answer time.

        Args:
            tenant: whose.
            batch: what is worth keeping.
            soon: whether somebody waits for it.

        Returns:
            done when it is written, for those who wait for it; ``None`` where it is not done.
        """
        if len(self._waiting) >= _BACKLOG:
            _log.warning("the store is slow: the last-known copies of an operation are not kept")
            return None
        loop = asyncio.get_running_loop()
        written = loop.create_future()
        self._waiting.append(_Batch(tenant, batch, written))
        if soon or len(self._waiting) >= _TOGETHER:
            self._hurry.set()
        if self._task is None:
            # In a context of its own: it goes on for operations that come later.
            self._task = loop.create_task(self._write_all(), context=contextvars.Context())
        return written

    def forget(self, connector: str) -> None:
        """What was kept of an instance may not be true any more: write it again whatever it says."""
        self._written.forget(connector)

    async def drain(self, seconds: float | None = None) -> None:
        """Wait until everything is written, or for so long; what is not written then is dropped."""
        task = self._task
        if task is None:
            return
        self._hurry.set()
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
            if not self._hurry.is_set():
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_MOMENT):
                        await self._hurry.wait()
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
            self._hurry.clear()
            self._task = None

    async def _write(self, tenant: TenantId, batches: Sequence[_Batch]) -> None:
        try:
            chosen: list[Kept] = []
            snapshots: list[Snapshot] = []
            for batch in batches:
                for kept in batch.kept:
                    if self._written.same(tenant, kept):
                        continue
                    chosen.append(kept)
                    snapshots.append(encode(kept))
                    if len(snapshots) % _BREATH == 0:
                        await asyncio.sleep(0)
            forgotten = self._written.forgotten
            if snapshots:
                await self._store.write(tenant, snapshots)
            if forgotten == self._written.forgotten:  # else the store may have dropped what was just written
                for kept in chosen:
                    self._written.add(tenant, kept)
        except Exception as error:  # noqa: BLE001  # whatever the store raises, the answer is out already
            _log.warning("last-known copies could not be kept: %s", place(error))


def _settle(batches: Iterable[_Batch]) -> None:
    for batch in batches:
        if not batch.written.done():
            batch.written.set_result(None)
