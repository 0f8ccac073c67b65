"""A document that can be executed, with what was worked out of it alone: for the next time it is sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)
from graphql.execution.values import VariableValues

from schema.errors import ErrorCode, InputError, RequestError
from schema.execution.cost import Estimator
from schema.execution.variables import Coercion

_COSTS = 200
"""What is remembered of one operation's costs at the most: variables could make it ever more."""


class PreparedOperation:
    """One operation of a document.

    Args:
        node: The operation.
        fragments: Those of its document.
        schema: Whose it is.
        estimator: Says what it may cost.
    """

    def __init__(
        self,
        node: OperationDefinitionNode,
        fragments: Mapping[str, FragmentDefinitionNode],
        schema: GraphQLSchema,
        estimator: Estimator,
    ) -> None:
        self.node = node
        self.kind = node.operation.value
        self.root_fields: Sequence[str] = tuple(dict.fromkeys(_roots(node.selection_set, fragments)))
        """Names of the fields that it selects at the root, each once."""
        self.coerced = Coercion(schema, node)
        self._fragments = fragments
        self._estimator = estimator
        self._costs: dict[tuple[Any, ...], int] = {}

    def cost(self, variables: VariableValues) -> int:
        """The values that the answer may have with these variables."""
        shape = tuple(map(_measure, variables.coerced.items()))
        known = self._costs.get(shape)
        if known is None:
            known = self._estimator.values(self.node, self._fragments, variables)
            if len(self._costs) < _COSTS:
                self._costs[shape] = known
        return known


class Prepared(msgspec.Struct, frozen=True, kw_only=True):
    """A document that can be executed."""

    document: DocumentNode
    fragments: Mapping[str, FragmentDefinitionNode]
    operations: Mapping[str, PreparedOperation]
    """By name; one that has none by the empty text."""
    memo: dict[Any, Any] = msgspec.field(default_factory=dict)
    """What was worked out of the document alone, for the next time; kept as long as the document."""

    def operation(self, name: str | None) -> PreparedOperation:
        """The operation of that name, or the only one.

        Raises:
            RequestError: There is none of that name, or several and none was named.
        """
        operations = self.operations
        if name is None and len(operations) == 1:
            return next(iter(operations.values()))
        found = operations.get(name) if name else None
        if found is None:
            several = name is None and operations
            message = (
                "The document has several operations: name one."
                if several
                else "The document has no such operation."
            )
            raise RequestError([InputError(message, code=ErrorCode.OPERATION_RESOLUTION_FAILED)])
        return found


def prepared(document: DocumentNode, schema: GraphQLSchema, estimator: Estimator) -> Prepared:
    """A document that was checked against a schema, made ready.

    Args:
        document: The document.
        schema: The schema.
        estimator: Says what its operations may cost.
    """
    fragments = {
        node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
    }
    operations = {
        node.name.value if node.name else "": PreparedOperation(node, fragments, schema, estimator)
        for node in document.definitions
        if isinstance(node, OperationDefinitionNode)
    }
    return Prepared(document=document, fragments=fragments, operations=operations)


def _roots(selections: SelectionSetNode, fragments: Mapping[str, FragmentDefinitionNode]) -> Iterator[str]:
    for node in selections.selections:
        if isinstance(node, FieldNode):
            yield node.name.value
        elif isinstance(node, InlineFragmentNode):
            yield from _roots(node.selection_set, fragments)
        elif isinstance(node, FragmentSpreadNode):
            yield from _roots(fragments[node.name.value].selection_set, fragments)


def _measure(variable: tuple[str, Any]) -> Any:
    """What of a variable can change the number of values: a size, a switch, a length."""
    name, value = variable
    if value is None or isinstance(value, int):
        return name, value
    return name, len(value) if isinstance(value, list) else ""
