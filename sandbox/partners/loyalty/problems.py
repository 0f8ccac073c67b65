"""Errors as Square writes them, and its cursors."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import msgspec
from starlette.responses import JSONResponse, Response

T = TypeVar("T")

_STATUSES: Mapping[int, tuple[str, str]] = {
    400: ("INVALID_REQUEST_ERROR", "BAD_REQUEST"),
    401: ("AUTHENTICATION_ERROR", "UNAUTHORIZED"),
    403: ("AUTHENTICATION_ERROR", "FORBIDDEN"),
    404: ("INVALID_REQUEST_ERROR", "NOT_FOUND"),
    405: ("INVALID_REQUEST_ERROR", "METHOD_NOT_ALLOWED"),
    415: ("INVALID_REQUEST_ERROR", "UNSUPPORTED_MEDIA_TYPE"),
    429: ("RATE_LIMIT_ERROR", "RATE_LIMITED"),
    502: ("API_ERROR", "BAD_GATEWAY"),
    503: ("API_ERROR", "SERVICE_UNAVAILABLE"),
    504: ("API_ERROR", "GATEWAY_TIMEOUT"),
}

_EXPECTED = {
    "int": "EXPECTED_INTEGER",
    "str": "EXPECTED_STRING",
    "bool": "EXPECTED_BOOLEAN",
    "object": "EXPECTED_OBJECT",
    "array": "EXPECTED_ARRAY",
}


class Refused(Exception):
    """A request that Square answers with an error."""

    def __init__(self, code: str, detail: str, *, field: str | None = None, status: int = 400) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.field = field
        self.status = status

    def response(self) -> Response:
        """The error as Square writes it."""
        category = _STATUSES.get(self.status, _STATUSES[400])[0]
        return errors_response(self.status, error(category, self.code, self.detail, self.field))


def error(category: str, code: str, detail: str, field: str | None = None) -> dict[str, str]:
    """One error object."""
    return {
        "category": category,
        "code": code,
        "detail": detail,
        **({} if field is None else {"field": field}),
    }


def errors_response(status: int, first: dict[str, str], headers: Mapping[str, str] | None = None) -> Response:
    """The body that every failed request gets."""
    return JSONResponse({"errors": [first]}, status_code=status, headers=dict(headers or {}))


def render_error(status: int, message: str, headers: Mapping[str, str]) -> Response:
    """Errors that come from outside the operations."""
    category, code = _STATUSES.get(status, ("API_ERROR", "INTERNAL_SERVER_ERROR"))
    return errors_response(status, error(category, code, message), headers)


def read(body: bytes, kind: type[T]) -> T:
    """Read a request body.

    Raises:
        Refused: it is not JSON, or a field is missing, unknown or of the wrong type.
    """
    try:
        return msgspec.json.decode(body or b"{}", type=kind)
    except msgspec.ValidationError as problem:
        raise _refusal(str(problem)) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Refused("EXPECTED_JSON_BODY", "The request body is not valid JSON.") from None


def _refusal(text: str) -> Refused:
    what, _, path = text.partition(" - at `$")
    field = path.strip("`.") or None
    named = re.search(r"field `(\w+)`", what)
    if named and "missing" in what:
        where = f"{field}.{named[1]}" if field else named[1]
        return Refused("MISSING_REQUIRED_PARAMETER", "Missing required parameter.", field=where)
    if named:
        return Refused("UNKNOWN_BODY_PARAMETER", "Unknown parameter.", field=named[1])
    return Refused(_code(what), "The value is not valid.", field=field)


def _code(what: str) -> str:
    """Square's code for what msgspec found wrong."""
    if bound := re.match(r"Expected .* of length (<=|>=)", what):
        return "ARRAY_LENGTH_TOO_LONG" if bound[1] == "<=" else "ARRAY_EMPTY"
    if bound := re.match(r"Expected `int` (<=|>=)", what):
        return "VALUE_TOO_HIGH" if bound[1] == "<=" else "VALUE_TOO_LOW"
    if what.startswith("Invalid enum value"):
        return "INVALID_ENUM_VALUE"
    expected = re.match(r"Expected `(\w+)", what)
    return _EXPECTED.get(expected[1], "INVALID_VALUE") if expected else "INVALID_VALUE"


class _Cursor(msgspec.Struct):
    offset: int
    query: str


def page(things: Sequence[T], query: Any, limit: int, cursor: str | None) -> tuple[Sequence[T], str | None]:
    """One page of a result, and the cursor of the next one.

    Raises:
        Refused: the cursor is not of this query.
    """
    mark = hashlib.sha256(msgspec.json.encode(query)).hexdigest()[:16]
    start = 0 if cursor is None else _position(cursor, mark)
    end = start + limit
    if end >= len(things):
        return things[start:end], None
    following = base64.urlsafe_b64encode(msgspec.json.encode(_Cursor(offset=end, query=mark)))
    return things[start:end], following.decode()


def _position(cursor: str, mark: str) -> int:
    try:
        found = msgspec.json.decode(base64.urlsafe_b64decode(cursor), type=_Cursor)
    except (binascii.Error, ValueError):
        found = _Cursor(offset=-1, query="")
    if found.query != mark or found.offset < 0:
        raise Refused("INVALID_CURSOR", "The cursor is not valid for this query.", field="cursor")
    return found.offset
