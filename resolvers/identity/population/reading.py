"""Reads a CSV or Parquet file of records into a table, all as text, whatever its columns are called."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb

from resolvers.identity.population.errors import PopulationError
from resolvers.identity.population.sql import literal, one, quoted

ROW = "row_id"
"""The column that numbers the records, from 1."""


def read(connection: duckdb.DuckDBPyConnection, files: Sequence[Path], table: str) -> list[str]:
    """Read files of the same layout, one after the other, into one table of text and a row number.

    Column names lose blanks at their ends; a name that a file has twice gets a number. Columns that
    only some of the files have are empty in the others.

    Returns:
        the names of the columns, without the row number.

    Raises:
        PopulationError: a file is missing, is neither CSV nor Parquet, or holds no records.
    """
    parts = [_scan(connection, file) for file in files]
    names = list(dict.fromkeys(name for columns, _ in parts for name in columns))
    selects = [
        "SELECT "
        + ", ".join(
            (f"CAST({quoted(columns[name])} AS VARCHAR)" if name in columns else "NULL::VARCHAR")
            + f" AS {quoted(name)}"
            for name in names
        )
        + f" FROM {source}"
        for columns, source in parts
    ]
    union = " UNION ALL ".join(selects)
    try:
        connection.execute(
            f"CREATE OR REPLACE TABLE {table} AS SELECT row_number() OVER () AS {ROW}, * FROM ({union})"
        )
    except duckdb.Error as error:
        raise _unreadable(files, error) from None
    if not one(connection, f"SELECT count(*) FROM {table}")[0]:
        raise PopulationError(f"{_listed(files)} holds no records; name a file with a header and records")
    return names


def _scan(connection: duckdb.DuckDBPyConnection, file: Path) -> tuple[dict[str, str], str]:
    """The columns of a file, as they are to be called and as it calls them, and how to select from it."""
    if not file.is_file():
        raise PopulationError(f"{file} is no file; name a CSV or Parquet file")
    if not file.stat().st_size:
        raise PopulationError(f"{file} is empty; name a file with a header and records")
    with file.open("rb") as stream:
        parquet = stream.read(4) == b"PAR1"
    path = literal(str(file))
    if parquet:
        sources = [f"read_parquet({path})"]
    else:
        options = "all_varchar=true, header=true, null_padding=true, sample_size=20000"
        sources = [f"read_csv({path}, {options}{more})" for more in ("", ", encoding='latin-1'")]
    error: duckdb.Error | None = None
    for source in sources:
        try:
            relation = connection.sql(f"SELECT * FROM {source}")
            connection.execute(f"SELECT count(*) FROM {source}").fetchall()
        except duckdb.Error as caught:
            error = error or caught
            continue
        return _named(relation.columns), source
    assert error is not None  # noqa: S101  # there is at least one source
    raise _unreadable([file], error)


def _named(columns: Sequence[str]) -> dict[str, str]:
    named: dict[str, str] = {}
    for column in columns:
        name = wanted = column.strip().strip("\N{ZERO WIDTH NO-BREAK SPACE}") or "column"
        number = 1
        while name in named or name.lower() == ROW:
            number += 1
            name = f"{wanted}_{number}"
        named[name] = column
    return named


def _unreadable(files: Sequence[Path], error: duckdb.Error) -> PopulationError:
    # The message of the reader may quote the file's values: its kind alone is told.
    return PopulationError(
        f"{_listed(files)} cannot be read as CSV or Parquet ({type(error).__name__}); "
        "check the delimiter, the quotes and that each line has as many values as the header"
    )


def _listed(files: Sequence[Path]) -> str:
    return ", ".join(str(file) for file in files)
