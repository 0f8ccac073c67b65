"""Names and texts in SQL."""

from __future__ import annotations

from typing import Any

import duckdb


def quoted(name: str) -> str:
    """A column or table name in double quotes."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text in single quotes."""
    return "'" + text.replace("'", "''") + "'"


def one(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[Any, ...]:
    """The single row of a query, read to its end: a result that is not holds up the connection."""
    (row,) = connection.execute(query).fetchall()
    return tuple(row)
