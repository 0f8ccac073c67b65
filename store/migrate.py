"""Bringing a database's schema to a revision. Synchronous: call it in a thread from asynchronous code.

A process that is killed in the middle leaves no half revision: PostgreSQL keeps the revisions that were
finished (each is a transaction), SQLite none of the run (which is one), and the next run goes on from there.
One migration runs at a time: others wait, and then find their work done.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.script.revision import ResolutionError
from alembic.util.exc import CommandError
from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import DBAPIError

from store import engines
from store.errors import (
    DatabaseLocked,
    DatabaseTooNew,
    DatabaseUnavailable,
    NotADatabase,
    RevisionUnknown,
    translate,
    translated,
)
from store.models import Base
from store.models.base import CHECKED
from store.revisions import SCRIPTS

_LOCK = 0x63333630
"""Number of the advisory lock on PostgreSQL that one migration at a time holds."""
_LOCKING = 0.4
"""Seconds that a revision waits for its locks on PostgreSQL, and then lets others by."""
_RETRY = 0.2
"""Seconds between two attempts at that lock."""

_ALEMBIC = threading.Lock()
"""Alembic keeps the context of a run in global variables: threads of one process take turns."""

T = TypeVar("T")


def upgrade(url: str, revision: str = "head", *, scripts: Path = SCRIPTS, timeout: float = 30.0) -> None:
    """Bring the schema up to a revision; a SQLite file is created where there is none.

    Args:
        timeout: seconds to wait for another migration or writer.

    Raises:
        NotADatabase: the file is something else, damaged, or holds foreign tables.
        DatabaseTooNew: a newer version of the program migrated it.
        DatabaseLocked: somebody else holds it for longer than the timeout.
        DatabaseUnavailable: nothing answers at the address.
        RevisionUnknown: there is no such revision.
    """
    with _ALEMBIC, _connected(url, create=True, timeout=timeout) as connection, _alone(connection, timeout):
        _refuse_foreign(connection)
        _check(connection, scripts)
        config = _config(connection, scripts)
        with _named(revision):
            _patiently(connection, timeout, lambda: command.upgrade(config, revision))
        _settle(connection)


def downgrade(url: str, revision: str, *, scripts: Path = SCRIPTS, timeout: float = 30.0) -> None:
    """Take the schema down to a revision, ``base`` being none at all. What the undone tables held is lost.

    Raises:
        MigrationError: as for :func:`upgrade`.
    """
    with _ALEMBIC, _connected(url, timeout=timeout) as connection, _alone(connection, timeout):
        _check(connection, scripts)
        config = _config(connection, scripts)
        with _named(revision):
            _patiently(connection, timeout, lambda: command.downgrade(config, revision))


def current(url: str, *, timeout: float = 10.0) -> str | None:
    """The revision of the schema; ``None`` where nothing was migrated yet."""
    return _read(url, None, timeout, _revision)


def pending(url: str, *, scripts: Path = SCRIPTS, timeout: float = 10.0) -> tuple[str, ...]:
    """Revisions still to be run, in order; empty when the schema is up to date.

    Raises:
        DatabaseTooNew: the database has a revision that this program does not know.
    """
    directory = ScriptDirectory(str(scripts))

    def missing(connection: Connection) -> tuple[str, ...]:
        _check(connection, scripts)
        steps = directory.iterate_revisions("head", _revision(connection) or "base")
        return tuple(reversed([step.revision for step in steps]))

    everything = tuple(reversed([step.revision for step in directory.iterate_revisions("head", "base")]))
    return _read(url, everything, timeout, missing)


def drift(url: str, *, timeout: float = 10.0) -> tuple[str, ...]:
    """How the database's schema differs from the models, one line per difference; empty when it does not."""

    def differences(connection: Connection) -> tuple[str, ...]:
        def kept(item: Any, _name: str | None, _kind: str, reflected: bool, _other: object) -> bool:
            # Alembic does not look at `ddl_if`: what PostgreSQL has triggers for is no reference there.
            elsewhere = connection.dialect.name == "postgresql" and CHECKED in getattr(item, "info", {})
            return reflected or not elsewhere

        options = {"compare_type": True, "include_object": kept}
        context = MigrationContext.configure(connection, opts=options)
        return tuple(str(difference) for difference in compare_metadata(context, Base.metadata))

    return _read(url, ("the database does not exist",), timeout, differences)


def _read(url: str, absent: T, timeout: float, look: Callable[[Connection], T]) -> T:
    """Look at the schema; a SQLite file that does not exist is not created for it."""
    file = engines.sqlite_file(engines.parse(url))
    if file is not None and not file.exists():
        return absent
    with _connected(url, timeout=timeout) as connection, translated():
        return look(connection)


def _config(connection: Connection, scripts: Path) -> Config:
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(scripts).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


@contextmanager
def _connected(url: str, *, create: bool = False, timeout: float) -> Iterator[Connection]:
    parsed = engines.parse(url)
    file = engines.sqlite_file(parsed)
    if file is not None:
        _check_file(file, create=create)
    engine = engines.migrating(parsed, timeout=timeout)
    try:
        with translated(), engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


def _check_file(file: Path, *, create: bool) -> None:
    if file.is_dir():
        raise NotADatabase(f"{file} is a folder; name a file in it")
    if not file.parent.is_dir():
        raise DatabaseUnavailable(f"the folder {file.parent} does not exist; create it")
    if not create and not file.exists():
        raise DatabaseUnavailable(f"{file} does not exist; run `python -m api migrate` to create it")
    if create and not file.exists():
        # It will hold personal data: for nobody but its owner. SQLite gives its side files the same mode.
        file.touch(mode=0o600)
    if file.stat().st_size:
        with file.open("rb") as stream:
            if stream.read(16) != b"SQLite format 3\x00":
                raise NotADatabase(f"{file} is not a SQLite database; name another file, or move it away")


@contextmanager
def _alone(connection: Connection, timeout: float) -> Iterator[None]:
    """Hold the lock that one migration at a time has.

    SQLite needs none: the run is one transaction, which takes the file before it reads what is to be done.
    On PostgreSQL the lock belongs to the session and goes with it, however the process ends.
    """
    if connection.dialect.name != "postgresql":
        yield
        return
    deadline = time.monotonic() + timeout
    while not connection.scalar(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": _LOCK}):
        connection.commit()
        if time.monotonic() > deadline:
            raise DatabaseLocked("another migration is running; wait for it to end and try again")
        time.sleep(_RETRY)
    limit = f"{int(min(timeout, _LOCKING) * 1000)}ms"
    connection.execute(text("SELECT set_config('lock_timeout', :limit, false)"), {"limit": limit})
    connection.commit()
    yield


def _patiently(connection: Connection, timeout: float, run: Callable[[], None]) -> None:
    """Run revisions, again from the one that could not get its locks, until all are done.

    On a live database a revision that waits for a long transaction makes every writer wait behind it: so it
    waits for short, lets them by, and tries again. What was finished stays finished.
    """
    deadline = time.monotonic() + timeout
    while True:
        try:
            return run()
        except DBAPIError as error:
            if connection.dialect.name != "postgresql" or not isinstance(translate(error), DatabaseLocked):
                raise
            if time.monotonic() > deadline:
                raise
        connection.rollback()
        time.sleep(_LOCKING)


def _settle(connection: Connection) -> None:
    """Let readers and a writer work side by side from the start. SQLite notes it in the file."""
    connection.rollback()
    if connection.dialect.name == "sqlite":
        cursor = connection.connection.cursor()
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.close()


def _revision(connection: Connection) -> str | None:
    revision = MigrationContext.configure(connection).get_current_revision()
    connection.rollback()
    return revision


def _check(connection: Connection, scripts: Path) -> None:
    revision = _revision(connection)
    if revision is None:
        return
    try:
        found: Any = ScriptDirectory(str(scripts)).get_revision(revision)
    except (CommandError, ResolutionError):
        found = None
    if found is None:
        raise DatabaseTooNew(
            f"the database is at revision {revision}, which this version does not know; "
            "start the version that migrated it, or a newer one"
        )


def _refuse_foreign(connection: Connection) -> None:
    """Never migrate into a database that holds somebody else's tables."""
    tables = set(inspect(connection).get_table_names())
    connection.rollback()
    if tables and "alembic_version" not in tables:
        raise NotADatabase("the database holds tables of another program; name an empty database")


@contextmanager
def _named(revision: str) -> Iterator[None]:
    try:
        yield
    except CommandError as error:
        if isinstance(error.__cause__, ResolutionError) or "locate revision" in str(error):
            raise RevisionUnknown(
                f"there is no revision {revision!r}; name one of migrations/versions"
            ) from None
        raise
    except DBAPIError as error:
        raise translate(error) from None
