"""Signs of life: what a process has as long as it lives, and loses when it ends, however it ends.

Who waits for a lease sees by it that the holder is gone, and need not wait until the lease has run out. A
sign that is there proves nothing (its process may hang); one that is not there does: the system lets go of
the lock that it is when the process ends. On PostgreSQL that is a lock of a connection, on SQLite, which is
on one machine, a lock on a file beside the database's.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import hashlib
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO, Any

from sqlalchemy import text

from store.engines import parse, postgres_connecting, sqlite_file
from store.errors import DatabaseUnavailable
from store.unit import Unit

_SHOWN = "lives-"
"""How the names of holders begin that have a sign: of others nothing is concluded."""
_PRESENT = text(
    "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1 "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) "
    "AND classid = :high AND objid = :low)"
)


def new_holder() -> str:
    """The name of a holder of leases that has a sign of life."""
    return f"{_SHOWN}{uuid.uuid4().hex}"


@asynccontextmanager
async def living(url: str, holder: str) -> AsyncIterator[Callable[[], Awaitable[None]]]:
    """Show a sign of life while the block runs.

    Args:
        url: the database's address.
        holder: by :func:`new_holder`.

    Yields:
        what waits until the sign is lost although the process lives: it then counts as dead to others, and
        does at once no more of what its leases are for.

    Raises:
        DatabaseUnavailable: it cannot be shown.
    """
    file = sqlite_file(parse(url))
    if file is not None:
        with _locked(_beside(file, holder)):
            yield _never
        return
    import psycopg  # a worker on SQLite has no use for it

    address = parse(url).set(drivername="postgresql").render_as_string(hide_password=False)
    try:
        async with await psycopg.AsyncConnection.connect(
            address, autocommit=True, **postgres_connecting()
        ) as connection:
            await connection.execute("SELECT pg_advisory_lock(%s)", [_number(holder)])
            yield lambda: _lost(connection)
    except psycopg.Error as error:
        # Its message holds the address.
        raise DatabaseUnavailable(f"no sign of life: {type(error).__name__}") from None


async def is_gone(unit: Unit, url: str, holder: str) -> bool:
    """Whether a holder had a sign of life and has it no more.

    Args:
        unit: of the database.
        url: the database's address.
        holder: whose.
    """
    if not holder.startswith(_SHOWN):
        return False
    file = sqlite_file(parse(url))
    if file is not None:
        return _free(_beside(file, holder))
    number = _number(holder) % 2**64
    where = {"high": number >> 32, "low": number & 0xFFFFFFFF}
    present = await unit.scope.session.scalar(_PRESENT, where)
    return not present


async def _never() -> None:
    """Wait for what does not happen: a file's lock goes with the process alone."""
    await asyncio.Event().wait()


async def _lost(connection: Any) -> None:
    """Wait until a connection ends from which nothing is to be heard."""
    import psycopg

    with contextlib.suppress(psycopg.Error):
        async for _ in connection.notifies():
            pass


def _number(holder: str) -> int:
    """Of the advisory lock that is a holder's sign."""
    return int.from_bytes(hashlib.sha256(holder.encode()).digest()[:8], "big", signed=True)


def _beside(database: Path, holder: str) -> Path:
    return database.with_name(f"{database.name}.{holder}")


@contextlib.contextmanager
def _locked(file: Path) -> Iterator[None]:
    with file.open("w", encoding="ascii") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        try:
            yield
        finally:
            file.unlink(missing_ok=True)


def _free(file: Path) -> bool:
    """Whether nobody holds a file's lock; what a dead process left of it is removed."""
    try:
        stream: IO[str] = file.open("r+", encoding="ascii")
    except FileNotFoundError:
        return True
    with stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        file.unlink(missing_ok=True)
        return True
