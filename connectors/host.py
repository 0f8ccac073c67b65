"""The host: what the rest of the application holds of all connectors."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Collection, Mapping, Sequence
from contextlib import aclosing
from datetime import UTC, datetime, timedelta

import httpx

from c360.access import Access
from c360.addresses import AddressPolicy
from c360.auth.grants import Pending
from c360.auth.tokens import Token
from c360.contract import Action, Change, Checkpoint, PartyQuery, Registration, Subscription, Webhook
from connectors.acting import Acted, Acting
from connectors.board import Reaper
from connectors.cache import PartCache
from connectors.errors import SettingsError
from connectors.feeds import IDLE, follow
from connectors.gather import Gatherer
from connectors.granting import Granting, GrantSettings
from connectors.identify import IdentifyResult, identify
from connectors.infos import Infos, InstanceInfo
from connectors.instances import Instance, InstanceSettings, InstanceState, build
from connectors.manager import PluginManager
from connectors.protocols import GrantStore, SnapshotStore
from connectors.receiving import Received, receive
from connectors.refreshing import unheard
from connectors.registering import Registered, Registering
from connectors.resilience import Resilience
from connectors.results import Gathered, GatherRequest, Refreshed, SourceProblem
from connectors.transport import HostTransport
from connectors.watching import Watchdog, root_module

_GRACE = 1.0
"""Seconds that abandoned work gets to end at shutdown."""


_LONGEST_WRITE = 3.0
"""Seconds that last-known copies get to be written at shutdown."""


def utc_now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


class Host:
    """All instances, ready to be asked. Build it with :meth:`open`, end it with :meth:`close`."""

    def __init__(
        self,
        instances: Sequence[Instance],
        gatherer: Gatherer,
        transport: HostTransport,
        reaper: Reaper,
        *,
        granting: GrantSettings | None = None,
    ) -> None:
        self.instances = tuple(instances)
        self.asks_by_grant = any(instance.by_grant for instance in instances)
        """Whether any of them asks for customers under their own grants."""
        self._outlines: tuple[InstanceInfo, ...] | None = None
        """In the order of the settings."""
        self._infos = Infos(self.instances)
        self._by_id = {instance.id: instance for instance in instances}
        self._gatherer = gatherer
        self._transport = transport
        self._reaper = reaper
        self._acting = Acting(reaper)
        self._registering = Registering(reaper)
        self._granting = Granting(granting or GrantSettings())
        self._draining: set[asyncio.Task[None]] = set()

    @classmethod
    def open(
        cls,
        settings: Sequence[InstanceSettings],
        *,
        snapshots: SnapshotStore,
        grants: GrantStore,
        now: Callable[[], datetime] = utc_now,
        plugins: PluginManager | None = None,
        base: httpx.AsyncBaseTransport | None = None,
        resilience: Resilience | None = None,
        cache: PartCache | None = None,
        addresses: AddressPolicy | None = None,
        refreshed: Callable[[Refreshed], None] = unheard,
        granting: GrantSettings | None = None,
        strict: bool = False,
    ) -> Host:
        """Load the plugins that the settings name and build their instances. Sends nothing.

        Args:
            settings: one per instance; ids are unique.
            snapshots: keeper of last-known copies.
            grants: keeper of the customers' grants.
            now: the clock, in UTC.
            plugins: the plugin manager; tests bring one with their own plugins registered.
            base: what carries HTTP requests; the network by default.
            resilience: what is done about failing partners; tests switch retries and breakers off.
            cache: remembers for a while what was fetched; nothing by default.
            addresses: which addresses partners may have; by default those of the internet. Not asked
                where ``base`` carries the requests and it is not given.
            refreshed: told what arrived behind an answer, and is kept; nobody by default.
            granting: where customers who grant access come back to; by default nobody is asked.
            strict: refuse to open when any instance cannot be used. Otherwise such an instance is
                ``FAULTY``, says why in its info, and the others are served.

        Raises:
            SettingsError: with ``strict``: everything that is wrong, at once.
        """
        if addresses is None and base is None:
            addresses = AddressPolicy()
        transport = HostTransport(base, resilience, addresses)
        manager = plugins if plugins is not None else PluginManager()
        instances = build(settings, plugins=manager, transport=transport, now=now, addresses=addresses)
        problems = [instance.error for instance in instances if instance.error is not None]
        if strict and problems:
            raise SettingsError(problems)
        _watch(instances)
        reaper = Reaper()
        gatherer = Gatherer(
            instances,
            snapshots=snapshots,
            grants=grants,
            now=now,
            reaper=reaper,
            cache=cache,
            refreshed=refreshed,
        )
        return cls(instances, gatherer, transport, reaper, granting=granting)

    def instance(self, instance_id: str) -> Instance:
        """One instance.

        Raises:
            KeyError: there is none of that id.
        """
        return self._by_id[instance_id]

    def infos(self) -> tuple[InstanceInfo, ...]:
        """What can be said about every instance at this moment, in the order of the settings."""
        return self._infos.at(_moment())

    def outlines(self) -> tuple[InstanceInfo, ...]:
        """The same as of an earlier moment: for what does not change of an instance, at no cost."""
        if self._outlines is None:
            self._outlines = self.infos()
        return self._outlines

    async def gather(self, request: GatherRequest) -> Gathered:
        """See :meth:`connectors.gather.Gatherer.gather`."""
        return await self._gatherer.gather(request)

    async def identify(
        self,
        query: PartyQuery,
        *,
        access: Access,
        deadline: timedelta,
        only: Collection[str] | None = None,
    ) -> tuple[IdentifyResult, ...]:
        """Search the partners for a key. See :func:`connectors.identify.identify`.

        Args:
            query: the key, normalised.
            access: who asks, for what.
            deadline: from now to the answer.
            only: ids of the instances to ask; all by default.
        """
        chosen = [instance for instance in self.instances if only is None or instance.id in only]
        return await identify(chosen, query, access=access, deadline=deadline, reaper=self._reaper)

    async def act(self, instance_id: str, action: Action, *, access: Access, deadline: timedelta) -> Acted:
        """Perform an action. See :meth:`connectors.acting.Acting.act`.

        Raises:
            KeyError: there is no instance of that id.
            ValueError: the instance performs no such action, or its key is in use for another.
        """
        instance = self._by_id[instance_id]
        try:
            return await self._acting.act(instance, action, access=access, deadline=deadline)
        finally:  # whatever became of it: what was known of the customer may not be true any more
            await self._gatherer.forget(instance_id, (action.ref.party_id,))

    async def trace(self, instance_id: str, action: Action, *, access: Access, deadline: timedelta) -> Acted:
        """Find out what became of an action. See :meth:`connectors.acting.Acting.trace`.

        Raises:
            KeyError: there is no instance of that id.
            ValueError: the instance performs no such action.
        """
        instance = self._by_id[instance_id]
        return await self._acting.trace(instance, action, access=access, deadline=deadline)

    async def register_webhook(
        self, instance_id: str, subscription: Subscription, *, access: Access, deadline: timedelta
    ) -> Registered:
        """Have a partner call the hub. See :meth:`connectors.registering.Registering.register`.

        Raises:
            KeyError: there is no instance of that id.
            ValueError: the partner's API registers no address.
        """
        instance = self._by_id[instance_id]
        return await self._registering.register(instance, subscription, access=access, deadline=deadline)

    async def remove_webhook(
        self, instance_id: str, references: Sequence[str], *, access: Access, deadline: timedelta
    ) -> Registered:
        """Have a partner call no more. See :meth:`connectors.registering.Registering.deregister`.

        Raises:
            KeyError: there is no instance of that id.
            ValueError: the partner's API registers no address.
        """
        instance = self._by_id[instance_id]
        return await self._registering.deregister(instance, references, access=access, deadline=deadline)

    async def registered_webhooks(
        self, instance_id: str, *, access: Access, deadline: timedelta
    ) -> Sequence[Registration] | SourceProblem:
        """The addresses that a partner calls. See :meth:`connectors.registering.Registering.registrations`.

        Raises:
            KeyError: there is no instance of that id.
            ValueError: the partner's API registers no address.
        """
        instance = self._by_id[instance_id]
        return await self._registering.registrations(instance, access=access, deadline=deadline)

    @property
    def grant_settings(self) -> GrantSettings:
        """Where customers who grant access come back to."""
        return self._granting.settings

    def begin_grant(self, instance_id: str, return_to: str) -> Pending:
        """Make the question for a customer. See :meth:`connectors.granting.Granting.begin`.

        Raises:
            KeyError: there is no instance of that id.
            GrantRefused: nobody can be asked for this partner, or not from there.
        """
        return self._granting.begin(self._by_id[instance_id], return_to)

    async def finish_grant(self, instance_id: str, pending: Pending, answer: Mapping[str, str]) -> Token:
        """Exchange a customer's code, once. See :meth:`connectors.granting.Granting.finish`.

        Raises:
            KeyError: there is no instance of that id.
        """
        return await self._granting.finish(self._by_id[instance_id], pending, answer)

    async def renew_grant(self, instance_id: str, token: Token) -> Token:
        """Renew a customer's grant, once. See :meth:`connectors.granting.Granting.renew`.

        Raises:
            KeyError: there is no instance of that id.
        """
        return await self._granting.renew(self._by_id[instance_id], token)

    async def revoke_grant(self, instance_id: str, token: Token) -> bool:
        """Give a customer's grant back. See :meth:`connectors.granting.Granting.revoke`.

        Raises:
            KeyError: there is no instance of that id.
        """
        return await self._granting.revoke(self._by_id[instance_id], token)

    def receive(self, instance_id: str, webhook: Webhook) -> Received:
        """Verify a partner's call and read it. See :func:`connectors.receiving.receive`.

        Raises:
            KeyError: there is no instance of that id.
            WebhookRefused: it is not the partner's, too old, too large, or not what its API sends.
            ConnectorError: the instance takes no calls, or the plugin failed.
        """
        return receive(self._by_id[instance_id], webhook)

    async def forget(self, instance_id: str, parties: Collection[str]) -> None:
        """Drop what is remembered of these parties: it is not true any more."""
        await self._gatherer.forget(instance_id, parties)

    async def follow(
        self, instance_id: str, kind: str, since: str | None, *, idle: float = IDLE
    ) -> AsyncGenerator[Change, None]:
        """The changes of one kind at one instance. See :func:`connectors.feeds.follow`."""
        changes = follow(self._by_id[instance_id], kind, since, reaper=self._reaper, idle=idle)
        async with aclosing(changes) as stream:
            async for change in stream:
                if not isinstance(change, Checkpoint) and change.party_id:
                    await self._gatherer.forget(instance_id, (change.party_id,))
                yield change

    def enable(self, instance_id: str) -> None:
        """Let an instance take work again. A faulty one stays faulty."""
        self._switch(instance_id, InstanceState.READY)

    async def disable(self, instance_id: str) -> None:
        """Let an instance take no more work; what is under way ends by its own deadline."""
        self._switch(instance_id, InstanceState.DISABLED)
        await self._gatherer.forget(instance_id)

    async def drain_instance(self, instance_id: str, *, wait: bool = True) -> None:
        """Let an instance take no more work, wait for what is under way, then switch it off.

        Args:
            instance_id: which one.
            wait: until it is switched off; else that happens by itself.
        """
        self._switch(instance_id, InstanceState.DRAINING)
        draining = asyncio.create_task(self._drained(instance_id), name=f"draining of {instance_id}")
        self._draining.add(draining)
        draining.add_done_callback(self._draining.discard)
        if wait:
            await draining

    async def _drained(self, instance_id: str) -> None:
        instance = self._by_id[instance_id]
        await asyncio.sleep(0)  # what was started just now counts itself in
        await instance.idle.wait()
        if instance.state is InstanceState.DRAINING:
            await self.disable(instance_id)

    async def settle(self) -> None:
        """Wait until the last-known copies of answered operations are written."""
        await self._gatherer.drain()

    async def close(self) -> None:
        """Write what is still to be kept, end what was abandoned, close all connections."""
        for draining in self._draining:
            draining.cancel()
        await self._gatherer.drain(_LONGEST_WRITE)
        await self._reaper.drain(_GRACE)
        await asyncio.gather(*(instance.close(_GRACE) for instance in self.instances))
        await self._transport.aclose()

    def _switch(self, instance_id: str, state: InstanceState) -> None:
        instance = self._by_id[instance_id]
        if instance.state is not InstanceState.FAULTY:
            instance.state = state


def _watch(instances: Sequence[Instance]) -> None:
    """Have one watchdog look after the plugins of all instances."""
    of_root: dict[str, list[Instance]] = {}
    for instance in instances:
        if instance.state is not InstanceState.FAULTY:
            of_root.setdefault(root_module(type(instance.connector).__module__), []).append(instance)

    def blame(root: str, seconds: float) -> None:
        for instance in of_root.get(root, ()):
            instance.health.held(seconds)

    watchdog = Watchdog({root: mine[0].plugin for root, mine in of_root.items()}, blame)
    for mine in of_root.values():
        for instance in mine:
            instance.watchdog = watchdog


def _moment() -> float:
    """The event loop's clock; outside of one nothing has happened yet."""
    try:
        return asyncio.get_running_loop().time()
    except RuntimeError:
        return 0.0
