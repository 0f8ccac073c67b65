"""``identity link`` over a real store: feeds in, decisions in the ledger out, whatever interrupts it."""

from __future__ import annotations

import asyncio
import shutil
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from api.identity.linking import LEASE, AlreadyLinkingError, Linked, link_hub
from api.settings import Settings, load
from api.wiring import Store, open_store
from c360.access import TenantId
from c360.contract import Change, Checkpoint, Upsert
from c360.errors import RetryLater
from c360.kinds import PARTY
from connectors.instances import InstanceState
from resolvers.identity.model import load as load_model
from sandbox.export import party
from sandbox.population import Population

TENANT = TenantId("default")
FED = ("loyalty", "hotel", "rental", "banking")


class Partners:
    """Feeds of parties, of which one may break off."""

    def __init__(self, population: Population) -> None:
        self.changes = {
            domain: [
                Upsert(kind=PARTY, party_id=each.party_id, object_id=each.party_id, record=party(each))
                for each in population.presences(domain)
            ]
            for domain in FED
        }
        self.told = dict.fromkeys(FED, 10**9)
        self.broken: str | None = None

    def infos(self) -> Iterable[Any]:
        return [SimpleNamespace(id=name, state=InstanceState.READY, feeds=(PARTY,)) for name in FED]

    async def follow(self, instance: str, _: str, since: str | None) -> AsyncIterator[Change]:
        start = int(since or 0)
        for number, change in enumerate(self.changes[instance][start : self.told[instance]], start + 1):
            yield change
            if number % 10 == 0:
                yield Checkpoint(cursor=str(number))
                if instance == self.broken:
                    raise RetryLater("down")
        yield Checkpoint(cursor=str(min(len(self.changes[instance]), self.told[instance])))


@pytest.fixture
def fresh(sqlite_template: Path, tmp_path: Path) -> Settings:
    file = tmp_path / "c360.toml"
    file.write_text(
        f"[security]\nmaster_key = '{'ab' * 32}'\nlookup_pepper = '{'cd' * 32}'\n"
        "[database]\nurl = 'sqlite:///c360.db'\n",
        encoding="utf-8",
    )
    shutil.copyfile(sqlite_template, tmp_path / "c360.db")
    return load(file, {})


async def linked(store: Store, partners: Partners, settings: Settings, **more: Any) -> Linked:
    hub: Any = SimpleNamespace(
        tenant=TENANT, store=store, host=partners, clock=lambda: datetime(2026, 6, 15, tzinfo=UTC)
    )
    folder = settings.folder / "identity"
    return await link_hub(
        hub, settings, load_model(), folder, full=more.get("full", False), report=more.get("report", len)
    )


async def partition(store: Store, partners: Partners) -> set[frozenset[tuple[str, str]]]:
    """Which parties are one customer."""
    keys = [(name, each.party_id) for name in FED for each in partners.changes[name]]
    async with store.database.read(TENANT) as unit:
        held = await unit.customers.by_party_refs(keys)
    found: defaultdict[str, set[tuple[str, str]]] = defaultdict(set)
    for key, customer in held.items():
        found[customer].add(key)
    return {frozenset(parties) for parties in found.values()}


@pytest.fixture
def partners() -> Partners:
    return Partners(Population(people=60, companies=4, seed=360, today=date(2026, 6, 15)))


def test_feeds_become_customers_and_doing_it_again_changes_nothing(
    fresh: Settings, partners: Partners, run: Callable[..., Any]
) -> None:
    async def scenario() -> None:
        async with open_store(fresh) as store:
            first = await linked(store, partners, fresh)
            total = sum(map(len, partners.changes.values()))
            assert first.applied.created + first.applied.linked == total
            assert first.applied.created < total
            assert first.applied.households > 0
            found = await partition(store, partners)
            assert sum(map(len, found)) == total
            again = await linked(store, partners, fresh)
            assert (again.applied.created, again.applied.linked, again.applied.merged) == (0, 0, 0)
            assert again.compared.compared == 0
            assert again.applied.reviews == first.applied.reviews
            assert await partition(store, partners) == found
            customer = max(found, key=len)
            async with store.database.read(TENANT) as unit:
                (held,) = set((await unit.customers.by_party_refs(customer)).values())
                entries = (await unit.ledger.entries(held)).entries
            assert entries[-1].decision.actor == "identity link"
            assert entries[0].decision.evidence

    run(scenario())


def test_a_run_over_what_changed_ends_like_a_full_one(
    fresh: Settings, partners: Partners, run: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    other_folder = tmp_path_factory.mktemp("other")
    other = msgspec.structs.replace(
        fresh,
        folder=other_folder,
        database=msgspec.structs.replace(fresh.database, url=f"sqlite:///{other_folder / 'c360.db'}"),
    )
    shutil.copyfile(fresh.folder / "c360.db", other_folder / "c360.db")

    async def scenario() -> None:
        async with open_store(fresh) as store, open_store(other) as second:
            partners.told = {"loyalty": 15, "hotel": 0, "rental": 7, "banking": 10}
            await linked(store, partners, fresh)
            partners.broken = "banking"
            partners.told = dict.fromkeys(FED, 10**9)
            broken = await linked(store, partners, fresh)
            assert broken.failed == ("banking",)
            partners.broken = None
            await linked(store, partners, fresh)
            await linked(second, partners, other, full=True)
            assert await partition(store, partners) == await partition(second, partners)

    run(scenario())


def test_a_killed_run_goes_on_where_it_stopped(
    fresh: Settings, partners: Partners, run: Callable[..., Any]
) -> None:
    async def scenario() -> None:
        async with open_store(fresh) as store:
            for stop in ("loyalty:", "grouping", "linked"):

                def report(line: str, stop: str = stop) -> None:
                    if stop in line:
                        raise asyncio.CancelledError

                with pytest.raises(asyncio.CancelledError):
                    await linked(store, partners, fresh, report=report)
            await linked(store, partners, fresh)
            found = await partition(store, partners)
            assert sum(map(len, found)) == sum(map(len, partners.changes.values()))

    run(scenario())


def test_one_run_is_at_work_at_a_time(fresh: Settings, partners: Partners, run: Callable[..., Any]) -> None:
    async def scenario() -> None:
        async with open_store(fresh) as store:
            async with store.database.unit(TENANT) as unit:
                assert await unit.leases.acquire(LEASE, "somebody", timedelta(seconds=60))
            with pytest.raises(AlreadyLinkingError, match="another run is linking"):
                await linked(store, partners, fresh)

    run(scenario())
