"""A file's columns as arrays: numbers as floats, everything else as categories."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from resolvers.training.files import FileError, read_table, require

Floats = NDArray[np.float64]
Column = Floats | Sequence[str | None]


class Frame(msgspec.Struct, frozen=True, kw_only=True):
    """The columns of a file, by name."""

    columns: dict[str, Column]
    rows: int

    def take(self, rows: NDArray[np.intp]) -> Frame:
        """Some rows."""
        taken: dict[str, Column] = {
            name: column[rows] if isinstance(column, np.ndarray) else [column[row] for row in rows]
            for name, column in self.columns.items()
        }
        return Frame(columns=taken, rows=len(rows))


def read_frame(file: Path, *, exclude: Collection[str] = ()) -> Frame:
    """Read a file whole.

    Raises:
        FileError: it cannot be read, is empty, or lacks a column that is to be left out.
    """
    table = read_table(file)
    require(table, exclude, file)
    found = table.to_pyarrow()
    if not found.num_rows:
        raise FileError(f"{file}: it has no rows")
    columns = {name: _column(found[name]) for name in found.column_names if name not in exclude}
    return Frame(columns=columns, rows=found.num_rows)


def _column(column: pa.ChunkedArray) -> Column:
    kind = column.type
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return np.array(
            [np.nan if value is None else float(value) for value in column.to_pylist()], dtype=np.float64
        )
    return [None if value is None else str(value) for value in column.to_pylist()]
