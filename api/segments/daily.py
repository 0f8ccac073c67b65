"""The worker's part: a count a day, by the figures that are there."""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime, timedelta

from api.models import serving_models
from api.segments.counting import population_of
from api.settings import Settings
from api.wiring import Hub
from c360.errors import C360Error
from connectors.instances import InstanceState

PATIENCE = timedelta(hours=1)
"""How long a count waits, from the start of the day or of the worker on, for parties that are new."""
EVERY = 60.0
"""Seconds between two looks."""
_log = logging.getLogger(__name__)


class DailyCount:
    """Counts once a day: when something is known of everybody, or after some patience.

    Args:
        hub: the store, and which instances there are.
        settings: what figures are reckoned by.
    """

    def __init__(self, hub: Hub, settings: Settings) -> None:
        self._hub = hub
        self._models = serving_models(settings)
        self._began: datetime | None = None

    async def run(self) -> None:
        """Look again and again. Ends only by cancellation; a failure is logged and tried again."""
        while True:
            await asyncio.sleep(EVERY)
            try:
                await self.look()
            except C360Error as error:
                _log.warning("segments were not counted to the end (%s); it goes on later", error)

    async def look(self) -> bool:
        """Count, where it is time; whether it was."""
        database, tenant = self._hub.store.database, self._hub.tenant
        now = self._hub.clock()
        self._began = self._began or now
        async with database.read(tenant) as unit:
            latest = await unit.segments.latest()
        if latest is not None and latest.day >= now.date():
            return False
        waiting_since = max(self._began, now.replace(hour=0, minute=0, second=0, microsecond=0))
        if now - waiting_since < PATIENCE and await self._awaited(now):
            return False
        count = await population_of(self._hub, self._models).count(now.date())
        _log.info("segments of %s customers counted", f"{count.customers:,}")
        return True

    async def _awaited(self, now: datetime) -> bool:
        """Whether an instance that takes work has parties of which nothing is known yet."""
        async with self._hub.store.database.read(self._hub.tenant) as unit:
            for info in self._hub.host.infos():
                if info.state is InstanceState.READY and await unit.summaries.awaited(info.id, now):
                    return True
        return False
