"""Files read by DuckDB: every row checked where it is read, so that no bad one gets further.

The checks are those of :mod:`c360.tables`, written as SQL: what passes here becomes a record later.
"""
# ruff: noqa: S608  # names are quoted, values are bound, and nothing of a file becomes SQL

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import duckdb
import msgspec

from c360 import countries, currencies
from c360.tables import Check, Plan, Shape
from c360.tables.cells import GRAMMAR
from plugins.files.config import FileTable
from plugins.files.drops import Found

CHUNK = 1_000
"""Rows handed over at once: few, because handing over holds the interpreter."""


class Unreadable(Exception):
    """A file cannot be read as a whole. The message says why, without a value of it."""


class Row(msgspec.Struct, frozen=True, array_like=True):
    """A row of a file."""

    bad: str | None
    """The column that keeps it from being read: its record cannot be told, and neither can its customer's
    others be told in full."""

    object_id: str
    party_id: str
    version: float | None
    deleted: bool
    day: str | None
    cells: str
    """All mapped cells in their order, as a JSON array of texts."""
    keys: str
    """The cells that customers are searched by, as a JSON array of texts."""


class Reading:
    """One file being read."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, plan: Plan, found: Found) -> None:
        self._connection = connection
        self._plan = plan
        self._mapping: FileTable = plan.mapping  # type: ignore[assignment]  # plans are compiled from these
        self._found = found
        self.bad: Counter[str] = Counter()
        """Rows that cannot be read, by the column that keeps them from it."""
        self.nameless = 0
        """Rows left out whose record is not known."""
        self.named: list[str] = []
        """Ids of records whose rows name no customer."""

    def rows(self) -> Iterator[list[Row]]:
        """The rows that name a record and its customer, in the order of the file, some at a time.

        Raises:
            Unreadable: a column is missing, or it is not what its name says.
        """
        try:
            self._open()
            yield from self._chunks()
            self._count_rejects()
        except duckdb.Error as error:
            # DuckDB's messages quote the line they stumbled over.
            raise Unreadable(f"it cannot be read as {self._format()} ({type(error).__name__})") from None

    def blame(self) -> str:
        """Which columns keep how many rows from being read; no value of any."""
        return ", ".join(f"{count:,} by column {column!r}" for column, count in self.bad.most_common(5))

    def _format(self) -> str:
        return "Parquet" if self._found.parquet else "CSV"

    def _open(self) -> None:
        for table in ("reject_errors", "reject_scans"):
            self._connection.execute(f"DROP TABLE IF EXISTS {table}")
        self._connection.execute("SET TimeZone = ?", [self._mapping.zone])
        present = {
            str(name)
            for name, *_ in self._connection.execute(
                f"DESCRIBE SELECT * FROM {self._source()}", self._arguments()
            ).fetchall()
        }
        missing = [name for name in self._wanted() if name not in present]
        if missing:
            raise Unreadable(f"it has no column {missing[0]!r}")

    def _wanted(self) -> list[str]:
        searched = [name for names in self._mapping.keys.values() for name in names]
        return list(dict.fromkeys((*self._plan.columns, *searched)))

    def _source(self) -> str:
        if self._found.parquet:
            return "read_parquet(?)"
        return (
            "read_csv(?, all_varchar = true, header = true, delim = ?, quote = '\"', escape = '\"',"
            " encoding = ?, nullstr = '', ignore_errors = true, store_rejects = true)"
        )

    def _arguments(self) -> list[Any]:
        path = str(self._found.path)
        return [path] if self._found.parquet else [path, self._mapping.delimiter, self._mapping.encoding]

    def _chunks(self) -> Iterator[list[Row]]:
        found = self._connection.execute(self._statement(), self._arguments())
        while chunk := found.fetchmany(CHUNK):
            kept = []
            for values in chunk:
                row = Row(*values)
                if row.bad is not None:
                    self.bad[row.bad] += 1
                if row.object_id and row.party_id:
                    kept.append(row)
                elif row.object_id:
                    self.named.append(row.object_id)
                else:
                    self.nameless += 1
            yield kept

    def _count_rejects(self) -> None:
        """Lines that are no rows at all: too few columns or too many, a quote that never ends."""
        if self._found.parquet:
            return
        ((lines,),) = self._connection.execute("SELECT count(DISTINCT line) FROM reject_errors").fetchall()
        if lines:
            self.bad["(the line)"] += lines
            self.nameless += lines

    def _statement(self) -> str:
        plan, mapping = self._plan, self._mapping
        cells = ", ".join(
            f"nullif(CAST({quoted(name)} AS VARCHAR), '') AS {quoted(name)}" for name in self._wanted()
        )
        whens = " ".join(f"WHEN {bad(check)} THEN {literal(check.column)}" for check in plan.checks)
        version = "NULL"
        if mapping.changed is not None:
            cell = quoted(mapping.changed)
            version = f"coalesce(epoch(try_cast({cell} AS TIMESTAMPTZ)), try_cast({cell} AS DOUBLE))"
            whens += f" WHEN {version} IS NULL THEN {literal(mapping.changed)}"
        keys = [name for names in mapping.keys.values() for name in names]
        return (
            f"SELECT CASE {whens} END, {quoted(plan.identity or '')}, {quoted(plan.party)}, {version},"
            f" {self._deleted()}, {self._day()}, {array(plan.columns)}, {array(keys)}"
            f" FROM (SELECT {cells} FROM {self._source()})"
        )

    def _deleted(self) -> str:
        column = self._mapping.deleted
        if column is None:
            return "false"
        if self._mapping.deleted_value is not None:
            return f"coalesce({quoted(column)} = {literal(self._mapping.deleted_value)}, false)"
        return f"coalesce(lower({quoted(column)}) NOT IN ('0', 'f', 'false', 'n', 'no'), false)"

    def _day(self) -> str:
        """The day of the window, which dates and moments begin with alike."""
        return "NULL" if self._plan.window is None else f"left({quoted(self._plan.window[0])}, 10)"


def connect(memory: int) -> duckdb.DuckDBPyConnection:
    """A DuckDB in memory that reads files and nothing else, on one core.

    Args:
        memory: megabytes it may take.
    """
    return duckdb.connect(
        config={
            "threads": 1,
            "memory_limit": f"{memory}MB",
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "allow_community_extensions": False,
        }
    )


def quoted(name: str) -> str:
    """A column's name in SQL."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text in SQL; only ever of the settings, never of a file."""
    return "'" + text.replace("'", "''") + "'"


def array(names: Sequence[str]) -> str:
    """Columns as one JSON array."""
    return f"CAST(to_json([{', '.join(map(quoted, names))}]::VARCHAR[]) AS VARCHAR)"


def bad(check: Check) -> str:
    """When a row does not fulfil a check, in SQL."""
    cell = quoted(check.column)
    if check.required:
        missing = f"{cell} IS NULL"
    elif check.beside:
        others = " OR ".join(f"{quoted(other)} IS NOT NULL" for other in check.beside)
        missing = f"({cell} IS NULL AND ({others}))"
    else:
        missing = "false"
    wrong = _wrong(check, cell)
    return missing if wrong is None else f"({missing} OR ({cell} IS NOT NULL AND {wrong}))"


def _wrong(check: Check, cell: str) -> str | None:
    match check.shape:
        case Shape.TEXT:
            return None
        case Shape.CHOICE:
            return None if check.choices is None else _among(cell, check.choices)
        case Shape.COUNTRY:
            return _among(f"upper(trim({cell}))", countries.codes())
        case Shape.CURRENCY:
            return _among(cell, currencies.codes())
        case Shape.DATE | Shape.MOMENT:
            return f"(NOT {_like(check.shape, cell)} OR try_cast(left({cell}, 10) AS DATE) IS NULL)"
        case _:
            return f"NOT {_like(check.shape, cell)}"


def _among(cell: str, texts: frozenset[str]) -> str:
    return f"{cell} NOT IN ({', '.join(map(literal, sorted(texts)))})"


def _like(shape: Shape, cell: str) -> str:
    return f"regexp_full_match({cell}, {literal(GRAMMAR[shape])})"
