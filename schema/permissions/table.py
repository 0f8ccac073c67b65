"""What each field of the graph needs, worked out once from the printed schema.

Text in, table out: what is enforced can be nothing but what is printed.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping

import msgspec
from graphql import (
    DocumentNode,
    EnumTypeDefinitionNode,
    InputObjectTypeDefinitionNode,
    InterfaceTypeDefinitionNode,
    ListTypeNode,
    NamedTypeNode,
    NonNullTypeNode,
    ObjectTypeDefinitionNode,
    TypeNode,
    parse,
)

from c360.access import Purpose
from schema.permissions.directives import Read, read, read_asking
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
_Fielded = ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode


_DESCRIPTION = re.compile(r'"""(?:[^"\\]|\\.|"(?!""))*"""')
"""No rule stands in one, and reading them takes longer than all the rest."""


def rule_table(printed: str) -> RuleTable:
    """The table of a printed schema."""
    document = parse(_DESCRIPTION.sub("", printed), no_location=True)
    types = {node.name.value: node for node in document.definitions if isinstance(node, _Fielded)}
    said = {name: read(node.directives or ()) for name, node in types.items()}
    fields = {
        name: {
            field.name.value: _requirement(
                read(field.directives or ()), said[name], _returned(_named(field.type), types, said)
            )
            for field in node.fields or ()
        }
        for name, node in types.items()
    }
    personal = ((name, field) for name, mine in fields.items() for field, one in mine.items() if one.pii)
    return RuleTable(fields=fields, asking=dict(_asked(document, types)), personal=frozenset(personal))


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


def _returned(name: str, types: Mapping[str, _Fielded], said: Mapping[str, Read]) -> Iterator[Rule]:
    """The rules of what a field returns: of a connection, of its elements too."""
    if name not in types:
        return
    yield said[name].rule
    for carried in ("edges", "node"):
        node = next((one for one in types[name].fields or () if one.name.value == carried), None)
        if node is None:
            return
        name = _named(node.type)
        if name in types:
            yield said[name].rule


def _named(node: TypeNode) -> str:
    while isinstance(node, ListTypeNode | NonNullTypeNode):
        node = node.type
    assert isinstance(node, NamedTypeNode)  # noqa: S101  # the grammar knows no other
    return node.name.value


def _asked(
    document: DocumentNode, types: Mapping[str, _Fielded]
) -> Iterator[tuple[tuple[str, str], Mapping[str, Asking]]]:
    inputs: dict[str, InputObjectTypeDefinitionNode | EnumTypeDefinitionNode] = {
        node.name.value: node
        for node in document.definitions
        if isinstance(node, InputObjectTypeDefinitionNode | EnumTypeDefinitionNode)
    }
    for type_name, node in types.items():
        for field in node.fields or ():
            found = {
                one.name.value: asking
                for one in field.arguments or ()
                if (asking := _asking(read_asking(one.directives or ()), _named(one.type), inputs))
                is not None
            }
            if found:
                yield (type_name, field.name.value), found


def _asking(
    own: Rule | None,
    type_name: str,
    inputs: Mapping[str, InputObjectTypeDefinitionNode | EnumTypeDefinitionNode],
    within: tuple[str, ...] = (),
) -> Asking | None:
    """What an argument needs; none where nothing of it needs anything."""
    inner: dict[str, Asking] = {}
    node = inputs.get(type_name)
    if isinstance(node, EnumTypeDefinitionNode):
        members = (
            (value.name.value, _asking(read_asking(value.directives or ()), "", {}))
            for value in node.values or ()
        )
        inner = {name: asking for name, asking in members if asking is not None}
    elif isinstance(node, InputObjectTypeDefinitionNode) and type_name not in within:
        for field in node.fields or ():
            asking = _asking(
                read_asking(field.directives or ()), _named(field.type), inputs, (*within, type_name)
            )
            if asking is not None:
                inner[field.name.value] = asking
    if own is None and not inner:
        return None
    scopes = None if own is None else _all_of([own.scopes])
    return Asking(scopes=scopes, inner=inner)
