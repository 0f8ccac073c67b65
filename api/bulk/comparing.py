"""Compares customers who were uploaded with those who are there, some time after they came in.

An upload takes thousands of rows in a second, and comparing one customer takes longer than that: it follows
behind, in the order in which they came, and goes on where it stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from api.matching import Matching
from c360.access import TenantId
from schema.mutations.regrouping import regrouped
from store.data import HUB
from store.data_identity import PartyRef
from store.database import Database
from store.repositories.intake import RULE
from store.unit import Unit

PLACE = "uploaded"
"""Under which its place is kept, as if it were a feed of the hub's own."""
SETTLED = timedelta(minutes=1)
"""After which every transaction that noted an entry by then has ended."""


class Comparing:
    """Gives uploaded customers who are somebody already to them, or puts them before a human.

    Args:
        database: the store.
        tenant: whose customers.
        matching: compares and decides.
        clock: the present in UTC.
        batch: customers of one transaction.
        settled: how long after they came they are looked at.
    """

    def __init__(
        self,
        database: Database,
        tenant: TenantId,
        matching: Matching,
        clock: Callable[[], datetime],
        *,
        batch: int = 50,
        settled: timedelta = SETTLED,
    ) -> None:
        self._database = database
        self._tenant = tenant
        self._matching = matching
        self._clock = clock
        self._batch = batch
        self._settled = settled

    async def round(self) -> None:
        """Compare everybody who came since the last time; while more are coming in, one batch of them.

        Comparing takes longer than taking in, and would keep an upload waiting that is under way.
        """
        while await self._next():
            if await self._coming_in():
                return

    async def _coming_in(self) -> bool:
        async with self._database.read(self._tenant) as unit:
            return await unit.uploads.waiting() is not None

    async def _next(self) -> bool:
        async with self._database.read(self._tenant) as unit:
            feed = await unit.feeds.get(HUB, PLACE)
            place = None if feed is None else feed.cursor
            came = await unit.arrivals.after(
                place,
                rule=RULE,
                before=self._clock() - self._settled,
                limit=self._batch,
            )
        upto = came.upto
        if upto is None or upto == place:
            return False

        async def work(unit: Unit) -> None:
            await self._compare(unit, came.parties)
            await unit.feeds.save(HUB, PLACE, upto)

        await self._database.retrying(self._tenant, work)
        return len(came.parties) == self._batch

    async def _compare(self, unit: Unit, parties: Sequence[PartyRef]) -> None:
        for party in parties:
            entry = await self._matching.compare(unit, party)
            unit.outbox.add(regrouped(() if entry is None else (entry,)))
