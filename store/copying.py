"""Rows as PostgreSQL's COPY takes them, written column by column, several times as fast as row by row."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import repeat
from typing import Any

import msgspec
from sqlalchemy import Column, Dialect, Table

from store.columns import UtcDateTime

_ESCAPED = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})
_NULL = r"\N"


class Always(msgspec.Struct, frozen=True):
    """What every row has in a column."""

    value: Any


Columns = Mapping[str, Sequence[Any] | Always]
"""Rows by their columns: each with as many values as there are rows, one of them at least."""


class Written(msgspec.Struct, frozen=True):
    """Rows of one table as they are sent: made before the transaction that sends them has begun."""

    table: Table
    columns: Columns
    text: bytes = b""
    """As COPY takes them; empty where they go by an ordinary INSERT."""


def count(columns: Columns) -> int:
    """How many rows there are.

    Raises:
        ValueError: no column says.
    """
    for values in columns.values():
        if not isinstance(values, Always):
            return len(values)
    message = "every column has one value for all rows"
    raise ValueError(message)


def rows(columns: Columns) -> list[dict[str, Any]]:
    """The same row by row."""
    many = count(columns)
    each = [repeat(of.value, many) if isinstance(of, Always) else of for of in columns.values()]
    return [dict(zip(columns, values, strict=True)) for values in zip(*each, strict=True)]


def arranged(columns: Columns) -> Columns:
    """The same with those columns first that have one value for every row: they are written once."""
    return dict(sorted(columns.items(), key=lambda each: not isinstance(each[1], Always)))


def alike(values: Sequence[Any]) -> Sequence[Any] | Always:
    """A column's values, or the one that all of them are."""
    first = values[0]
    return Always(first) if values.count(first) == len(values) else values


def lines(table: Table, columns: Columns, dialect: Dialect) -> str:
    """Rows in the text format of COPY, in the order of these columns.

    Args:
        table: whose columns they are.
        columns: what is written, at its fastest where :func:`arranged`.
        dialect: the database's.
    """
    many = count(columns)
    start, written = "", []
    for name, of in columns.items():
        if not isinstance(of, Always):
            written.append(_written(table.c[name], of, dialect))
            continue
        (text,) = _written(table.c[name], [of.value], dialect)
        if written:
            written.append([text] * many)
        else:
            start += f"{text}\t"
    if not many:
        return ""
    rest = f"\n{start}".join(map("\t".join, zip(*written, strict=True)))
    return f"{start}{rest}\n"


def _written(column: Column[Any], values: Sequence[Any], dialect: Dialect) -> Sequence[str]:
    if isinstance(column.type, UtcDateTime):
        return _moments(values, dialect)
    kinds = set(map(type, values))
    if kinds == {str} and not _special("".join(values)):
        return values
    if kinds == {bytes}:
        return [_bytes(value) for value in values]
    return [_text(value) for value in values]


def _moments(values: Sequence[datetime | None], dialect: Dialect) -> list[str]:
    """Most columns say a few moments over and over."""
    bound = UtcDateTime().process_bind_param
    known = {value: _text(bound(value, dialect)) for value in set(values)}
    return [known[value] for value in values]


def _special(text: str) -> bool:
    """Whether a text has a character that COPY takes for something else; faster than by an expression."""
    return "\\" in text or "\t" in text or "\n" in text or "\r" in text


def _text(value: Any) -> str:
    """A value as COPY reads it.

    Raises:
        TypeError: it is of a type that no column here has.
    """
    if value is None:
        return _NULL
    form = _FORMS.get(type(value))
    if form is None:
        message = f"no column holds a {type(value).__name__}"
        raise TypeError(message)
    return form(value)


def _bytes(value: bytes) -> str:
    return rf"\\x{value.hex()}"


_FORMS: dict[type, Callable[[Any], str]] = {
    str: lambda value: value.translate(_ESCAPED) if _special(value) else value,
    bytes: _bytes,
    bool: lambda value: "t" if value else "f",
    int: str,
    float: repr,
    Decimal: str,
    datetime: datetime.isoformat,
    date: date.isoformat,
}
