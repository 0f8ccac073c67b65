"""The composition root: what the settings say becomes a store, a host of connectors and an engine."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from api import bus, switches
from api.auditing import Recorder, recording
from api.copies import StoredCopies
from api.forgetting import forget
from api.refreshing import telling
from api.settings import Settings, database_url, visible
from c360.access import TenantId
from c360.addresses import AddressPolicy
from c360.config import read_config
from c360.errors import C360Error, ConfigError
from c360.values import Secret
from connectors.cache import MemoryCache
from connectors.checks import configured
from connectors.host import Host
from connectors.instances import InstanceSettings, check_address
from connectors.manager import PluginManager
from connectors.resilience import Resilience
from resolvers.actions.performing import Performer
from resolvers.events.bus import Bus
from store import revisions
from store.data import InstanceData
from store.database import Database
from store.grants import SqlGrants
from store.keyring import Keyring
from store.snapshots import SqlSnapshots

Clock = Callable[[], datetime]
"""Gives the present in UTC."""


ENDING = 5.0
"""Seconds that partners which were asked to do something get to answer at shutdown."""


class DatabaseOldError(C360Error):
    """The database has to be migrated first."""


def now() -> datetime:
    """The present in UTC: the one clock of the application."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Store:
    """An open store with its keys."""

    database: Database
    keyring: Keyring


@asynccontextmanager
async def open_store(settings: Settings, *, clock: Clock = now) -> AsyncIterator[Store]:
    """Open the store that the settings name and close it when the block ends.

    Args:
        settings: where it is, and its keys.
        clock: the present in UTC.

    Raises:
        ConfigError: a key is not one.
    """
    former = settings.security.former_master_key
    keyring = Keyring(
        _key(settings.security.master_key, "security.master_key"),
        _key(settings.security.lookup_pepper, "security.lookup_pepper"),
        former=None if former is None else _key(former, "security.former_master_key"),
    )
    database = Database(database_url(settings), keyring=keyring, clock=clock)
    try:
        yield Store(database, keyring)
    finally:
        await database.dispose()


def _key(secret: Secret, field: str) -> bytes:
    try:
        key = bytes.fromhex(secret.reveal())
    except ValueError:
        key = b""
    if len(key) != 32:
        raise ConfigError(field, "no 64 hexadecimal digits", "make one with: openssl rand -hex 32")
    return key


@dataclass(frozen=True, slots=True)
class Hub:
    """What both processes work with."""

    tenant: TenantId
    store: Store
    host: Host
    clock: Clock
    audit: Recorder
    """Keeps who reads what of whom."""
    performer: Performer
    """Has partners do what they are asked to."""
    bus: Bus
    """Brings what happens, in whichever process."""


@asynccontextmanager
async def open_hub(
    settings: Settings, *, clock: Clock = now, resilience: Resilience | None = None
) -> AsyncIterator[Hub]:
    """Open the store and the connectors, and close both when the block ends.

    A connector that cannot be configured does not keep the others from serving: it is ``FAULTY`` and
    says why.

    Args:
        settings: the settings.
        clock: the present in UTC, for the store, the connectors and the engine.
        resilience: what is done about failing partners, where it is not the default.
    """
    async with open_store(settings, clock=clock) as store, telling(store.database) as refreshes:
        host = Host.open(
            instance_settings(settings),
            snapshots=StoredCopies(SqlSnapshots(store.database, store.keyring)),
            grants=SqlGrants(store.database, store.keyring),
            now=clock,
            resilience=resilience,
            addresses=partner_addresses(settings),
            granting=settings.grants.checked(),
            cache=MemoryCache(settings.gather.memory) if settings.gather.memory else None,
            refreshed=refreshes.take,
        )
        performer = Performer(store.database, host, clock, settings.actions)
        try:
            await _announce(store, settings, host)
            tenant = TenantId(settings.tenant)
            async with (
                recording(store.database, clock) as audit,
                bus.opened(
                    store.database,
                    tenant,
                    database_url(settings),
                    queue=settings.live.backlog,
                    prepare=partial(forget, store.database, tenant, host),
                ) as events,
            ):
                hub = Hub(tenant, store, host, clock, audit, performer, events)
                await switches.apply(hub.store.database, hub.tenant, host)
                yield hub
        finally:
            # What a partner has not answered by then is gone on with by the next process.
            await performer.close(ENDING)
            await host.close()


async def _announce(store: Store, settings: Settings, host: Host) -> None:
    """Tell the store which instances there are, so that customers can be listed by what they hold."""
    present = [
        InstanceData(id=info.id, plugin=info.plugin, domain=info.domain)
        for info in host.infos()
        if info.domain
    ]
    tenant = TenantId(settings.tenant)
    async with store.database.read(tenant) as unit:
        known = await unit.instances.all()
    # What the settings no longer have stays as it is: another process may still have it.
    if not {(each.id, each.plugin, each.domain) for each in present} <= {
        (each.id, each.plugin, each.domain) for each in known
    }:
        async with store.database.unit(tenant) as unit:
            await unit.instances.sync(present)


def partner_addresses(settings: Settings) -> AddressPolicy:
    """Which addresses the settings allow partners to have.

    Raises:
        ConfigError: an entry is neither a network nor a host name.
    """
    return AddressPolicy(settings.security.allowed_partner_networks)


def instance_settings(settings: Settings) -> list[InstanceSettings]:
    """The connector instances as the host takes them."""
    return [
        InstanceSettings(
            id=name,
            plugin=each.plugin,
            config=each.config,
            enabled=each.enabled,
            ttl=each.ttl,
            folder=settings.folder,
        )
        for name, each in settings.connectors.items()
    ]


def require_current(settings: Settings) -> None:
    """Make sure that the database is at the version this program works with.

    Raises:
        DatabaseOldError: it was never migrated, or not far enough.
        StoreError: it cannot be opened, or is newer than this program.
    """
    url = database_url(settings)
    if revisions.is_newest(url):
        return
    from store import migrate  # a server that starts seldom needs it, and it takes long to load

    missing = migrate.pending(url)
    if missing:
        raise DatabaseOldError(f"the database lacks {len(missing)} migration(s); run: python -m api migrate")


def check_connectors(settings: Settings) -> tuple[dict[str, Any], list[str]]:
    """Every connector's effective settings, secrets hidden, and what is wrong with them."""
    manager = PluginManager()
    manager.load(each.plugin.partition("/")[0] for each in settings.connectors.values())
    addresses = partner_addresses(settings)
    tables: dict[str, Any] = {}
    problems: list[str] = []
    for name, each in settings.connectors.items():
        table: dict[str, Any] = {"plugin": each.plugin, "enabled": each.enabled, "ttl": each.ttl}
        try:
            kind, description = manager.find(each.plugin)
            where = f"connectors.{name}"
            config = read_config(description.config, each.config, where=where, folder=settings.folder)
            table |= visible(config)
            check_address(addresses, description, config, where=f"connectors.{name}")
            configured(each.plugin, kind, config, where=where)
        except C360Error as error:
            problems.append(str(error))
        tables[name] = table
    return tables, problems
