"""What can be selected of a type altogether: for telling a person all that the graph says of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    Undefined,
    get_named_type,
)

from schema.inputs import MAX_PAGE

DEEPEST = 12
"""Fields within fields; nothing that the graph says of a customer lies deeper."""


def selections(
    schema: GraphQLSchema, type_name: str, *, without: frozenset[str] = frozenset()
) -> Mapping[str, str]:
    """The selection of each field of a type, with all that lies below it, by the field's name.

    A type is not entered again below itself, of another customer only the id is selected, and of a list
    that is paged the first page. Fields that cannot be asked for without an argument are left out.

    Args:
        schema: the graph.
        type_name: whose fields.
        without: fields that are left out.
    """
    found = schema.type_map[type_name]
    if not isinstance(found, GraphQLObjectType):
        raise TypeError(f"{type_name} has no fields to select")
    return {
        name: text
        for name, field in found.fields.items()
        if name not in without and (text := _selected(schema, name, field, (type_name,))) is not None
    }


def _selected(schema: GraphQLSchema, name: str, field: GraphQLField, within: tuple[str, ...]) -> str | None:
    if field.deprecation_reason is not None or any(_required(one) for one in field.args.values()):
        return None
    given = f"(first: {MAX_PAGE})" if {"first", "after"} <= field.args.keys() else ""
    kind = get_named_type(field.type)
    if not isinstance(kind, GraphQLObjectType | GraphQLInterfaceType | GraphQLUnionType):
        return f"{name}{given}"
    if kind.name == within[0]:
        return f"{name}{given} {{ id }}"
    if kind.name in within or len(within) >= DEEPEST:
        return None
    inner = " ".join(_inner(schema, kind, (*within, kind.name)))
    return f"{name}{given} {{ {inner} }}" if inner else None


def _inner(
    schema: GraphQLSchema,
    kind: GraphQLObjectType | GraphQLInterfaceType | GraphQLUnionType,
    within: tuple[str, ...],
) -> Iterator[str]:
    if not isinstance(kind, GraphQLObjectType):
        yield "__typename"
        for one in schema.get_possible_types(kind):
            if one.name not in within[:-1]:
                fields = " ".join(_inner(schema, one, (*within, one.name)))
                yield f"... on {one.name} {{ {fields} }}"
        return
    for name, field in kind.fields.items():
        text = _selected(schema, name, field, within)
        if text is not None:
            yield text


def _required(argument: object) -> bool:
    return isinstance(getattr(argument, "type", None), GraphQLNonNull) and (
        getattr(argument, "default_value", None) is Undefined
    )
