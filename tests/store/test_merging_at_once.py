"""Many at once on the same customers: whatever they do, it ends as if one had gone after the other."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import random
import threading
from collections.abc import Callable
from typing import Any

from sqlalchemy import select

from c360.access import TenantId
from c360.contract import KeyKind
from store.data import StatedValue, Statement
from store.data_identity import Admission
from store.database import Database
from store.errors_identity import IdentityError
from store.keyring import Keyring
from store.models import Customer, IdentityLink, LookupKey, ProfileValue, Redirect
from store.models.base import table
from store.unit import Unit
from tests.fixtures.sizes import size
from tests.store.identity import DRAFT, MACHINE, STEWARD, Run, link, person, ref

PEOPLE = 6
ROUNDS = {"sqlite": size(1, 2), "postgresql": size(2, 4)}
WRITERS = 4
STEPS = 6


async def one_step(unit: Unit, ids: list[str], chance: random.Random) -> None:
    """Something that changes who is who, or what is said of them."""
    survivor, other = chance.sample(ids, 2)
    which = chance.randrange(5)
    if which < 2:
        await unit.ledger.merge(survivor, [other], MACHINE, overrule=True)
    elif which == 2:
        await unit.ledger.unmerge(STEWARD, customer_id=other)
    elif which == 3:
        number = chance.randrange(PEOPLE)
        said = Statement(
            connector="bank",
            party_id=f"b{number}",
            values=(StatedValue(attribute="email", value=f"{chance.random()}@example.com"),),
        )
        await unit.profiles.observe({survivor: [said]})
    else:
        await unit.ledger.split(survivor, [ref(f"h{chance.randrange(PEOPLE)}")], DRAFT, STEWARD, apart=False)


def writer(
    opened: Callable[[], Database], tenant: TenantId, ids: list[str], failed: list[BaseException], seed: int
) -> None:
    """A process of its own as far as the database can tell: its own loop, its own connections."""

    async def go() -> None:
        database = opened()
        chance = random.Random(seed)
        try:
            for _ in range(STEPS):
                # There may be nothing to take back or to split by then.
                with contextlib.suppress(IdentityError):
                    await database.retrying(tenant, lambda unit: one_step(unit, ids, chance), attempts=30)
        finally:
            await database.dispose()

    try:
        asyncio.run(go())
    except BaseException as error:  # noqa: BLE001  # what a thread raises is told by the test
        failed.append(error)


async def consistent(unit: Unit, parties: int) -> None:
    """No orphan, no cycle, no lost link."""
    session, tenant = unit.customers._session, unit.customers._tenant
    customers = {
        row.id: row.standing
        for row in await session.execute(select(table(Customer)).where(Customer.tenant == tenant))
    }
    redirects = {
        row.customer_id: row
        for row in await session.execute(
            select(table(Redirect)).where(Redirect.tenant == tenant, Redirect.ended_at.is_(None))
        )
    }
    assert {node for node, standing in customers.items() if standing == "MERGED"} == redirects.keys()
    for node, row in redirects.items():
        steps = [node]
        while steps[-1] in redirects:
            steps.append(redirects[steps[-1]].parent_id)
            assert len(steps) <= len(customers), "a cycle"
        assert row.survivor_id == steps[-1]
    links = (
        await session.execute(
            select(table(IdentityLink)).where(
                IdentityLink.tenant == tenant, IdentityLink.unlinked_at.is_(None)
            )
        )
    ).all()
    assert len(links) == parties
    owners = {}
    for row in links:
        assert customers[row.customer_id] == "PRESENT"
        assert row.customer_id == (
            redirects[row.home_id].survivor_id if row.home_id in redirects else row.home_id
        )
        owners[row.connector, row.party_id] = row.customer_id
    for model in (ProfileValue, LookupKey):
        for row in await session.execute(select(table(model)).where(table(model).c.tenant == tenant)):
            assert row.customer_id == owners[row.connector, row.party_id], model.__tablename__


def test_writers_at_once_leave_no_orphan_no_cycle_and_lose_no_link(
    database: Database, database_url: str, keyring: Keyring, backend: str, run: Run
) -> None:
    opened = functools.partial(Database, database_url, keyring=keyring)
    for number in range(ROUNDS[backend]):
        tenant = TenantId(f"t{number}")

        async def begin(tenant: TenantId = tenant) -> list[str]:
            async with database.unit(tenant) as unit:
                await unit.customers.enrol(
                    [person(f"P{each}x", f"b{each}", f"h{each}") for each in range(PEOPLE)]
                )
                return list((await unit.customers.page()).ids)

        async def end(tenant: TenantId = tenant) -> None:
            async with database.read(tenant) as unit:
                await consistent(unit, 2 * PEOPLE)

        ids = run(begin())
        failed: list[BaseException] = []
        threads = [
            threading.Thread(target=writer, args=(opened, tenant, ids, failed, 100 * number + each))
            for each in range(WRITERS)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert not failed
        run(end())


def test_two_merges_crosswise_make_one(
    database: Database, database_url: str, keyring: Keyring, run: Run
) -> None:
    """Each of two customers is merged into the other at the same moment, again and again."""

    async def go() -> None:
        other = Database(database_url, keyring=keyring)
        try:
            for number in range(size(4, 12)):
                tenant = TenantId(f"x{number}")
                async with database.unit(tenant) as unit:
                    await unit.customers.enrol(
                        [person("Ada", "b1"), person("Bea", "b2"), person("Cid", "b3")]
                    )
                    one, two, three = (await unit.customers.page()).ids

                def merge(store: Database, tenant: TenantId, survivor: str, *others: str) -> Any:
                    return store.retrying(tenant, lambda unit: unit.ledger.merge(survivor, others, MACHINE))

                done = await asyncio.gather(
                    merge(database, tenant, one, two),
                    merge(other, tenant, two, one),
                    merge(other, tenant, two, three),
                )
                survivors = {each.survivor for each in done}
                async with database.read(tenant) as unit:
                    await consistent(unit, 3)
                    left = set((await unit.customers.resolve([one, two, three])).values())
                    assert len(left) == 1
                    assert left <= survivors
                    assert sum(each.entry is not None for each in done) == 2
        finally:
            await other.dispose()

    run(go())


def test_a_party_that_two_bring_at_once_belongs_to_one(
    database: Database, database_url: str, keyring: Keyring, run: Run
) -> None:
    admission = Admission(party=link("b1"), draft=DRAFT, decision=MACHINE)

    async def go() -> None:
        other = Database(database_url, keyring=keyring)
        try:
            for number in range(size(3, 6)):
                tenant = TenantId(f"y{number}")
                done = await asyncio.gather(
                    *(
                        store.retrying(tenant, lambda unit: unit.ledger.admit([admission]))
                        for store in (database, other, database)
                    )
                )
                assert sorted(each.state.value for (each,) in done) == ["CREATED", "HELD", "HELD"]
                assert len({each.customer_id for (each,) in done}) == 1
                async with database.read(tenant) as unit:
                    assert len((await unit.customers.page()).ids) == 1
                    assert len(await unit.customers.by_keys([(KeyKind.EMAIL, "b1@example.com")])) == 1
        finally:
            await other.dispose()

    run(go())
