"""What the directives of a schema say: read from the built schema, or from its printed text.

A process reads the built schema, which takes a tenth of the time; ``python -m schema diff`` makes sure that
the text says the same, so that what is enforced is what is printed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import msgspec
from graphql import (
    ConstDirectiveNode,
    EnumTypeDefinitionNode,
    FieldDefinitionNode,
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    InputObjectTypeDefinitionNode,
    InputValueDefinitionNode,
    InterfaceTypeDefinitionNode,
    ListTypeNode,
    NamedTypeNode,
    NonNullTypeNode,
    ObjectTypeDefinitionNode,
    TypeNode,
    get_named_type,
    parse,
    value_from_ast_untyped,
)

from c360.access import Purpose
from schema.permissions.directives import Read, given, read, read_asking
from schema.permissions.rules import Rule


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """An argument, or a field of an input object."""

    type_name: str
    rule: Rule | None
    """None where anybody may give it."""


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """A field of an object or an interface."""

    type_name: str
    """What it returns, without lists and nullability."""
    said: Read
    arguments: Mapping[str, Asked]


class Fielded(msgspec.Struct, frozen=True, kw_only=True):
    """An object or an interface."""

    said: Read
    fields: Mapping[str, Field]


class Declared(msgspec.Struct, frozen=True, kw_only=True):
    """All that a schema's directives say, by the names of its types."""

    types: Mapping[str, Fielded]
    inputs: Mapping[str, Mapping[str, Asked]]
    enums: Mapping[str, Mapping[str, Rule]]
    """By their values; without those of which it says nothing."""


# --- the built schema --------------------------------------------------------------------------


def declared(schema: GraphQLSchema) -> Declared:
    """What the directives of a built schema say."""
    kinds = {name: kind for name, kind in schema.type_map.items() if not name.startswith("__")}
    fielded = _of(kinds, (GraphQLObjectType, GraphQLInterfaceType))
    inputs = _of(kinds, (GraphQLInputObjectType,))
    return Declared(
        types={
            name: Fielded(said=read(_told(kind)), fields=_each(_field, kind.fields))
            for name, kind in fielded.items()
        },
        inputs={name: _each(_asked, kind.fields) for name, kind in inputs.items()},
        enums=_ruled(
            (name, ((key, _told(value)) for key, value in kind.values.items()))
            for name, kind in _of(kinds, (GraphQLEnumType,)).items()
        ),
    )


def _of(kinds: Mapping[str, Any], wanted: tuple[type, ...]) -> dict[str, Any]:
    return {name: kind for name, kind in kinds.items() if isinstance(kind, wanted)}


def _each(make: Callable[[Any], Any], parts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: make(part) for name, part in parts.items()}


def _told(defined: Any) -> Mapping[str, Any]:
    definition = (defined.extensions or {}).get("strawberry-definition")
    return given(getattr(definition, "directives", None) or ())


def _field(field: GraphQLField) -> Field:
    return Field(
        type_name=get_named_type(field.type).name,
        said=read(_told(field)),
        arguments=_each(_asked, field.args),
    )


def _asked(value: GraphQLArgument | GraphQLInputField) -> Asked:
    return Asked(type_name=get_named_type(value.type).name, rule=read_asking(_told(value)))


def _ruled(enums: Iterable[tuple[str, Iterable[tuple[str, Mapping[str, Any]]]]]) -> dict[str, Any]:
    """The enums of which some value is not for everybody."""
    found = {
        name: {key: rule for key, told in values if (rule := read_asking(told)) is not None}
        for name, values in enums
    }
    return {name: values for name, values in found.items() if values}


# --- its text ----------------------------------------------------------------------------------


def printed(text: str) -> Declared:
    """What the directives of a printed schema say."""
    definitions = parse(text, no_location=True).definitions
    return Declared(
        types={
            node.name.value: Fielded(
                said=read(_values(node.directives)), fields=_named(_printed_field, node.fields)
            )
            for node in definitions
            if isinstance(node, ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode)
        },
        inputs={
            node.name.value: _named(_printed_asked, node.fields)
            for node in definitions
            if isinstance(node, InputObjectTypeDefinitionNode)
        },
        enums=_ruled(
            (node.name.value, ((one.name.value, _values(one.directives)) for one in node.values or ()))
            for node in definitions
            if isinstance(node, EnumTypeDefinitionNode)
        ),
    )


def _named(make: Callable[[Any], Any], nodes: Sequence[Any] | None) -> dict[str, Any]:
    return {node.name.value: make(node) for node in nodes or ()}


def _values(directives: Sequence[ConstDirectiveNode] | None) -> Mapping[str, Any]:
    found = {}
    for one in directives or ():
        values = {each.name.value: value_from_ast_untyped(each.value) for each in one.arguments or ()}
        if one.name.value == "purpose":
            values["of"] = [Purpose[name] for name in values["of"]]
        found[one.name.value] = SimpleNamespace(**values)
    return found


def _printed_field(node: FieldDefinitionNode) -> Field:
    return Field(
        type_name=_type_name(node.type),
        said=read(_values(node.directives)),
        arguments=_named(_printed_asked, node.arguments),
    )


def _printed_asked(node: InputValueDefinitionNode) -> Asked:
    return Asked(type_name=_type_name(node.type), rule=read_asking(_values(node.directives)))


def _type_name(node: TypeNode) -> str:
    while isinstance(node, ListTypeNode | NonNullTypeNode):
        node = node.type
    assert isinstance(node, NamedTypeNode)  # noqa: S101  # the grammar knows no other
    return node.name.value
