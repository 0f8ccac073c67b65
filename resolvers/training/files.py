"""Anybody's file as a table of expressions."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

import duckdb
import ibis
from ibis import BaseBackend
from ibis.expr import types as ir

from c360.errors import C360Error

_NUMBER = re.compile(r"[-+]?\d+([.,]\d+)?(_\d+)?")
"""A number, also where the reader made it unique among the names by a second one."""


class FileError(C360Error):
    """A file cannot be used as it was named; the message says what would do."""


def read_table(file: Path, *, backend: BaseBackend | None = None) -> ir.Table:
    """A CSV (any delimiter, with or without a header) or Parquet file as a table.

    Raises:
        FileError: it cannot be read.
    """
    if not file.is_file():
        raise FileError(f"{file}: there is no such file; name a CSV or Parquet file")
    backend = backend if backend is not None else ibis.duckdb.connect()
    try:
        if file.suffix.lower() in {".parquet", ".pq"}:
            return backend.read_parquet(file)
        table = backend.read_csv(file, sample_size=-1)
        # Where every name is a number, the first line is no header but a row like the others.
        if all(_NUMBER.fullmatch(name) for name in table.columns):
            table = backend.read_csv(file, sample_size=-1, header=False)
    except (duckdb.Error, ibis.IbisError) as error:
        raise FileError(
            f"{file}: it cannot be read as a table ({type(error).__name__}); give CSV or Parquet"
        ) from None
    return table


def require(table: ir.Table, columns: Collection[str], file: Path) -> None:
    """Make sure that a table has these columns.

    Raises:
        FileError: one is missing; the message names the ones there are.
    """
    for name in columns:
        if name not in table.columns:
            raise FileError(f"{file}: there is no column {name!r}; there are {', '.join(table.columns)}")


def as_day(column: ir.Value) -> ir.DateValue:
    """A day, however it is written: as a date, a moment, ``2026-11-30`` or ``20261130``."""
    if isinstance(column, ir.DateValue):
        return column
    if isinstance(column, ir.TimestampValue):
        return column.date()
    text = column.cast("string").strip()
    compact = text.substr(0, 4) + "-" + text.substr(4, 2) + "-" + text.substr(6, 2)
    return ibis.ifelse(text.re_search(r"^\d{8}$"), compact, text).try_cast("date")
