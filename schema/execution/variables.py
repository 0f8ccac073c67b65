"""Variables of one operation, coerced as the library does, but with what is the same every time done once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graphql import (
    GraphQLError,
    GraphQLID,
    GraphQLInputType,
    GraphQLNonNull,
    GraphQLSchema,
    GraphQLString,
    OperationDefinitionNode,
    Undefined,
    get_variable_values,
)
from graphql.execution.get_variable_signature import GraphQLVariableSignature, get_variable_signature
from graphql.execution.values import VariableValues, VariableValueSource
from graphql.utilities import coerce_input_value

from schema.errors import ErrorCode, InputError, RequestError, coded

_MOST_ERRORS = 50
_TEXTS = (GraphQLID, GraphQLString)
_CONTAINERS = (dict, list)
NUL = "\0"
"""A character that PostgreSQL keeps in no text and that ends a text elsewhere: none of a caller's has it."""
NO_NUL = "A text cannot have the character U+0000."


class Coercion:
    """Reads the variables of one operation.

    Args:
        schema: Whose types they are of.
        operation: Of a document that was checked.
    """

    def __init__(self, schema: GraphQLSchema, operation: OperationDefinitionNode) -> None:
        self._schema = schema
        self._definitions = operation.variable_definitions or ()
        found = [get_variable_signature(schema, one) for one in self._definitions]
        self._signatures = [one for one in found if not isinstance(one, GraphQLError)]
        self._usual = len(self._signatures) == len(found)
        self._texts = {one.name for one in self._signatures if _named(one.type) in _TEXTS}

    def __call__(self, given: Mapping[str, Any], *, suggest: bool) -> VariableValues:
        """The values, by the types that the operation declares.

        Args:
            given: As decoded from JSON.
            suggest: Whether what is wrong with them may name what else there is in the schema.

        Raises:
            RequestError: One does not fit its type, or is missing.
        """
        found = self._quickly(given) if self._usual else None
        return self._explained(given, suggest=suggest) if found is None else found

    def _quickly(self, given: Mapping[str, Any]) -> VariableValues | None:
        """The values; none where something is wrong with one of them."""
        sources: dict[str, VariableValueSource] = {}
        coerced: dict[str, Any] = {}
        for signature in self._signatures:
            name = signature.name
            value = given.get(name, Undefined)
            if type(value) is str and name in self._texts:
                if NUL in value:
                    return None
                sources[name] = VariableValueSource(signature, value)
                coerced[name] = value
                continue
            if value is Undefined:
                if signature.default is not None or isinstance(signature.type, GraphQLNonNull):
                    return None
                sources[name] = VariableValueSource(signature)
                continue
            sources[name] = VariableValueSource(signature, value)
            coerced[name] = found = _coerced(value, signature)
            if found is Undefined or (type(value) in _CONTAINERS and _place_of_nul(value) is not None):
                return None
        return VariableValues(sources, coerced)

    def _explained(self, given: Mapping[str, Any], *, suggest: bool) -> VariableValues:
        found = get_variable_values(
            self._schema, self._definitions, dict(given), _MOST_ERRORS, hide_suggestions=not suggest
        )
        if isinstance(found, list):
            raise RequestError([coded(error, ErrorCode.BAD_USER_INPUT) for error in found])
        for name, source in found.sources.items():
            place = _place_of_nul(source.value)
            if place is not None:
                where = f" at '{name}{place}'" if place else ""
                message = f"Variable '${name}' has invalid value{where}: {NO_NUL}"
                raise RequestError([InputError(message, code=ErrorCode.BAD_USER_INPUT)])
        return found


def _named(kind: GraphQLInputType) -> GraphQLInputType:
    return kind.of_type if isinstance(kind, GraphQLNonNull) else kind


def _coerced(value: Any, signature: GraphQLVariableSignature) -> Any:
    """A value by its type; undefined where it does not fit, or is nested too deeply to find out."""
    try:
        return coerce_input_value(value, signature.type)
    except RecursionError:
        return Undefined


def _place_of_nul(value: Any) -> str | None:
    """Where in a value, as JSON has it, there is a text with that character; none where there is none."""
    if type(value) is str:
        return "" if NUL in value else None
    within = value.items() if type(value) is dict else enumerate(value) if type(value) is list else ()
    for key, one in within:
        place = _place_of_nul(one)
        if place is not None:
            return f"{f'[{key}]' if type(key) is int else f'.{key}'}{place}"
    return None
