"""How SQLite and PostgreSQL say the same: values within JSON, many values in one parameter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    DateTime,
    Text,
    and_,
    any_,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    null,
    select,
    tuple_,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import JSON

from store.models.base import Base, table


class Forms(Protocol):
    """What the databases say differently."""

    def among(self, column: Any, parameter: str) -> ColumnElement[bool]:
        """Whether a column is among the texts of a parameter."""
        ...

    def paired(self, one: Any, ones: str, two: Any, twos: str) -> ColumnElement[bool]:
        """Whether two columns are a pair of two parameters' texts; others may pass that cross two pairs."""
        ...

    def hexadecimal(self, column: Any) -> Any:
        """Bytes as a text."""
        ...

    def object(self, **members: Any) -> Any:
        """A JSON object."""
        ...

    def every(self, of: type[Base], value: Any, *conditions: Any) -> Any:
        """A JSON list of a value of each row of a table that meets conditions."""
        ...

    def by_name(self, of: type[Base], name: Any, value: Any, *conditions: Any) -> Any:
        """The same as a JSON object, by the names of the rows."""
        ...

    def json(self, text: Any) -> Any:
        """What is JSON already."""
        ...

    def moment(self, column: Any) -> Any:
        """A moment as RFC 3339 has it."""
        ...

    def moment_parameter(self, name: str) -> Any:
        """A parameter that moments are compared with."""
        ...

    def flag(self, condition: Any) -> Any:
        """True or false."""
        ...

    def exact(self, number: Any) -> Any:
        """A binary number with all of its digits."""
        ...

    def where(self, condition: Any, value: Any) -> Any:
        """JSON where a condition holds, else null."""
        ...


class _Postgres:
    def among(self, column: Any, parameter: str) -> ColumnElement[bool]:
        found: ColumnElement[bool] = column == any_(
            cast(bindparam(parameter, type_=ARRAY(Text)), ARRAY(Text))
        )
        return found

    def paired(self, one: Any, ones: str, two: Any, twos: str) -> ColumnElement[bool]:
        texts = [cast(bindparam(name, type_=ARRAY(Text)), ARRAY(Text)) for name in (ones, twos)]
        asked = func.unnest(*texts).table_valued("one", "two", name=f"asked_{ones}").render_derived()
        second = asked.c.two if two.type.python_type is str else func.decode(asked.c.two, _HEX)
        found: ColumnElement[bool] = tuple_(one, two).in_(select(asked.c.one, second))
        return found

    def hexadecimal(self, column: Any) -> Any:
        return func.encode(column, _HEX)

    def object(self, **members: Any) -> Any:
        return func.json_build_object(*_named(members), type_=JSON)

    def every(self, of: type[Base], value: Any, *conditions: Any) -> Any:
        listed = _rows(of, func.json_agg(value, type_=JSON), conditions)
        return func.coalesce(listed, literal_column("'[]'::json"), type_=JSON)

    def by_name(self, of: type[Base], name: Any, value: Any, *conditions: Any) -> Any:
        found = _rows(of, func.json_object_agg(name, value, type_=JSON), conditions)
        return func.coalesce(found, literal_column("'{}'::json"), type_=JSON)

    def json(self, text: Any) -> Any:
        return cast(text, JSON)

    def moment(self, column: Any) -> Any:
        return column

    def moment_parameter(self, name: str) -> Any:
        return bindparam(name, type_=DateTime(timezone=True))

    def flag(self, condition: Any) -> Any:
        return condition

    def exact(self, number: Any) -> Any:
        return number

    def where(self, condition: Any, value: Any) -> Any:
        return case((condition, value), else_=null())


class _Sqlite:
    def among(self, column: Any, parameter: str) -> ColumnElement[bool]:
        listed = func.json_each(bindparam(parameter, type_=Text)).table_valued("value")
        found: ColumnElement[bool] = column.in_(select(listed.c.value))
        return found

    def paired(self, one: Any, ones: str, two: Any, twos: str) -> ColumnElement[bool]:
        # Joined to the pairs, it would walk through the tenant's whole index.
        listed = func.json_each(bindparam(twos, type_=Text)).table_valued("value")
        second = listed.c.value if two.type.python_type is str else func.c360_bytes(listed.c.value)
        return and_(self.among(one, ones), two.in_(select(second)))

    def hexadecimal(self, column: Any) -> Any:
        return func.lower(func.hex(column))

    def object(self, **members: Any) -> Any:
        return func.json_object(*_named(members), type_=Text)

    def every(self, of: type[Base], value: Any, *conditions: Any) -> Any:
        return _rows(of, func.json_group_array(value, type_=Text), conditions)

    def by_name(self, of: type[Base], name: Any, value: Any, *conditions: Any) -> Any:
        return _rows(of, func.json_group_object(name, value, type_=Text), conditions)

    def json(self, text: Any) -> Any:
        return func.json(text, type_=Text)

    def moment(self, column: Any) -> Any:
        return type_coerce(column, Text).concat(literal_column("'Z'"))

    def moment_parameter(self, name: str) -> Any:
        return bindparam(name, type_=Text)  # as it stands in the columns

    def flag(self, condition: Any) -> Any:
        return func.json(case((condition, literal_column("'true'")), else_=literal_column("'false'")))

    def exact(self, number: Any) -> Any:
        return func.json(func.printf(literal_column("'%!.17g'"), number))

    def where(self, condition: Any, value: Any) -> Any:
        return case((condition, value), else_=null())


def _rows(of: type[Base], collected: Any, conditions: tuple[Any, ...]) -> Any:
    """What is collected of one table's rows; all other tables are those of the statement around it."""
    return select(collected).where(*conditions).correlate_except(table(of)).scalar_subquery()


def _named(members: Mapping[str, Any]) -> list[Any]:
    """Names and values in turn. The names stand in the statement: they are of this program."""
    named: list[Any] = []
    for name, value in members.items():
        named += [literal_column(f"'{name}'"), value]
    return named


_HEX: Any = literal_column("'hex'")
POSTGRES: Forms = _Postgres()
SQLITE: Forms = _Sqlite()
