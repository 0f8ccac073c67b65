"""Cells of a table as values of a record: typed, exact, and never guessed.

A database hands over numbers and dates, a CSV file texts; both become the same values. What a text has to
look like stands in :data:`GRAMMAR`, so that whoever checks a million rows by SQL checks the same.
"""

from __future__ import annotations

import enum
import re
import uuid
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from c360.countries import country_code
from c360.currencies import is_currency
from c360.errors import PartnerFault


class BadCell(PartnerFault):
    """A cell does not hold what its column is mapped to. Names the column and what is due, never the cell."""

    def __init__(self, column: str, due: str) -> None:
        super().__init__(f"column {column!r} does not hold {due}")
        self.column = column
        self.due = due


class Shape(enum.Enum):
    """What a cell has to be."""

    TEXT = "a text"
    INTEGER = "a whole number"
    DECIMAL = "a number"
    BOOLEAN = "true or false"
    DATE = "a date (2026-01-31)"
    MOMENT = "a moment (2026-01-31T09:30:00+01:00)"
    CURRENCY = "a currency code (EUR)"
    COUNTRY = "a country code (CH)"
    CHOICE = "one of the values it is mapped by"


_DAY = r"(000[1-9]|00[1-9][0-9]|0[1-9][0-9]{2}|[1-9][0-9]{3})-[0-9]{2}-[0-9]{2}"
_HOUR, _MINUTE = "([01][0-9]|2[0-3])", "[0-5][0-9]"

GRAMMAR: Mapping[Shape, str] = MappingProxyType(
    {
        Shape.INTEGER: r"[+-]?[0-9]{1,18}(\.0{1,9})?",
        Shape.DECIMAL: r"[+-]?([0-9]{1,28}(\.[0-9]{0,28})?|\.[0-9]{1,28})([eE][+-]?[0-9]{1,2})?",
        Shape.BOOLEAN: r"(?i:true|false|t|f|yes|no|y|n|1|0)",
        Shape.DATE: _DAY,
        Shape.MOMENT: f"{_DAY}[T ]{_HOUR}:{_MINUTE}(:{_MINUTE}(\\.[0-9]{{1,9}})?)?"
        f"(Z|[+-]{_HOUR}(:?{_MINUTE})?)?",
    }
)
"""Texts that stand for a value, by the value's shape, as regular expressions for the whole text. Dates and
moments have to be of the calendar as well; what has no entry is looked up or taken as it is."""

_PATTERNS = {shape: re.compile(pattern) for shape, pattern in GRAMMAR.items()}
_TRUE = frozenset({"true", "t", "yes", "y", "1"})


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """What can be said of a column without building a record: for checking many rows at once."""

    column: str
    shape: Shape
    required: bool
    """Whether it has to hold something in every row."""
    beside: tuple[str, ...] = ()
    """Columns any of which, where it holds something, makes this one due as well."""
    choices: frozenset[str] | None = None
    """Texts that are taken; ``None``: all of the shape."""


Convert = Callable[[Any], Any]
"""Takes a cell that is not empty and gives the value.

Raises:
    ValueError: it is not of the shape. Its message is not used, for it may quote the cell.
"""


def empty(cell: Any) -> bool:
    """Whether there is nothing: no value, or a text without a character."""
    return cell is None or cell == ""


def text_of(cell: Any) -> str:
    """A cell as text: numbers without an exponent, dates as ISO 8601 has them.

    Raises:
        ValueError: it is bytes or another thing that no text stands for.
    """
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, int | uuid.UUID):
        return str(cell)
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    if isinstance(cell, Decimal):
        return format(cell, "f")
    if isinstance(cell, date):
        return cell.isoformat()
    raise ValueError


def _integer(cell: Any) -> int:
    if isinstance(cell, int) and not isinstance(cell, bool):
        return cell
    if isinstance(cell, float | Decimal):
        if cell != int(cell):
            raise ValueError
        return int(cell)
    return int(_matching(Shape.INTEGER, cell).partition(".")[0])


def _decimal(cell: Any) -> Decimal:
    if isinstance(cell, int) and not isinstance(cell, bool):
        return Decimal(cell)
    number = cell if isinstance(cell, Decimal) else Decimal(_matching(Shape.DECIMAL, _shown(cell)))
    if not number.is_finite():
        raise ValueError
    return number


def _shown(cell: Any) -> Any:
    """The shortest text that gives a float back: what the database printed, not what it rounds to."""
    return repr(cell) if isinstance(cell, float) else cell


def _boolean(cell: Any) -> bool:
    if isinstance(cell, bool):
        return cell
    return _matching(Shape.BOOLEAN, text_of(cell)).lower() in _TRUE


def _date(cell: Any) -> date:
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    return date.fromisoformat(_matching(Shape.DATE, cell))


def _moment(zone: ZoneInfo) -> Convert:
    def convert(cell: Any) -> datetime:
        moment = (
            cell
            if isinstance(cell, datetime)
            else datetime.fromisoformat(_six_digits(_matching(Shape.MOMENT, cell)))
        )
        return moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)

    return convert


def _six_digits(text: str) -> str:
    """Without what is finer than a microsecond."""
    return re.sub(r"(\.[0-9]{6})[0-9]+", r"\1", text)


def _currency(cell: Any) -> str:
    if not isinstance(cell, str) or not is_currency(cell):
        raise ValueError
    return cell


def _country(cell: Any) -> str:
    code = country_code(cell) if isinstance(cell, str) else None
    if code is None:
        raise ValueError
    return code


def _matching(shape: Shape, cell: Any) -> str:
    if not isinstance(cell, str) or not _PATTERNS[shape].fullmatch(cell):
        raise ValueError
    return cell


def converter(shape: Shape, zone: ZoneInfo) -> Convert:
    """How a cell becomes a value of a shape; :attr:`Shape.CHOICE` has its own, :func:`chosen`."""
    return {
        Shape.TEXT: text_of,
        Shape.INTEGER: _integer,
        Shape.DECIMAL: _decimal,
        Shape.BOOLEAN: _boolean,
        Shape.DATE: _date,
        Shape.MOMENT: _moment(zone),
        Shape.CURRENCY: _currency,
        Shape.COUNTRY: _country,
    }[shape]


def chosen(values: Mapping[str, Any], otherwise: Any = None) -> Convert:
    """How a cell becomes one of some values, by its text.

    Args:
        values: what each text means.
        otherwise: what any other text means; where there is nothing of the kind it is refused.
    """

    def convert(cell: Any) -> Any:
        found = values.get(text_of(cell), otherwise)
        if found is None:
            raise ValueError
        return found

    return convert


def guarded(column: str, shape: Shape, convert: Convert) -> Convert:
    """The conversion with an error that names the column."""
    due = shape.value

    def converted(cell: Any) -> Any:
        try:
            return convert(cell)
        except (ValueError, ArithmeticError, TypeError):
            raise BadCell(column, due) from None

    return converted
