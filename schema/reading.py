"""Coerced GraphQL inputs as the structs that they were derived from."""

from __future__ import annotations

import functools
import typing
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec
import strawberry
from strawberry.utils.str_converters import to_camel_case

StructT = TypeVar("StructT", bound=msgspec.Struct)


def read_input(struct: type[StructT], values: Mapping[str, Any]) -> StructT:
    """The struct of a coerced GraphQL input or argument list; null means not given."""
    found: dict[str, Any] = {}
    members = _members(struct)
    for graph_name, value in values.items():  # few of all that there could be
        if value is None or value is strawberry.UNSET or graph_name not in members:
            continue
        name, nested = members[graph_name]
        if isinstance(value, list):
            found[name] = tuple(value if nested is None else (read_input(nested, one) for one in value))
        else:
            found[name] = value if nested is None else read_input(nested, value)
    return struct(**found)


@functools.cache
def _members(struct: type[msgspec.Struct]) -> Mapping[str, tuple[str, type[msgspec.Struct] | None]]:
    """The fields of an input by their names in the graph: name, and its own struct where it is an object."""
    hints = typing.get_type_hints(struct)
    return {to_camel_case(name): (name, _nested(hints[name])) for name in struct.__struct_fields__}


def _nested(hint: Any) -> type[msgspec.Struct] | None:
    candidates = (hint, *typing.get_args(hint))
    return next(
        (one for one in candidates if isinstance(one, type) and issubclass(one, msgspec.Struct)), None
    )


def taken(struct: type[StructT], given: Mapping[str, Any]) -> StructT:
    """The struct of a resolver's arguments, the same one that planning read; null means not given."""
    found = {name: value for name, value in given.items() if value is not None}
    return struct(
        **{name: tuple(value) if isinstance(value, list) else value for name, value in found.items()}
    )
