"""Documents made ready to execute: bounded, parsed, checked against the schema, and remembered."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    Node,
    StringValueNode,
    Token,
    TokenKind,
    parse,
    validate,
)
from graphql.validation import (
    ASTValidationRule,
    MaxIntrospectionDepthRule,
    NoFragmentCyclesRule,
    specified_rules,
)

from schema.errors import ErrorCode, RequestError, coded
from schema.execution.cost import estimator
from schema.execution.limits import FragmentCycleError, Limits, TooMuch, check
from schema.execution.prepared import Prepared, prepared
from schema.execution.variables import NO_NUL, NUL

_MOST_ERRORS = 20
_NO_TOKEN = Token(TokenKind.SOF, 0, 0, 0, 0)


class _NoNul(ASTValidationRule):
    """No text in a document has what no text in its variables may have."""

    def enter_string_value(self, node: StringValueNode, *_: object) -> None:
        if NUL in node.value:
            self.report_error(GraphQLError(NO_NUL, node))


_RULES = tuple(dict.fromkeys((*specified_rules, MaxIntrospectionDepthRule, _NoNul)))


class Documents:
    """Prepares documents and remembers the good ones.

    Only documents within the limits and valid are remembered, and only so many characters in all:
    a stream of ever new or bad ones neither grows memory nor gets around a limit.

    Args:
        schema: What documents are checked against.
        limits: Bounds of one document.
        remembered: Documents remembered at the most.
        remembered_characters: Characters of all of them together; each takes some 70 bytes of memory.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        limits: Limits,
        *,
        remembered: int = 1_000,
        remembered_characters: int = 500_000,
    ) -> None:
        self._schema = schema
        self._limits = limits
        self._remembered = remembered
        self._remembered_characters = remembered_characters
        self._estimator = estimator(schema)
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
        found = self._documents.get(text)
        if found is None:
            document = self._checked(text, suggest=suggest)
            _forget_tokens(document)
            found = prepared(document, self._schema, self._estimator)
            self._remember(text, found)
        else:
            self._documents.move_to_end(text)
        return found

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

    def _remember(self, text: str, found: Prepared) -> None:
        if len(text) * 10 > self._remembered_characters:
            return
        self._documents[text] = found
        self._characters += len(text)
        while len(self._documents) > self._remembered or self._characters > self._remembered_characters:
            oldest, _ = self._documents.popitem(last=False)
            self._characters -= len(oldest)


def _forget_tokens(document: DocumentNode) -> None:
    """Let go of the tokens that a document was read from, which take a fifth of its memory.

    Errors name places by characters of the text, which stay.
    """
    waiting: list[object] = [document]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Node):
            if node.loc is not None:
                node.loc.start_token = node.loc.end_token = _NO_TOKEN
            waiting.extend(getattr(node, key) for key in node.keys)
        elif isinstance(node, tuple | list):
            waiting.extend(node)
