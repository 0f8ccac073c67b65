"""Customers' histories out of a file of purchases."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import ibis
import msgspec
import numpy as np
from ibis.expr import types as ir
from numpy.typing import NDArray

from resolvers.training.files import FileError, as_day, read_table, require

Floats = NDArray[np.float64]


class Columns(msgspec.Struct, frozen=True, kw_only=True):
    """What the columns of a file of purchases are called."""

    customer: str
    date: str
    amount: str


class Histories(msgspec.Struct, frozen=True, kw_only=True):
    """Histories of many customers until the end of calibration, and what came after."""

    customer: tuple[str, ...]
    frequency: Floats
    recency: Floats
    """Weeks."""
    age: Floats
    """Weeks."""
    mean: Floats
    """Mean amount of a repeat purchase; 0 where there was none."""
    first_amount: Floats
    calibration_end: date
    holdout_end: date | None
    """The last day of the file, where it goes beyond the calibration."""
    held_out: Floats
    """Spent after the calibration; zeros where the file ends with it."""
    held_out_purchases: Floats
    dropped: int
    """Rows that no day, amount or customer could be read from."""

    @property
    def spent(self) -> Floats:
        """Spent on repeat purchases so far."""
        spent: Floats = self.frequency * self.mean
        return spent


def histories(table: ir.Table, columns: Columns, *, calibration_end: date) -> ir.Table:
    """The expression behind :class:`Histories`: one row a customer who bought by the end of calibration.

    Purchases of one day are one purchase, as the published figures count them.
    """
    day = as_day(table[columns.date])
    rows = table.select(
        customer=table[columns.customer].cast("string"),
        day=day,
        amount=table[columns.amount].try_cast("float64"),
    ).filter(lambda row: row.day.notnull() & row.amount.notnull() & row.customer.notnull())
    days = rows.group_by(["customer", "day"]).aggregate(amount=rows.amount.sum())
    first = days.mutate(first=days.day.min().over(ibis.window(group_by="customer")))
    known = first.filter(first["first"] <= calibration_end)
    before = known.day <= calibration_end
    repeat = before & (known.day > known["first"])
    after = known.day > calibration_end
    zero = ibis.literal(0.0)
    return known.group_by("customer").aggregate(
        frequency=repeat.sum().fill_null(0),
        first=known["first"].min(),
        last=known.day.max(where=before),
        repeat_amount=known.amount.sum(where=repeat).fill_null(zero),
        first_amount=known.amount.sum(where=known.day == known["first"]).fill_null(zero),
        held_out=known.amount.sum(where=after).fill_null(zero),
        held_out_purchases=after.sum().fill_null(0),
    )


def read_histories(file: Path, columns: Columns, *, calibration_end: date | None) -> Histories:
    """Read a file of purchases, one row each.

    Args:
        file: CSV or Parquet.
        columns: their names.
        calibration_end: the last day that models may see; the file's last day where it is not given.

    Raises:
        FileError: the file or a column cannot be used.
    """
    table = read_table(file)
    require(table, msgspec.structs.astuple(columns), file)
    days = as_day(table[columns.date])
    last = table.aggregate(
        last=days.max(),
        rows=table.count(),
        bad=(days.isnull() | table[columns.amount].try_cast("float64").isnull()).sum(),
    ).to_pyarrow()
    last_day = last["last"][0].as_py()
    if last_day is None:
        raise FileError(f"{file}: column {columns.date!r} holds no day; write 2026-11-30 or 20261130")
    end = calibration_end or last_day
    found = histories(table, columns, calibration_end=end).order_by("customer").to_pyarrow()
    if not found.num_rows:
        raise FileError(f"{file}: nobody bought by {end}; give a later end of calibration")
    first, latest = (_days(found[name]) for name in ("first", "last"))
    frequency = _floats(found["frequency"])
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(frequency > 0, _floats(found["repeat_amount"]) / np.maximum(frequency, 1), 0.0)
    return Histories(
        customer=tuple(found["customer"].to_pylist()),
        frequency=frequency,
        recency=(latest - first) / 7.0,
        age=(np.datetime64(end, "D").astype(np.float64) - first) / 7.0,
        mean=mean,
        first_amount=_floats(found["first_amount"]),
        calibration_end=end,
        holdout_end=last_day if last_day > end else None,
        held_out=_floats(found["held_out"]),
        held_out_purchases=_floats(found["held_out_purchases"]),
        dropped=int(last["bad"][0].as_py() or 0),
    )


def _floats(column: object) -> Floats:
    return np.asarray(column, dtype=np.float64)


def _days(column: object) -> Floats:
    return np.asarray(column, dtype="datetime64[D]").astype(np.float64)
