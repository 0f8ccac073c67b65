"""Errors as callers are told them: ours in full, unexpected ones masked."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from graphql import GraphQLError

from c360.errors import place
from schema.errors import ErrorCode, InputError, RequestError, is_told
from schema.execution.admission import Allowance, RateLimited
from schema.response import GraphResponse

_log = logging.getLogger(__name__)

_MOST_ERRORS = 50
"""Errors in one answer; a list whose every element fails would repeat itself."""


class NotAllowedError(RequestError):
    """This kind of operation cannot be sent this way."""

    def __init__(self, message: str) -> None:
        """Say which."""
        super().__init__([InputError(message, code=ErrorCode.OPERATION_NOT_ALLOWED)])


def code_of(error: Mapping[str, Any]) -> str:
    """The code of an error as it is told."""
    return str(error.get("extensions", {}).get("code", ""))


def refused_answer(refused: RequestError, allowances: Sequence[Allowance] = ()) -> GraphResponse:
    """The answer to a request that is not executed."""
    limited = refused if isinstance(refused, RateLimited) else None
    return GraphResponse(
        errors=[presented(error) for error in refused.errors],
        is_request_error=True,
        not_allowed=isinstance(refused, NotAllowedError),
        allowances=[*allowances, *(limited.allowances if limited else ())],
        retry_after=limited.retry_after if limited else None,
    )


def failed_answer(error: Exception) -> GraphResponse:
    """The answer where something went wrong that is no mistake of the caller."""
    return GraphResponse(errors=[masked(GraphQLError("", original_error=error))])


def presented_all(errors: Sequence[GraphQLError]) -> Sequence[Mapping[str, Any]]:
    """The errors of an operation that are told."""
    return [presented(error) for error in _told_first(errors)]


def presented(error: GraphQLError) -> Mapping[str, Any]:
    """An error as it is told."""
    if not is_told(error):
        return masked(error)
    presented: Mapping[str, Any] = error.formatted
    return presented


def masked(error: GraphQLError) -> Mapping[str, Any]:
    """An unexpected error without its message, which is logged without its values."""
    correlation = uuid.uuid4().hex
    cause = error.original_error or error
    _log.error("unexpected %s (correlation id %s)", place(cause, lines=3), correlation)
    masked: dict[str, Any] = {
        "message": "Something unexpected went wrong here. Quote the correlation id when reporting it.",
        "extensions": {"code": ErrorCode.INTERNAL.value, "correlationId": correlation},
    }
    if error.path is not None:
        masked["path"] = list(error.path)
    return masked


def _told_first(errors: Sequence[GraphQLError]) -> Sequence[GraphQLError]:
    """The errors that are told: of those that a list repeats, the first before the others."""
    if len(errors) <= _MOST_ERRORS:
        return errors
    first: dict[object, GraphQLError] = {}
    for error in errors:
        fields = tuple(key for key in error.path or () if isinstance(key, str))
        first.setdefault((fields, error.message), error)
    chosen = {id(error) for error in first.values()}
    return [*first.values(), *(error for error in errors if id(error) not in chosen)][:_MOST_ERRORS]
