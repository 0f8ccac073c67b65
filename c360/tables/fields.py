"""A record's fields as the settings map them, one after the other, each named where it is wrong."""

from __future__ import annotations

import enum
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from c360.errors import ConfigError
from c360.records.base import Record
from c360.tables.cells import BadCell, Check, Convert, Shape, chosen, converter, empty, guarded
from c360.values import CountryCode, CurrencyCode

Row = Sequence[Any]
Maker = Callable[[Row], Any]
"""Takes a row and gives a field's value; ``None`` where there is none."""

_SHAPES: Mapping[Any, Shape] = {
    str: Shape.TEXT,
    int: Shape.INTEGER,
    float: Shape.DECIMAL,
    Decimal: Shape.DECIMAL,
    bool: Shape.BOOLEAN,
    date: Shape.DATE,
    datetime: Shape.MOMENT,
    CurrencyCode: Shape.CURRENCY,
    CountryCode: Shape.COUNTRY,
}
_SOURCE = frozenset({"column", "values", "constant"})


class Hint(msgspec.Struct, frozen=True):
    """What a field of a record takes."""

    type: Any
    """Without ``None``, a sequence or an annotation around it."""
    optional: bool
    many: bool
    joined: str | None
    """The kind it is joined from when answering, so that nobody maps it."""
    host: bool
    """Whether the host fills it in."""


class Builder:
    """Turns the settings of one table's fields into makers, and collects the columns they need.

    Args:
        zone: of moments that name none.
    """

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self.columns: dict[str, int] = {}
        """Place in the row of every column that is needed."""
        self.checks: list[Check] = []
        self.sources: dict[str, tuple[str, Shape]] = {}
        """Column and shape of the record's own fields that come from one."""

    def need(self, column: str) -> int:
        """The place in the row of a column."""
        return self.columns.setdefault(column, len(self.columns))

    def record(self, kind: type[Record], fields: Mapping[str, Any], where: str) -> Callable[[Row], Any]:
        """How a row becomes a record.

        Raises:
            ConfigError: a field is unknown, missing or mapped to what it cannot be.
        """
        makers = self._members(kind, fields, where, required=True, top=True)
        return _struct(kind, makers)

    def _members(
        self, kind: type[msgspec.Struct], fields: Mapping[str, Any], where: str, *, required: bool, top: bool
    ) -> list[tuple[str, Maker, str]]:
        known = hints(kind)
        for name in fields:
            if name not in known:
                raise ConfigError(
                    f"{where}.{name}",
                    "no field of that name",
                    f"use one of {', '.join(_mappable(known))}",
                )
            if known[name].host or known[name].joined:
                joined = known[name].joined
                raise ConfigError(
                    f"{where}.{name}",
                    "a field that is filled in later",
                    f"map the kind {joined} instead" if joined else "leave it out: the host fills it in",
                )
        defaults = {field.name for field in msgspec.structs.fields(kind) if not field.required}
        missing = [name for name in known if name not in defaults and name not in fields]
        if missing:
            raise ConfigError(
                f"{where}.{missing[0]}", "nothing", f"map it: {kind.__name__} cannot be without it"
            )
        makers = []
        for name, setting in fields.items():
            due = required and name not in defaults
            make = self._value(
                known[name], setting, f"{where}.{name}", required=due, name=name if top else None
            )
            makers.append((name, make, next(iter(_columns_of(setting)), name)))
        return makers

    def _value(self, hint: Hint, setting: Any, where: str, *, required: bool, name: str | None) -> Maker:
        if hint.many:
            if not isinstance(setting, list) or not setting:
                raise ConfigError(where, _named(setting), "give a list, for the field is one")
            makers = [
                self._one(hint, each, f"{where}[{place}]", required=False, name=None)
                for place, each in enumerate(setting)
            ]
            return _sequence(makers)
        return self._one(hint, setting, where, required=required, name=name)

    def _one(self, hint: Hint, setting: Any, where: str, *, required: bool, name: str | None) -> Maker:
        if isinstance(hint.type, type) and issubclass(hint.type, msgspec.Struct):
            return self._nested(hint.type, setting, where, required=required)
        if isinstance(setting, str):
            setting = {"column": setting}
        if not isinstance(setting, dict) or not setting or not set(setting) <= _SOURCE:
            raise ConfigError(where, _named(setting), "name a column, or give {column, values} or {constant}")
        shape, convert = self._conversion(hint, setting.get("values"), where)
        if "constant" in setting:
            enumerated = isinstance(hint.type, type) and issubclass(hint.type, enum.Enum)
            # Of a constant nobody has to guess what it means: it is a member, or a mistake.
            strict = chosen(_members_by_text(hint.type, None, where)[0]) if enumerated else convert
            return self._constant(setting, strict, shape, where)
        column = setting.get("column")
        if not isinstance(column, str) or not column:
            raise ConfigError(f"{where}.column", _named(column), "name a column")
        choices = _choices(hint, setting.get("values"))
        self.checks.append(Check(column=column, shape=shape, required=required, choices=choices))
        if name is not None:
            self.sources[name] = (column, shape)
        return _cell(self.need(column), guarded(column, shape, convert))

    def _conversion(self, hint: Hint, values: Any, where: str) -> tuple[Shape, Convert]:
        if isinstance(hint.type, type) and issubclass(hint.type, enum.Enum):
            return Shape.CHOICE, chosen(*_members_by_text(hint.type, values, where))
        shape = _SHAPES.get(hint.type, Shape.TEXT)
        plain = converter(shape, self._zone)
        if values is None:
            return shape, plain
        return Shape.CHOICE, chosen(_meanings(values, plain, shape, where))

    def _constant(self, setting: Mapping[str, Any], convert: Convert, shape: Shape, where: str) -> Maker:
        if len(setting) > 1:
            raise ConfigError(where, "a constant with more beside it", "give the constant alone")
        try:
            value = convert(setting["constant"])
        except (ValueError, ArithmeticError, TypeError):
            raise ConfigError(
                f"{where}.constant", _named(setting["constant"]), f"give {shape.value}"
            ) from None
        return lambda _row: value

    def _nested(self, kind: type[msgspec.Struct], setting: Any, where: str, *, required: bool) -> Maker:
        if not isinstance(setting, dict):
            names = ", ".join(_mappable(hints(kind)))
            raise ConfigError(where, _named(setting), f"give a table with the fields {names}")
        own = Builder(self._zone)
        own.columns = self.columns
        makers = own._members(kind, setting, where, required=True, top=False)
        leading = _leading(kind, setting)
        places = [self.columns[column] for column in leading]
        for check in own.checks:
            # An optional part may be missing as a whole: its columns are due where it is there.
            due = check.required and not check.beside
            self.checks.append(
                msgspec.structs.replace(check, required=required, beside=() if required else leading)
                if due
                else check
            )
        build = _struct(kind, makers)

        def nested(row: Row) -> Any:
            if places and all(empty(row[place]) for place in places):
                return None
            return build(row)

        return nested


def hints(kind: type[msgspec.Struct]) -> dict[str, Hint]:
    """What each field of a struct takes, by its name."""
    return {name: _hint(each) for name, each in typing.get_type_hints(kind, include_extras=True).items()}


def _hint(annotation: Any) -> Hint:
    extra: dict[str, Any] = {}
    for meta in getattr(annotation, "__metadata__", ()):
        extra |= (meta.extra or {}) if isinstance(meta, msgspec.Meta) else {}
    kind = typing.get_args(annotation)[0] if hasattr(annotation, "__metadata__") else annotation
    optional = False
    if typing.get_origin(kind) in {typing.Union, types.UnionType}:
        kind = next(each for each in typing.get_args(kind) if each is not type(None))
        optional = True
    many = typing.get_origin(kind) is tuple
    kind = typing.get_args(kind)[0] if many else kind
    return Hint(kind, optional, many, extra.get("joined"), bool(extra.get("host")))


def _mappable(known: Mapping[str, Hint]) -> list[str]:
    return sorted(name for name, hint in known.items() if not hint.host and not hint.joined)


def _leading(kind: type[msgspec.Struct], setting: Mapping[str, Any]) -> tuple[str, ...]:
    """The columns without which a part of a record is not there.

    Those of its first required field that comes from one; of a part that requires nothing, all of them:
    an amount makes money, a currency alone does not.
    """
    required = [field.name for field in msgspec.structs.fields(kind) if field.required]
    for name in required:
        found = _columns_of(setting.get(name))
        if found:
            return tuple(found)
    return tuple(column for each in setting.values() for column in _columns_of(each))


def _columns_of(setting: Any) -> list[str]:
    if isinstance(setting, str):
        return [setting]
    if isinstance(setting, list):
        return [column for each in setting for column in _columns_of(each)]
    if isinstance(setting, dict):
        if "constant" in setting:
            return []
        if isinstance(setting.get("column"), str) and set(setting) <= _SOURCE:
            return [setting["column"]]
        return [column for each in setting.values() for column in _columns_of(each)]
    return []


def _members_by_text(kind: type[enum.Enum], values: Any, where: str) -> tuple[dict[str, Any], Any]:
    """An enum's members by the texts that mean them, and the one for any other text."""
    members: dict[str, Any] = {str(member.value): member for member in kind}
    meant = dict(members)
    for text, name in _table(values, where).items():
        if name not in members:
            raise ConfigError(
                f"{where}.values.{text}", _named(name), f"use one of {', '.join(sorted(members))}"
            )
        meant[text] = members[name]
    return meant, members.get("OTHER")


def _meanings(values: Any, convert: Convert, shape: Shape, where: str) -> dict[str, Any]:
    meant = {}
    for text, value in _table(values, where).items():
        try:
            meant[text] = convert(value)
        except (ValueError, ArithmeticError, TypeError):
            raise ConfigError(f"{where}.values.{text}", _named(value), f"give {shape.value}") from None
    return meant


def _table(values: Any, where: str) -> Mapping[str, Any]:
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise ConfigError(f"{where}.values", _named(values), "give a table from the column's values")
    return values


def _choices(hint: Hint, values: Any) -> frozenset[str] | None:
    if isinstance(hint.type, type) and issubclass(hint.type, enum.Enum):
        members = {str(member.value) for member in hint.type}
        return None if "OTHER" in members else frozenset(members | set(values or ()))
    return None if values is None else frozenset(values)


def _named(setting: Any) -> str:
    return "nothing" if setting is None else repr(setting)


def _cell(place: int, convert: Convert) -> Maker:
    def cell(row: Row) -> Any:
        found = row[place]
        return None if empty(found) else convert(found)

    return cell


def _sequence(makers: Sequence[Maker]) -> Maker:
    def sequence(row: Row) -> Any:
        return tuple(value for make in makers if (value := make(row)) is not None)

    return sequence


def _struct(kind: type[msgspec.Struct], makers: Sequence[tuple[str, Maker, str]]) -> Maker:
    """How a row becomes a struct; what is empty keeps the field's own default."""
    required = {field.name for field in msgspec.structs.fields(kind) if field.required}

    def build(row: Row) -> Any:
        values = {}
        for name, make, column in makers:
            value = make(row)
            if value is not None:
                values[name] = value
            elif name in required:
                raise BadCell(column, "a value")
        return kind(**values)

    return build
