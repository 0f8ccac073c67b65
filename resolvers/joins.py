"""Joining records that partners serve apart: balances into accounts, claims into policies.

Which field is joined from which kind stands in the record itself, as ``extra={"joined": kind}``.
The key is the record's own id: its first field that ends in ``_id`` and that the other kind has too.
"""

from __future__ import annotations

import functools
import typing
from collections.abc import Callable, Sequence

import msgspec

from c360.kinds import kind as kind_of
from c360.records.base import Record
from resolvers.hints import hints_of


class Join(msgspec.Struct, frozen=True, kw_only=True):
    """A field that is filled from records of another kind."""

    field: str
    kind: str
    key: str
    many: bool
    """Whether the field holds all matching records, or the first."""


@functools.cache
def joins_of(record: type[Record]) -> tuple[Join, ...]:
    """The joined fields of a record, in their order.

    Raises:
        TypeError: The other kind has no id of this record to be joined by.
    """
    found = []
    for name, hint in hints_of(record).items():
        joined = field_extra(hint).get("joined")
        if joined is not None:
            found.append(
                Join(
                    field=name,
                    kind=joined,
                    key=_key(record, kind_of(joined).record),
                    many=typing.get_origin(_plain(hint)) is tuple,
                )
            )
    return tuple(found)


def field_extra(hint: object) -> dict[str, typing.Any]:
    """The ``extra`` of a field's ``Meta``, empty where it has none."""
    for meta in getattr(hint, "__metadata__", ()):
        if isinstance(meta, msgspec.Meta):
            return meta.extra or {}
    return {}


def _plain(hint: object) -> object:
    return typing.get_args(hint)[0] if hasattr(hint, "__metadata__") else hint


def _key(record: type[Record], other: type[Record]) -> str:
    for name in record.__struct_fields__:
        if name.endswith("_id") and name in other.__struct_fields__:
            return name
    message = f"{other.__name__} has no id to be joined into {record.__name__} by"
    raise TypeError(message)


def join(
    parents: Sequence[Record], joins: Sequence[Join], children: Callable[[str], Sequence[Record]]
) -> tuple[Record, ...]:
    """The parents with their joined fields filled from ``children(kind)``.

    Records of different connectors never join, whatever their ids say.
    """
    indexes = [(one, _index(there, one.key)) for one in joins if (there := children(one.kind))]
    return tuple(_filled(parent, indexes) for parent in parents) if indexes else tuple(parents)


_Index = dict[tuple[str, str], list[Record]]


def _index(records: Sequence[Record], key: str) -> _Index:
    index: _Index = {}
    for record in records:
        index.setdefault((record.connector, getattr(record, key)), []).append(record)
    return index


def _filled(parent: Record, indexes: Sequence[tuple[Join, _Index]]) -> Record:
    changes: dict[str, object] = {}
    for one, index in indexes:
        matches = index.get((parent.connector, getattr(parent, one.key)))
        if matches:
            changes[one.field] = tuple(matches) if one.many else matches[0]
    return msgspec.structs.replace(parent, **changes) if changes else parent
