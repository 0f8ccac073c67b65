"""The worker's duty of delivering events: to each endpoint in order, to all of them side by side.

Deliveries are rows: what is due is read from them, and how an attempt ended is written to them before the
next one of the endpoint begins. A worker that is killed between the two sends the event again, with the
same id.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

from api.webhooks import payload, rights
from api.webhooks.sending import Reply, Sender
from c360.access import TenantId
from c360.errors import C360Error
from resolvers.events import retries, signing
from resolvers.events.bus import Bus
from store.data_endpoints import DeliveryData, DeliveryFailure, EndpointData
from store.data_events import EventData
from store.database import Database
from store.errors_events import EndpointUnknown
from store.repositories.endpoints import ACTIVE
from store.unit import Unit

LONGEST_WAIT = 5.0
"""Seconds after which one looks for deliveries that are due without being told of any."""
IN_A_ROW = 20
"""Deliveries to one endpoint after which others get their turn."""
_log = logging.getLogger(__name__)


class Delivering:
    """Delivers events to the endpoints of a tenant.

    Args:
        database: where events, endpoints and deliveries are.
        tenant: whose.
        bus: tells that something happened.
        sender: sends.
        clock: the present in UTC.
        concurrency: deliveries under way at once.
        lasting: after which an owner who has not come is taken to be gone.
        counts: counts attempts by how they ended: ``delivered``, or why not.
    """

    def __init__(
        self,
        database: Database,
        tenant: TenantId,
        bus: Bus,
        sender: Sender,
        *,
        clock: Callable[[], datetime],
        concurrency: int,
        lasting: timedelta = timedelta(days=30),
        counts: Counter[str] | None = None,
    ) -> None:
        self._database = database
        self._tenant = tenant
        self._bus = bus
        self._sender = sender
        self._clock = clock
        self._slots = concurrency
        self._lasting = lasting
        self._chance = random.Random()  # noqa: S311  # spreads retries, hides nothing
        self._busy: dict[str, asyncio.Task[None]] = {}
        self._wake = asyncio.Event()
        self._counts = Counter[str]() if counts is None else counts

    async def run(self) -> None:
        """Deliver until cancelled; what is under way then is sent again by the next worker."""
        waking = asyncio.create_task(self._woken_by_events(), name="waking deliveries")
        try:
            while True:
                try:
                    wait = await self._round()
                except C360Error as error:
                    _log.warning("deliveries cannot be read (%s); tried again", error)
                    wait = LONGEST_WAIT
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(wait):
                        await self._wake.wait()
                self._wake.clear()
        finally:
            tasks = [waking, *self._busy.values()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def settle(self) -> None:
        """Deliver what is due now, and return when nothing is under way any more."""
        await self._round()
        while self._busy:
            await asyncio.wait(self._busy.values(), return_when=asyncio.FIRST_COMPLETED)
            await self._round()

    async def _woken_by_events(self) -> None:
        while True:
            try:
                async with self._bus.subscribe() as events:
                    async for _ in events:
                        self._wake.set()
            except C360Error as error:
                _log.info("events do not wake deliveries (%s); they are looked for", error)
            await asyncio.sleep(LONGEST_WAIT)

    async def _round(self) -> float:
        """Make out deliveries and begin those that are due; how long until the next one is, in seconds."""
        while await self._database.retrying(self._tenant, self._plan):
            pass
        async with self._database.read(self._tenant) as unit:
            waiting = [one for one in await unit.deliveries.next_ones() if one.endpoint_id not in self._busy]
        for delivery in waiting:
            if not self._due(delivery):
                return self._left(delivery)
            if len(self._busy) >= self._slots:
                break  # whoever ends wakes
            self._begin(delivery)
        return LONGEST_WAIT

    async def _plan(self, unit: Unit) -> bool:
        """Make out some deliveries, by what the owners may receive by then; whether there are more."""
        await rights.check(unit, self._tenant, self._clock(), self._lasting)
        return await unit.deliveries.plan(payload.wants)

    def _due(self, delivery: DeliveryData) -> bool:
        return delivery.next_at is not None and delivery.next_at <= self._clock()

    def _left(self, delivery: DeliveryData) -> float:
        """Seconds until a delivery is due, as far as they are slept through."""
        due = delivery.next_at or self._clock()
        return min((due - self._clock()).total_seconds(), LONGEST_WAIT)

    def _begin(self, delivery: DeliveryData) -> None:
        to = delivery.endpoint_id
        task = asyncio.create_task(self._serve(to), name="delivering")

        def ended(_: asyncio.Task[None]) -> None:
            self._busy.pop(to, None)
            self._wake.set()

        self._busy[to] = task
        task.add_done_callback(ended)

    async def _serve(self, endpoint_id: str) -> None:
        """Deliver to one endpoint what is due, one after the other."""
        try:
            for _ in range(IN_A_ROW):
                if not await self._deliver(endpoint_id):
                    return
        except C360Error as error:
            # Apart from a database that is away for a moment there is nothing that another attempt now mends.
            _log.warning("a delivery was not begun or not noted (%s); it is tried again", error)
            await asyncio.sleep(1)

    async def _deliver(self, endpoint_id: str) -> bool:
        """Attempt the delivery whose turn it is; whether the next one may follow at once."""
        async with self._database.read(self._tenant) as unit:
            endpoint = (await unit.endpoints.get([endpoint_id])).get(endpoint_id)
            delivery = next(iter(await unit.deliveries.next_ones(endpoint_id)), None)
            if endpoint is None or delivery is None or not self._due(delivery):
                return False
            events = await unit.outbox.get([delivery.event_id])
            keys = [each.value for each in await unit.endpoints.secrets(endpoint_id)]
        if not events:
            reply = _FORGOTTEN
        elif not payload.may_have(endpoint, events[0]):
            reply = _NOT_ALLOWED
        else:
            reply = await self._send(endpoint, events[0], keys)
        self._counts["delivered" if reply.failure is None else reply.failure.value.lower()] += 1
        await self._database.retrying(self._tenant, lambda unit: self._note(unit, delivery, reply))
        return reply.failure in (None, *retries.UNSENT)

    async def _send(self, endpoint: EndpointData, event: EventData, keys: list[str]) -> Reply:
        content = payload.body(event)
        signed = signing.headers(event.id, content, keys, self._clock())
        return await self._sender.send(endpoint.url, signed, content)

    async def _note(self, unit: Unit, delivery: DeliveryData, reply: Reply) -> None:
        """Keep how an attempt ended, and how the endpoint stands after it."""
        made = retries.attempt(
            delivery,
            self._clock(),
            reply.failure,
            status=reply.status,
            asked=reply.retry_after,
            chance=self._chance.random(),
        )
        try:
            endpoint = await unit.endpoints.held(delivery.endpoint_id)
        except EndpointUnknown:
            return  # it was removed meanwhile
        if not await unit.deliveries.attempted(delivery, made):
            return  # somebody sent it again or gave it up meanwhile: what they said counts
        state, since = retries.standing(endpoint, made)
        if endpoint.state.value in ACTIVE and (state, since) != (endpoint.state, endpoint.failing_since):
            await unit.endpoints.set_state(endpoint.id, state, failing_since=since)


_FORGOTTEN = Reply(failure=DeliveryFailure.FORGOTTEN)
_NOT_ALLOWED = Reply(failure=DeliveryFailure.NOT_ALLOWED)
