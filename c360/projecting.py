"""A partner's answer, decoded no further than is wanted: the wire type with some of its fields alone."""

from __future__ import annotations

import types
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Union, get_args, get_origin

import msgspec

__all__ = ["projected"]

Tree = Mapping[str, "Tree"]
"""Fields by name, with what is wanted of each; nothing below one: all of it."""


def projected(wire: type[msgspec.Struct], paths: Iterable[str]) -> type[msgspec.Struct]:
    """The type that decodes what stands at some paths, and passes over the rest unread.

    What is passed over is not checked either: an answer is not refused for what nobody wants of it.

    Args:
        wire: the whole type.
        paths: attributes joined by dots, as in :func:`c360.mapping.field`.
    """
    tree: dict[str, Any] = {}
    for path in paths:
        below = tree
        *steps, last = path.split(".")
        for step in steps:
            below = below.setdefault(step, {})
            if below is _ALL:
                break
        else:
            below[last] = _ALL
    found: type[msgspec.Struct] = _narrowed(wire, tree)
    return found


_ALL: dict[str, Any] = {}


def _narrowed(kind: Any, tree: Tree) -> Any:
    if tree is _ALL:
        return kind
    origin = get_origin(kind)
    if origin is Annotated:
        inner, *notes = get_args(kind)
        return Annotated[(_narrowed(inner, tree), *notes)]
    if origin in {Union, types.UnionType}:
        return Union[tuple(_narrowed(each, tree) for each in get_args(kind))]  # noqa: UP007  # made at run time
    struct = origin or kind
    if not (isinstance(struct, type) and issubclass(struct, msgspec.Struct)):
        return kind
    if struct.__struct_config__.tag is not None:  # told from others by what it says of itself
        return kind
    fields = {each.name: each for each in msgspec.structs.fields(kind)}
    return msgspec.defstruct(
        struct.__name__,
        [(name, _narrowed(fields[name].type, below), _field(fields[name])) for name, below in tree.items()],
        frozen=True,
        kw_only=True,
        module=struct.__module__,
        gc=struct.__struct_config__.gc,
    )


def _field(info: msgspec.structs.FieldInfo) -> Any:
    """The field's name on the wire, and what stands where it is missing."""
    if info.default_factory is not msgspec.NODEFAULT:
        return msgspec.field(name=info.encode_name, default_factory=info.default_factory)
    return msgspec.field(name=info.encode_name, default=info.default)
