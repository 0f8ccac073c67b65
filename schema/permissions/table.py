"""What each field of the graph needs, worked out once from the directives of the schema.

What is enforced can be nothing but what is printed: the same directives are read for both.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from c360.access import Purpose
from schema.permissions.declared import Asked, Declared, Fielded
from schema.permissions.directives import Read
from schema.permissions.rules import Rule

Scopes = frozenset[str]
EVERY_PURPOSE = frozenset(Purpose)


class Requirement(msgspec.Struct, frozen=True, kw_only=True):
    """What a field needs, all rules that bear on it together."""

    scopes: tuple[Scopes, ...]
    """Any of these sets suffices; the empty set is whoever is authenticated. None at all: nobody."""
    purposes: frozenset[Purpose] = EVERY_PURPOSE
    pii: bool = False

    def met_by(self, granted: Scopes) -> bool:
        """Whether these scopes suffice."""
        return any(every <= granted for every in self.scopes)


class Asking(msgspec.Struct, frozen=True, kw_only=True):
    """What giving an argument needs, and what lies within it."""

    scopes: tuple[Scopes, ...] | None = None
    """As of a requirement; none where anybody may give it."""
    inner: Mapping[str, Asking] = {}
    """Of an input object, by the names of its fields; of an enum, by the names of its values."""


class RuleTable(msgspec.Struct, frozen=True, kw_only=True):
    """The rules of one schema."""

    fields: Mapping[str, Mapping[str, Requirement]]
    """By type and field."""
    asking: Mapping[tuple[str, str], Mapping[str, Asking]]
    """By type and field: the arguments that not everybody may give."""
    personal: frozenset[tuple[str, str]]
    """Type and field of what identifies a person."""


_NOBODY = Requirement(scopes=())


def rule_table(declared: Declared) -> RuleTable:
    """The table of what a schema's directives say."""
    types = declared.types
    fields = {
        name: {
            key: _requirement(field.said, kind.said, _returned(field.type_name, types))
            for key, field in kind.fields.items()
        }
        for name, kind in types.items()
    }
    personal = ((name, field) for name, mine in fields.items() for field, one in mine.items() if one.pii)
    return RuleTable(fields=fields, asking=dict(_all_asked(declared)), personal=frozenset(personal))


def _requirement(own: Read, of_type: Read, returned: Iterable[Rule]) -> Requirement:
    if not (own.grants or of_type.grants):
        return _NOBODY
    rules = (own.rule, of_type.rule, *returned)
    return Requirement(
        scopes=_all_of(rule.scopes for rule in rules if rule.scopes),
        purposes=EVERY_PURPOSE.intersection(*(r.purposes for r in rules if r.purposes is not None)),
        pii=own.rule.pii,
    )


def _all_of(groups: Iterable[tuple[tuple[object, ...], ...]]) -> tuple[Scopes, ...]:
    """Sets of scopes of which any suffices, where one set of every group is needed; the smallest ones."""
    sets = {frozenset(map(str, itertools.chain(*chosen))) for chosen in itertools.product(*groups)}
    least = (one for one in sets if not any(other < one for other in sets))
    return tuple(sorted(least, key=sorted))


def _returned(name: str, types: Mapping[str, Fielded]) -> Iterator[Rule]:
    """The rules of what a field returns: of a connection, of its elements too."""
    if name not in types:
        return
    yield types[name].said.rule
    for carried in ("edges", "node"):
        field = types[name].fields.get(carried)
        if field is None:
            return
        name = field.type_name
        if name in types:
            yield types[name].said.rule


def _all_asked(declared: Declared) -> Iterator[tuple[tuple[str, str], Mapping[str, Asking]]]:
    for type_name, kind in declared.types.items():
        for name, field in kind.fields.items():
            found = {
                key: asking
                for key, one in field.arguments.items()
                if (asking := _asking(one, declared)) is not None
            }
            if found:
                yield (type_name, name), found


def _asking(asked: Asked, declared: Declared, within: tuple[str, ...] = ()) -> Asking | None:
    """What an argument needs; none where nothing of it needs anything."""
    name = asked.type_name
    inner: dict[str, Asking] = {
        key: Asking(scopes=_all_of([rule.scopes])) for key, rule in declared.enums.get(name, {}).items()
    }
    if name not in within:
        for key, one in declared.inputs.get(name, {}).items():
            asking = _asking(one, declared, (*within, name))
            if asking is not None:
                inner[key] = asking
    if asked.rule is None and not inner:
        return None
    return Asking(scopes=None if asked.rule is None else _all_of([asked.rule.scopes]), inner=inner)
