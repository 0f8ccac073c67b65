"""Definitions of segments in and out of the store."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from api.settings import Settings
from api.wiring import open_store, require_current
from c360.access import TenantId
from resolvers.segments import definitions
from resolvers.segments.definitions import SegmentSet
from resolvers.segments.keeping import Changes, as_file, drafts, in_force
from store.unit import Unit


async def bring_in(
    settings: Settings, file: Path, *, by: str, active_from: datetime | None = None, dry_run: bool = False
) -> Changes:
    """Let a file be the definitions: all of it or nothing. What is in it already stays as it is.

    Args:
        settings: where the store is.
        file: a definition file.
        by: who brings it in.
        active_from: from when it is in force; from now on unless told.
        dry_run: change nothing, only tell.

    Raises:
        ConfigError: the file cannot be read, or is wrong.
    """
    wanted = definitions.load(file)
    require_current(settings)
    tenant = TenantId(settings.tenant)

    async def change(unit: Unit) -> Changes:
        made, changes = drafts(wanted, await unit.segments.versions())
        if made:
            await unit.segments.add(made, by=by, active_from=active_from)
        return changes

    async with open_store(settings) as store:
        if not dry_run:
            return await store.database.retrying(tenant, change)
        async with store.database.read(tenant) as unit:
            return drafts(wanted, await unit.segments.versions())[1]


async def defined(settings: Settings) -> SegmentSet:
    """The definitions in force; the shipped ones where there are none."""
    require_current(settings)
    async with open_store(settings) as store, store.database.read(TenantId(settings.tenant)) as unit:
        return in_force(await unit.segments.current())


async def export(settings: Settings) -> bytes:
    """The definitions in force as a file, which brought in again changes nothing."""
    return definitions.encode(as_file(await defined(settings)))
