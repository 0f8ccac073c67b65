"""``@skip`` and ``@include``: which selections an operation takes up."""

from __future__ import annotations

from graphql import (
    GraphQLDirective,
    GraphQLError,
    GraphQLIncludeDirective,
    GraphQLSkipDirective,
    SelectionNode,
    get_directive_values,
)
from graphql.execution.values import VariableValues

from schema.errors import ErrorCode, RequestError, coded


def included(node: SelectionNode, variables: VariableValues) -> bool:
    """Whether ``@skip`` and ``@include`` leave a selection in.

    Raises:
        RequestError: A variable with a default was sent as null: no selection is left in or out by that.
    """
    if not node.directives:
        return True
    return not _switch(GraphQLSkipDirective, node, variables, False) and _switch(
        GraphQLIncludeDirective, node, variables, True
    )


def _switch(
    directive: GraphQLDirective, node: SelectionNode, variables: VariableValues, unless_given: bool
) -> bool:
    try:
        given = get_directive_values(directive, node, variables)
    except GraphQLError as error:
        raise RequestError([coded(error, ErrorCode.BAD_USER_INPUT)]) from None
    return unless_given if given is None else bool(given["if"])
