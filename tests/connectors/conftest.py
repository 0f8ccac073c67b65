"""Fake stores, fake connectors, and a host over them."""

from __future__ import annotations

import types
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest

from c360.access import Access, Principal, Purpose, TenantId
from c360.config import ConnectorConfig
from c360.contract import (
    Connector,
    Description,
    Feed,
    Fetch,
    Fetched,
    KeyKind,
    Limits,
    Lookup,
    Need,
    Ref,
)
from c360.hooks import hookimpl
from c360.records.base import Record
from c360.records.party import Party
from c360.values import Secret
from connectors.host import Host
from connectors.instances import InstanceSettings
from connectors.manager import PluginManager
from connectors.protocols import Snapshot, SnapshotKey
from connectors.resilience import BARE
from connectors.results import GatherRequest, Link, SourceResult, Target

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)

Body = Callable[[Connector[Any], Sequence[Need], Sequence[Ref]], AsyncIterator[Fetched]]


class FakeSnapshots:
    """Keeps copies in memory and counts round trips."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str, str, str], Snapshot] = {}
        self.reads: list[int] = []
        self.writes = 0
        self.before_read: Callable[[], Any] | None = None

    async def read(self, tenant: TenantId, keys: Sequence[SnapshotKey]) -> Sequence[Snapshot]:
        self.reads.append(len(keys))
        if self.before_read is not None:
            await self.before_read()
        wanted = [(tenant, key.customer_id, key.connector, key.kind) for key in keys]
        return [self.kept[key] for key in wanted if key in self.kept]

    async def write(self, tenant: TenantId, snapshots: Sequence[Snapshot]) -> None:
        self.writes += 1
        for copy in snapshots:
            self.kept[tenant, copy.customer_id, copy.connector, copy.kind] = copy


class FakeGrants:
    """Knows the tokens it is told and counts round trips."""

    def __init__(self) -> None:
        self.known: dict[tuple[str, str], Secret] = {}
        """By customer and instance, whatever the party."""
        self.of_parties: dict[tuple[str, str, str], Secret] = {}
        self.reads = 0
        self.said_no: list[tuple[tuple[str, str, str], Secret]] = []

    async def tokens(
        self, tenant: TenantId, wanted: Sequence[tuple[str, str, str]]
    ) -> Mapping[tuple[str, str, str], Secret | None]:
        self.reads += 1
        known = {key: self.of_parties.get(key) or self.known.get(key[:2]) for key in wanted}
        return {key: token for key, token in known.items() if token is not None}

    def opened(self, tenant: TenantId, connector: str, sealed: object) -> Secret | None:
        if isinstance(sealed, Exception):
            raise sealed
        return Secret(f"{connector} {sealed}") if sealed else None

    async def refused(self, tenant: TenantId, which: tuple[str, str, str], token: Secret) -> None:
        self.said_no.append((which, token))


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.time = NOW

    def __call__(self) -> datetime:
        return self.time


class Kit:
    """Everything a test of the host needs."""

    def __init__(self) -> None:
        self.snapshots = FakeSnapshots()
        self.grants = FakeGrants()
        self.clock = Clock()
        self.plugins = PluginManager(shipped="no_plugins_here", entry_points=lambda **_: ())
        self.settings: list[InstanceSettings] = []
        self.base: httpx.AsyncBaseTransport | None = None

    def describe(
        self,
        name: str,
        *,
        domain: str = "loyalty",
        fetches: Mapping[str, int] | None = None,
        lookup: Lookup = Lookup.BY_KEY,
        identifies: tuple[KeyKind, ...] = (),
        feeds: tuple[Feed, ...] = (),
        limits: Limits | None = None,
        config: type[ConnectorConfig] = ConnectorConfig,
    ) -> Description:
        return Description(
            name=name,
            title=name.title(),
            domain=domain,
            lookup=lookup,
            fetches=tuple(
                Fetch(kind=kind, batch=batch) for kind, batch in (fetches or {"party.profile": 1}).items()
            ),
            config=config,
            identifies=identifies,
            feeds=feeds,
            limits=limits or Limits(),
        )

    def connector(
        self,
        name: str,
        body: Body | None = None,
        *,
        methods: Mapping[str, Any] | None = None,
        **described: Any,
    ) -> type[Connector[Any]]:
        """A connector class whose ``fetch`` is a plain function."""

        def fetch(self: Connector[Any], needs: Sequence[Need], refs: Sequence[Ref]) -> AsyncIterator[Fetched]:
            return (body or everybody)(self, needs, refs)

        members = {
            "__module__": __name__,
            "description": self.describe(name, **described),
            "fetch": fetch,
            **(methods or {}),
        }
        return type(name.title(), (Connector,), members)

    def module(self, *connectors: object) -> object:
        """A plugin that brings connectors by its hook."""
        plugin = types.ModuleType("made_up_plugin")

        @hookimpl
        def c360_connectors() -> list[object]:
            return list(connectors)

        plugin.c360_connectors = c360_connectors  # type: ignore[attr-defined]  # what a plugin's module has
        return plugin

    def add(self, name: str, body: Body | None = None, **described: Any) -> None:
        """An instance of a fake connector, of the same name."""
        self.plugins.register(name, self.module(self.connector(name, body, **described)))
        self.settings.append(
            InstanceSettings(id=name, plugin=name, config={"base_url": f"https://{name}.example"})
        )

    def host(self, **options: Any) -> Host:
        return Host.open(
            self.settings,
            snapshots=self.snapshots,
            grants=self.grants,
            now=self.clock,
            plugins=self.plugins,
            base=self.base or httpx.MockTransport(lambda _: httpx.Response(204)),
            **{"resilience": BARE, **options},
        )

    def access(self, tenant: str = "default", purpose: Purpose = Purpose.SERVICE) -> Access:
        return Access(principal=Principal(subject="agent", tenant=TenantId(tenant)), purpose=purpose)

    def request(
        self,
        *customers: str,
        at: Sequence[str],
        kinds: Sequence[str] = ("party.profile",),
        needs: Sequence[Need] = (),
        deadline: float = 2.0,
        **more: Any,
    ) -> GatherRequest:
        """A request for customers, each linked to every instance as ``p-<customer>``."""
        wanted = frozenset((*(Need(kind=kind) for kind in kinds if not needs), *needs))
        return GatherRequest(
            targets=[
                Target(
                    customer_id=customer,
                    links=tuple(Link(connector=each, party_id=f"p-{customer}") for each in at),
                )
                for customer in customers
            ],
            needs=dict.fromkeys(customers, wanted),
            access=more.pop("access", self.access()),
            deadline=timedelta(seconds=deadline),
            **more,
        )

    def source(self, results: Sequence[SourceResult], connector: str) -> SourceResult:
        return next(result for result in results if result.connector == connector)

    def person(self, party_id: str, **fields: Any) -> Party:
        return Party(party_id=party_id, given_name="Ada", birth_date=date(1990, 1, 2), **fields)

    everybody: Body

    def fetched(self, ref: Ref, kind: str, *records: Record) -> Fetched:
        return Fetched(ref=ref, kind=kind, records=records)


async def everybody(
    connector: Connector[Any], needs: Sequence[Need], refs: Sequence[Ref]
) -> AsyncIterator[Fetched]:
    """A party for each profile, nothing for any other kind."""
    for ref in refs:
        for need in needs:
            records = (
                (Party(party_id=ref.party_id, given_name="Ada"),) if need.kind == "party.profile" else ()
            )
            yield Fetched(ref=ref, kind=need.kind, records=records)


Kit.everybody = staticmethod(everybody)


@pytest.fixture
def kit() -> Kit:
    return Kit()
