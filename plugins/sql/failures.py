"""What a database's errors mean to the caller. Nothing of a message is quoted: it may hold data."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from sqlalchemy import exc

from c360.errors import ConnectorError, DeadlineExceeded, PartnerFault, Reconfigure, RetryLater

_TOO_SLOW = DeadlineExceeded, "the statement was stopped at its time-out"
_DENIED = Reconfigure, "the login may not read what is mapped; grant it SELECT"
_UNKNOWN = Reconfigure, "a mapped table or column does not exist"
_LOGIN = Reconfigure, "the login is refused, or there is no such database; correct url"
_DOWN = RetryLater, "the database is not to be reached or not ready"
_MISFIT = Reconfigure, "the statement does not fit the table; check the mapping"
_DATA = PartnerFault, "the database could not read its own data"

_BY_STATE: Mapping[str, tuple[type[ConnectorError], str]] = MappingProxyType(
    {
        "57014": _TOO_SLOW,
        "25P03": _TOO_SLOW,
        "42501": _DENIED,
        "42P01": _UNKNOWN,
        "42703": _UNKNOWN,
        "3D000": _LOGIN,
        "3F000": _UNKNOWN,
        "28": _LOGIN,
        "22": _DATA,
        "42": _MISFIT,
    }
)
"""By SQLSTATE, whole or its class (ISO 9075; PostgreSQL's appendix A)."""

_BY_SQLITE: Mapping[str, tuple[type[ConnectorError], str]] = MappingProxyType(
    {
        "SQLITE_INTERRUPT": _TOO_SLOW,
        "SQLITE_PERM": _DENIED,
        "SQLITE_AUTH": _DENIED,
        "SQLITE_CANTOPEN": (Reconfigure, "the file cannot be opened; name a readable SQLite file in url"),
        "SQLITE_NOTADB": (Reconfigure, "the file is no SQLite database; name one in url"),
        "SQLITE_ERROR": _UNKNOWN,
    }
)

_REFUSALS = ("authentication failed", "does not exist", "no pg_hba.conf entry", "not permitted to log in")
"""A server that refuses a login has no SQLSTATE for the client to see, only these words."""


def explain(error: Exception) -> ConnectorError:
    """The error that tells the host what to do next."""
    if isinstance(error, exc.TimeoutError):
        return RetryLater("no connection became free in time")
    if not isinstance(error, exc.DBAPIError):
        return Reconfigure(f"the statement could not be made ({type(error).__name__}); check the mapping")
    kind, text = _meaning(error)
    return kind(text)


def unknown_name(error: Exception) -> bool:
    """Whether the database says that a table or column is not there (any more)."""
    return isinstance(error, exc.DBAPIError) and _meaning(error) is _UNKNOWN


def _meaning(error: exc.DBAPIError) -> tuple[type[ConnectorError], str]:
    original = error.orig
    state = getattr(original, "sqlstate", None)
    if isinstance(state, str):
        return _BY_STATE.get(state) or _BY_STATE.get(state[:2], _DOWN)
    name = getattr(original, "sqlite_errorname", None)
    if isinstance(name, str):
        return next((found for start, found in _BY_SQLITE.items() if name.startswith(start)), _DOWN)
    if isinstance(error, exc.OperationalError) and any(words in str(original) for words in _REFUSALS):
        return _LOGIN
    if isinstance(error, exc.DataError):
        return _DATA
    return _MISFIT if isinstance(error, exc.ProgrammingError | exc.NotSupportedError) else _DOWN
