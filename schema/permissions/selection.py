"""What a document selects, read from the document alone: where rules have to be looked at."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

import msgspec
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
    is_abstract_type,
)
from graphql.execution.values import VariableValues

from schema.execution.including import included
from schema.permissions.withholding import Coordinate

CUSTOMER = "Customer"
Path = tuple[str, ...]


class Selected(msgspec.Struct, frozen=True, kw_only=True):
    """What any operation of a document selects."""

    fields: frozenset[Coordinate]
    """Of an interface, the fields of every type that may stand there."""
    introspects: bool
    """Whether it asks for the schema itself."""


class Selections:
    """Reads what documents select of one schema.

    Args:
        schema: The schema.
    """

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._inner: Mapping[str, Mapping[str, str]] = {
            name: {key: get_named_type(field.type).name for key, field in kind.fields.items()}
            for name, kind in schema.type_map.items()
            if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType)
        }
        self._possible: Mapping[str, tuple[str, ...]] = {
            name: tuple(one.name for one in schema.get_possible_types(kind))
            for name, kind in schema.type_map.items()
            if is_abstract_type(kind)
        }

    def of(self, document: DocumentNode) -> Selected:
        """What a validated document selects; each fragment is looked at once, however often it is spread."""
        found: set[Coordinate] = set()
        for node in document.definitions:
            if isinstance(node, OperationDefinitionNode):
                root = self._schema.get_root_type(node.operation)
                self._collect(node.selection_set, root.name if root else "", found)
            elif isinstance(node, FragmentDefinitionNode):
                self._collect(node.selection_set, node.type_condition.name.value, found)
        introspects = any(name in {"__schema", "__type"} for _, name in found)
        return Selected(fields=frozenset(found), introspects=introspects)

    def _collect(self, selections: SelectionSetNode, type_name: str, found: set[Coordinate]) -> None:
        inner = self._inner.get(type_name, {})
        for node in selections.selections:
            if isinstance(node, FieldNode):
                name = node.name.value
                found.update((one, name) for one in self._possible.get(type_name, (type_name,)))
                if node.selection_set is not None and name in inner:
                    self._collect(node.selection_set, inner[name], found)
            elif isinstance(node, InlineFragmentNode):
                condition = node.type_condition
                self._collect(node.selection_set, condition.name.value if condition else type_name, found)

    def below_customers(
        self,
        operation: OperationDefinitionNode,
        fragments: Mapping[str, FragmentDefinitionNode],
        variables: VariableValues,
        wanted: Collection[Coordinate],
    ) -> Mapping[Path, Mapping[Coordinate, tuple[Path, ...]]]:
        """Where an operation selects some fields below its customers.

        Args:
            operation: Validated, and within the limits of a document.
            fragments: Those of its document.
            variables: Its variables, by which fields are skipped.
            wanted: The fields to find.

        Returns:
            by the customer's place in the answer, places in lists left out: the names that lead from the
            customer to each field.
        """
        root = self._schema.get_root_type(operation.operation)
        walk = _Walk(self._inner, fragments, variables)
        found: dict[Path, dict[Coordinate, dict[Path, None]]] = {}
        start = _Place(at=(), customer=None, path=())
        for coordinate, place in walk.fields(operation.selection_set, root.name if root else "", start):
            if place.customer is not None and coordinate in wanted:
                found.setdefault(place.customer, {}).setdefault(coordinate, {})[place.path] = None
        return {
            customer: {coordinate: tuple(paths) for coordinate, paths in mine.items()}
            for customer, mine in found.items()
        }


class _Place(NamedTuple):
    """Where a walk is."""

    at: Path
    """In the answer, by response keys."""
    customer: Path | None
    """Where in the answer the nearest customer above is."""
    path: Path
    """From there, by names."""


class _Walk:
    """One operation's walk, its fragments spread out: a document's limits bound how far that goes."""

    def __init__(
        self,
        inner: Mapping[str, Mapping[str, str]],
        fragments: Mapping[str, FragmentDefinitionNode],
        variables: VariableValues,
    ) -> None:
        self._inner = inner
        self._fragments = fragments
        self._variables = variables

    def fields(
        self, selections: SelectionSetNode, type_name: str, place: _Place
    ) -> Iterator[tuple[Coordinate, _Place]]:
        """Every field with its place."""
        if type_name == CUSTOMER and place.customer != place.at:
            place = _Place(at=place.at, customer=place.at, path=())
        for node in selections.selections:
            if not included(node, self._variables):
                continue
            if isinstance(node, FieldNode):
                yield from self._field(node, type_name, place)
            elif isinstance(node, InlineFragmentNode):
                condition = node.type_condition
                inner = condition.name.value if condition else type_name
                yield from self.fields(node.selection_set, inner, place)
            elif isinstance(node, FragmentSpreadNode):
                fragment = self._fragments[node.name.value]
                yield from self.fields(fragment.selection_set, fragment.type_condition.name.value, place)

    def _field(self, node: FieldNode, type_name: str, place: _Place) -> Iterator[tuple[Coordinate, _Place]]:
        name = node.name.value
        at = (*place.at, node.alias.value if node.alias else name)
        here = _Place(at=at, customer=place.customer, path=(*place.path, name))
        yield (type_name, name), here
        inner = self._inner.get(type_name, {}).get(name)
        if node.selection_set is not None and inner is not None:
            yield from self.fields(node.selection_set, inner, here)
