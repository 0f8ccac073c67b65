"""Errors of the store, named for what went wrong; each says what to do about it.

::

    StoreError
    ├── DatabaseUnavailable     nothing answers at the address, or the connection broke
    ├── DatabaseLocked          somebody else holds the database for longer than we wait
    ├── Conflict                a row contradicts one that is already there
    ├── KeyringError            a key is missing, of the wrong length, or not the one that sealed the data
    ├── CursorError             a paging cursor that this store did not hand out for this order
    ├── UnsupportedDatabase     an address of a database that is not supported
    ├── MigrationError
    │   ├── NotADatabase        the file is no database, or a foreign or damaged one
    │   ├── DatabaseTooNew      a newer version of the program migrated it
    │   └── RevisionUnknown     no revision has this name
    ├── OfferError              see :mod:`store.errors_offers`
    └── IdentityError           who is who cannot be changed so; see :mod:`store.errors_identity`

No message carries a value from a statement: rows hold personal data.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from c360.errors import C360Error


class StoreError(C360Error):
    """Something went wrong in the store."""


class DatabaseUnavailable(StoreError):
    """The database does not answer."""


class DatabaseLocked(StoreError):
    """The database is held by somebody else."""


class Conflict(StoreError):
    """A row contradicts one that is already there.

    Args:
        constraint: name of the constraint it breaks, where the database tells.
    """

    def __init__(self, constraint: str | None) -> None:
        super().__init__(
            f"the change contradicts what is stored ({constraint or 'constraint'}); read again and retry"
        )
        self.constraint = constraint


class KeyringError(StoreError):
    """Data cannot be sealed or opened with the keys at hand."""


class CursorError(StoreError):
    """A paging cursor that cannot be used."""

    def __init__(self, why: str) -> None:
        super().__init__(f"the cursor {why}; use a cursor of a page with the same order, or none")


class UnsupportedDatabase(StoreError):
    """An address that names no supported database."""


class MigrationError(StoreError):
    """The schema cannot be brought to the wanted revision."""


class NotADatabase(MigrationError):
    """What stands at the address is not a database of this program."""


class DatabaseTooNew(MigrationError):
    """The database was migrated by a newer version of the program."""


class RevisionUnknown(MigrationError):
    """No revision of the schema has this name."""


_POSTGRES_BUSY = {"55P03", "40P01", "40001", "57014"}
"""SQLSTATEs for: lock not available, deadlock, serialisation failure, statement cancelled."""
_POSTGRES_GONE = {"57P01", "57P02", "57P03", "53300"}
"""SQLSTATEs for: shut down, crashed, starting up, too many connections."""
_SQLITE_GONE = ("SQLITE_CANTOPEN", "SQLITE_IOERR", "SQLITE_FULL", "SQLITE_READONLY_DB")
_NO_ANSWER = "the database does not answer; check that it runs and its address"


@contextmanager
def translated() -> Iterator[None]:
    """Turn the driver's errors into the store's, without their texts: those quote rows."""
    try:
        yield
    except PoolTimeout:
        raise DatabaseLocked(
            "no database connection came free in time; enlarge the pool or look for long transactions"
        ) from None
    except DBAPIError as error:
        raise translate(error) from None
    except SQLAlchemyError as error:
        raise StoreError(f"{type(error).__name__} in the database layer; this is a fault of c360") from None


def translate(error: DBAPIError) -> StoreError:
    """The store's error for a driver's error."""
    original = error.orig
    if isinstance(error, IntegrityError):
        return Conflict(_constraint(original))
    if _unreachable(error, _state(original)):
        return DatabaseUnavailable(_NO_ANSWER)
    return refused(original)


def refused(original: BaseException | None) -> StoreError:
    """The store's error for what a driver raised when it ran a statement that reads."""
    state = _state(original)
    if state in _POSTGRES_BUSY or state.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return DatabaseLocked("the database is held by another process; wait for it to end and try again")
    if state.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT")):
        return NotADatabase("the file is not a database or is damaged; restore it from a backup")
    if state in _POSTGRES_GONE or state.startswith(("08", *_SQLITE_GONE)):
        return DatabaseUnavailable(_NO_ANSWER)
    if state == "42P01" or (state == "SQLITE_ERROR" and "no such table" in str(original)):
        return MigrationError("a table is missing; run `python -m api migrate`")
    return StoreError(f"the database refused a statement ({type(original).__name__} {state})".rstrip())


def _state(original: BaseException | None) -> str:
    return str(getattr(original, "sqlstate", None) or getattr(original, "sqlite_errorname", None) or "")


def _unreachable(error: DBAPIError, state: str) -> bool:
    if error.connection_invalidated or state in _POSTGRES_GONE:
        return True
    if state.startswith(("08", *_SQLITE_GONE)):
        return True
    # psycopg raises OperationalError without a state where it could not connect at all.
    return not state and type(error.orig).__name__ in {"OperationalError", "ConnectionTimeout"}


def _constraint(original: BaseException | None) -> str | None:
    diagnosis = getattr(original, "diag", None)
    if diagnosis is not None:
        name = getattr(diagnosis, "constraint_name", None)
        return str(name) if name else None
    # SQLite names tables and columns only: ``UNIQUE constraint failed: customer.tenant, …``.
    return str(original).partition(": ")[2] or None
