"""What a unit of work on PostgreSQL costs beside its statements: nothing, as long as connections work."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from sqlalchemy import make_url, text

from c360.access import TenantId
from store.database import Database
from store.unit import Unit

Run = Callable[[Coroutine[Any, Any, Any]], Any]
T = TenantId("t")
pytestmark = pytest.mark.parametrize("backend", ["postgresql"], indirect=True)


@contextmanager
def another(database_url: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection of somebody else's to the same database."""
    address = make_url(database_url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address, autocommit=True) as server:
        yield server


async def said(unit: Unit, question: str) -> Any:
    return (await unit.scope.session.execute(text(question))).scalar_one()


def test_connections_that_the_server_ended_are_not_used_again(
    database: Database, database_url: str, run: Run
) -> None:
    async def used() -> list[Any]:
        async with database.read(T) as reading, database.unit(T) as writing:
            return [await said(each, "SELECT pg_backend_pid()") for each in (reading, writing)]

    async def go() -> None:
        before = await used()
        assert await used() == before, "a connection is kept"
        with another(database_url) as server:
            server.execute("SELECT pg_terminate_backend(pid) FROM unnest(%s::int[]) pid", [before])
            server.execute("SELECT pg_sleep(0.05)")
        assert not set(await used()) & set(before)

    run(go())


def test_a_connection_on_which_there_is_news_is_used_again(
    database: Database, database_url: str, run: Run
) -> None:
    async def go() -> None:
        async with database.unit(T) as unit:
            await unit.scope.session.execute(text("LISTEN news"))
            before = await said(unit, "SELECT pg_backend_pid()")
        with another(database_url) as server:
            server.execute("NOTIFY news")
            server.execute("SELECT pg_sleep(0.05)")
        async with database.unit(T) as unit:
            assert await said(unit, "SELECT pg_backend_pid()") == before

    run(go())


def test_statements_that_read_are_transactions_of_their_own(database: Database, run: Run) -> None:
    async def go() -> None:
        async with database.read(T) as unit:
            assert await said(unit, "SELECT now()") < await said(unit, "SELECT now()")
            assert await said(unit, "SHOW transaction_read_only") == "on"
        async with database.unit(T) as unit:
            assert await said(unit, "SELECT now()") == await said(unit, "SELECT now()")

    run(go())
