"""Addresses and engines: what SQLite and PostgreSQL need in order to behave alike."""

from __future__ import annotations

import asyncio
import select
import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import URL, AdaptedConnection, Connection, Dialect, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, DisconnectionError
from sqlalchemy.pool import NullPool

from store.errors import UnsupportedDatabase
from store.turns import TurnsPool

BUSY_TIMEOUT = 10
"""Seconds to wait for somebody else's transaction on SQLite, and for a connection of the pool."""
_CONNECT_TIMEOUT = 5
"""Seconds to wait for PostgreSQL to answer."""
_READERS = 4
"""Connections that read a SQLite file side by side. There is one that writes, as SQLite allows one."""


def parse(url: str) -> URL:
    """An address with the drivers this store uses.

    Raises:
        UnsupportedDatabase: it names neither a SQLite file nor a PostgreSQL database.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise UnsupportedDatabase(_REMEDY) from None
    backend = parsed.get_backend_name()
    if backend == "sqlite":
        if not parsed.database or parsed.database == ":memory:" or parsed.query.get("mode") == "memory":
            raise UnsupportedDatabase(f"a SQLite database in memory cannot be shared; {_REMEDY}")
        return parsed.set(drivername="sqlite+aiosqlite")
    if backend in {"postgresql", "postgres"}:
        return parsed.set(drivername="postgresql+psycopg")
    raise UnsupportedDatabase(_REMEDY)


_WRITING = (
    "foreign_keys = ON",
    "journal_mode = WAL",
    # Durable across a crash of the process; the last commits may go with the machine's power.
    "synchronous = NORMAL",
    # Pages that are written over and over, as those of indexes are, go from the log into the file a quarter
    # as often. The log has 16 MiB at the most.
    "wal_autocheckpoint = 4000",
)
_READING = ("query_only = ON",)
_REMEDY = "the database address must be sqlite:///FILE or postgresql://USER:PASSWORD@HOST/DATABASE"


def sqlite_file(url: URL) -> Path | None:
    """The file of a SQLite address."""
    return Path(str(url.database)) if url.get_backend_name() == "sqlite" else None


def writing(url: URL, *, echo: bool) -> Engine:
    """The engine whose transactions write, of an asynchronous driver."""
    if url.get_backend_name() == "sqlite":
        # A single connection: writers of one process queue here in order instead of polling the file.
        engine = create_engine(
            url, echo=echo, hide_parameters=True, pool_size=1, max_overflow=0, **_sqlite_arguments()
        )
        listen(engine, begin="BEGIN IMMEDIATE", pragmas=_WRITING)
        _undo_what_is_broken_off(engine)
        return engine
    engine = create_engine(
        _waiting(url), echo=echo, hide_parameters=True, pool_size=10, max_overflow=10, **_postgres_arguments()
    )
    _leave_what_broke_off(engine)
    return engine


def reading(url: URL, *, echo: bool) -> Engine:
    """The engine that cannot write, of an asynchronous driver.

    On PostgreSQL each statement is a transaction of its own, which the server begins and ends by itself: to
    say so would take two more messages each way for most reads, which are one statement.
    """
    if url.get_backend_name() == "sqlite":
        engine = create_engine(
            url, echo=echo, hide_parameters=True, pool_size=_READERS, max_overflow=0, **_sqlite_arguments()
        )
        listen(engine, begin="BEGIN", pragmas=_READING)
        _undo_what_is_broken_off(engine)
        return engine
    engine = create_engine(
        _waiting(url),
        echo=echo,
        hide_parameters=True,
        pool_size=10,
        max_overflow=0,
        isolation_level="AUTOCOMMIT",
        skip_autocommit_rollback=True,
        **_postgres_arguments("default_transaction_read_only=on"),
    )
    _leave_what_broke_off(engine)
    return engine


def migrating(url: URL, *, timeout: float) -> Engine:
    """A synchronous engine for changing the schema: one connection, foreign keys not enforced meanwhile."""
    if url.get_backend_name() == "sqlite":
        engine = create_engine(
            url.set(drivername="sqlite"),
            poolclass=NullPool,
            hide_parameters=True,
            connect_args={"timeout": timeout},
        )
        listen(engine, begin="BEGIN IMMEDIATE", pragmas=("foreign_keys = OFF",))
        return engine
    return create_engine(url, poolclass=NullPool, hide_parameters=True, connect_args=postgres_connecting())


def _waiting(url: URL) -> URL:
    """The same address for PostgreSQL's driver as event loops use it."""
    return url.set(drivername="postgresql+psycopg_async")


def _sqlite_arguments() -> dict[str, Any]:
    return {"connect_args": {"timeout": BUSY_TIMEOUT}, **_in_turn()}


def _postgres_arguments(*settings: str) -> dict[str, Any]:
    return {"connect_args": postgres_connecting(*settings), **_in_turn()}


def _in_turn() -> dict[str, Any]:
    """How the pool of either database hands out its connections."""
    return {"poolclass": TurnsPool, "pool_timeout": BUSY_TIMEOUT}


def postgres_connecting(*settings: str) -> dict[str, Any]:
    """What every connection to PostgreSQL is opened with, beside its address.

    Args:
        settings: of the server, more than those of every connection, as ``name=value``.
    """
    # The default of 4 for random pages is for spinning disks: with it a search by name reads the whole
    # table of customers as soon as a hundred match.
    every = ("timezone=UTC", "random_page_cost=1.1", *settings)
    return {
        "connect_timeout": _CONNECT_TIMEOUT,
        "options": " ".join(f"-c {each}" for each in every),
        "application_name": "c360",
    }


def listen(engine: Engine, *, begin: str, pragmas: Sequence[str]) -> None:
    """Make SQLite's transactions real.

    Python's driver begins a transaction late and never before DDL, so half a migration would stay and a
    read would not be a snapshot. It is told to keep out, and every transaction begins as ``begin``
    says: at once for writers, which otherwise fail without waiting when they turn from reading to writing.
    """

    @event.listens_for(engine, "connect")
    def _connected(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in pragmas:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begun(connection: Connection) -> None:
        adapted = connection.connection.dbapi_connection
        if isinstance(adapted, AdaptedConnection):
            adapted.run_async(lambda driver: in_one_hop(driver, begin, dialect=connection.dialect))
        else:
            connection.exec_driver_sql(begin)


async def in_one_hop(
    driver: Any, statement: str, values: list[Any] | Mapping[str, Any] | None = None, *, dialect: Dialect
) -> None:
    """Have SQLite's driver run a statement that answers nothing, by one hop into its thread.

    The toolkit makes three of it, for a cursor, the statement and the cursor's end, and each takes more
    processor time than most statements.

    Args:
        driver: its connection.
        statement: in its words.
        values: what the statement is run with; a list of rows runs it for each of them.
        dialect: whose driver it is.

    Raises:
        DBAPIError: the database refuses it.
    """
    try:
        if isinstance(values, list):
            await driver.executemany(statement, values)
        else:
            await driver.execute_fetchall(statement, values)
    except sqlite3.Error as error:
        # As of any other statement, and without the values.
        raise DBAPIError.instance(
            None, None, error, sqlite3.Error, hide_parameters=True, dialect=dialect
        ) from None


def _leave_what_broke_off(engine: Engine) -> None:
    """Take no connection to PostgreSQL from the pool that its server has ended meanwhile.

    A server that ends a connection says so on it, where otherwise nothing is to be read as long as nothing
    was asked. To look there asks the system alone; to ask the server takes longer than most statements.
    """

    @event.listens_for(engine, "checkout")
    def _taken(connection: Any, _record: object, _fairy: object) -> None:
        libpq = connection.driver_connection.pgconn
        told = select.poll()
        told.register(libpq.socket, select.POLLIN)
        while told.poll(0):
            import psycopg  # the engine has loaded it

            try:
                libpq.consume_input()  # be it a notice, after which there is nothing more
            except psycopg.Error:
                raise DisconnectionError from None


def _undo_what_is_broken_off(engine: Engine) -> None:
    """Roll back on SQLite what a cancelled unit began, before its connection is given up.

    SQLite ends a connection that is closed only once nobody knows its statements any more. The traceback of
    the cancellation does, until garbage is collected; meanwhile its transaction would lock everybody out.
    """
    under_way: set[asyncio.Task[None]] = set()

    @event.listens_for(engine, "invalidate")
    def _given_up(connection: Any, _record: object, _error: object) -> None:
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return  # whoever could wait for it is gone, and with the loop's end goes the connection
        # It begins before the close, which the library asks for next, in the order of the driver's queue.
        undoing = loop.create_task(
            connection.driver_connection.rollback(), name="rollback of a broken-off unit"
        )
        under_way.add(undoing)
        undoing.add_done_callback(under_way.discard)
        # Where it fails, the connection is closed already and nothing is left to undo.
        undoing.add_done_callback(lambda done: None if done.cancelled() else done.exception())
