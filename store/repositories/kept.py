"""Statements that are built once, for readers that keep them prepared."""

from __future__ import annotations

import hashlib
from typing import Any

from sqlalchemy import Dialect
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlalchemy.dialects.sqlite.base import SQLiteDialect

from store.readers.base import Statement


def kept(built: Any, *, postgres: bool) -> Statement:
    """A statement as its database is given it.

    Args:
        built: by the toolkit; all that is asked for is in its parameters.
        postgres: whether it is PostgreSQL.
    """
    made: Any = PGDialect  # its initialiser is not typed
    dialect: Dialect = made(paramstyle="numeric_dollar") if postgres else SQLiteDialect(paramstyle="named")
    compiled = built.compile(dialect=dialect)
    names = tuple(dict.fromkeys(compiled.positiontup or compiled.params))
    digest = hashlib.sha256(compiled.string.encode()).hexdigest()
    return Statement(name=f"c360_{digest[:32]}", text=compiled.string, parameters=names)
