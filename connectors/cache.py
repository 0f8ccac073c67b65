"""What was fetched a moment ago, in memory: keyed by all that tells one caller's data from another's."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Protocol

import msgspec
from cachetools import LRUCache, TLRUCache

from c360.access import Purpose, TenantId
from c360.records.base import Record

MOST_RECORDS = 200_000
"""Records in memory at the most, over all customers."""

_TIDY = 64
"""Keys of one party beyond which those that expired are dropped from its list."""


class PartKey(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of one party, as one credential may see it for one purpose."""

    tenant: TenantId
    purpose: Purpose
    instance: str
    credential: str
    """Fingerprint of the customer's grant, or of the instance's own credential."""
    party_id: str
    kind: str
    since: date | None = None
    until: date | None = None
    objects: tuple[str, ...] = ()
    """Ids of records that were asked for, where the partner cannot list one customer's."""


class CachedPart(msgspec.Struct, frozen=True, kw_only=True):
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
    """Keeps parts for a while. The seam for a cache that several processes share.

    It has to answer within milliseconds or raise: the partners are asked where it does not help.
    """

    async def read(self, keys: Sequence[PartKey]) -> Mapping[PartKey, CachedPart]:
        """Those that are there and still kept."""
        ...

    async def write(self, parts: Mapping[PartKey, CachedPart]) -> None:
        """Keep parts, each in the place of what was there."""
        ...

    async def forget(self, instance: str, parties: Iterable[str] | None = None) -> None:
        """Drop everything of these parties at an instance, or all of the instance."""
        ...


class MemoryCache:
    """A cache within one process, bounded by the records it holds; what was used longest ago goes first."""

    def __init__(self, most: int = MOST_RECORDS) -> None:
        self._parts: TLRUCache[PartKey, CachedPart] = TLRUCache(
            most,
            ttu=lambda _, part, now: now + part.keep,
            timer=_now,
            getsizeof=lambda part: len(part.records) + 1,
        )
        # A party is used whenever one of its parts is, so it outlives them here.
        self._of: LRUCache[tuple[str, str], set[PartKey]] = LRUCache(most)

    async def read(self, keys: Sequence[PartKey]) -> Mapping[PartKey, CachedPart]:
        """See :class:`PartCache`."""
        found = {}
        for key in keys:
            part = self._parts.get(key)
            if part is not None:
                found[key] = part
                self._of.get((key.instance, key.party_id))
        return found

    async def write(self, parts: Mapping[PartKey, CachedPart]) -> None:
        """See :class:`PartCache`."""
        for key, part in parts.items():
            if len(part.records) + 1 > self._parts.maxsize:
                continue
            self._parts[key] = part
            party = (key.instance, key.party_id)
            mine = self._of.get(party, set())
            if len(mine) >= _TIDY:
                mine = {other for other in mine if other in self._parts}
            self._of[party] = mine | {key}

    async def forget(self, instance: str, parties: Iterable[str] | None = None) -> None:
        """See :class:`PartCache`."""
        if parties is None:
            gone = [party for party in self._of if party[0] == instance]
        else:
            gone = [(instance, party_id) for party_id in parties]
        for party in gone:
            for key in self._of.pop(party, ()):
                self._parts.pop(key, None)


def _now() -> float:
    return asyncio.get_running_loop().time()
