"""A table's mapping, checked and ready: which columns are read, and how a row becomes a record."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from c360.errors import ConfigError
from c360.kinds import PARTY, kinds
from c360.records.base import Kind, Record
from c360.tables.cells import BadCell, Check, Shape, empty, text_of
from c360.tables.fields import Builder, Row
from c360.tables.settings import TableMapping

_FALSE = frozenset({"", "0", "f", "false", "n", "no"})


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """How one table is read."""

    mapping: TableMapping
    kind: Kind
    columns: tuple[str, ...]
    """What to select, in this order: a row given to the methods has these cells."""
    checks: tuple[Check, ...]
    """What every row has to fulfil, column by column, so that :meth:`record` takes it."""
    party: str
    """Column with the partner's id of the customer."""
    identity: str | None
    """Column with the id of the record; ``None`` where rows have none."""
    window: tuple[str, Shape] | None
    """Column that a window is cut by, and whether it holds dates or moments."""
    build: Callable[[Row], Any]
    places: dict[str, int]

    def record(self, row: Row) -> Record:
        """The record of a row.

        Raises:
            BadCell: a cell is not what its column is mapped to; the message names the column.
        """
        record: Record = self.build(row)
        return record

    def party_of(self, row: Row) -> str:
        """The partner's id of the customer that a row is about.

        Raises:
            BadCell: it has none.
        """
        return self._id(row, self.party)

    def identity_of(self, row: Row) -> str:
        """The partner's id of the record in a row.

        Raises:
            BadCell: it has none.
        """
        return self._id(row, self.identity or self.party)

    def deleted(self, row: Row) -> bool:
        """Whether the row says that the record is gone."""
        column = self.mapping.deleted
        if column is None:
            return False
        cell = row[self.places[column]]
        text = "" if empty(cell) else text_of(cell)
        if self.mapping.deleted_value is not None:
            return text == self.mapping.deleted_value
        return text.lower() not in _FALSE

    def _id(self, row: Row, column: str) -> str:
        cell = row[self.places[column]]
        try:
            if not empty(cell):
                return text_of(cell)
        except ValueError:
            pass
        raise BadCell(column, "an id")


def compile_plans(mappings: Sequence[TableMapping], *, domain: str, where: str = "tables") -> list[Plan]:
    """The plans of an instance's tables, one for each kind.

    Args:
        mappings: what the settings say, one for each table.
        domain: the connector's; its kinds and profiles may be mapped.
        where: the setting's name, for errors.

    Raises:
        ConfigError: there is none, a kind is mapped twice, or a mapping is wrong.
    """
    if not mappings:
        raise ConfigError(where, "nothing", "map at least one table")
    seen: dict[str, int] = {}
    for place, mapping in enumerate(mappings):
        if mapping.kind in seen:
            raise ConfigError(
                f"{where}[{place}].kind",
                f"{mapping.kind} for a second time",
                "map each kind once; where its rows lie in two tables, make a view of both",
            )
        seen[mapping.kind] = place
    return [
        compile_plan(mapping, domain=domain, where=f"{where}[{place}]")
        for place, mapping in enumerate(mappings)
    ]


def compile_plan(mapping: TableMapping, *, domain: str, where: str) -> Plan:
    """The plan of one table.

    Raises:
        ConfigError: the mapping does not fit the kind; names the setting, what was found, what would do.
    """
    kind = _kind(mapping.kind, domain, where)
    builder = Builder(_zone(mapping.zone, where))
    build = builder.record(kind.record, mapping.fields, f"{where}.fields")
    party = _party(mapping, builder, where)
    identity = _identity(mapping, kind, builder)
    window = _window(mapping, kind, builder, where)
    _search(mapping, where)
    if mapping.deleted_value is not None and mapping.deleted is None:
        raise ConfigError(f"{where}.deleted_value", "a value without a column", "name the column in deleted")
    if mapping.changed is not None and identity is None:
        raise ConfigError(
            f"{where}.identity", "nothing", f"name it: a feed of {kind.name} has to tell rows apart"
        )
    for column in (party, identity, mapping.changed, mapping.deleted):
        if column is not None:
            builder.need(column)
    ids = dict.fromkeys(column for column in (party, identity) if column is not None)
    return Plan(
        mapping=mapping,
        kind=kind,
        columns=tuple(builder.columns),
        checks=(*(Check(column=each, shape=Shape.TEXT, required=True) for each in ids), *builder.checks),
        party=party,
        identity=identity,
        window=window,
        build=build,
        places=dict(builder.columns),
    )


def _kind(name: str, domain: str, where: str) -> Kind:
    known = kinds()
    mine = [each for each, kind in known.items() if each == PARTY or kind.domain == domain]
    if name not in mine:
        raise ConfigError(f"{where}.kind", repr(name), f"use one of {', '.join(mine)}")
    return known[name]


def _zone(name: str, where: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ConfigError(f"{where}.zone", repr(name), "name a time zone such as Europe/Zurich") from None


def _party(mapping: TableMapping, builder: Builder, where: str) -> str:
    if mapping.kind == PARTY:
        own = builder.sources.get("party_id")
        if own is None:
            raise ConfigError(f"{where}.fields.party_id", "no column", "map it from a column")
        if mapping.party not in {None, own[0]}:
            raise ConfigError(f"{where}.party", repr(mapping.party), "leave it out: party_id says it")
        return own[0]
    if mapping.party is None:
        raise ConfigError(f"{where}.party", "nothing", "name the column with the customer's id")
    return mapping.party


def _identity(mapping: TableMapping, kind: Kind, builder: Builder) -> str | None:
    if mapping.identity is not None:
        return mapping.identity
    own = builder.sources.get("party_id" if kind.name == PARTY else kind.identity or "")
    return own[0] if own else None


def _window(mapping: TableMapping, kind: Kind, builder: Builder, where: str) -> tuple[str, Shape] | None:
    if not kind.windowed:
        if mapping.window is not None:
            raise ConfigError(
                f"{where}.window", repr(mapping.window), f"leave it out: {kind.name} has no window"
            )
        return None
    timely = {
        name: source for name, source in builder.sources.items() if source[1] in {Shape.DATE, Shape.MOMENT}
    }
    if mapping.window not in timely:
        names = ", ".join(sorted(timely)) or "a mapped field with a date or a moment"
        found = "nothing" if mapping.window is None else repr(mapping.window)
        raise ConfigError(f"{where}.window", found, f"name the field whose day counts: {names}")
    return timely[mapping.window]


def _search(mapping: TableMapping, where: str) -> None:
    for key, columns in mapping.keys.items():
        if not columns or not all(columns):
            raise ConfigError(f"{where}.keys.{key.value}", repr(columns), "name the columns to search")
