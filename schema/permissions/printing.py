"""The table of rules as text: a line for every field, committed beside the schema and compared with it."""

from __future__ import annotations

from collections.abc import Iterator

from c360.access import Purpose
from schema.permissions.table import EVERY_PURPOSE, Requirement, RuleTable

NOBODY = "nobody"
_HEAD = """\
# Who may select each field: all rules that bear on it together, as read from schema.graphql.
# Type.field  scopes  [purposes]  [pii]; `a+b|c` is a and b, or c. Written by: python -m schema print --write
"""


def rules_text(table: RuleTable) -> str:
    """The table, sorted by type and field."""
    return _HEAD + "".join(f"{line}\n" for line in _lines(table))


def unruled(table: RuleTable) -> list[str]:
    """The fields that nobody may select, because nobody said who may."""
    return [
        f"{type_name}.{name}"
        for type_name, fields in sorted(table.fields.items())
        for name, needed in fields.items()
        if not needed.scopes
    ]


def _lines(table: RuleTable) -> Iterator[str]:
    for type_name, fields in sorted(table.fields.items()):
        for name, needed in sorted(fields.items()):
            yield f"{type_name}.{name}  {_needed(needed)}"


def _needed(needed: Requirement) -> str:
    sets = ["+".join(sorted(every)) or "authenticated" for every in needed.scopes]
    parts = ["|".join(sets) or NOBODY]
    if needed.purposes != EVERY_PURPOSE:
        parts.append(",".join(one.value for one in Purpose if one in needed.purposes))
    if needed.pii:
        parts.append("pii")
    return "  ".join(parts)
