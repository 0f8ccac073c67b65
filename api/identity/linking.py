"""``identity link``: from what the feeds tell and the store holds to decisions in the ledger.

Each step can be killed and goes on where it stopped: a feed from its last cursor, comparing from what is
yet to be compared, applying from what the ledger does not hold yet.
"""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import msgspec

from api.identity.applying import Applied, Applying
from api.settings import Settings
from api.wiring import Hub, open_hub, require_current
from c360.contract import Change, Checkpoint, Deletion, Upsert
from c360.errors import C360Error, ConnectorError
from c360.kinds import PARTY
from c360.records.party import Party
from connectors.instances import InstanceState
from resolvers.identity.decide import Matcher
from resolvers.identity.features import party_features, stored_features
from resolvers.identity.model import Model
from resolvers.identity.population.engine import Report
from resolvers.identity.population.workspace import Compared, Key, Told, Workspace, open_workspace
from store.data import CustomerData, ProfileValueData

LEASE = "identity-link"
_AHEAD = 20_000
"""Changes of a feed that are kept in memory at the most before they are written."""
_PAGE = 500


class AlreadyLinkingError(C360Error):
    """Another run has the lease; wait for it, or for its lease to expire."""


@dataclass(frozen=True)
class Linked:
    """What a run did."""

    compared: Compared
    applied: Applied
    failed: tuple[str, ...]
    """Instances whose feed could not be read to its end; what came before that counts."""


async def link(settings: Settings, model: Model, folder: Path, *, full: bool, report: Report) -> Linked:
    """Read all feeds, compare what changed, and give parties to customers.

    Args:
        settings: the settings.
        model: weights, thresholds and limits.
        folder: where the population is kept between runs.
        full: read the feeds from their beginning and compare everything again.
        report: takes lines of progress.

    Raises:
        AlreadyLinkingError: another run is at work.
        C360Error: the store or the folder cannot be used.
    """
    require_current(settings)
    async with open_hub(settings) as hub:
        return await link_hub(hub, settings, model, folder, full=full, report=report)


async def link_hub(
    hub: Hub, settings: Settings, model: Model, folder: Path, *, full: bool, report: Report
) -> Linked:
    """The same over a store and connectors that are open."""
    async with _leased(hub, settings.worker.lease):
        with open_workspace(folder) as workspace:
            reading = _Reading(hub, settings, model, workspace, report)
            failed = await reading.feeds(full=full)
            await reading.stored()
            compared = await asyncio.to_thread(workspace.compare, model, full=full, report=report)
            async with hub.store.database.read(hub.tenant) as unit:
                apart = await unit.ledger.apart_from(None)
            report("grouping")
            pairs = [
                ((one.connector, one.party_id), (other.connector, other.party_id)) for one, other in apart
            ]
            groups = await asyncio.to_thread(workspace.group, model, apart=pairs)
            applying = Applying(hub, settings, Matcher(model), workspace, report)
            return Linked(compared, await applying.run(groups), tuple(failed))


@contextlib.asynccontextmanager
async def _leased(hub: Hub, seconds: float) -> AsyncIterator[None]:
    """Hold the lease for the length of the block, so that one run is at work at a time."""
    holder, duration = uuid.uuid4().hex, timedelta(seconds=seconds)
    async with hub.store.database.unit(hub.tenant) as unit:
        if not await unit.leases.acquire(LEASE, holder, duration):
            raise AlreadyLinkingError(
                f"another run is linking; wait for it, or {seconds:g} s after it was killed"
            )
    task = asyncio.current_task()

    async def renew() -> None:
        while True:
            await asyncio.sleep(seconds / 3)
            async with hub.store.database.unit(hub.tenant) as unit:
                held = await unit.leases.renew(LEASE, holder, duration)
            if not held and task is not None:
                task.cancel()

    renewing = asyncio.create_task(renew())
    try:
        yield
    finally:
        renewing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await renewing
        async with hub.store.database.unit(hub.tenant) as unit:
            await unit.leases.release(LEASE, holder)


class _Reading:
    """Brings what the partners and the store say into the workspace."""

    def __init__(
        self, hub: Hub, settings: Settings, model: Model, workspace: Workspace, report: Report
    ) -> None:
        self._hub = hub
        self._region = settings.phone_region
        self._blocked = model.blocked
        self._workspace = workspace
        self._report = report
        self._fed = [
            info.id for info in hub.host.infos() if info.state is InstanceState.READY and PARTY in info.feeds
        ]

    async def feeds(self, *, full: bool) -> list[str]:
        """Read every feed of parties to its end; the instances where that failed."""
        failed = []
        for instance in self._fed:
            try:
                await self._feed(instance, None if full else self._workspace.cursor(instance))
            except ConnectorError as error:
                self._report(f"{instance}: {error}; it goes on from its last checkpoint next time")
                failed.append(instance)
        return failed

    async def _feed(self, instance: str, since: str | None) -> None:
        waiting: list[Change] = []
        read = 0
        async for change in self._hub.host.follow(instance, PARTY, since):
            if not isinstance(change, Checkpoint):
                waiting.append(change)
                if len(waiting) < _AHEAD:
                    continue
            read += len(waiting)
            cursor = change.cursor if isinstance(change, Checkpoint) else None
            await asyncio.to_thread(self._tell, instance, waiting, cursor)
            waiting = []
            self._report(f"{instance}: {read:,} changes")
        if waiting:
            await asyncio.to_thread(self._tell, instance, waiting, None)

    def _tell(self, instance: str, changes: Sequence[Change], cursor: str | None) -> None:
        # Of several changes of a record the last one counts.
        latest = {change.object_id: change for change in changes if isinstance(change, Upsert | Deletion)}
        told = [
            self._told(instance, each.record)
            for each in latest.values()
            if isinstance(each, Upsert) and isinstance(each.record, Party)
        ]
        gone = [each.object_id for each in latest.values() if isinstance(each, Deletion)]
        self._workspace.tell(instance, told, gone, cursor=cursor)

    def _told(self, instance: str, party: Party) -> Told:
        features = party_features(party, region=self._region, blocked=self._blocked)
        return Told(instance, party.party_id, msgspec.json.encode(party), features)

    async def stored(self) -> None:
        """Bring in what the store holds of linked parties whose partner tells no changes."""
        fed = set(self._fed)
        seen: set[Key] = set()
        after: str | None = None
        while True:
            async with self._hub.store.database.read(self._hub.tenant) as unit:
                page = await unit.customers.page(first=_PAGE, after=after)
                customers = await unit.customers.load(page.ids)
            told = [
                each for one in customers.values() for each in self._held(one) if each.connector not in fed
            ]
            seen |= {(each.connector, each.party_id) for each in told}
            for connector in {each.connector for each in told}:
                self._workspace.tell(connector, [each for each in told if each.connector == connector])
            if not page.has_next:
                break
            after = page.cursors[-1]
        self._report(f"{len(seen):,} linked parties of partners that tell no changes")
        for batch in self._workspace.everybody():
            for connector, party_id in batch:
                if connector not in fed and (connector, party_id) not in seen:
                    self._workspace.tell(connector, [], [party_id])

    def _held(self, customer: CustomerData) -> list[Told]:
        values: dict[Key, list[ProfileValueData]] = {
            (link.connector, link.party_id): [] for link in customer.links
        }
        for value in customer.values:
            values.setdefault((value.connector, value.party_id), []).append(value)
        return [
            Told(
                connector,
                party_id,
                b"",
                stored_features(customer.kind, said, region=self._region, blocked=self._blocked),
            )
            for (connector, party_id), said in values.items()
        ]
