from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from sqlalchemy import event, select, text

from c360.access import TenantId
from c360.contract import KeyKind
from c360.records.party import PartyKind
from c360.values import Secret
from store.data import (
    EnrolCustomer,
    EnrolGrant,
    EnrolKey,
    EnrolLink,
    FigureData,
    PartyFigures,
    RecordRef,
    SnapshotData,
    SnapshotKeyData,
    StatedValue,
)
from store.database import Database
from store.errors import KeyringError
from store.models import Base, Customer
from store.models.base import table

Run = Callable[[Coroutine[Any, Any, Any]], Any]
T = TenantId("t")
SHARED = EnrolKey(kind=KeyKind.PHONE, value="+61400000000")


def family(size: int) -> list[EnrolCustomer]:
    return [
        EnrolCustomer(
            external_id=str(number),
            kind=PartyKind.PERSON,
            display_name=f"Person {number}",
            links=(
                EnrolLink(
                    connector="bank",
                    party_id=str(number),
                    keys=(SHARED,),
                    values=(StatedValue(attribute="phone", value=SHARED.value),),
                    grant=EnrolGrant(token=Secret("secret-token")),
                    evidence="shared secret-phone",
                ),
                EnrolLink(connector="rental", party_id=f"r{number}"),
            ),
        )
        for number in range(size)
    ]


def test_a_shared_key_leads_to_everybody(database: Database, run: Run) -> None:
    async def go() -> None:
        async with database.unit(T) as unit:
            await unit.customers.enrol(family(3))
            found = await unit.customers.by_keys(
                [(KeyKind.PHONE, SHARED.value), (KeyKind.EMAIL, SHARED.value)]
            )
            assert list(found) == [(KeyKind.PHONE, SHARED.value)]
            assert set(found[(KeyKind.PHONE, SHARED.value)]) == set((await unit.customers.page()).ids)

    run(go())


def test_ids_come_back_in_the_order_asked_and_strange_ones_are_unknown(database: Database, run: Run) -> None:
    async def go() -> None:
        async with database.unit(T) as unit:
            await unit.customers.enrol(family(3))
            first, second, third = (await unit.customers.page()).ids
            asked = [third, "nobody", first, "\x00", "\ud800", "'; DROP TABLE customer", third, ""]
            assert await unit.customers.by_ids(asked) == (third, first)
            assert set(await unit.customers.load([*asked, second])) == {first, second, third}
            assert await unit.customers.by_party_refs([("bank", "\x00"), ("\ud800", "0")]) == {}
            assert await unit.customers.by_keys([(KeyKind.EMAIL, "\x00\ud800")]) == {}
            assert await unit.customers.load([]) == {}

    run(go())


@pytest.mark.parametrize("size", [1, 60])
def test_loading_takes_five_queries_however_many(database: Database, run: Run, size: int) -> None:
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.lstrip().startswith(("SELECT", "WITH")):
            statements.append(statement)

    async def go() -> None:
        async with database.unit(T) as unit:
            await unit.customers.enrol(family(size))
            await unit.index.add(
                [
                    RecordRef(connector="rental", party_id="r0", kind="rental.bookings", object_id=each)
                    for each in ("b2", "b1")
                ]
            )
            await unit.feeds.save("rental", "rental.bookings", "1", finished=True)
        async with database.read(T) as unit:
            ids = (await unit.customers.page(first=size)).ids
            engine = database._reader
            event.listen(engine, "before_cursor_execute", note)
            loaded = await unit.customers.load(ids)
            event.remove(engine, "before_cursor_execute", note)
        assert len(loaded) == size
        assert len(statements) == 5
        assert loaded[ids[0]].links[1].objects == {"rental.bookings": ("b1", "b2")}

    run(go())


def test_tenants_do_not_see_each_other(database: Database, run: Run) -> None:
    async def go() -> None:
        async with database.unit(T) as unit:
            await unit.customers.enrol(family(1))
            ids = (await unit.customers.page()).ids
        async with database.unit(TenantId("other")) as unit:
            assert (await unit.customers.page()).ids == ()
            assert await unit.customers.by_ids(ids) == ()
            assert await unit.customers.load(ids) == {}
            assert await unit.customers.by_keys([(KeyKind.PHONE, SHARED.value)]) == {}
            assert await unit.customers.by_party_refs([("bank", "0")]) == {}
            assert await unit.grants.tokens([(ids[0], "bank", "0")]) == {}
            assert not await unit.customers.erase(ids[0])

    run(go())


def test_every_table_has_the_tenant_in_its_key() -> None:
    for each in Base.metadata.sorted_tables:
        assert next(iter(each.primary_key)).name == "tenant", each.name
        for key in each.foreign_key_constraints:
            assert "tenant" in key.column_keys, each.name


def test_nothing_personal_is_left_of_an_erased_person(database: Database, clock: Any, run: Run) -> None:
    async def go() -> None:
        async with database.unit(T) as unit:
            await unit.customers.enrol(family(2))
            gone, other = (await unit.customers.page()).ids
            copies = [
                SnapshotData(
                    customer_id=each, connector="bank", kind="k", fetched_at=clock.now, content=b"personal"
                )
                for each in (gone, other)
            ]
            await unit.snapshots.write(copies)
            await unit.index.add([RecordRef(connector="rental", party_id="r0", kind="k", object_id="b1")])
            figures = PartyFigures(
                customer_id=gone,
                connector="bank",
                party_id="0",
                as_of=clock.now,
                figures=(FigureData("CARDS", "SPENT", 1.0, "CHF"),),
            )
            assert await unit.summaries.put([figures], again=clock.now) == 1
        async with database.unit(T) as unit:
            assert await unit.customers.erase(gone)
            assert not await unit.customers.erase(gone)
            # A late writer does not make a new key for a person who is gone.
            await unit.snapshots.write(copies[:1])
            keys = [SnapshotKeyData(customer_id=each, connector="bank", kind="k") for each in (gone, other)]
            assert [copy.customer_id for copy in await unit.snapshots.read(keys)] == [other]
            assert await unit.customers.by_ids([gone, other]) == (other,)
            assert await unit.customers.load([gone]) == {}
            session = unit.customers._session
            for each in Base.metadata.sorted_tables:
                if "customer_id" in each.c:
                    rows = await session.execute(select(each).where(each.c.customer_id == gone))
                    assert rows.all() == [], each.name
            row = (await session.execute(select(table(Customer)).where(Customer.id == gone))).one()
            assert (row.display_name, row.sort_name, row.country) == ("", "", None)
            assert row.erased_at == clock.now
            left = await session.scalar(text("SELECT count(*) FROM record_index"))
            assert left == 0

    run(go())


def test_keys_need_a_keyring(database_url: str, run: Run) -> None:
    async def go() -> None:
        database = Database(database_url)
        try:
            async with database.unit(T) as unit:
                with pytest.raises(KeyringError, match="open the database with one"):
                    await unit.customers.by_keys([(KeyKind.EMAIL, "a")])
        finally:
            await database.dispose()

    run(go())
