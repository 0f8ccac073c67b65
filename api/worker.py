"""The worker process: follows the partners' change feeds and keeps what the hub needs of them.

Beside that it refreshes the figures of what customers do; see :mod:`api.summarising`.

One worker leads at a time, by a lease in the database; the others wait to take over. What a feed
delivered is stored together with its checkpoint in one transaction, so that a killed worker goes on
where it stopped, without gaps; what it had read beyond the checkpoint is simply read again.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from functools import partial

from api import logs
from api.duties import duties
from api.keeping import keep, tell
from api.matching import Matching
from api.observing.metrics import Metrics
from api.observing.observer import observing
from api.processes import settled, stop_event
from api.segments.daily import DailyCount
from api.settings import Settings, database_url
from api.summarising import Summarising
from api.switches import followed
from api.webhooks.duty import DeliverEvents
from api.wiring import Hub, open_hub, require_current
from c360.contract import Change, Checkpoint
from c360.errors import C360Error, place
from c360.kinds import PARTY
from connectors.instances import InstanceState
from resolvers.summaries.reckoning import kinds_for
from store.living import is_gone, living, new_holder
from store.unit import Unit

LEASE = "worker"
LOOK = 1.0
"""Seconds after which who waits for the lease looks again."""
GONE = 2.0
"""Seconds for which the leader has shown no sign of life when another takes over."""
RETRY = 5.0
"""Seconds after which a round with a failed feed is repeated."""
_log = logging.getLogger(__name__)


class LeaseLostError(C360Error):
    """Another worker leads now; this one waits again."""


async def work(settings: Settings, *, once: bool = False) -> int:
    """Lead when it is one's turn, round after round, until interrupted.

    Args:
        settings: the settings.
        once: one round over all feeds and all figures that are due, then end; exit code 1 where a partner
            failed.
    """
    require_current(settings)
    asyncio.get_running_loop().set_exception_handler(logs.report)
    watched = observing(
        settings.observing,
        "worker",
        0 if once else settings.observing.worker_metrics_port,
        json=settings.logging.json,
    )
    async with open_hub(settings) as hub, followed(hub.store.database, hub.tenant, hub.host):
        with watched as observer:
            observer.watch(hub)
            worker = Worker(hub, settings)
            worker.watch(observer.metrics)
            settled()
            return await _work(worker, once=once)


async def _work(worker: Worker, *, once: bool) -> int:
    """Lead until interrupted, or once."""
    if once:
        well = await worker.round()
        return 0 if await worker.summarise() and well else 1
    leading = asyncio.ensure_future(worker.lead())
    stopping = asyncio.ensure_future(stop_event().wait())
    try:
        await asyncio.wait({leading, stopping}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopping.cancel()
        leading.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await leading
        await worker.resign()
    return 0


class Worker:
    """One candidate for the lead, and what it does when it has it."""

    def __init__(self, hub: Hub, settings: Settings) -> None:
        self._hub = hub
        self._interval = settings.worker.interval
        self._lease = timedelta(seconds=settings.worker.lease)
        self._url = database_url(settings)
        self._holder = new_holder()
        self._matching = Matching(settings) if settings.identity.automatic else None
        self._region = settings.phone_region
        self._segments = DailyCount(hub, settings)
        self._duties = duties(hub, settings)
        self._summarising = Summarising(hub, settings) if settings.worker.summaries else None

    def watch(self, metrics: Metrics) -> None:
        """Let be scraped what the duties count."""
        for duty in self._duties:
            if isinstance(duty, DeliverEvents):
                metrics.count(
                    "c360_deliveries",
                    "Attempts to deliver events, by how they ended.",
                    "outcome",
                    duty.counts,
                )

    async def lead(self) -> None:
        """Wait for the lease, then run rounds while it is held. Ends only by cancellation."""
        while True:
            # A task of its own: a group that fails as it is cancelled raises its failure alone.
            turn = asyncio.ensure_future(self._turn())
            try:
                await asyncio.wait({turn})
            finally:
                turn.cancel()
                await asyncio.wait({turn})
            await asyncio.sleep(self._lease.total_seconds() / 3)

    async def _turn(self) -> None:
        """Lead as long as the lease is held and nothing fails."""
        try:
            async with living(self._url, self._holder) as lost:
                await self._wait()
                _log.info("this worker leads")
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._step_down(lost))
                    group.create_task(self._renew())
                    group.create_task(self._rounds())
                    group.create_task(self._segments.run())
                    group.create_task(self._summaries())
                    for duty in self._duties:
                        group.create_task(duty.run(), name=duty.name)
        except* C360Error as errors:
            _log.warning("this worker cannot lead (%s); it tries again", errors.exceptions[0])
        except* Exception as errors:  # noqa: BLE001  # one fault must not end all the duties for good
            for error in errors.exceptions:
                _log.error("a duty of this worker failed: unexpected %s", place(error, lines=3))

    async def resign(self) -> None:
        """Give the lease back, where it is held."""
        try:
            async with self._hub.store.database.unit(self._hub.tenant) as unit:
                await unit.leases.release(LEASE, self._holder)
        except C360Error as error:
            _log.warning("the lease could not be given back (%s); it ends by itself", error)

    async def round(self) -> bool:
        """Read every feed that the hub keeps something of, all at the same time; whether all went well."""
        async with asyncio.TaskGroup() as group:
            jobs = [
                group.create_task(self._follow(info.id, kind, indexed=kind in info.indexed))
                for info in self._hub.host.infos()
                if info.state is InstanceState.READY
                for kind in info.feeds
                if kind == PARTY or kind in info.indexed or self._summarised(info.domain, kind)
            ]
        return all(job.result() for job in jobs)

    async def summarise(self) -> bool:
        """Refresh the figures of all parties that are due; whether all went well."""
        return self._summarising is None or await self._summarising.round()

    def _summarised(self, domain: str, kind: str) -> bool:
        """Whether figures are made of a kind, so that a change of it makes a party due."""
        return self._summarising is not None and kind in kinds_for(domain)

    async def _summaries(self) -> None:
        while True:
            await self.summarise()
            await asyncio.sleep(self._interval)

    async def _rounds(self) -> None:
        while True:
            well = await self.round()
            await asyncio.sleep(self._interval if well else min(self._interval, RETRY))

    async def _wait(self) -> None:
        """Wait until the lease is free, has run out, or its holder is gone for sure.

        Gone is who has no sign of life now and had none some seconds ago: a leader that lost its sign alone
        has ended by then what it did.
        """
        missed: tuple[str, float] | None = None
        while True:
            async with self._hub.store.database.unit(self._hub.tenant) as unit:
                if await unit.leases.acquire(LEASE, self._holder, self._lease):
                    return
                holder = await unit.leases.holder(LEASE)
                now = time.monotonic()
                if holder is None or not await is_gone(unit, self._url, holder):
                    missed = None
                elif missed is None or missed[0] != holder:
                    missed = holder, now
                elif now - missed[1] >= GONE and await unit.leases.inherit(
                    LEASE, self._holder, holder, self._lease
                ):
                    _log.warning("the worker that led is gone; this one goes on")
                    return
            await asyncio.sleep(min(LOOK, self._lease.total_seconds() / 3))

    async def _step_down(self, lost: Callable[[], Awaitable[None]]) -> None:
        """Do no more as soon as others take this worker for dead."""
        await lost()
        raise LeaseLostError("its sign of life is lost")

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(self._lease.total_seconds() / 3)
            async with self._hub.store.database.unit(self._hub.tenant) as unit:
                if not await unit.leases.renew(LEASE, self._holder, self._lease):
                    raise LeaseLostError("the lease expired or was taken")

    async def _follow(self, instance: str, kind: str, *, indexed: bool) -> bool:
        """Read one feed to its end; a failure is logged and tried again in the next round."""
        try:
            await self._read(instance, kind, indexed=indexed)
        except C360Error as error:
            _log.warning(
                "feed %s of %s stopped: %s; it goes on from its last checkpoint", kind, instance, error
            )
            return False
        return True

    async def _read(self, instance: str, kind: str, *, indexed: bool) -> None:
        """Read one feed to its end.

        Raises:
            C360Error: the partner, the plugin or the store failed.
        """
        database, tenant = self._hub.store.database, self._hub.tenant
        async with database.read(tenant) as unit:
            feed = await unit.feeds.get(instance, kind)
        once = feed is not None and feed.finished
        waiting: list[Change] = []
        seen = 0
        last: Checkpoint | None = None
        async for change in self._hub.host.follow(instance, kind, feed.cursor if feed else None):
            if not isinstance(change, Checkpoint):
                waiting.append(change)
                continue
            last = change
            seen += len(waiting)
            work = partial(
                self._store,
                instance=instance,
                kind=kind,
                last=change,
                changes=tuple(waiting),
                once=once,
                indexed=indexed,
            )
            await database.retrying(tenant, work)
            waiting.clear()
            if change.progress is not None:
                _log.info("%s %s: %.0f %%, %s changes", instance, kind, 100 * change.progress, f"{seen:,}")
        if last is not None and not once:
            async with database.unit(tenant) as unit:
                await unit.feeds.save(instance, kind, last.cursor, finished=True)

    async def _store(
        self,
        unit: Unit,
        *,
        instance: str,
        kind: str,
        last: Checkpoint,
        changes: Sequence[Change],
        once: bool,
        indexed: bool,
    ) -> None:
        """What was delivered and how far that was, together or not at all."""
        await keep(unit, instance, changes, region=self._region, matching=self._matching, indexed=indexed)
        if once:  # what a first reading brings is new to nobody who follows
            await tell(unit, instance, changes)
        await unit.feeds.save(instance, kind, last.cursor, finished=once)
