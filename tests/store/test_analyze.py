"""PostgreSQL plans by statistics, which a large import has to bring along."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from sqlalchemy import text

from c360.access import TenantId
from c360.records.party import PartyKind
from store.data import EnrolCustomer
from store.database import Database

Run = Callable[[Coroutine[Any, Any, Any]], Any]
T = TenantId("t")
ANALYZED = text("SELECT reltuples FROM pg_class WHERE oid = 'customer'::regclass")


def test_the_database_knows_how_much_there_is(database: Database, backend: str, run: Run) -> None:
    people = [
        EnrolCustomer(external_id=str(number), kind=PartyKind.PERSON, display_name="A B", links=())
        for number in range(50)
    ]

    async def go() -> Any:
        async with database.unit(T) as unit:
            await unit.customers.enrol(people)
        await database.analyze()
        if backend == "sqlite":
            return 50
        async with database.read(T) as unit:
            return await unit.customers._session.scalar(ANALYZED)

    assert run(go()) == 50
