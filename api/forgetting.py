"""Lets a process forget what it remembers of customers of whom a partner told some process."""

from __future__ import annotations

from collections.abc import Sequence

from c360.access import TenantId
from connectors.host import Host
from store.data_events import EventData
from store.database import Database


async def forget(database: Database, tenant: TenantId, host: Host, events: Sequence[EventData]) -> None:
    """Forget what is remembered of the customers of events at the partners that told of them.

    Called before anybody in this process hears of the events: who reads anew because of one reads what is.

    Raises:
        StoreError: it cannot be read who the customers are at the partners.
    """
    configured = {info.id for info in host.infos()}
    told: dict[str, set[str]] = {}
    for event in events:
        connector = event.data.get("connector")
        if connector in configured:
            told.setdefault(connector, set()).update(event.customer_ids)
    if not told:
        return
    async with database.read(tenant) as unit:
        known = await unit.customers.parties({one for mine in told.values() for one in mine})
    for connector, mine in told.items():
        parties = {party for one in mine for told_by, party in known.get(one, ()) if told_by == connector}
        if parties:
            await host.forget(connector, parties)
