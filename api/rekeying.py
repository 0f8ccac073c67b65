"""Wraps by the present master key what a former one wraps still, so that the former one can be given up."""

from __future__ import annotations

from collections.abc import Callable

from api.settings import Settings
from api.wiring import open_store, require_current
from c360.access import TenantId

CHUNK = 1_000
"""Data keys of one transaction."""


async def rekey(settings: Settings, progress: Callable[[int], None]) -> int:
    """Rewrap everything; how many keys and secrets there were. Goes on where an interrupted run stopped.

    Nothing that the keys seal is touched: a data key stays what it is.

    Args:
        settings: with the present master key, and the former one.
        progress: told how many are done.

    Raises:
        KeyringError: something is wrapped by neither of the two.
        StoreError: the database does not answer, or is at another version.
    """
    require_current(settings)
    done = 0
    tenant = TenantId(settings.tenant)
    async with open_store(settings) as store:
        while True:
            async with store.database.unit(tenant) as unit:
                wrapped = await unit.customers.rewrap(limit=CHUNK)
            if not wrapped:
                break
            done += wrapped
            progress(done)
        async with store.database.unit(tenant) as unit:
            done += await unit.endpoints.rewrap()
            done += await unit.registrations.rewrap()
    return done
