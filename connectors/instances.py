"""Connector instances: a plugin's connector with an id, a configuration and a state."""

from __future__ import annotations

import asyncio
import enum
import logging
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from c360.addresses import AddressPolicy, AddressRefused
from c360.config import ConnectorConfig, read_config
from c360.contract import Connector, Description, Lookup, Medium, connect
from c360.errors import C360Error, ConfigError, ConnectorError, ProblemCode, place
from c360.kinds import kind as kind_of
from c360.testing.tiers import UNPROVEN, Standing, tier_of
from connectors.breaking import Breakers
from connectors.checks import configured
from connectors.complaints import Complaints
from connectors.errors import PluginError
from connectors.health import Health
from connectors.manager import PluginManager
from connectors.operation import remaining
from connectors.results import SourceResult, SourceState
from connectors.transport import HostTransport
from connectors.watching import Watchdog, root_module

_log = logging.getLogger(__name__)
LONGEST_TTL = 86_400.0
"""Seconds: what is older is a last-known copy, which has a place of its own."""

_ID = re.compile(r"[a-z][a-z0-9_-]{0,62}\Z")


class InstanceSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What the settings say of one instance."""

    id: str
    plugin: str
    """``NAME`` or ``NAME/CONNECTOR``; see :meth:`connectors.manager.PluginManager.find`."""
    config: Mapping[str, Any] = {}
    enabled: bool = True
    ttl: Mapping[str, float] = {}
    """Times to live in seconds by kind, where they are not the kind's own; 0: always asked live."""
    folder: Path = Path()
    """What the paths of secrets' files are relative to."""

    def __repr__(self) -> str:
        return f"InstanceSettings(id={self.id!r}, plugin={self.plugin!r}, enabled={self.enabled})"


class InstanceState(enum.Enum):
    """Whether an instance takes work."""

    READY = "READY"
    """Takes work."""
    DRAINING = "DRAINING"
    """Ends what is under way and takes no more."""
    DISABLED = "DISABLED"
    """Switched off."""
    FAULTY = "FAULTY"
    """Its plugin or its configuration cannot be used."""


class Instance:
    """One instance as the host holds it. Without a connector where it is faulty."""

    def __init__(
        self,
        *,
        id: str,  # noqa: A002  # what everybody calls it
        plugin: str,
        health: Health,
        breakers: Breakers,
        description: Description | None = None,
        connector: Connector[Any] | None = None,
        enabled: bool = True,
        error: C360Error | None = None,
        ttl: Mapping[str, float] | None = None,
        credential: str = "",
    ) -> None:
        self.id = id
        self.plugin = plugin
        self.description = description
        self.health = health
        self.breakers = breakers
        self.credential = credential
        """Fingerprint of its own credential; empty where it has none."""
        self._ttl = dict(ttl or {})
        self.complaints = Complaints(id, plugin)
        self.allowed = enabled
        """Whether the settings let it take work."""
        self.standing: Standing = UNPROVEN
        """Where its connector stands with the quality tiers."""
        self.watchdog: Watchdog | None = None
        """Told whenever its plugin is at work."""
        self.error = error
        """Why it is faulty."""
        self.batches: Mapping[str, int] = (
            {fetch.kind: fetch.batch for fetch in description.fetches} if description else {}
        )
        """Customers per call, by the kinds it fetches."""
        self.by_grant = description is not None and description.lookup is Lookup.BY_GRANT
        """Whether customers are asked for under their own grants."""
        self.fetching = f"fetch of {id}"
        """What a task is called that asks it."""
        domain = description.domain if description else ""
        self.not_linked = SourceResult(connector=id, domain=domain, state=SourceState.NOT_LINKED)
        """What it has to say of a customer whom it does not know."""
        self.not_requested = SourceResult(connector=id, domain=domain, state=SourceState.NOT_REQUESTED)
        """What it has to say where nothing is asked of it."""
        self.idle = asyncio.Event()
        """Set while no work is under way."""
        self.idle.set()
        self._under_way = 0
        self._fresh_for: dict[str, float] = {}
        self._connector = connector
        ready = InstanceState.READY if enabled else InstanceState.DISABLED
        self.state = ready if connector is not None else InstanceState.FAULTY

    def __repr__(self) -> str:
        return f"Instance({self.id!r}, {self.plugin!r}, {self.state.name})"

    @property
    def connector(self) -> Connector[Any]:
        """The connector.

        Raises:
            RuntimeError: the instance is faulty; ask :attr:`obstacle` first.
        """
        if self._connector is None:
            raise RuntimeError(f"instance {self.id!r} is faulty and has no connector")
        return self._connector

    @contextmanager
    def working(self) -> Iterator[None]:
        """Count a piece of work in while it is under way."""
        self.begin()
        try:
            yield
        finally:
            self.end()

    def begin(self) -> None:
        """A piece of work begins; :meth:`end` has to follow."""
        if not self._under_way:
            self.idle.clear()
        self._under_way += 1
        if self.watchdog is not None:
            self.watchdog.enter()

    def end(self) -> None:
        """A piece of work has ended."""
        if self.watchdog is not None:
            self.watchdog.leave()
        self._under_way -= 1
        if not self._under_way:
            self.idle.set()

    async def close(self, seconds: float) -> None:
        """Let the connector go of what it holds, in that time at the most; its failure is logged."""
        if self._connector is None:
            return
        try:
            async with asyncio.timeout(seconds):
                await self._connector.close()
        except TimeoutError:
            _log.warning("plugin %s of %s did not close within %g s", self.plugin, self.id, seconds)
        except Exception as error:  # noqa: BLE001  # a stranger's code may raise anything
            _log.error("plugin %s of %s failed to close: %s", self.plugin, self.id, place(error))

    def fresh_for(self, kind: str) -> float:
        """Seconds for which an answer of that kind counts as current."""
        found = self._fresh_for.get(kind)
        if found is None:
            own = self._ttl.get(kind)
            found = self._fresh_for[kind] = kind_of(kind).ttl if own is None else own
        return found

    def always_live(self, kind: str) -> bool:
        """Whether the settings want that kind asked live, whatever the kind itself says."""
        return self._ttl.get(kind) == 0

    @property
    def domain(self) -> str:
        """Its business domain; empty where not even the plugin could be loaded."""
        return self.description.domain if self.description else ""

    @property
    def obstacle(self) -> ProblemCode | None:
        """Why it takes no work; none where it does."""
        if self.state is InstanceState.READY:
            return None
        return ProblemCode.MISCONFIGURED if self.state is InstanceState.FAULTY else ProblemCode.DISABLED


def build(
    settings: Sequence[InstanceSettings],
    *,
    plugins: PluginManager,
    transport: HostTransport,
    now: Callable[[], datetime],
    addresses: AddressPolicy | None = None,
) -> tuple[Instance, ...]:
    """Build every instance of the settings, the faulty ones with their error.

    Args:
        settings: one per instance.
        plugins: where their connectors come from.
        transport: carries their requests.
        now: the clock, in UTC.
        addresses: what their base URLs may be; anything where it is not given.
    """
    plugins.load(each.plugin.partition("/")[0] for each in settings)
    seen: set[str] = set()
    built = []
    for each in settings:
        repeated = each.id in seen
        seen.add(each.id)
        built.append(_build(each, plugins, transport, now, addresses, repeated=repeated))
    return tuple(built)


def _build(
    settings: InstanceSettings,
    plugins: PluginManager,
    transport: HostTransport,
    now: Callable[[], datetime],
    addresses: AddressPolicy | None,
    *,
    repeated: bool,
) -> Instance:
    where = f"connectors.{settings.id}"
    health = Health(now)
    breakers = Breakers(settings.id, transport.resilience.breaker)
    description = connector = None
    error: C360Error | None = None
    credential = ""
    try:
        _check_id(settings.id, where, repeated=repeated)
        kind, description = plugins.find(settings.plugin)
        config = read_config(description.config, settings.config, where=where, folder=settings.folder)
        description = configured(settings.plugin, kind, config, where=where)
        if addresses is not None:
            check_address(addresses, description, config, where=where)
        connector = connect(
            kind,
            config,
            transport.for_instance(
                description.limits,
                health,
                breakers=breakers,
                base_url=config.base_url,
                identity=config.tls(),
            ),
            instance=settings.id,
            now=now,
            remaining=remaining,
        )
        own = connector.auth()  # now, so that one that cannot be used does not show at a customer's cost
        credential = own.fingerprint() if own is not None else ""
        _check_ttl(settings.ttl, description, where)
    except (ConfigError, PluginError) as found:
        error = found
    except ConnectorError as refused:
        error = ConfigError(where, f"a configuration the connector refuses ({refused})", "correct it")
    except Exception as fault:  # noqa: BLE001  # a stranger's constructor may raise anything
        error = PluginError(settings.plugin, f"building {where} raised {place(fault)}", "repair the plugin")
    made = Instance(
        id=settings.id,
        plugin=settings.plugin,
        health=health,
        breakers=breakers,
        description=description,
        connector=None if error else connector,
        enabled=settings.enabled,
        error=error,
        ttl=settings.ttl,
        credential=credential,
    )
    if description is not None and connector is not None:
        made.standing = tier_of(root_module(type(connector).__module__), description.name)
    return made


def _check_ttl(ttl: Mapping[str, float], description: Description, where: str) -> None:
    kinds = [fetch.kind for fetch in description.fetches]
    for name, seconds in ttl.items():
        if name not in kinds:
            remedy = f"use one of {', '.join(kinds)}"
            raise ConfigError(f"{where}.ttl", f"{name!r}, which it does not fetch", remedy)
        if not 0 <= seconds <= LONGEST_TTL:
            remedy = f"give seconds from 0 to {LONGEST_TTL:g}"
            raise ConfigError(f"{where}.ttl.{name}", f"{seconds:g}", remedy)


def check_address(
    addresses: AddressPolicy, description: Description, config: ConnectorConfig, *, where: str
) -> None:
    """Make sure that the settings allow requests to where a config sends them.

    Raises:
        ConfigError: they do not.
    """
    if description.medium is not Medium.HTTP:
        return
    try:
        addresses.check_url(config.base_url)
    except AddressRefused as refused:
        found = "an address with a password" if "@" in config.base_url else repr(config.base_url)
        raise ConfigError(f"{where}.base_url", found, str(refused)) from None


def _check_id(id: str, where: str, *, repeated: bool) -> None:  # noqa: A002  # what everybody calls it
    if not _ID.match(id):
        raise ConfigError(where, "an id that cannot be used", "use lower-case letters, digits, - and _")
    if repeated:
        raise ConfigError(where, "a second instance with that id", "give each instance its own id")
