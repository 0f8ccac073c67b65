"""The tables of the guide to events."""

from __future__ import annotations

import enum
import typing
from collections.abc import Callable
from typing import Any

import msgspec

from c360.access import Purpose
from resolvers.events.catalogue import CATALOGUE
from tests.docs.cells import code, ended, markdown


def catalogue() -> str:
    rows = [
        (
            code(kind.name),
            str(kind.version),
            code(kind.scope),
            ", ".join(code(one.value) for one in Purpose if one in kind.purposes)
            if kind.purposes != frozenset(Purpose)
            else "",
            ended(kind.description),
        )
        for kind in CATALOGUE.values()
    ]
    return markdown(("kind", "version", "scope needed", "for these purposes alone", "what it tells"), rows)


def facts() -> str:
    rows = []
    for kind in CATALOGUE.values():
        hints = typing.get_type_hints(kind.facts, include_extras=True)
        for field in msgspec.structs.fields(kind.facts):
            meta = [one for one in typing.get_args(hints[field.name]) if isinstance(one, msgspec.Meta)]
            text = next((one.description for one in reversed(meta) if one.description), "")
            members = ", ".join(code(one.value) for one in _enum(hints[field.name]))
            rows.append((code(kind.name), code(field.encode_name), ended(text), members))
    return markdown(("kind", "field", "meaning", "one of"), rows)


def _enum(hint: Any) -> list[enum.Enum]:
    """The members of the closed list that a fact is of, if it is of one."""
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return list(hint)
    return next((found for part in typing.get_args(hint) if (found := _enum(part))), [])


TABLES: dict[str, Callable[[], str]] = {"events.catalogue": catalogue, "events.facts": facts}
