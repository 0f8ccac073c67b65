"""Arguments of fields: coerced once for an operation where they are constant, else once for an execution."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graphql import (
    GraphQLError,
    GraphQLInputType,
    ListValueNode,
    NonNullTypeNode,
    ObjectValueNode,
    OperationDefinitionNode,
    ValueNode,
    VariableNode,
    get_argument_values,
    is_input_object_type,
    is_list_type,
    is_non_null_type,
)
from graphql.execution.values import VariableValues

from schema.execution.compiled.places import Site
from schema.execution.compiled.reading import Convert
from schema.execution.compiled.running import Running

_NO_VARIABLES = VariableValues({}, {})


class Arguments:
    """The arguments of one field.

    Args:
        site: The field.
        convert: Makes Python's arguments of the schema's; they are left as they are without it.
    """

    def __init__(self, site: Site, convert: Convert | None) -> None:
        self._site = site
        self._convert = convert

    def __call__(self, run: Running) -> Mapping[str, Any]:
        """The arguments in one execution.

        Raises:
            GraphQLError: They do not fit.
        """
        node = self._site.nodes(run)[0]
        given = self._made(node, run.variables, hide_suggestions=run.hide_suggestions)
        run.given[self._site.number] = given
        return given

    def constant(self) -> Mapping[str, Any] | None:
        """The arguments in every execution; none where they depend on it, or could be changed in one."""
        node = self._site.occurrences[0].node
        if any(_varies(argument.value) for argument in node.arguments or ()):
            return None
        try:
            given = self._made(node, _NO_VARIABLES, hide_suggestions=True)
            hash(tuple(given.values()))
        except (GraphQLError, TypeError):
            return None
        return given

    def _made(self, node: Any, variables: VariableValues, *, hide_suggestions: bool) -> Mapping[str, Any]:
        definition = self._site.definition
        given = get_argument_values(definition, node, variables, None, hide_suggestions)
        return given if self._convert is None else self._convert(definition, given)

    def are_certain(self, operation: OperationDefinitionNode) -> bool:
        """Whether they fit whatever variables the operation is executed with, once those do."""
        required = {
            one.variable.name.value
            for one in operation.variable_definitions or ()
            if isinstance(one.type, NonNullTypeNode)
        }
        given = {one.name.value: one.value for one in self._site.occurrences[0].node.arguments or ()}
        return all(
            name not in given or _is_certain(given[name], argument.type, required)
            for name, argument in self._site.definition.args.items()
        )


def _varies(node: ValueNode) -> bool:
    if isinstance(node, ListValueNode):
        return any(map(_varies, node.values))
    if isinstance(node, ObjectValueNode):
        return any(_varies(field.value) for field in node.fields)
    return isinstance(node, VariableNode)


def _is_certain(node: ValueNode, kind: GraphQLInputType, required: set[str]) -> bool:
    if isinstance(node, VariableNode):
        return not is_non_null_type(kind) or node.name.value in required
    bare: Any = kind.of_type if is_non_null_type(kind) else kind
    if isinstance(node, ListValueNode) and is_list_type(bare):
        return all(_is_certain(one, bare.of_type, required) for one in node.values)
    if isinstance(node, ObjectValueNode) and is_input_object_type(bare):
        return all(
            one.name.value in bare.fields
            and not (bare.is_one_of and _may_be_null(one.value, required))
            and _is_certain(one.value, bare.fields[one.name.value].type, required)
            for one in node.fields
        )
    return not _varies(node)


def _may_be_null(node: ValueNode, required: set[str]) -> bool:
    """Whether a value may turn out null where exactly one is to be given; validation has counted them."""
    return isinstance(node, VariableNode) and node.name.value not in required
