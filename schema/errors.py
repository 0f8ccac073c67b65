"""Errors of the graph: a closed list of codes, each with what it means.

A mistake of the caller is an :class:`InputError` with a code and, where one is to blame, the
argument. Everything else is unexpected, is masked, and carries :attr:`ErrorCode.INTERNAL`.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Sequence

from graphql import GraphQLError


class ErrorCode(enum.Enum):
    """What ``extensions.code`` of an error can be."""

    BAD_USER_INPUT = "BAD_USER_INPUT"
    """An argument or a variable has a value that cannot be used."""
    INVALID_ID = "INVALID_ID"
    """An id was not made by this graph, or names another type of object than is wanted here."""
    INVALID_KEY = "INVALID_KEY"
    """A look-up key cannot be one of its kind, such as an e-mail address without a host."""
    INVALID_CURSOR = "INVALID_CURSOR"
    """A cursor was not made by this connection in this order."""
    CURSOR_EXPIRED = "CURSOR_EXPIRED"
    """What happened behind the cursor is not kept any more: read the state anew, then follow from now on."""
    NOT_FOUND = "NOT_FOUND"
    """There is nothing by that id to follow, or not for this caller."""
    AMBIGUOUS_KEY = "AMBIGUOUS_KEY"
    """Several customers share the look-up key; search for it instead."""
    LIMIT_EXCEEDED = "LIMIT_EXCEEDED"
    """The operation or an argument asks for more than is allowed; the message names the limit."""
    RATE_LIMITED = "RATE_LIMITED"
    """The caller's budget is spent; the message says when to send it again."""
    DOCUMENT_NOT_TRUSTED = "DOCUMENT_NOT_TRUSTED"
    """This caller may send only documents that are registered here."""
    PERSISTED_QUERY_NOT_FOUND = "PERSISTED_QUERY_NOT_FOUND"
    """No document is registered under the id that was sent; send its text."""
    GRAPHQL_PARSE_FAILED = "GRAPHQL_PARSE_FAILED"
    """The document is not GraphQL."""
    GRAPHQL_VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED"
    """The document does not fit the schema."""
    OPERATION_RESOLUTION_FAILED = "OPERATION_RESOLUTION_FAILED"
    """The document has no operation of that name, or several and none was named."""
    OPERATION_NOT_ALLOWED = "OPERATION_NOT_ALLOWED"
    """This kind of operation cannot be sent this way, such as a mutation over GET."""
    UNAUTHENTICATED = "UNAUTHENTICATED"
    """Nobody says who is calling, or the token is good no longer: send a new one."""
    FORBIDDEN = "FORBIDDEN"
    """The token may not select the field, or not ask it so; `extensions` names what would do."""
    INTROSPECTION_NOT_ALLOWED = "INTROSPECTION_NOT_ALLOWED"
    """The token may not ask for the schema itself; it is printed in `schema/schema.graphql`."""
    UNAVAILABLE = "UNAVAILABLE"
    """The hub's own database does not answer at the moment; the same operation may be sent again."""
    INTERNAL = "INTERNAL"
    """Something unexpected went wrong here; quote ``extensions.correlationId`` when reporting it."""


class InputError(GraphQLError):
    """A mistake of the caller, told in full."""

    def __init__(self, message: str, *, code: ErrorCode, argument: str | None = None) -> None:
        """Say what is wrong.

        Args:
            message: What is wrong and what would do, without the value itself where it may be personal.
            code: One of the closed list.
            argument: Path of the argument to blame, such as ``by.email``.
        """
        extensions: dict[str, str] = {"code": code.value}
        if argument is not None:
            extensions["argument"] = argument
        super().__init__(message, extensions=extensions)


_VALUES = (
    (re.compile(r",? [Ff]ound: .*", re.DOTALL), ""),
    (re.compile(r"(cannot represent [\w -]*value): .*", re.DOTALL), r"\1"),
    (re.compile(r"^(.*)Value '.*' does not exist", re.DOTALL), r"\1That value does not exist"),
    (re.compile(r"((?:Block)?String|Int|Float) (['\"]).*\2", re.DOTALL), r"\1"),
)
"""Where the library's messages quote what was sent, and what remains without it."""


def without_values(message: str) -> str:
    """A message of the library without the values it quotes: they may be personal, and clients log them."""
    for pattern, rest in _VALUES:
        message = pattern.sub(rest, message)
    return message if message.endswith((".", "?")) else f"{message}."


def coded(error: GraphQLError, code: ErrorCode) -> GraphQLError:
    """The library's error with a code, unless it has one of its own, and without values of the caller."""
    error.message = without_values(error.message)
    extensions = dict(error.extensions or {})
    extensions.setdefault("code", _code_of(error) or code.value)
    if error.extensions is None:
        error.extensions = extensions
    else:
        error.extensions.update(extensions)
    return error


def _code_of(error: GraphQLError) -> str | None:
    """The code of the error that this one was made from: scalars raise their own."""
    original = error.original_error
    while isinstance(original, GraphQLError):
        code = (original.extensions or {}).get("code")
        if code is not None:
            return str(code)
        original = original.original_error
    return None


def is_told(error: GraphQLError) -> bool:
    """Whether an error of execution may be shown as it is: it is coded, so it is ours."""
    return "code" in (error.extensions or {})


class RequestError(Exception):
    """The request cannot be executed at all: a mistake in the document or the variables."""

    def __init__(self, errors: Sequence[GraphQLError]) -> None:
        """Carry what is told to the caller."""
        super().__init__("the request cannot be executed")
        self.errors = tuple(errors)
