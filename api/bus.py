"""The bus of one process: follows the outbox once and hands each event to everybody it is of interest to.

See :mod:`resolvers.events.bus` for what a follower is promised.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from contextlib import asynccontextmanager

from api.bell import Bell, hung
from c360.access import TenantId
from c360.errors import C360Error
from store.data_events import EventData
from store.database import Database
from store.errors_events import EventForgotten

QUEUE = 256
"""Events that wait for one follower; beyond them it reads on from the outbox."""
_PAGE = 500
Prepare = Callable[[Sequence[EventData]], Awaitable[None]]
_log = logging.getLogger(__name__)


class OutboxBus:
    """See :class:`resolvers.events.bus.Bus`. Made by :func:`opened`.

    Args:
        database: where the outbox is.
        tenant: whose.
        position: place of the latest event before it was made.
        queue: events that wait for one follower at the most.
        prepare: is awaited before anybody hears of events.
    """

    def __init__(
        self,
        database: Database,
        tenant: TenantId,
        position: int,
        *,
        queue: int = QUEUE,
        prepare: Prepare | None = None,
    ) -> None:
        self._database = database
        self._tenant = tenant
        self._queue = queue
        self._prepare = prepare
        self._followers: set[_Follower] = set()
        self.position = position
        """Place of the latest event that was handed on."""

    @asynccontextmanager
    async def subscribe(
        self,
        *,
        kinds: Collection[str] | None = None,
        customers: Collection[str] | None = None,
        after: int | None = None,
    ) -> AsyncIterator[AsyncIterator[EventData]]:
        """See :meth:`resolvers.events.bus.Bus.subscribe`."""
        follower = _Follower(self, _interest(kinds, customers), self._queue)
        self._followers.add(follower)
        try:
            await follower.start(after)
            yield follower
        finally:
            self._followers.discard(follower)

    async def place_of(self, event_id: str) -> int:
        """See :meth:`resolvers.events.bus.Bus.place_of`."""
        async with self._database.read(self._tenant) as unit:
            return await unit.outbox.place_of(event_id)

    async def head(self) -> int:
        """The place of the latest event that can be read."""
        async with self._database.read(self._tenant) as unit:
            return await unit.outbox.head()

    async def page(self, after: int) -> Sequence[EventData]:
        """The next events behind a place that were handed on, none where there are no more.

        Raises:
            EventForgotten: some behind it may have been pruned.
        """
        async with self._database.read(self._tenant) as unit:
            found = await unit.outbox.after(after, limit=_PAGE)
            if not await unit.outbox.kept(after):
                raise EventForgotten
        return [event for event in found if event.sequence <= self.position]

    async def follow(self, bell: Bell) -> None:
        """Hand on what is committed, until cancelled."""
        while True:
            try:
                while found := await self._next():
                    if self._prepare is not None:
                        await self._prepare(found)
                    for event in found:
                        self.position = event.sequence
                        for follower in self._followers:
                            follower.offer(event)
                    await asyncio.sleep(0)  # others get their turn between two pages
            except C360Error as error:
                _log.warning("events cannot be read (%s); tried again", error)
            await bell.wait()

    async def _next(self) -> Sequence[EventData]:
        async with self._database.read(self._tenant) as unit:
            return await unit.outbox.after(self.position, limit=_PAGE)


class _Follower:
    """One subscription: a bounded queue, and the outbox for what did not fit into it."""

    def __init__(self, bus: OutboxBus, wants: Callable[[EventData], bool], most: int) -> None:
        self._bus = bus
        self._wants = wants
        self._most = most
        self._waiting: deque[EventData] = deque()
        self._woken = asyncio.Event()
        self._behind = True
        self._place = 0
        """Up to here everything of interest was queued."""

    async def start(self, after: int | None) -> None:
        """Take the place to follow from.

        Raises:
            EventForgotten: there is no such place any more.
        """
        self._place = await self._bus.head() if after is None else after
        if after is not None and after < self._bus.position:
            await self._catch_up()
        elif after is not None:
            self._behind = False  # all that comes behind it is still to be handed on

    def offer(self, event: EventData) -> None:
        """Queue an event that was just committed, unless the follower reads for itself."""
        if self._behind or event.sequence <= self._place:
            return
        if self._wants(event):
            if len(self._waiting) >= self._most:
                self._behind = True
                return
            self._waiting.append(event)
            self._woken.set()
        self._place = event.sequence

    def __aiter__(self) -> AsyncIterator[EventData]:
        return self

    async def __anext__(self) -> EventData:
        """The next event, however long that takes.

        Raises:
            EventForgotten: the follower is so late that what comes next may have been pruned.
        """
        while not self._waiting:
            if self._behind:
                await self._catch_up()
            else:
                self._woken.clear()
                await self._woken.wait()
        return self._waiting.popleft()

    async def _catch_up(self) -> None:
        """Read a page of the outbox, and let the bus queue what comes behind it once there is no more."""
        handed_on = self._bus.position
        found = await self._bus.page(self._place)
        self._place = found[-1].sequence if found else max(self._place, handed_on)
        self._waiting.extend(event for event in found if self._wants(event))
        # Nothing is awaited between this look and the next offer: no event falls in between.
        self._behind = self._bus.position > self._place


def _interest(
    kinds: Collection[str] | None, customers: Collection[str] | None
) -> Callable[[EventData], bool]:
    of_kinds = None if kinds is None else frozenset(kinds)
    of_customers = None if customers is None else frozenset(customers)

    def wants(event: EventData) -> bool:
        if of_kinds is not None and event.kind not in of_kinds:
            return False
        return of_customers is None or not of_customers.isdisjoint(event.customer_ids)

    return wants


@asynccontextmanager
async def opened(
    database: Database, tenant: TenantId, url: str, *, queue: int = QUEUE, prepare: Prepare | None = None
) -> AsyncIterator[OutboxBus]:
    """A bus over a tenant's outbox, for as long as the block runs.

    Args:
        database: the open database.
        tenant: whose events.
        url: the database's address.
        queue: events that wait for one follower at the most.
        prepare: is awaited before anybody hears of events.

    Raises:
        StoreError: the database does not answer.
    """
    async with database.read(tenant) as unit:
        bus = OutboxBus(database, tenant, await unit.outbox.head(), queue=queue, prepare=prepare)
    async with hung(database, tenant, url) as bell:
        following = asyncio.create_task(bus.follow(bell), name="following events")
        try:
            yield bus
        finally:
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)
