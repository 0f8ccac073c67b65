"""Coerced GraphQL inputs as the structs that they were derived from."""

from __future__ import annotations

import functools
import typing
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

import msgspec
import strawberry
from strawberry.utils.str_converters import to_camel_case

StructT = TypeVar("StructT", bound=msgspec.Struct)


def read_input(struct: type[StructT], values: Mapping[str, Any]) -> StructT:
    """The struct of a coerced GraphQL input or argument list; null means not given."""
    if type(values) is Filled:
        return values.read(struct)
    found: dict[str, Any] = {}
    members = _members(struct)
    for graph_name, value in values.items():  # few of all that there could be
        if value is None or value is strawberry.UNSET or graph_name not in members:
            continue
        name, nested = members[graph_name]
        found[name] = _value(value, nested)
    return struct(**found)


def _value(value: Any, nested: type[msgspec.Struct] | None) -> Any:
    if isinstance(value, list):
        return tuple(value if nested is None else (read_input(nested, one) for one in value))
    return value if nested is None else read_input(nested, value)


class Place:
    """Stands for a variable where arguments are made ready before its value is known."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name


class Template:
    """Coerced arguments with places of variables, of which only the values differ from time to time.

    Args:
        arguments: Coerced, with a :class:`Place` in place of each variable's value.
    """

    __slots__ = ("_readers", "arguments")

    def __init__(self, arguments: Mapping[str, Any]) -> None:
        self.arguments = arguments
        self._readers: dict[type[msgspec.Struct], _Reader] = {}

    def read(self, struct: type[StructT], given: Mapping[str, Any]) -> StructT:
        """The struct of the arguments with these values of the variables, none of which is null."""
        reader = self._readers.get(struct)
        if reader is None:
            reader = self._readers[struct] = _Reader(struct, self.arguments)
        found: StructT = reader(given)
        return found


class Filled(Mapping[str, Any]):
    """A template with the values of its variables: read at once, or looked into as any other arguments.

    Args:
        template: The arguments.
        given: The values by the names of the variables; none of them is null.
    """

    __slots__ = ("_given", "_template")

    def __init__(self, template: Template, given: Mapping[str, Any]) -> None:
        self._template = template
        self._given = given

    def read(self, struct: type[StructT]) -> StructT:
        """The struct of the arguments."""
        return self._template.read(struct, self._given)

    def __getitem__(self, name: str) -> Any:
        return _filled(self._template.arguments[name], self._given)

    def __iter__(self) -> Iterator[str]:
        return iter(self._template.arguments)

    def __len__(self) -> int:
        return len(self._template.arguments)


class _Reader:
    """Reads a struct from the values of variables: what is the same every time is read once."""

    __slots__ = ("_fixed", "_placed", "_struct", "_within")

    def __init__(self, struct: type[msgspec.Struct], arguments: Mapping[str, Any]) -> None:
        self._struct = struct
        self._fixed: dict[str, Any] = {}
        self._placed: list[tuple[str, str, type[msgspec.Struct] | None]] = []
        self._within: list[tuple[str, Callable[[Mapping[str, Any]], Any]]] = []
        members = _members(struct)
        for graph_name, value in arguments.items():
            if value is None or value is strawberry.UNSET or graph_name not in members:
                continue
            name, nested = members[graph_name]
            if isinstance(value, Place):
                self._placed.append((name, value.name, nested))
            elif not _has_places(value):
                self._fixed[name] = _value(value, nested)
            elif nested is not None and isinstance(value, dict):
                self._within.append((name, _Reader(nested, value)))
            else:
                self._within.append((name, functools.partial(_filled_value, value, nested)))

    def __call__(self, given: Mapping[str, Any]) -> Any:
        found = self._fixed.copy()
        for name, place, nested in self._placed:
            value = given[place]
            found[name] = value if nested is None and type(value) is not list else _value(value, nested)
        for name, read in self._within:
            found[name] = read(given)
        return self._struct(**found)


def _filled_value(value: Any, nested: type[msgspec.Struct] | None, given: Mapping[str, Any]) -> Any:
    return _value(_filled(value, given), nested)


def _has_places(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_has_places, value.values()))
    return any(map(_has_places, value)) if isinstance(value, list) else isinstance(value, Place)


def _filled(value: Any, given: Mapping[str, Any]) -> Any:
    if isinstance(value, Place):
        return given[value.name]
    if isinstance(value, dict):
        return {name: _filled(each, given) for name, each in value.items()}
    return [_filled(each, given) for each in value] if isinstance(value, list) else value


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
