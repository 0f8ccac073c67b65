"""Says what of a gathering is known already, and keeps what was fetched for those who ask next."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec
from cachetools import TTLCache

from c360.access import Access
from c360.contract import Ref
from c360.errors import ProblemCode, place
from connectors.cache import CachedPart, PartCache, PartKey
from connectors.instances import Instance
from connectors.planning import Ask, Outcome, Part
from connectors.problems import problem

UNKNOWN_FOR = 30.0
"""Seconds for which a partner is not asked again about a customer whom it does not know."""

BEYOND = 2.0
"""A part is kept for so many times its time to live; past it, it is served while it is fetched anew."""

_PATIENCE = 0.05
"""Seconds that a cache gets to answer."""

_log = logging.getLogger(__name__)


class Found(msgspec.Struct, frozen=True):
    """What the cache knew of the parts of an instance."""

    served: Sequence[tuple[Part, Outcome]]
    ageing: Sequence[Part]
    """Of those served, the ones that are to be fetched anew."""


class Freshness:
    """The memory of a host.

    Args:
        cache: keeps the parts; ``None``: nothing is remembered.
        now: the clock, in UTC.
    """

    def __init__(self, cache: PartCache | None, now: Callable[[], datetime]) -> None:
        self._cache = cache
        self._now = now
        self._forgotten: TTLCache[tuple[str, str | None], float] = TTLCache(100_000, 120.0, timer=_time)

    async def known(
        self, instance: Instance, mine: Sequence[Ask], access: Access, max_age: timedelta | None
    ) -> Found:
        """What may be served of these asks without asking the partner.

        Args:
            instance: whose.
            mine: what is to be asked, with the customers' grants.
            access: who asks, for what.
            max_age: how old it may be at the most; ``None``: as old as its kind allows.
        """
        if self._cache is None or (max_age is not None and max_age <= timedelta(0)):
            return _NOTHING
        parts = {
            part_key(instance, ask.ref, part, access): part for ask in mine for part in ask.parts.values()
        }
        try:
            async with asyncio.timeout(_PATIENCE):
                found = await self._cache.read(tuple(parts))
        except Exception as error:  # noqa: BLE001  # whatever a cache raises, the partners are asked
            _log.warning("the cache does not answer: %s", place(error))
            return _NOTHING
        now = self._now()
        served, ageing = [], []
        for key, cached in found.items():
            age = (now - cached.fetched_at).total_seconds()
            most = cached.keep if max_age is None else min(max_age.total_seconds(), cached.keep)
            if not 0 <= age <= most:
                continue
            served.append((parts[key], _outcome(cached)))
            if max_age is None and age > cached.fresh:
                ageing.append(parts[key])
        return Found(served, ageing)

    async def keep(self, started: float, table: Mapping[Instance, Sequence[Ask]], access: Access) -> None:
        """Remember what was fetched since a moment of the event loop's clock."""
        if self._cache is None:
            return
        fetched: dict[PartKey, CachedPart] = {}
        for instance, mine in table.items():
            for ask in mine:
                if self._forgotten_since(started, instance.id, ask.ref.party_id):
                    continue
                for part in ask.parts.values():
                    cached = self._cached(instance, part)
                    if cached is not None:
                        fetched[part_key(instance, ask.ref, part, access)] = cached
        if fetched:
            try:
                async with asyncio.timeout(_PATIENCE):
                    await self._cache.write(fetched)
            except Exception as error:  # noqa: BLE001  # whatever a cache raises, the answer is out
                _log.warning("the cache takes nothing: %s", place(error))

    async def forget(self, instance: str, parties: Iterable[str] | None = None) -> None:
        """Drop what is remembered of these parties at an instance, or of all, also what is being fetched."""
        if self._cache is None:
            return
        gone = None if parties is None else tuple(parties)
        moment = _time()
        for party in (None,) if gone is None else gone:
            self._forgotten[instance, party] = moment
        try:
            await self._cache.forget(instance, gone)
        except Exception as error:  # noqa: BLE001  # whatever a cache raises, it ends by its times to live
            _log.warning("the cache forgets nothing: %s", place(error))

    def _forgotten_since(self, started: float, instance: str, party_id: str) -> bool:
        moments = (self._forgotten.get((instance, party)) for party in (party_id, None))
        return any(moment is not None and moment >= started for moment in moments)

    def _cached(self, instance: Instance, part: Part) -> CachedPart | None:
        outcome = part.outcome
        if outcome is None or outcome.kept or not outcome.answered:
            return None
        fresh = instance.fresh_for(part.need.kind)
        if outcome.problem is None and outcome.at is not None and fresh > 0:
            return CachedPart(
                records=outcome.records, fetched_at=outcome.at, fresh=fresh, keep=fresh * BEYOND
            )
        unknown = outcome.problem is not None and outcome.problem.code is ProblemCode.CUSTOMER_UNKNOWN
        if unknown and not instance.always_live(part.need.kind):
            return CachedPart(
                records=(), fetched_at=self._now(), fresh=UNKNOWN_FOR, keep=UNKNOWN_FOR, unknown=True
            )
        return None


_NOTHING = Found((), ())


def part_key(instance: Instance, ref: Ref, part: Part, access: Access) -> PartKey:
    """What a part is remembered by: everything that may make its answer another one."""
    grant = ref.auth().fingerprint() if ref.grant is not None else instance.credential
    return PartKey(
        tenant=access.tenant,
        purpose=access.purpose,
        instance=instance.id,
        credential=grant,
        party_id=ref.party_id,
        kind=part.need.kind,
        since=part.need.since,
        until=part.need.until,
        objects=ref.objects.get(part.need.kind, ()),
    )


def _outcome(cached: CachedPart) -> Outcome:
    return Outcome(
        records=cached.records,
        problem=problem(ProblemCode.CUSTOMER_UNKNOWN) if cached.unknown else None,
        at=cached.fetched_at,
        kept=True,
    )


def _time() -> float:
    return asyncio.get_running_loop().time()
