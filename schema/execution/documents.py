"""Documents made ready to execute: bounded, parsed, checked against the schema, and remembered."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    parse,
    validate,
)
from graphql.execution.values import VariableValues
from graphql.validation import (
    ASTValidationRule,
    MaxIntrospectionDepthRule,
    NoFragmentCyclesRule,
    specified_rules,
)

from schema.errors import ErrorCode, InputError, coded
from schema.execution.cost import Estimator, TooManyValues
from schema.execution.limits import FragmentCycleError, Limits, TooMuch, check

_MOST_ERRORS = 20
_MEMOS = 200
"""What is remembered of one document at the most: variables could make it ever more."""
_RULES = tuple(dict.fromkeys((*specified_rules, MaxIntrospectionDepthRule)))


class RequestError(Exception):
    """The request cannot be executed at all: a mistake in the document or the variables."""

    def __init__(self, errors: Sequence[GraphQLError]) -> None:
        """Carry what is told to the caller."""
        super().__init__("the request cannot be executed")
        self.errors = tuple(errors)


class Prepared(msgspec.Struct, frozen=True, kw_only=True):
    """A document that can be executed."""

    document: DocumentNode
    fragments: Mapping[str, FragmentDefinitionNode]
    values: int
    """Values that its largest operation can ask for, whatever its variables."""
    memo: dict[Any, Any] = msgspec.field(default_factory=dict)
    """What was worked out of the document alone, for the next time; kept as long as the document."""

    def root_fields(self, operation: OperationDefinitionNode) -> Sequence[str]:
        """Names of the fields that one of its operations selects at the root, each once."""
        name = operation.name.value if operation.name else ""
        known: Sequence[str] | None = self.memo.get(f"root {name}")
        if known is None:
            known = self.memo[f"root {name}"] = tuple(dict.fromkeys(self._roots(operation.selection_set)))
        return known

    def _roots(self, selections: SelectionSetNode) -> Iterator[str]:
        for node in selections.selections:
            if isinstance(node, FieldNode):
                yield node.name.value
            elif isinstance(node, InlineFragmentNode):
                yield from self._roots(node.selection_set)
            elif isinstance(node, FragmentSpreadNode):
                yield from self._roots(self.fragments[node.name.value].selection_set)


class Documents:
    """Prepares documents and remembers the good ones.

    Only documents within the limits and valid are remembered, and only so many characters in all:
    a stream of ever new or bad ones neither grows memory nor gets around a limit.

    Args:
        schema: What documents are checked against.
        limits: Bounds of one document.
        remembered: Documents remembered at the most.
        remembered_characters: Characters of all of them together.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        limits: Limits,
        *,
        remembered: int = 1_000,
        remembered_characters: int = 1_000_000,
    ) -> None:
        self._schema = schema
        self._limits = limits
        self._remembered = remembered
        self._remembered_characters = remembered_characters
        self._estimator = Estimator(schema)
        self._documents: OrderedDict[str, Prepared] = OrderedDict()
        self._characters = 0

    def __len__(self) -> int:
        return len(self._documents)

    def prepare(self, text: str, *, suggest: bool = True) -> Prepared:
        """The document, ready to execute.

        Args:
            text: The document.
            suggest: Whether what is wrong with it may name what else there is in the schema.

        Raises:
            RequestError: It is too large, is not GraphQL, or does not fit the schema.
        """
        prepared = self._documents.get(text)
        if prepared is None:
            prepared = self._measured(self._checked(text, suggest=suggest))
            self._remember(text, prepared)
        else:
            self._documents.move_to_end(text)
        return prepared

    def check_values(
        self, prepared: Prepared, operation: OperationDefinitionNode, variables: VariableValues
    ) -> None:
        """Make sure that the answer to one of its operations is not too large to make.

        Raises:
            RequestError: It is.
        """
        if prepared.values > self._limits.values and self.cost(prepared, operation, variables) > (
            self._limits.values
        ):
            raise RequestError([TooManyValues(self._limits.values)])

    def cost(self, prepared: Prepared, operation: OperationDefinitionNode, variables: VariableValues) -> int:
        """The values that the answer to one of its operations may have, with these variables."""
        name = operation.name.value if operation.name else ""
        shape = ("cost", name, *((key, _measure(value)) for key, value in variables.coerced.items()))
        known: int | None = prepared.memo.get(shape)
        if known is None:
            known = self._estimator.values(operation, prepared.fragments, variables)
            if len(prepared.memo) < _MEMOS:
                prepared.memo[shape] = known
        return known

    def _measured(self, document: DocumentNode) -> Prepared:
        fragments = {
            node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
        }
        values = (
            self._estimator.values(node, fragments)
            for node in document.definitions
            if isinstance(node, OperationDefinitionNode)
        )
        return Prepared(document=document, fragments=fragments, values=max(values, default=0))

    def _checked(self, text: str, *, suggest: bool) -> DocumentNode:
        rules: Sequence[type[ASTValidationRule]] = _RULES
        try:
            document = self._parsed(text)
            check(document, self._limits)
        except TooMuch as error:
            raise RequestError([error]) from None
        except FragmentCycleError:
            rules = (NoFragmentCyclesRule,)  # the others were not made sure to end soon
        errors = validate(
            self._schema, document, rules, max_errors=_MOST_ERRORS, hide_suggestions=not suggest
        )
        if errors:
            raise RequestError([coded(error, ErrorCode.GRAPHQL_VALIDATION_FAILED) for error in errors])
        return document

    def _parsed(self, text: str) -> DocumentNode:
        limits = self._limits
        if len(text) > limits.characters:
            raise TooMuch("characters", limits.characters)
        try:
            return parse(text, max_lexical_tokens=limits.tokens, max_comments=limits.comments)
        except GraphQLSyntaxError as error:
            if "Document contains more than" in error.message:
                raise TooMuch("tokens or comments", limits.tokens) from None
            raise RequestError([coded(error, ErrorCode.GRAPHQL_PARSE_FAILED)]) from None
        except GraphQLError as error:
            raise RequestError([coded(error, ErrorCode.GRAPHQL_PARSE_FAILED)]) from None

    def _remember(self, text: str, prepared: Prepared) -> None:
        if len(text) * 10 > self._remembered_characters:
            return
        self._documents[text] = prepared
        self._characters += len(text)
        while len(self._documents) > self._remembered or self._characters > self._remembered_characters:
            oldest, _ = self._documents.popitem(last=False)
            self._characters -= len(oldest)


def _measure(value: Any) -> Any:
    """What of a variable can change the number of values: a size, a switch, a length."""
    if value is None or isinstance(value, int):
        return value
    return len(value) if isinstance(value, list) else ""


def operation_of(document: DocumentNode, name: str | None) -> OperationDefinitionNode:
    """The operation of that name, or the only one.

    Raises:
        RequestError: There is none of that name, or several and none was named.
    """
    operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    if name is not None:
        operations = [node for node in operations if node.name and node.name.value == name]
    if len(operations) != 1:
        several = "The document has several operations: name one." if operations else None
        message = several or "The document has no such operation."
        raise RequestError([InputError(message, code=ErrorCode.OPERATION_RESOLUTION_FAILED)])
    return operations[0]
