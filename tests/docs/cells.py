"""What generated tables are made of: cells, rows, and what stands beside fields in the source."""

from __future__ import annotations

import ast
import importlib
import inspect
import itertools
import typing
from collections.abc import Iterable
from typing import Any

import msgspec

from c360.values import Secret
from schema.docs import prose

Rows = list[tuple[str, ...]]
NONE = "\N{EN DASH}"


def markdown(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def code(text: object) -> str:
    return f"`{text}`"


def codes(texts: Iterable[object]) -> str:
    return ", ".join(code(text) for text in texts) or NONE


def ended(text: str) -> str:
    """A sentence without its final stop, as cells have it."""
    return text[:1].upper() + text[1:].rstrip(".")


def meta(hint: Any) -> str:
    for each in getattr(hint, "__metadata__", ()):
        if isinstance(each, msgspec.Meta) and each.description:
            return ended(each.description)
    return ""


def default(field: msgspec.structs.FieldInfo, hint: Any) -> str:
    plain = typing.get_args(hint)[0] if hasattr(hint, "__metadata__") else hint
    if field.required:
        return "required, secret" if plain is Secret else "required"
    value = field.default if field.default is not msgspec.NODEFAULT else field.default_factory()
    return NONE if value is None else code(msgspec.json.encode(value).decode())


def fields(kind: type[msgspec.Struct], prefix: str, skip: Iterable[str] = ()) -> Rows:
    hints = typing.get_type_hints(kind, include_extras=True)
    rows: Rows = []
    for field in msgspec.structs.fields(kind):
        hint = hints[field.name]
        if field.name in skip or not meta(hint):
            continue
        rows.append((code(prefix + field.name), default(field, hint), meta(hint)))
    return rows


def attribute_texts(kind: type) -> dict[str, str]:
    """The docstrings beneath a class's attributes."""
    module = importlib.import_module(kind.__module__)
    tree = ast.parse(inspect.getsource(module))
    body = next(
        node.body for node in tree.body if isinstance(node, ast.ClassDef) and node.name == kind.__name__
    )
    return {
        statement.target.id: ended(prose(following.value.value))
        for statement, following in itertools.pairwise(body)
        if isinstance(statement, ast.AnnAssign)
        and isinstance(statement.target, ast.Name)
        and isinstance(following, ast.Expr)
        and isinstance(following.value, ast.Constant)
        and isinstance(following.value.value, str)
    }


def offered_by(kind: type) -> str:
    """The module that an author imports a record or value from: of a domain in parts, the package."""
    found = kind.__module__.split(".")
    return ".".join(found[:3] if found[:2] == ["c360", "records"] else found)
