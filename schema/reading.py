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
    found = {}
    for name, graph_name, nested in _members(struct):
        value = values.get(graph_name)
        if value is None or value is strawberry.UNSET:
            continue
        if isinstance(value, list):
            value = tuple(value if nested is None else (read_input(nested, one) for one in value))
        elif nested is not None:
            value = read_input(nested, value)
        found[name] = value
    return struct(**found)


@functools.cache
def _members(struct: type[msgspec.Struct]) -> tuple[tuple[str, str, type[msgspec.Struct] | None], ...]:
    """The fields of an input: name, name in the graph, and its own struct where it is an object."""
    hints = typing.get_type_hints(struct)
    return tuple((name, to_camel_case(name), _nested(hints[name])) for name in struct.__struct_fields__)


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
