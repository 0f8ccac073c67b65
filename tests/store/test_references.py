"""Rows that are written by the thousand refer to what is there, on both databases: nobody's data is kept."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from c360.records.party import PartyKind
from store.data import EnrolLink, StatedValue
from store.data_identity import Admission, CustomerDraft, LinkDecision
from store.database import Database
from store.errors import StoreError
from tests.store.identity import Run, T

COPIES = {
    "profile_value": ("id", "customer_id"),
    "identity_link": ("id", "customer_id", "home_id"),
    "entry_customer": ("place", "entry_id", "node_id"),
    "entry_party": ("party_id", "entry_id"),
}
"""By table: what tells a copy of a row apart, then the columns that refer."""
CASES = [f"{table}.{column}" for table, (_, *columns) in COPIES.items() for column in columns]


async def customer(database: Database) -> None:
    party = EnrolLink(
        connector="bank", party_id="b1", values=(StatedValue(attribute="family_name", value="Ada"),)
    )
    draft = CustomerDraft(kind=PartyKind.PERSON, display_name="Ada")
    async with database.unit(T) as unit:
        await unit.ledger.admit(
            [Admission(party=party, draft=draft, decision=LinkDecision(actor="a", rule="R"))]
        )


async def execute(database: Database, statement: str) -> None:
    async with database.unit(T) as unit:
        await unit.customers._session.execute(text(statement))


async def copied(database: Database, table: str, **changed: str) -> str:
    """The statement that inserts a table's row once more, with other values."""
    async with database.read(T) as unit:
        names = (await unit.customers._session.execute(text(f"SELECT * FROM {table}"))).keys()
    values = ", ".join(changed.get(name, name) for name in names)
    return f"INSERT INTO {table} ({', '.join(names)}) SELECT {values} FROM {table}"


def another(table: str) -> dict[str, str]:
    """What of a copy of a row has to differ."""
    own = COPIES[table][0]
    other = {own: "9" if own == "place" else "'x'"}
    return other | {"party_id": "'b2'"} if table == "identity_link" else other


@pytest.mark.parametrize("case", CASES)
def test_a_row_that_refers_to_what_is_not_there_is_refused(database: Database, run: Run, case: str) -> None:
    table, column = case.split(".")
    # Last a copy that refers to what is there: the others are refused for the reference alone.
    other = another(table)

    async def go() -> None:
        await customer(database)
        with pytest.raises(StoreError):
            await execute(database, await copied(database, table, **other, **{column: "'nobody'"}))
        with pytest.raises(StoreError):
            await execute(database, await copied(database, table, **other, tenant="'another'"))
        with pytest.raises(StoreError):
            await execute(database, f"UPDATE {table} SET {column} = 'nobody'")
        await execute(database, f"UPDATE {table} SET {column} = {column}")
        await execute(database, await copied(database, table, **other))

    run(go())


@pytest.mark.parametrize("table", ["customer", "identity_entry"])
def test_what_rows_refer_to_is_neither_removed_nor_called_otherwise(
    database: Database, run: Run, table: str
) -> None:
    async def go() -> None:
        await customer(database)
        for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET id = 'x'"):
            with pytest.raises(StoreError):
                await execute(database, statement)

    run(go())


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
@pytest.mark.parametrize("table", COPIES)
def test_what_a_row_refers_to_is_found_by_who_restores_a_dump(
    database: Database, run: Run, table: str
) -> None:
    """PostgreSQL's own tools load data without a search path."""

    async def go() -> None:
        await customer(database)
        statement = await copied(database, f"public.{table}", **another(table))
        async with database.unit(T) as unit:
            session = unit.customers._session
            await session.execute(text("SELECT set_config('search_path', '', true)"))
            await session.execute(text(statement))

    run(go())
