"""One execution of a compiled operation: what its generated functions share."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from graphql import GraphQLError
from graphql.execution.values import VariableValues

if TYPE_CHECKING:
    from schema.execution.compiled.operation import Compiled

Guards = Mapping[str, Collection[str]]
"""By type, the fields at which it has to be asked whether they are held back."""


class Running:
    """An execution.

    Args:
        compiled: What is executed.
        context: What resolvers are told as the context.
        variables: Of the operation.
        case: Which of its cases it is.
        guards: What may have to be held back.
        hide_suggestions: Whether errors of arguments name nothing that is in the schema.
    """

    __slots__ = ("case", "compiled", "context", "errors", "given", "guards", "hide_suggestions", "variables")

    def __init__(
        self,
        compiled: Compiled,
        context: Any,
        variables: VariableValues,
        case: int,
        *,
        guards: Guards,
        hide_suggestions: bool,
    ) -> None:
        self.compiled = compiled
        self.context = context
        self.variables = variables
        self.case = case
        self.guards = guards
        self.hide_suggestions = hide_suggestions
        self.errors: list[GraphQLError] = []
        self.given: dict[int, Mapping[str, Any]] = {}
        """The arguments of fields, by the number of their site, once they are coerced: they are the same for
        every object."""
