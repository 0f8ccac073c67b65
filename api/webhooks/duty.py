"""What the leading worker does for events: it delivers them, and forgets those that are old."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import timedelta

from api.webhooks.addresses import endpoint_addresses
from api.webhooks.delivering import Delivering
from api.webhooks.sending import Sender
from api.webhooks.settings import WebhookSettings
from api.wiring import Hub
from store.unit import Unit

_AT_ONCE = 5_000
"""Rows that one transaction deletes at the most: nobody waits for it long."""


class DeliverEvents:
    """Delivers events as long as it runs.

    Args:
        hub: the open hub.
        settings: how.
    """

    name = "deliver events"

    def __init__(self, hub: Hub, settings: WebhookSettings) -> None:
        self._hub = hub
        self._settings = settings
        self.counts: Counter[str] = Counter()
        """Attempts since the process began, by how they ended."""

    async def run(self) -> None:
        """Deliver until cancelled."""
        hub = self._hub
        sender = Sender(endpoint_addresses(self._settings), self._settings.timeout)
        delivering = Delivering(
            hub.store.database,
            hub.tenant,
            hub.bus,
            sender,
            clock=hub.clock,
            concurrency=self._settings.concurrency,
            lasting=timedelta(days=self._settings.owners_absent),
            counts=self.counts,
        )
        try:
            await delivering.run()
        finally:
            await sender.aclose()


async def forget_old(hub: Hub, settings: WebhookSettings) -> None:
    """Delete events, deliveries and ids of partners' calls that have been kept for long enough."""
    before = hub.clock() - timedelta(days=settings.retention)
    steps: tuple[Callable[[Unit], Awaitable[int]], ...] = (
        lambda unit: unit.deliveries.prune(before, limit=_AT_ONCE),
        lambda unit: unit.outbox.prune(before, limit=_AT_ONCE),
        lambda unit: unit.received.prune(before, limit=_AT_ONCE),
    )
    for step in steps:
        while await hub.store.database.retrying(hub.tenant, step) >= _AT_ONCE:
            pass
