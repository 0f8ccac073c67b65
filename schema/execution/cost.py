"""How many values an answer may have, estimated from the operation alone.

A document within its limits can still ask for a hundred customers, a hundred transactions of each, and
these under forty aliases. Answering is one stretch of computing that nobody else gets a turn in, so what
would take too long is refused before anything is fetched.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLField,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SchemaMetaFieldDef,
    SelectionNode,
    SelectionSetNode,
    TypeMetaFieldDef,
    get_argument_values,
    get_named_type,
)
from graphql.execution.values import VariableValues

from schema.errors import ErrorCode, InputError
from schema.execution.including import included
from schema.execution.sizes import SHORT_LIST, SIZES, cost_of
from schema.inputs import DEFAULT_PAGE, MAX_NODES, MAX_PAGE

_WRAPS = 3
"""Around a type: not null, a list, of what is not null."""


class _Entry(NamedTuple):
    """What estimating knows of a field."""

    field: GraphQLField
    inner: str
    """The type of its values."""
    times: int
    """Elements, where it is a list."""
    is_paged: bool
    """Whether its arguments say how many ``edges``, or elements of a list, it has."""
    is_edges: bool
    """Whether it is the ``edges`` of a connection."""
    wraps: bool
    """Whether it is the ``ofType`` of introspection."""
    cost: int
    """Of the field itself, in values."""


class _Amount(NamedTuple):
    """Values below a selection set: some there are once, some once for each edge of a connection."""

    once: int
    each: int


class _Table(dict[str, Mapping[str, _Entry]]):
    """By the names of types, what estimating knows of their fields; found out when it is first asked for.

    Args:
        schema: whose types they are.
    """

    def __init__(self, schema: GraphQLSchema) -> None:
        super().__init__()
        self._schema = schema
        self._lengths = _introspected(schema)

    def __missing__(self, name: str) -> Mapping[str, _Entry]:
        kind = self._schema.type_map.get(name)
        fields: Mapping[str, GraphQLField] = getattr(kind, "fields", {})
        found = {key: _entry(key, field, self._lengths.get((name, key))) for key, field in fields.items()}
        if kind is not None and kind is self._schema.query_type:
            for meta, field in (("__schema", SchemaMetaFieldDef), ("__type", TypeMetaFieldDef)):
                found[meta] = _entry(meta, field, None)
        self[name] = found
        return found


class Estimator:
    """Estimates over one schema.

    Args:
        schema: Whose operations are estimated.
    """

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._table = _Table(schema)

    def values(
        self,
        operation: OperationDefinitionNode,
        fragments: Mapping[str, FragmentDefinitionNode],
        variables: VariableValues | None = None,
    ) -> int:
        """The values that the answer to a validated operation may have.

        Args:
            operation: The operation.
            fragments: Those of its document.
            variables: Coerced; without them, every page counts as the largest.
        """
        root = self._schema.get_root_type(operation.operation)
        walk = _Walk(self._table, fragments, variables)
        return walk.of(operation.selection_set, root.name if root else "").once


@lru_cache(maxsize=4)
def estimator(schema: GraphQLSchema) -> Estimator:
    """The estimator over a schema, which all engines over that share: its table takes 15 ms to make."""
    return Estimator(schema)


class _Walk:
    """One operation's walk. Each fragment is counted once, however often it is spread."""

    def __init__(
        self,
        table: _Table,
        fragments: Mapping[str, FragmentDefinitionNode],
        variables: VariableValues | None,
    ) -> None:
        self._table = table
        self._fragments = fragments
        self._variables = variables
        self._known: dict[tuple[str, int], _Amount] = {}
        self._wraps = 0

    def of(self, selection_set: SelectionSetNode, type_name: str) -> _Amount:
        """The values below a selection set."""
        once = each = 0
        for selection in selection_set.selections:
            if self._variables is not None and not included(selection, self._variables):
                continue
            amount = self._selection(selection, type_name)
            once += amount.once
            each += amount.each
        return _Amount(once, each)

    def _selection(self, node: SelectionNode, type_name: str) -> _Amount:
        if isinstance(node, FieldNode):
            return self._field(node, self._table[type_name].get(node.name.value))
        if isinstance(node, InlineFragmentNode):
            condition = node.type_condition
            return self.of(node.selection_set, condition.name.value if condition else type_name)
        if isinstance(node, FragmentSpreadNode):
            return self._spread(node.name.value)
        return _Amount(0, 0)

    def _spread(self, name: str) -> _Amount:
        place = (name, self._wraps)
        known = self._known.get(place)
        if known is None:
            fragment = self._fragments[name]
            known = self._known[place] = self.of(fragment.selection_set, fragment.type_condition.name.value)
        return known

    def _field(self, node: FieldNode, entry: _Entry | None) -> _Amount:
        if entry is None or node.selection_set is None:
            return _Amount(1 if entry is None else entry.cost, 0)
        if entry.wraps:
            return self._wrapped(node.selection_set, entry)
        inner = self.of(node.selection_set, entry.inner)
        if entry.is_edges:
            return _Amount(1, inner.once)
        if entry.is_paged and entry.times > 1:
            return _Amount(entry.cost + inner.once * self._size(node, entry.field), inner.each)
        if entry.is_paged:
            return _Amount(entry.cost + inner.once + inner.each * self._size(node, entry.field), 0)
        times = self._given(node, entry.field) if "ids" in entry.field.args else entry.times
        return _Amount(entry.cost + times * inner.once, inner.each)

    def _wrapped(self, selections: SelectionSetNode, entry: _Entry) -> _Amount:
        """What a type wraps, as introspection shows it: no type of a graph is wrapped more than so often."""
        if self._wraps == _WRAPS:
            return _Amount(1, 0)
        self._wraps += 1
        inner = self.of(selections, entry.inner)
        self._wraps -= 1
        return _Amount(1 + inner.once, inner.each)

    def _size(self, node: FieldNode, field: GraphQLField) -> int:
        """Elements of a page. What is out of bounds is refused when it is answered, and costs nothing."""
        if self._variables is None:
            return MAX_PAGE
        try:
            given = get_argument_values(field, node, self._variables)
        except GraphQLError:
            return 0
        size = next((given[name] for name in SIZES if given.get(name) is not None), DEFAULT_PAGE)
        return size if 0 < size <= MAX_PAGE else 0

    def _given(self, node: FieldNode, field: GraphQLField) -> int:
        """Ids that are given."""
        if self._variables is None:
            return MAX_NODES
        try:
            given = get_argument_values(field, node, self._variables)["ids"]
        except GraphQLError:
            return 0
        return len(given) if len(given) <= MAX_NODES else 0


def _entry(name: str, field: GraphQLField, length: int | None) -> _Entry:
    paged = any(size in field.args for size in SIZES)
    times = 1 if "[" not in str(field.type) else SHORT_LIST if length is None else length
    inner = get_named_type(field.type).name
    return _Entry(
        field, inner, times, paged, name == "edges", name == "ofType" and inner == "__Type", cost_of(field)
    )


def _introspected(schema: GraphQLSchema) -> Mapping[tuple[str, str], int]:
    """The lengths of the lists that introspection shows; of those within each type, the mean."""
    kinds = list(schema.type_map.values())
    fields = [field for kind in kinds for field in getattr(kind, "fields", {}).values()]
    arguments = sum(len(getattr(field, "args", ())) for field in fields)
    members = sum(len(getattr(kind, "values", ())) for kind in kinds)
    mean = -(-len(fields) // len(kinds))
    return {
        ("__Schema", "types"): len(kinds),
        ("__Schema", "directives"): len(schema.directives),
        ("__Type", "fields"): mean,
        ("__Type", "inputFields"): 1,
        ("__Type", "enumValues"): -(-members // len(kinds)),
        ("__Type", "interfaces"): 1,
        ("__Type", "possibleTypes"): 1,
        ("__Field", "args"): -(-arguments // len(fields)),
        ("__Directive", "args"): 1,
    }


class TooManyValues(InputError):
    """The answer would be too large to make while others wait."""

    def __init__(self, limit: int) -> None:
        """Say which limit it is."""
        super().__init__(
            f"The answer would have more than {limit:,} values: ask for fewer elements or fields at once.",
            code=ErrorCode.LIMIT_EXCEEDED,
        )
