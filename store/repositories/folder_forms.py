"""How SQLite and PostgreSQL say the same: values within JSON, many values in one parameter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    DateTime,
    FromClause,
    Text,
    any_,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    null,
    select,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import JSON

from store.models.base import Base, table


class Forms(Protocol):
    """What the databases say differently."""

    def among(self, column: Any, parameter: str) -> ColumnElement[bool]:
        """Whether a column is among the texts of a parameter."""
        ...

    def pairs(self, one: str, two: str) -> FromClause:
        """The pairs of two parameters' texts, as columns ``one`` and ``two``."""
        ...

    def bytes_of(self, text: Any) -> Any:
        """The bytes that a text writes in hexadecimal."""
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

    def pairs(self, one: str, two: str) -> FromClause:
        texts = (cast(bindparam(name, type_=ARRAY(Text)), ARRAY(Text)) for name in (one, two))
        return func.unnest(*texts).table_valued("one", "two", name=f"asked_{one}").render_derived()

    def bytes_of(self, text: Any) -> Any:
        return func.decode(text, literal_column("'hex'"))

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

    def pairs(self, one: str, two: str) -> FromClause:
        ones = func.json_each(bindparam(one, type_=Text)).table_valued("key", "value", name=f"asked_{one}")
        twos = func.json_each(bindparam(two, type_=Text)).table_valued("key", "value", name=f"asked_{two}")
        return (
            select(ones.c.value.label("one"), twos.c.value.label("two"))
            .join_from(ones, twos, ones.c.key == twos.c.key)
            .subquery()
        )

    def bytes_of(self, text: Any) -> Any:
        return func.c360_bytes(text)

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


POSTGRES: Forms = _Postgres()
SQLITE: Forms = _Sqlite()
