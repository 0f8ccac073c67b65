"""Keeps the host's instances as an operator switched them, in every process within seconds."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from c360.access import TenantId
from c360.errors import C360Error
from connectors.host import Host
from connectors.instances import Instance, InstanceState
from store.data import InstanceState as Switch
from store.database import Database

EVERY = 2.0
"""Seconds between two looks at the switches."""

_WORKING = frozenset({InstanceState.READY, InstanceState.DRAINING})
_log = logging.getLogger(__name__)


async def apply(database: Database, tenant: TenantId, host: Host) -> None:
    """Bring every instance into the state that it was switched to.

    What the settings switch off stays off, and what is faulty stays faulty.

    Raises:
        StoreError: the switches cannot be read.
    """
    async with database.read(tenant) as unit:
        switches = {each.id: each.state for each in await unit.instances.all()}
    for instance in host.instances:
        if instance.allowed and instance.state is not InstanceState.FAULTY:
            await _switch(host, instance, switches.get(instance.id, Switch.ENABLED))


async def _switch(host: Host, instance: Instance, to: Switch) -> None:
    before = instance.state
    if to is Switch.ENABLED and before is not InstanceState.READY:
        host.enable(instance.id)
    elif to is Switch.DISABLED and before in _WORKING:
        await host.disable(instance.id)
    elif to is Switch.DRAINING and before is InstanceState.READY:
        await host.drain_instance(instance.id, wait=False)
    if instance.state is not before:
        _log.info("%s is %s now", instance.id, instance.state.value.lower())


@asynccontextmanager
async def followed(database: Database, tenant: TenantId, host: Host) -> AsyncIterator[None]:
    """Follow the switches while the block runs."""

    async def follow() -> None:
        while True:
            await asyncio.sleep(EVERY)
            try:
                await apply(database, tenant, host)
            except C360Error as error:
                _log.warning("the switches of the connectors cannot be read (%s)", error)

    following = asyncio.create_task(follow(), name="switches")
    try:
        yield
    finally:
        following.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await following
