"""What was fetched a moment ago, in memory: keyed by all that tells one caller's data from another's."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Iterable
from datetime import date, datetime
from typing import NamedTuple, Protocol

import msgspec

from c360.access import TenantId
from c360.records.base import Record

MOST_RECORDS = 20_000
"""Records in memory at the most, over all customers: some 26 MB, with what they are found by."""


class PartKey(NamedTuple):
    """One kind of one party, as one credential may see it for one purpose."""

    tenant: TenantId
    purpose: str
    instance: str
    credential: str
    """Fingerprint of the customer's grant, or of the instance's own credential."""
    party_id: str
    kind: str
    since: date | None = None
    until: date | None = None
    objects: tuple[str, ...] = ()
    """Ids of records that were asked for, where the partner cannot list one customer's."""


class CachedPart(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What a partner answered."""

    records: tuple[Record, ...]
    fetched_at: datetime
    fresh: float
    """Seconds after its fetching for which it is served without a word."""
    keep: float
    """Seconds for which it is kept at all: beyond ``fresh`` it is served while a new answer is fetched."""
    unknown: bool = False
    """The partner said that it does not know the customer."""


class PartCache(Protocol):
    """Keeps parts for a while, in this process: nothing waits for it.

    Whatever it raises, the partners are asked.
    """

    def read(self, key: PartKey) -> CachedPart | None:
        """What is there and still kept."""
        ...

    def write(self, key: PartKey, part: CachedPart) -> None:
        """Keep a part in the place of what was there."""
        ...

    def forget(self, instance: str, parties: Iterable[str] | None = None) -> None:
        """Drop everything of these parties at an instance, or all of the instance."""
        ...


class _Held(NamedTuple):
    part: CachedPart
    until: float
    """On the event loop's clock."""

    @property
    def size(self) -> int:
        return len(self.part.records) + 1


class MemoryCache:
    """A cache bounded by the records it holds; what was used longest ago goes first.

    Args:
        most: records; a part counts for one more.
    """

    def __init__(self, most: int = MOST_RECORDS) -> None:
        self._most = most
        self._held = 0
        self._parts: OrderedDict[PartKey, _Held] = OrderedDict()
        """What was used longest ago is the first."""
        self._of: dict[tuple[str, str], set[PartKey]] = {}
        """By instance and party."""

    def read(self, key: PartKey) -> CachedPart | None:
        """See :class:`PartCache`."""
        found = self._parts.get(key)
        if found is None:
            return None
        if found.until <= _now():
            self._drop(key)
            return None
        self._parts.move_to_end(key)
        return found.part

    def write(self, key: PartKey, part: CachedPart) -> None:
        """See :class:`PartCache`."""
        now = _now()
        held = _Held(part, now + part.keep)
        if held.size > self._most:
            return
        before = self._parts.get(key)
        if before is None:
            self._of.setdefault((key.instance, key.party_id), set()).add(key)
        else:
            self._held -= before.size
            self._parts.move_to_end(key)
        self._parts[key] = held
        self._held += held.size
        while True:  # what was written just now stays: it is the last
            first = next(iter(self._parts))
            if self._held <= self._most and self._parts[first].until > now:
                break
            self._drop(first)

    def forget(self, instance: str, parties: Iterable[str] | None = None) -> None:
        """See :class:`PartCache`."""
        if parties is None:
            gone = [party for party in self._of if party[0] == instance]
        else:
            gone = [(instance, party_id) for party_id in parties]
        for party in gone:
            for key in tuple(self._of.get(party, ())):
                self._drop(key)

    def _drop(self, key: PartKey) -> None:
        self._held -= self._parts.pop(key).size
        party = (key.instance, key.party_id)
        mine = self._of[party]
        mine.discard(key)
        if not mine:
            del self._of[party]


def _now() -> float:
    return asyncio.get_running_loop().time()
