"""Counts the population by segments, page by page: safe to interrupt, and to repeat.

Each page is read in one transaction and written in another: where its customers stand, together with how far
the count is. A count that was killed goes on behind the last page that was written. Where the definitions in
force changed since it began, it begins anew, so that the sizes of a day are all of the same definitions.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, datetime

from api.models import serving_models
from api.settings import Settings
from api.wiring import Hub, open_hub, open_store, require_current
from c360.access import TenantId
from c360.records.party import PartyKind
from resolvers.consents.population import ANALYSED, usable
from resolvers.segments.counting import Counting, Known
from resolvers.segments.definitions import SegmentSet
from resolvers.segments.keeping import in_force
from resolvers.segments.scoring import scored
from resolvers.serving import Models
from resolvers.summaries.customer import summarise
from schema import ids
from store.data import CustomerFilter, PartyFigures
from store.data_segments import CellSize, CountData, SegmentSize
from store.database import Database
from store.unit import Unit

PAGE = 500
_log = logging.getLogger(__name__)


class Population:
    """Counts the customers of one tenant.

    Args:
        database: the store.
        tenant: whose customers.
        models: what figures are reckoned by.
        domains: business domain of each configured connector instance.
        clock: the present in UTC.
        report: takes a line of progress after every page.
        page: customers at a time.
    """

    def __init__(
        self,
        database: Database,
        tenant: TenantId,
        models: Models,
        domains: Mapping[str, str],
        clock: Callable[[], datetime],
        *,
        report: Callable[[str], None] = _log.info,
        page: int = PAGE,
    ) -> None:
        self._database = database
        self._tenant = tenant
        self._models = models
        self._domains = domains
        self._clock = clock
        self._report = report
        self._page = page

    async def count(self, day: date, *, anew: bool = False) -> CountData:
        """Count for a day, or go on with its count; what was finished is given as it is.

        Args:
            day: the day.
            anew: begin from the first customer, whatever there is.

        Raises:
            ConfigError: a definition in force is not of this release.
            StoreError: the store failed; what was counted so far is kept.
        """
        async with self._database.read(self._tenant) as unit:
            defined = in_force(await unit.segments.current())
            before = await unit.segments.counted(day)
            total = await unit.customers.count(CustomerFilter())
        begun = CountData(day=day, versions=defined.versions, currency=self._models.rates.base)
        same = before is not None and (before.versions, before.currency) == (begun.versions, begun.currency)
        count = before if before is not None and same and not anew else begun
        if count.customers and count.finished_at is None:
            self._report(f"going on after customer {count.customers:,}")
        counting = Counting(defined, self._models.ranks)
        while count.finished_at is None:
            count = await self._next(counting, defined, count)
            self._report(f"counted {count.customers:,} of {max(total, count.customers):,} customers")
        return count

    async def _next(self, counting: Counting, defined: SegmentSet, count: CountData) -> CountData:
        """Count the next page and keep it."""
        async with self._database.read(self._tenant) as unit:
            found = await unit.summaries.everybody(count.position, self._page)
            kinds = await unit.customers.kinds(found)
            used = await self._usable(unit, found)
        page = counting.page(
            count,
            [self._known(one, kinds[one], used[one]) for one in sorted(kinds.keys() & used.keys())],
            position=max(found, default=count.position),
            ended=self._clock() if len(found) < self._page else None,
        )
        names = [each.segment.name for each in defined.segments]

        async def keep(unit: Unit) -> None:
            # Behind the locks, so that who objects meanwhile is counted nowhere that names them.
            await unit.standings.hold(found)
            still = await self._usable(unit, found)
            await unit.standings.put(
                {one: page.members.get(one, ()) if one in still else () for one in found},
                [score for score in page.scores if score.customer_id in still],
                day=count.day,
            )
            await unit.segments.keep(page.count)
            if page.count.finished_at is not None:
                await unit.standings.forget(names)

        await self._database.retrying(self._tenant, keep)
        return page.count

    async def _usable(
        self, unit: Unit, found: Mapping[str, tuple[PartyFigures, ...]]
    ) -> Mapping[str, tuple[PartyFigures, ...]]:
        return usable(found, await unit.consents.of(found), ANALYSED, self._clock())

    def _known(self, customer_id: str, kind: PartyKind, parties: Sequence[PartyFigures]) -> Known:
        """A customer as the graph would see them."""
        rates = self._models.rates
        summaries = summarise(
            parties,
            linked={party.connector for party in parties},
            domains=self._domains,
            currency=rates.base,
            convert=rates.convert,
            today=self._clock().date(),
        )
        return Known(
            customer_id=customer_id,
            kind=kind,
            summaries=summaries,
            scored=scored(self._models, summaries),
        )


async def counted(settings: Settings, *, anew: bool, report: Callable[[str], None]) -> CountData:
    """Count for today; see :meth:`Population.count`."""
    require_current(settings)
    async with open_hub(settings) as hub:
        return await population_of(hub, serving_models(settings), report=report).count(
            hub.clock().date(), anew=anew
        )


def population_of(hub: Hub, models: Models, *, report: Callable[[str], None] = _log.info) -> Population:
    """The population of a running process."""
    domains = {info.id: info.domain for info in hub.host.infos() if info.domain}
    return Population(hub.store.database, hub.tenant, models, domains, hub.clock, report=report)


async def sizes(
    settings: Settings, names: Collection[str] | None, *, since: date, until: date
) -> Mapping[str, tuple[SegmentSize, ...]]:
    """How large segments were, by name, the earliest day first."""
    require_current(settings)
    async with open_store(settings) as store, store.database.read(TenantId(settings.tenant)) as unit:
        return await unit.segments.sizes(names, since=since, until=until)


async def cells(settings: Settings, day: date | None) -> tuple[CellSize, ...]:
    """How many customers had which labels on a day, on the one last counted unless told."""
    require_current(settings)
    async with open_store(settings) as store, store.database.read(TenantId(settings.tenant)) as unit:
        if day is None:
            latest = await unit.segments.latest()
            day = latest.day if latest else date.min
        return await unit.segments.cells(day)


async def members(settings: Settings, name: str, show: Callable[[str], None]) -> None:
    """Show the global id of every customer of a segment, as they were last counted."""
    require_current(settings)
    after: str | None = None
    async with open_store(settings) as store:
        while True:
            async with store.database.read(TenantId(settings.tenant)) as unit:
                page = await unit.standings.members(name, first=PAGE, after=after)
            for customer_id in page.ids:
                show(ids.encode("Customer", customer_id))
            if not page.has_next:
                return
            after = page.cursors[-1]
