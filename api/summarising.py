"""Keeps the figures of what customers do: reads again what is due, partner by partner, in the background.

What is due is in the database, and leaves it batch by batch: a worker that is killed loses at most the
batch it was at, and another one goes on.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

import msgspec

from api.settings import Settings
from api.wiring import Hub
from c360.access import Access, Principal, Purpose
from c360.errors import C360Error, ProblemCode
from c360.records.base import Record
from connectors.infos import InstanceInfo
from connectors.instances import InstanceState
from connectors.results import GatherRequest, Link, SourceResult, SourceState, Target
from resolvers.summaries.customer import DOMAINS
from resolvers.summaries.keeping import kept_of
from resolvers.summaries.reckoning import days_of, kinds_for, needs_for, reckon
from store.data import FigureData, LinkData, PartyFigures
from store.unit import Unit

ACTOR = "worker"
PATIENCE = timedelta(seconds=60)
"""How long a batch may take. What is not there by then is tried again in smaller company."""
RETRY = timedelta(minutes=5)
"""After which a party is tried again whose partner did not answer."""
SMALLEST, FIRST, LARGEST = 1, 16, 256
"""Parties that are asked for together: fewer where a partner is slow, more where it is quick."""
TELLING = 10.0
"""Seconds between two words about how far the work is."""
_WITHDRAWN = frozenset({ProblemCode.GRANT_MISSING, ProblemCode.REAUTHORISATION_REQUIRED})
_SAYING = _WITHDRAWN | {ProblemCode.CUSTOMER_UNKNOWN, ProblemCode.TOO_MUCH_DATA}
"""Problems that say something of the party: what is not there stays unknown, and the rest is reckoned."""
_log = logging.getLogger(__name__)


class Outcome(msgspec.Struct, kw_only=True):
    """What became of a batch of parties of one instance."""

    reckoned: list[PartyFigures] = []
    failed: dict[str, ProblemCode] = {}
    """Parties that keep what was kept of them, and why."""
    withdrawn: list[str] = []
    """Parties whose records may not be read any more."""

    @property
    def answered(self) -> int:
        """Of how many parties something is known now."""
        return len(self.reckoned) + len(self.withdrawn)


class Summarising:
    """Refreshes figures over the instances of a hub.

    Args:
        hub: store and connectors.
        settings: how old figures may become.
    """

    def __init__(self, hub: Hub, settings: Settings) -> None:
        self._hub = hub
        self._after = timedelta(hours=settings.worker.summaries_after)
        self._access = Access(
            principal=Principal(subject=ACTOR, tenant=hub.tenant, purposes=frozenset({Purpose.ANALYTICS})),
            purpose=Purpose.ANALYTICS,
        )

    async def round(self) -> bool:
        """Refresh everything that is due, at all partners at the same time; whether all went well."""
        async with asyncio.TaskGroup() as group:
            jobs = [
                group.create_task(self._refresh(info))
                for info in self._hub.host.infos()
                if info.state is InstanceState.READY
            ]
        return all(job.result() for job in jobs)

    async def _refresh(self, info: InstanceInfo) -> bool:
        """Refresh one instance's parties; a failure is logged, and tried again in a later round."""
        try:
            return await self._all_due(info)
        except C360Error as error:
            _log.warning("figures of %s are not refreshed: %s; it goes on in the next round", info.id, error)
            return False

    async def _all_due(self, info: InstanceInfo) -> bool:
        kinds = _kinds(info)
        if info.domain in DOMAINS and not kinds:
            return True  # it tells nothing that figures are made of: what its customers do is not known
        if not await self._indexed(info, kinds):
            return True  # which records are whose is not known before its feed was read to the end
        loop = asyncio.get_running_loop()
        started = told = loop.time()
        done, size = 0, FIRST
        failed: Counter[ProblemCode] = Counter()
        while batch := await self._due(info.id, size):
            begun = loop.time()
            outcome = await self._batch(info.id, batch, kinds)
            done += outcome.answered
            failed.update(outcome.failed.values())
            next_size = _size(size, timedelta(seconds=loop.time() - begun), outcome)
            if not outcome.answered and next_size >= size:
                break  # it answers nobody: the others stay due
            size = next_size
            if loop.time() - told >= TELLING:
                told = loop.time()
                await self._tell(info.id, done)
        if done:
            _log.info("%s: figures of %s parties in %.0f s", info.id, f"{done:,}", loop.time() - started)
        if failed:
            codes = ", ".join(f"{many:,} {code.value}" for code, many in failed.most_common())
            _log.warning("%s: parties keep their older figures, and are tried again: %s", info.id, codes)
        return not failed

    async def _indexed(self, info: InstanceInfo, kinds: Sequence[str]) -> bool:
        async with self._hub.store.database.read(self._hub.tenant) as unit:
            feeds = [await unit.feeds.get(info.id, kind) for kind in info.indexed if kind in kinds]
        return all(feed is not None and feed.finished for feed in feeds)

    async def _tell(self, instance: str, done: int) -> None:
        async with self._hub.store.database.read(self._hub.tenant) as unit:
            left = await unit.summaries.count_due(instance, self._hub.clock())
        _log.info("%s: figures of %s parties so far, %s are due", instance, f"{done:,}", f"{left:,}")

    async def _due(self, instance: str, size: int) -> list[PartyFigures]:
        """The next parties: one of each customer, or whose records they are could not be told."""
        async with self._hub.store.database.read(self._hub.tenant) as unit:
            found = await unit.summaries.due(instance, self._hub.clock(), size)
        return list({each.customer_id: each for each in reversed(found)}.values())

    async def _batch(self, instance: str, batch: Sequence[PartyFigures], kinds: Sequence[str]) -> Outcome:
        """Ask for the records of parties, make figures of them, and keep those."""
        now = self._hub.clock()
        if kinds:
            outcome = await self._asked(instance, batch, kinds, now)
        else:  # nothing is made of what it tells: that is all there is to know
            outcome = Outcome(reckoned=[_with(each, now, ()) for each in batch])
        store = partial(self._store, instance=instance, outcome=outcome, now=now)
        await self._hub.store.database.retrying(self._hub.tenant, store)
        return outcome

    async def _asked(
        self, instance: str, batch: Sequence[PartyFigures], kinds: Sequence[str], now: datetime
    ) -> Outcome:
        customers = [each.customer_id for each in batch]
        async with self._hub.store.database.read(self._hub.tenant) as unit:
            links = await unit.links.of(customers)
        needs = needs_for(kinds, now.date())
        gathered = await self._hub.host.gather(
            GatherRequest(
                targets=[_target(each, links.get(each.customer_id, ())) for each in batch],
                needs=dict.fromkeys(customers, needs),
                access=self._access,
                deadline=PATIENCE,
                max_age=timedelta(0),
                keep=False,
            )
        )
        outcome = Outcome()
        for each in batch:
            (source,) = (one for one in gathered.of(each.customer_id) if one.connector == instance)
            _sort(outcome, each, source, kinds, now)
            await asyncio.sleep(0)  # three years of a busy account take a while
        return outcome

    async def _store(self, unit: Unit, *, instance: str, outcome: Outcome, now: datetime) -> None:
        """All that became of a batch, together or not at all."""
        await unit.summaries.put(outcome.reckoned, again=now + self._after)
        await unit.summaries.put_off(instance, outcome.failed, now + min(RETRY, self._after))
        await unit.summaries.forget(instance, outcome.withdrawn, now + self._after)


def _kinds(info: InstanceInfo) -> tuple[str, ...]:
    """What to ask an instance for: what figures are made of, unless it takes a request for each day."""
    most = info.cheap_days
    offered = [kind for kind in info.kinds if kind not in most or days_of(kind) <= most[kind]]
    return kinds_for(info.domain, offered)


def _target(party: PartyFigures, links: Sequence[LinkData]) -> Target:
    """A customer with that party alone."""
    mine = tuple(
        Link(connector=link.connector, party_id=link.party_id, objects=link.objects)
        for link in links
        if (link.connector, link.party_id) == (party.connector, party.party_id)
    )
    return Target(customer_id=party.customer_id, links=mine)


def _sort(
    outcome: Outcome, party: PartyFigures, source: SourceResult, kinds: Sequence[str], now: datetime
) -> None:
    """Make figures of what was answered of a party, or note why there is none."""
    found: dict[str, Sequence[Record]] = {}
    for kind in kinds:
        result = source.kinds.get(kind)
        problem = result.problem if result is not None else source.problem
        if result is not None and result.state is SourceState.FRESH and problem is None:
            found[kind] = result.records
        elif problem is None or problem.code not in _SAYING:
            outcome.failed[party.party_id] = ProblemCode.NOT_KEPT if problem is None else problem.code
            return
        elif problem.code in _WITHDRAWN:
            outcome.withdrawn.append(party.party_id)
            return
    outcome.reckoned.append(_with(party, now, kept_of(reckon(found, now.date()))))


def _with(party: PartyFigures, now: datetime, figures: tuple[FigureData, ...]) -> PartyFigures:
    return msgspec.structs.replace(party, as_of=now, figures=figures)


def _size(size: int, took: timedelta, outcome: Outcome) -> int:
    """How many parties to ask for next."""
    if ProblemCode.DEADLINE_EXCEEDED in outcome.failed.values():
        return max(SMALLEST, size // 2)
    return min(LARGEST, size * 2) if took < PATIENCE / 8 else size
