"""A partner's database: read-only transactions with a time-out, and never on the event loop's time.

Where the driver is asynchronous it is used so; any other one works in a pool of threads that is no larger
than the pool of connections. SQLite always does: its asynchronous driver is a thread as well, and only
the plain one lets a statement be stopped.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, exc, make_url, text
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from c360.errors import ConfigError, DeadlineExceeded, RetryLater
from c360.values import Secret
from plugins.sql.failures import explain

T = TypeVar("T")
Work = Callable[[Connection], T]
"""Reads by a connection. Runs in a thread or a greenlet, so that it awaits nothing."""

_POSTGRESQL = text(
    "SELECT set_config('transaction_read_only', 'on', true),"
    " set_config('statement_timeout', :milliseconds, true), set_config('TimeZone', :zone, true)"
)
"""Of this transaction alone."""

_STEPS = 1_000
"""Instructions of SQLite's machine after which it looks at the clock: some tens of microseconds."""


class Database:
    """One database with its pool.

    Args:
        url: SQLAlchemy's address.
        connections: the most that are held at once.

    Raises:
        ConfigError: the address is none, or its driver is not installed.
    """

    def __init__(self, url: Secret, *, connections: int) -> None:
        self._connections = connections
        self._engine: Engine | AsyncEngine = _engine(_address(url), connections)
        self._threads = ThreadPoolExecutor(connections, thread_name_prefix="c360-sql")

    async def read(self, work: Work[T], *, seconds: float, zone: str = "UTC") -> T:
        """Do some reading in a transaction of its own, which is rolled back.

        Args:
            work: the reading.
            seconds: how long it may take, waiting for a connection included.
            zone: the session's time zone, where there is such a thing.

        Raises:
            ConnectorError: the database failed, or ``work`` raised one.
        """
        if seconds <= 0:
            raise DeadlineExceeded("no time was left for a statement")
        until = time.monotonic() + seconds
        try:
            async with asyncio.timeout(seconds):
                if isinstance(self._engine, AsyncEngine):
                    async with self._engine.connect() as connection:
                        return await connection.run_sync(_within, work, until, zone)
                return await self._aside(self._in_thread, self._engine, work, until, zone)
        except TimeoutError:
            raise DeadlineExceeded(f"the database did not answer within {seconds:.3g} s") from None
        except exc.SQLAlchemyError as error:
            raise explain(error) from None
        except OSError:  # asynchronous drivers let a refused connection through
            raise RetryLater("the database is not to be reached") from None

    async def aside(self, work: Callable[[], T]) -> T:
        """Do what keeps a processor busy in a thread, so that the event loop turns meanwhile."""
        return await self._aside(work)

    async def close(self) -> None:
        """Close all connections; a statement that still runs ends by its own time-out."""
        if isinstance(self._engine, AsyncEngine):
            await self._engine.dispose()
        else:
            self._engine.dispose()
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _aside(self, work: Callable[..., T], *arguments: Any) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work, *arguments)
        except RuntimeError as error:
            if self._closed():
                raise RetryLater("the connector is closed") from None
            raise error from None

    def _closed(self) -> bool:
        return bool(self._threads._shutdown)  # noqa: SLF001  # the executor tells it nowhere else

    @staticmethod
    def _in_thread(engine: Engine, work: Work[T], until: float, zone: str) -> T:
        if time.monotonic() >= until:  # it waited for a thread for too long; nobody listens any more
            raise DeadlineExceeded("no thread became free in time")
        with engine.connect() as connection:
            return _within(connection, work, until, zone)


def _within(connection: Connection, work: Work[T], until: float, zone: str) -> T:
    left = until - time.monotonic()
    if left <= 0:
        raise DeadlineExceeded("no connection became free in time")
    match connection.dialect.name:
        case "postgresql":
            connection.execute(_POSTGRESQL, {"milliseconds": str(max(1, int(left * 1000))), "zone": zone})
            return work(connection)
        case "sqlite":
            return _sqlite(connection, work, until)
        case _:
            return work(connection)


def _sqlite(connection: Connection, work: Work[T], until: float) -> T:
    driver = connection.connection.driver_connection
    assert driver is not None  # noqa: S101  # a connection that was checked out has one
    driver.execute("PRAGMA query_only = ON")
    driver.set_progress_handler(lambda: time.monotonic() >= until, _STEPS)
    try:
        return work(connection)
    finally:
        driver.set_progress_handler(None, 0)


def _address(secret: Secret) -> URL:
    try:
        url = make_url(secret.reveal())
    except exc.ArgumentError:
        raise ConfigError(
            "url", "no address that SQLAlchemy reads", "write driver://user:password@host/name"
        ) from None
    if url.get_backend_name() != "sqlite":
        return url
    if not url.database or not Path(url.database).is_absolute():
        raise ConfigError("url", "an SQLite file by no absolute path", "write sqlite:////folder/file.db")
    # Opened for reading alone, which also keeps SQLite from making a file where there is none.
    return url.set(
        drivername="sqlite", database=f"file:{url.database}", query={**url.query, "mode": "ro", "uri": "true"}
    )


def _engine(url: URL, connections: int) -> Engine | AsyncEngine:
    options: dict[str, Any] = {
        "pool_size": connections,
        "max_overflow": 0,
        "pool_pre_ping": True,  # a restarted database is met by a new connection, not by an error
        "hide_parameters": True,
    }
    try:
        if url.get_backend_name() == "sqlite":
            from sqlalchemy.pool import QueuePool

            return create_engine(
                url, poolclass=QueuePool, connect_args={"check_same_thread": False}, **options
            )
        try:
            return create_async_engine(url, **options)
        except exc.InvalidRequestError:  # SQLAlchemy says only so that a driver is not asynchronous
            return create_engine(url, **options)
    except (exc.ArgumentError, exc.NoSuchModuleError, ModuleNotFoundError) as error:
        name = url.drivername
        raise ConfigError(
            "url",
            f"the driver {name!r}, which cannot be loaded ({type(error).__name__})",
            "install it, or name another",
        ) from None
