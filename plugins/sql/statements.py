"""The statements that are sent: Core expressions, so that every name is quoted and every value is bound."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy import (
    ColumnClause,
    ColumnElement,
    Connection,
    Date,
    DateTime,
    Integer,
    Numeric,
    Select,
    String,
    Uuid,
    and_,
    bindparam,
    column,
    exc,
    false,
    func,
    inspect,
    or_,
    select,
    table,
    type_coerce,
)
from sqlalchemy.sql.elements import quoted_name
from sqlalchemy.types import BigInteger, NullType, SmallInteger, TypeEngine

from c360.contract import KeyKind, Need
from c360.errors import Reconfigure
from c360.tables import Plan
from plugins.sql.config import SqlTable

_FOLDED = frozenset({KeyKind.EMAIL, KeyKind.NAME})
"""Keys that are the same in any case."""


_NUL = "\0"
"""No text of a database can hold it, and some drivers fail over it."""


class Layout:
    """A table as the database has it: the types of the mapped columns.

    Args:
        plan: what is read of it.
    """

    def __init__(self, plan: Plan, types: dict[str, TypeEngine[Any]], dialect: str) -> None:
        self.plan = plan
        self._mapping: SqlTable = plan.mapping  # type: ignore[assignment]  # plans are compiled from these
        self._types = types
        self._textual = dialect == "sqlite"  # which has no dates, only texts that sort like them
        self._table = table(
            quoted_name(self._mapping.table, quote=True),
            *(column(quoted_name(name, quote=True), kind) for name, kind in types.items()),
            schema=None if self._mapping.schema is None else quoted_name(self._mapping.schema, quote=True),
        )

    def fetch(self, need: Need, ids: Sequence[str], limit: int) -> Select[Any]:
        """Rows of many customers, those of the need's window alone."""
        party = self._column(self.plan.party)
        return self._select().where(self._among(party, ids), *self._window(need)).limit(limit)

    def search(self, key: KeyKind, value: str, limit: int) -> Select[Any]:
        """Ids of the customers whose key has that value."""
        party = self._column(self.plan.party)
        alike = []
        for name in self._mapping.keys[key]:
            mine = self._column(name)
            if key in _FOLDED and not self._numeric(mine) and _NUL not in value:
                alike.append(func.lower(mine) == bindparam(None, value.lower(), String()))
            else:
                alike.append(self._among(mine, [value]))
        return (
            select(type_coerce(party, NullType())).where(or_(*alike)).distinct().order_by(party).limit(limit)
        )

    def changed(self, after: tuple[str, str | None] | None, limit: int) -> Select[Any]:
        """Rows in the order of their changes, from a place on.

        Args:
            after: the last change seen and the id of its row; without an id, that change and all later.
            limit: how many.
        """
        moved, own = self._column(self._mapping.changed or ""), self._column(self.plan.identity or "")
        rows = self._select().order_by(moved, own).limit(limit)
        if after is None:
            return rows.where(moved.is_not(None))
        place, identity = after
        start = self._bound(moved, place)
        if start is None:
            raise Reconfigure(
                f"the cursor does not fit column {moved.name!r}; read the feed from its beginning"
            )
        if identity is None:
            return rows.where(moved >= start)
        last = self._bound(own, identity)
        return rows.where(or_(moved > start, and_(moved == start, own > last)))

    def earlier(self, place: str, seconds: float) -> str:
        """A place of the feed by so many seconds before another, where it is a moment."""
        try:
            moment = datetime.fromisoformat(place)
        except ValueError:
            return place
        return (moment - timedelta(seconds=seconds)).isoformat(sep=place[10] if len(place) > 10 else "T")

    def _select(self) -> Select[Any]:
        # The driver's own values: a type's own reading of a cell may fail, and quote it.
        cells: Sequence[ColumnElement[Any]] = [
            type_coerce(self._column(name), NullType()) for name in self.plan.columns
        ]
        return select(*cells)

    def _column(self, name: str) -> ColumnClause[Any]:
        found: ColumnClause[Any] = self._table.c[name]
        return found

    def _numeric(self, mine: ColumnClause[Any]) -> bool:
        return isinstance(mine.type, Integer | Numeric)

    def _among(self, mine: ColumnClause[Any], values: Sequence[str]) -> ColumnElement[bool]:
        bound = [each for each in (self._fitting(mine, value) for value in values) if each is not None]
        if self._textual and isinstance(mine.type, NullType):  # untyped in SQLite: a number is no text there
            bound += [
                int(value) for value in values if value.isascii() and value.isdigit() and len(value) < 19
            ]
        return mine.in_(bound) if bound else false()

    def _bound(self, mine: ColumnClause[Any], value: str) -> ColumnElement[Any] | None:
        fitting = self._fitting(mine, value)
        return None if fitting is None else bindparam(None, fitting, self._bind_type(mine))

    def _bind_type(self, mine: ColumnClause[Any]) -> TypeEngine[Any]:
        return String() if self._as_text(mine) else mine.type

    def _as_text(self, mine: ColumnClause[Any]) -> bool:
        return self._textual and isinstance(mine.type, Date | DateTime)

    def _fitting(self, mine: ColumnClause[Any], value: str) -> Any:
        """The value as the column's type has it; ``None`` where it can have no such value."""
        if _NUL in value:
            return None
        try:
            return self._read(mine.type, value)
        except (ValueError, InvalidOperation):
            return None

    def _read(self, kind: TypeEngine[Any], value: str) -> Any:
        if isinstance(kind, Integer):
            number = int(value)
            return number if abs(number) < 2 ** (self._bits(kind) - 1) else None
        if isinstance(kind, Numeric):
            decimal = Decimal(value)
            return decimal if decimal.is_finite() else None
        if isinstance(kind, Uuid):
            return uuid.UUID(value)
        if isinstance(kind, Date | DateTime) and not self._textual:
            moment = datetime.fromisoformat(value)
            return moment if isinstance(kind, DateTime) else moment.date()
        return value

    def _bits(self, kind: Integer) -> int:
        if self._textual or isinstance(kind, BigInteger):
            return 64
        return 16 if isinstance(kind, SmallInteger) else 32

    def _window(self, need: Need) -> list[ColumnElement[bool]]:
        if self.plan.window is None:
            return []
        mine = self._column(self.plan.window[0])
        found: list[ColumnElement[bool]] = []
        if need.since is not None:
            found.append(or_(mine.is_(None), mine >= self._day(mine, need.since)))
        if need.until is not None and need.until < date.max:
            found.append(or_(mine.is_(None), mine < self._day(mine, need.until + timedelta(days=1))))
        return found

    def _day(self, mine: ColumnClause[Any], day: date) -> ColumnElement[Any]:
        if isinstance(mine.type, Date | DateTime) and not self._textual:
            return bindparam(None, day, Date())
        return bindparam(None, day.isoformat(), String())


def layout(connection: Connection, plan: Plan) -> Layout:
    """Look a table up.

    Raises:
        Reconfigure: there is no such table, or it lacks a mapped column; says which.
    """
    mapping: SqlTable = plan.mapping  # type: ignore[assignment]  # plans are compiled from these
    try:
        found = inspect(connection).get_columns(mapping.table, schema=mapping.schema)
    except exc.NoSuchTableError:
        raise Reconfigure(
            f"there is no table or view {mapping.table!r} to read {mapping.kind} from"
        ) from None
    types = {str(each["name"]): each["type"] for each in found}
    searched = [name for names in mapping.keys.values() for name in names]
    wanted = list(dict.fromkeys((*plan.columns, *searched)))
    missing = [name for name in wanted if name not in types]
    if missing:
        raise Reconfigure(
            f"{mapping.table!r} has no column {missing[0]!r}, which {mapping.kind} is mapped from"
        )
    return Layout(plan, {name: types[name] for name in wanted}, connection.dialect.name)
