"""How large fields can become, as directives of the printed schema: what estimating reckons with.

``@cost`` and ``@listSize`` as in IBM's GraphQL Cost Directive specification; a client may reckon by them
before it sends an operation.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import strawberry
from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
)
from strawberry.schema_directive import Location

from schema.inputs import DEFAULT_PAGE

SHORT_LIST = 5
"""Elements of a list that is not paged: accounts, policies, claims. Seldom more, often fewer."""
SIZES = ("first", "last")
"""Arguments that say how many elements there are."""


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    name="cost",
    description="What the field itself costs, in values of an answer; 1 where it says nothing.",
)
class Cost:
    """What a field itself costs."""

    weight: str


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    name="listSize",
    description="How many elements the list is reckoned with: those asked for, or so many unless told.",
)
class ListSize:
    """How many elements a list is reckoned with."""

    assumed_size: int
    slicing_arguments: list[str] | None = strawberry.UNSET
    sized_fields: list[str] | None = strawberry.UNSET
    require_one_slicing_argument: bool | None = strawberry.UNSET


def print_sizes(schema: GraphQLSchema, weights: Mapping[tuple[str, str], int]) -> None:
    """Let every list of a built schema say its size, and every field of some weight its cost.

    Args:
        schema: Whose fields are told.
        weights: By type and field.
    """
    for type_name, kind in schema.type_map.items():
        if type_name.startswith("__") or not isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            continue
        for name, field in kind.fields.items():
            told: list[Any] = []
            weight = weights.get((type_name, name), 1)
            if weight != 1:
                told.append(Cost(weight=str(weight)))
            size = _size(name, field)
            if size is not None:
                told.append(size)
            definition = (field.extensions or {}).get("strawberry-definition")
            if told and definition is not None:
                definition.directives = [*definition.directives, *told]


def cost_of(field: GraphQLField) -> int:
    """What a field of a built schema itself costs."""
    definition = (field.extensions or {}).get("strawberry-definition")
    told = (one for one in getattr(definition, "directives", ()) if isinstance(one, Cost))
    return next((int(one.weight) for one in told), 1)


def _size(name: str, field: GraphQLField) -> ListSize | None:
    is_list = _is_list(field.type)
    slicing = [size for size in SIZES if size in field.args]
    if slicing:
        return ListSize(
            assumed_size=DEFAULT_PAGE,
            slicing_arguments=slicing,
            sized_fields=strawberry.UNSET if is_list else ["edges"],
            require_one_slicing_argument=False,
        )
    if not is_list or name == "edges" or "ids" in field.args:
        return None
    return ListSize(assumed_size=SHORT_LIST)


def _is_list(kind: GraphQLOutputType) -> bool:
    while isinstance(kind, GraphQLNonNull):
        kind = kind.of_type
    return isinstance(kind, GraphQLList)
