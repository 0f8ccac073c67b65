"""Whether the owners of endpoints may still receive what is sent there.

The hub issues no tokens, and learns what somebody may do from those that come in. So a token that is proven
anew tells what its subject may do from then on; what the keys of programs allow is in the hub's own database;
and whoever has not come for long is taken to be gone.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from cachetools import TTLCache

from api.authentication.api_keys import OWN, principal_of_key
from c360.access import Principal, Purpose, Reach, TenantId
from schema.permissions.roles import granted
from store.data_credentials import ApiKeyKind
from store.database import Database
from store.errors import StoreError
from store.unit import Unit

_FRESH = 30.0
"""Seconds for which the list of owners is not read again."""
_QUIET = 300.0
"""Seconds for which it is not said again that nothing can be kept: else each caller would bring a line."""
_log = logging.getLogger(__name__)


def allowed_to(principal: Principal) -> frozenset[str]:
    """Scopes in which somebody may receive events: what their roles grant, where these reach everybody.

    A token that was narrowed for an occasion says nothing of what its subject may do otherwise.
    """
    if principal.reach is not Reach.EVERYBODY:
        return frozenset()
    return granted(principal.roles) | principal.scopes


class OwnersRights:
    """Learns from proven tokens what the owners of endpoints may do.

    Args:
        database: where the endpoints are.
        tenant: whose.
        clock: the present in UTC.
    """

    def __init__(self, database: Database, tenant: TenantId, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._tenant = tenant
        self._clock = clock
        self._owners: TTLCache[str, frozenset[str]] = TTLCache(1, _FRESH, timer=self._now)
        self._said: TTLCache[str, bool] = TTLCache(1, _QUIET, timer=self._now)

    def _now(self) -> float:
        return self._clock().timestamp()

    async def proven(self, principal: Principal) -> None:
        """Somebody proved who they are. Never fails: what cannot be kept now is kept another time."""
        try:
            owners = self._owners.get("")
            if owners is None:
                async with self._database.read(self._tenant) as unit:
                    owners = frozenset(each.owner for each in await unit.endpoints.all())
                self._owners[""] = owners
            if principal.subject in owners:
                await self._database.retrying(self._tenant, lambda unit: _saw(unit, principal))
        except StoreError as error:
            if "" in self._said:
                return
            self._said[""] = True
            _log.warning("what the owner of an endpoint may do could not be kept (%s)", error)


async def _saw(unit: Unit, principal: Principal) -> None:
    """Keep what somebody who came may do. Whom a token lists purposes for, it is the issuer's word."""
    await unit.endpoints.saw(
        principal.subject,
        client=principal.client,
        allowed=allowed_to(principal),
        purposes=principal.purposes,
    )


async def check(unit: Unit, tenant: TenantId, now: datetime, lasting: timedelta) -> None:
    """Keep of every endpoint what its owner may not receive any more, as far as the hub itself knows.

    Args:
        unit: a transaction.
        tenant: whose.
        now: the present.
        lasting: after which an owner who has not come is taken to be gone.
    """
    endpoints = await unit.endpoints.all()
    for owner in {each.owner for each in endpoints if each.owner.startswith(OWN)}:
        keys = await unit.api_keys.all(owner.removeprefix(OWN))
        good = [key for key in keys if key.kind is ApiKeyKind.SERVICE and key.usable(now)]
        principals = [principal_of_key(key, tenant) for key in good]
        reaching = [one for one in principals if one.reach is Reach.EVERYBODY]
        await unit.endpoints.saw(
            owner,
            client=owner.removeprefix(OWN),
            allowed=frozenset[str]().union(*(one.scopes for one in reaching)),
            purposes=frozenset[Purpose]().union(*(one.purposes for one in reaching)),
        )
    for each in endpoints:
        if not each.owner.startswith(OWN) and now - (each.seen_at or each.created_at) > lasting:
            await unit.endpoints.lose(each.id)
