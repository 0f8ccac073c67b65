"""Where in a document and in an answer a value stands, and how its errors are told there."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, NoReturn

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLField,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    OperationDefinitionNode,
    is_non_null_type,
    located_error,
)
from graphql.pyutils import Path, is_awaitable

from schema.execution.compiled.switches import Field

if TYPE_CHECKING:
    from schema.execution.compiled.running import Running

Way = tuple[Any, str | int]
"""A place in the answer: the place above it, or none at the root, and a key or a number."""


def keys(way: Way | None) -> list[str | int]:
    """The keys that lead to a place."""
    found: list[str | int] = []
    while way is not None:
        way, key = way
        found.append(key)
    found.reverse()
    return found


class Site:
    """A field of the document at one place of the generated code.

    Args:
        number: Which one of the operation.
        field: What is selected.
        parent: The type of the object that it is a field of.
        definition: The field in the schema.
        fixed: Whether it is the same in every case.
    """

    __slots__ = ("definition", "fixed", "is_required", "key", "name", "number", "occurrences", "parent")

    def __init__(
        self, number: int, field: Field, parent: GraphQLObjectType, definition: GraphQLField, *, fixed: bool
    ) -> None:
        self.number = number
        self.key = field.key
        self.name = field.name
        self.occurrences = field.occurrences
        self.parent = parent
        self.definition = definition
        self.fixed = fixed
        self.is_required = is_non_null_type(definition.type)

    def nodes(self, run: Running) -> list[FieldNode]:
        """The fields of the document that it is made of, in the case that is executed."""
        return [one.node for one in self.occurrences if self.fixed or one.cases >> run.case & 1]

    def located(self, error: Exception, way: Way, run: Running) -> GraphQLError:
        """An error of the field or of something in its list.

        Args:
            error: The error.
            way: Where it occurred.
            run: The execution.
        """
        return located_error(error, self.nodes(run), keys(way))

    def lost(self, above: Way | None, run: Running) -> None:
        """Note the exception that is being handled: the field is null."""
        run.errors.append(self.located(_handled(), (above, self.key), run))

    def failed(self, above: Way | None, run: Running) -> NoReturn:
        """Pass on the exception that is being handled: what the field belongs to is null.

        Raises:
            GraphQLError: It.
        """
        raise self.located(_handled(), (above, self.key), run)

    def lost_at(self, way: Way, run: Running) -> None:
        """The same as :meth:`lost`, of something in the field's list."""
        run.errors.append(self.located(_handled(), way, run))

    def failed_at(self, way: Way, run: Running) -> NoReturn:
        """The same as :meth:`failed`, of something in the field's list.

        Raises:
            GraphQLError: The exception that is being handled.
        """
        raise self.located(_handled(), way, run)

    def refuse_null(self) -> NoReturn:
        """Say that there is no value where there has to be one.

        Raises:
            TypeError: Says so.
        """
        message = f"Cannot return null for non-nullable field {self.parent}.{self.name}."
        raise TypeError(message)


def _handled() -> Exception:
    error = sys.exception()
    if not isinstance(error, Exception):
        raise TypeError("no exception is being handled")  # a fault of ours
    return error


class Info:
    """What resolvers are told, in graphql-core's words; all but the context is found out when asked."""

    __slots__ = ("_above", "_run", "_site", "context")

    def __init__(self, site: Site, above: Way | None, run: Running) -> None:
        self.context = run.context
        self._site = site
        self._above = above
        self._run = run

    is_awaitable = staticmethod(is_awaitable)
    root_value = None

    @property
    def path(self) -> Path:
        """Where the field stands in the answer."""
        path: Path | None = None
        for key in keys((self._above, self._site.key)):
            path = Path(path, key, None)
        if path is None:
            raise TypeError("a field stands at the root")  # a fault of ours
        return path

    @property
    def field_name(self) -> str:
        """Its name in the schema."""
        return self._site.name

    @property
    def field_nodes(self) -> list[FieldNode]:
        """Where the document asks for it."""
        return self._site.nodes(self._run)

    @property
    def return_type(self) -> GraphQLOutputType:
        """The type of its value."""
        return self._site.definition.type

    @property
    def parent_type(self) -> GraphQLObjectType:
        """The type of the object that it is a field of."""
        return self._site.parent

    @property
    def schema(self) -> GraphQLSchema:
        """The schema."""
        return self._run.compiled.schema

    @property
    def fragments(self) -> dict[str, FragmentDefinitionNode]:
        """Those of the document."""
        return dict(self._run.compiled.fragments)

    @property
    def operation(self) -> OperationDefinitionNode:
        """The operation."""
        return self._run.compiled.operation

    @property
    def variable_values(self) -> dict[str, Any]:
        """The variables, coerced."""
        return self._run.variables.coerced
