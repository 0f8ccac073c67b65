"""Making, listing and ending the keys of programs, for the command line."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from api.authentication.api_keys import ApiKeyError, Made, draft, secret_of, successor
from api.settings import Settings
from api.wiring import now as present
from api.wiring import open_store, require_current
from c360.access import TenantId
from store.data_credentials import ApiKeyData, ApiKeyKind


async def create(
    settings: Settings,
    name: str,
    *,
    kind: ApiKeyKind,
    roles: Sequence[str],
    scopes: Sequence[str],
    purposes: Sequence[str],
    connectors: Sequence[str],
    life: timedelta,
) -> Made:
    """Make a key for a program that has none.

    Raises:
        ApiKeyError: it cannot be made so, or the program has one.
    """
    require_current(settings)
    async with open_store(settings) as store, store.database.unit(TenantId(settings.tenant)) as unit:
        now = present()
        if any(key.usable(now) for key in await unit.api_keys.all(name)):
            raise ApiKeyError(f"{name} has a key already; rotate it, or revoke it first")
        made = draft(
            kind=kind,
            name=name,
            roles=roles,
            scopes=scopes,
            purposes=purposes,
            connectors=connectors,
            life=life,
            at=now,
        )
        await unit.api_keys.add(made.key, secret_of(made.text))
    return made


async def listed(settings: Settings) -> Sequence[ApiKeyData]:
    """Every key, without its secret."""
    require_current(settings)
    async with open_store(settings) as store, store.database.read(TenantId(settings.tenant)) as unit:
        return await unit.api_keys.all()


async def rotate(settings: Settings, name: str, *, overlap: timedelta, life: timedelta) -> Made:
    """Make a program a new key; the old ones are good for a while longer.

    Raises:
        ApiKeyError: it has none.
    """
    require_current(settings)
    async with open_store(settings) as store, store.database.unit(TenantId(settings.tenant)) as unit:
        now = present()
        good = [key for key in await unit.api_keys.all(name) if key.usable(now)]
        if not good:
            raise ApiKeyError(f"{name} has no key that is good; create one")
        made = successor(good[-1], life=life, at=now)
        for key in good:
            await unit.api_keys.end(key.id, now + overlap)
        await unit.api_keys.add(made.key, secret_of(made.text))
    return made


async def revoke(settings: Settings, name: str) -> int:
    """Take all keys of a program back; how many there were."""
    require_current(settings)
    async with open_store(settings) as store, store.database.unit(TenantId(settings.tenant)) as unit:
        now = present()
        return sum([await unit.api_keys.revoke(key.id, now) for key in await unit.api_keys.all(name)])
