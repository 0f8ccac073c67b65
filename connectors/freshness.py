"""Says what of a gathering is known already, and keeps what was fetched for those who ask next."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from cachetools import TTLCache

from c360.access import Access
from c360.contract import Ref
from c360.errors import ProblemCode, place
from connectors.board import Board
from connectors.cache import CachedPart, PartCache, PartKey
from connectors.instances import Instance
from connectors.planning import Ask, Outcome, Part
from connectors.problems import problem

UNKNOWN_FOR = 30.0
"""Seconds for which a partner is not asked again about a customer whom it does not know."""

BEYOND = 2.0
"""A part is kept for so many times its time to live; past it, it is served while it is fetched anew."""

_NONE = timedelta(0)
_log = logging.getLogger(__name__)


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
        self._last_forgotten = -math.inf

    def serve(
        self,
        board: Board,
        instance: Instance,
        mine: Sequence[Ask],
        access: Access,
        max_age: timedelta | None,
    ) -> Sequence[Part]:
        """Settle what may be served of these asks without asking the partner.

        Args:
            board: where.
            instance: whose.
            mine: what is to be asked, with the customers' grants.
            access: who asks, for what.
            max_age: how old it may be at the most; ``None``: as old as its kind allows.

        Returns:
            of those served, the ones that are to be fetched anew.
        """
        if self._cache is None or (max_age is not None and max_age <= _NONE):
            return ()
        now = self._now()
        longest = math.inf if max_age is None else max_age.total_seconds()
        ageing = []
        for ask in mine:
            credential = _credential(instance, ask.ref)
            for part in ask.parts.values():
                found = self._read(part_key(instance, ask.ref, part, access, credential))
                if found is None:
                    continue
                age = (now - found.fetched_at).total_seconds()
                if 0 <= age <= min(longest, found.keep):
                    board.settle(part, _outcome(found))
                    if max_age is None and age > found.fresh:
                        ageing.append(part)
        return ageing

    def keep(self, started: float, table: Mapping[Instance, Sequence[Ask]], access: Access) -> None:
        """Remember what was fetched since a moment of the event loop's clock."""
        if self._cache is None:
            return
        forgotten = self._last_forgotten >= started
        for instance, mine in table.items():
            for ask in mine:
                if forgotten and self._forgotten_since(started, instance.id, ask.ref.party_id):
                    continue
                credential = None
                for part in ask.parts.values():
                    cached = self._cached(instance, part)
                    if cached is None:
                        continue
                    if credential is None:
                        credential = _credential(instance, ask.ref)
                    try:
                        self._cache.write(part_key(instance, ask.ref, part, access, credential), cached)
                    except Exception as error:  # noqa: BLE001  # whatever a cache raises, the answer is out
                        _log.warning("the cache takes nothing: %s", place(error))
                        return

    def forget(self, instance: str, parties: Iterable[str] | None = None) -> None:
        """Drop what is remembered of these parties at an instance, or of all, also what is being fetched."""
        if self._cache is None:
            return
        gone = None if parties is None else tuple(parties)
        moment = self._last_forgotten = _time()
        for party in (None,) if gone is None else gone:
            self._forgotten[instance, party] = moment
        try:
            self._cache.forget(instance, gone)
        except Exception as error:  # noqa: BLE001  # whatever a cache raises, it ends by its times to live
            _log.warning("the cache forgets nothing: %s", place(error))

    def _read(self, key: PartKey) -> CachedPart | None:
        assert self._cache is not None  # noqa: S101  # asked before
        try:
            return self._cache.read(key)
        except Exception as error:  # noqa: BLE001  # whatever a cache raises, the partners are asked
            _log.warning("the cache does not answer: %s", place(error))
            return None

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


def _credential(instance: Instance, ref: Ref) -> str:
    """Under which credential a party is asked for, by its fingerprint."""
    return ref.auth().fingerprint() if ref.grant is not None else instance.credential


def part_key(instance: Instance, ref: Ref, part: Part, access: Access, credential: str) -> PartKey:
    """What a part is remembered by: everything that may make its answer another one."""
    need = part.need
    return PartKey(
        access.tenant,
        access.purpose.value,
        instance.id,
        credential,
        ref.party_id,
        need.kind,
        need.since,
        need.until,
        ref.objects.get(need.kind, ()),
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
