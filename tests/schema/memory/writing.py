"""What goes along with a change, in memory: its key, its event, its job, its entry in the audit trail."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from store.data import JobData
from store.data_audit import SealEntry, WriteEntry
from store.data_events import EventDraft
from store.data_identity import Replay
from store.errors_identity import KeyReused
from tests.schema.memory.clock import NOW

if TYPE_CHECKING:
    from tests.schema.memory.store import FakeStore


class FakeIdempotency:
    """Answers by caller and key."""

    def __init__(self, store: FakeStore) -> None:
        self._kept = store.kept

    async def claim(self, caller: str, key: str, fingerprint: bytes) -> Replay | None:
        asked, response = self._kept.setdefault((caller, key), (fingerprint, b""))
        if asked != fingerprint:
            raise KeyReused
        return Replay(response=response, at=NOW) if response else None

    async def keep(self, caller: str, key: str, response: bytes, *, customer_ids: Iterable[str] = ()) -> None:
        self._kept[caller, key] = (self._kept[caller, key][0], response)


class FakeOutbox:
    """Events in a list."""

    def __init__(self, store: FakeStore) -> None:
        self._store = store

    def add(self, drafts: Iterable[EventDraft]) -> None:
        self._store.events.extend(drafts)

    async def head(self) -> int:
        return self._store.head


class FakeJobs:
    """Jobs by name."""

    def __init__(self, store: FakeStore) -> None:
        self._jobs = store.jobs

    async def get(self, name: str) -> JobData | None:
        return self._jobs.get(name)


class FakeAudit:
    def __init__(self, store: FakeStore) -> None:
        self._store = store

    async def append(self, entry: WriteEntry) -> SealEntry:
        self._store.audited.append(entry)
        return SealEntry(write_id=str(len(self._store.audited)), digest="")
