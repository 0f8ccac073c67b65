"""Deletes what its rule lets nobody keep any longer, and what an erasure had to leave until now."""

from __future__ import annotations

import logging
from functools import partial

from api.wiring import Hub
from store.data_privacy import RetentionRuleData, RetentionRunData
from store.retention import KINDS
from store.unit import Unit

_log = logging.getLogger(__name__)


class Retention:
    """Goes over every kind that has a rule, once a day, in short transactions.

    A worker that is killed goes on behind the last batch: how far a pass is stands in the transaction that
    deleted up to there.

    Args:
        hub: the open hub.
    """

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    async def round(self) -> None:
        """Delete all that is due.

        Raises:
            StoreError: the database does not answer; what was deleted so far stays deleted.
        """
        database, tenant = self._hub.store.database, self._hub.tenant
        async with database.read(tenant) as unit:
            rules = await unit.holds.rules()
        for rule in rules:
            if rule.days is not None and rule.kind in KINDS and KINDS[rule.kind].expires:
                await self._pass(rule)
        after = ""
        while True:
            async with database.read(tenant) as unit:
                waiting = await unit.erasures.unfinished(after=after)
            if not waiting:
                return
            for one in waiting:
                async with database.unit(tenant) as unit:
                    await unit.erasures.finish(one)
            after = waiting[-1].id

    async def _pass(self, rule: RetentionRuleData) -> None:
        database, tenant = self._hub.store.database, self._hub.tenant
        async with database.read(tenant) as unit:
            run = await unit.expiry.begin(rule)
        while run is not None and run.finished_at is None:
            run = await database.retrying(tenant, partial(_batch, rule=rule, run=run))
        if run is not None:
            _log.info("%s: %s rows deleted, %s held", rule.kind, f"{run.deleted:,}", f"{run.held:,}")


async def _batch(unit: Unit, *, rule: RetentionRuleData, run: RetentionRunData) -> RetentionRunData:
    return await unit.expiry.batch(rule, run)
