"""The printed schema: committed, compared, and its changes classified."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from pathlib import Path

import graphql
import msgspec
from graphql import GraphQLSchema
from graphql.utilities import find_breaking_changes, find_dangerous_changes

COMMITTED = Path(__file__).with_name("schema.graphql")
"""The schema as it was last agreed on."""


RULES = "rules.txt"
"""Name of the file beside it that says who may select each field."""


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """How a schema differs from another, in words."""

    breaking: tuple[str, ...] = ()
    """What existing operations may fail on."""
    dangerous: tuple[str, ...] = ()
    """What existing operations may be surprised by."""
    additions: tuple[str, ...] = ()
    """What is new."""
    wording: tuple[str, ...] = ()
    """Lines that differ otherwise: descriptions and order."""

    def __bool__(self) -> bool:
        return bool(self.breaking or self.dangerous or self.additions or self.wording)


def compare(old: str, new: str) -> Changes:
    """Classify what changed between two printed schemas."""
    if old == new:
        return Changes()
    before, after = graphql.build_schema(old), graphql.build_schema(new)
    breaking = tuple(change.description for change in find_breaking_changes(before, after))
    dangerous = tuple(change.description for change in find_dangerous_changes(before, after))
    known = set(_coordinates(before))
    additions = tuple(f"{one} was added." for one in _coordinates(after) if one not in known)
    wording = () if breaking or dangerous or additions else tuple(_lines(old, new))
    return Changes(breaking=breaking, dangerous=dangerous, additions=additions, wording=wording)


def _coordinates(schema: GraphQLSchema) -> Iterator[str]:
    """Every type, field, argument and enum value by its schema coordinate."""
    for name, kind in sorted(schema.type_map.items()):
        if name.startswith("__"):
            continue
        yield name
        for member in getattr(kind, "values", ()):
            yield f"{name}.{member}"
        for key, field in getattr(kind, "fields", {}).items():
            yield f"{name}.{key}"
            for argument in getattr(field, "args", {}):
                yield f"{name}.{key}({argument}:)"


def compare_rules(old: str, new: str) -> tuple[str, ...]:
    """The lines of two tables of rules that differ, those that are gone with a minus."""
    return tuple(_lines(old, new))


def _lines(old: str, new: str) -> Iterator[str]:
    differing = difflib.unified_diff(old.splitlines(), new.splitlines(), lineterm="", n=0)
    return (line for line in differing if not line.startswith(("---", "+++", "@@")))
