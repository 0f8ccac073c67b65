"""The fields of every record, domain by domain, as authors of mappings look them up."""

from __future__ import annotations

import enum
import importlib
import inspect
import types
import typing
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from c360 import values
from c360.kinds import domains, kinds
from c360.records.base import Record
from c360.values import Value
from tests.docs.cells import code, ended, markdown, meta, offered_by


def written(hint: Any) -> str:
    """A type as an author would name it."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Annotated:
        return written(arguments[0])
    if origin in {typing.Union, types.UnionType}:
        return " or ".join(written(each) for each in arguments if each is not types.NoneType)
    if origin is tuple:
        return f"tuple of {written(arguments[0])}"
    return code(getattr(hint, "__name__", str(hint)))


def _rows(module: types.ModuleType) -> Iterator[tuple[str, ...]]:
    for kind in vars(module).values():
        if not (inspect.isclass(kind) and offered_by(kind) == module.__name__):
            continue
        if issubclass(kind, enum.Enum):
            yield code(kind.__name__), "enum", "", ", ".join(code(member.name) for member in kind)
        elif issubclass(kind, Record | Value):
            hints = typing.get_type_hints(kind, include_extras=True)
            for field in msgspec.structs.fields(kind):
                if field.name != "connector":
                    needed = "yes" if field.required else "no"
                    name = code(f"{kind.__name__}.{field.name}")
                    yield name, written(hints[field.name]), needed, ended(meta(hints[field.name]))


def _table(module: str) -> Callable[[], str]:
    header = ("field", "type", "required", "meaning")
    return lambda: markdown(header, _rows(importlib.import_module(module)))


def _modules() -> dict[str, str]:
    found = {kind.domain: offered_by(kind.record) for kind in kinds().values()}
    return {name: found[name] for name in ("party", *domains())}


TABLES: dict[str, Callable[[], str]] = {
    "record-values": _table(values.__name__),
    **{f"record-{name}": _table(module) for name, module in _modules().items()},
}
