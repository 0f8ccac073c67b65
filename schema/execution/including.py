"""``@skip`` and ``@include``: which selections an operation takes up."""

from __future__ import annotations

from graphql import GraphQLIncludeDirective, GraphQLSkipDirective, SelectionNode, get_directive_values
from graphql.execution.values import VariableValues


def included(node: SelectionNode, variables: VariableValues) -> bool:
    """Whether ``@skip`` and ``@include`` leave a selection in."""
    if not node.directives:
        return True
    skip = get_directive_values(GraphQLSkipDirective, node, variables)
    if skip is not None and skip["if"]:
        return False
    include = get_directive_values(GraphQLIncludeDirective, node, variables)
    return include is None or bool(include["if"])
