"""What a request of GraphQL over HTTP asks for, by the specification.

POST carries JSON only, GET carries queries only. A well-formed answer to an
``application/graphql-response+json`` client has a status that tells (400 for a request error);
``application/json`` clients get 200 for whatever was valid JSON, as the specification asks.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import msgspec
from starlette.datastructures import QueryParams
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import Receive, Scope

from api.authentication.errors import RefusedAccess

GRAPHQL = "application/graphql-response+json"
JSON = "application/json"
EVENTS = "text/event-stream"
MAX_DEPTH = 64
"""Nesting of a request body: far above any variables, far below the interpreter's stack."""
SAFE = frozenset({"GET", "HEAD"})
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
"""A string, to the end of the body where it is not closed: possessive, so that it never goes back."""
_STEPS = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}
_OTHERS = bytes(byte for byte in range(256) if byte not in _STEPS)
_JSON = JSON.encode()
_PLAIN, _CHUNKED = b"identity", b"chunked"


class GraphQLRequest(msgspec.Struct, frozen=True, kw_only=True):
    """The parameters of a request as the specification names them."""

    query: str | None = None
    document_id: str | None = msgspec.field(default=None, name="documentId")
    operation_name: str | None = msgspec.field(default=None, name="operationName")
    variables: dict[str, Any] | None = None
    extensions: dict[str, Any] | None = None

    def __post_init__(self) -> None:
        """Refuse a request that names no document, as any other that does not fit."""
        if self.query is None and self.registered is None:
            raise ValueError("Object missing required field `query`, or `documentId` in its place")

    @property
    def registered(self) -> str | None:
        """Id of a registered document, as the specification or as Apollo's clients write it."""
        if self.document_id is not None:
            return self.document_id
        persisted = (self.extensions or {}).get("persistedQuery")
        found = persisted.get("sha256Hash") if isinstance(persisted, dict) else None
        return found if isinstance(found, str) else None

    @property
    def tells_cost(self) -> bool:
        """Whether the answer is to say what the operation costs."""
        return (self.extensions or {}).get("cost") is True


_DECODER = msgspec.json.Decoder(GraphQLRequest)


class RefusedError(Exception):
    """The HTTP request is not one that can be answered."""

    def __init__(self, status: int, message: str, code: str, **headers: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


class RequestReader:
    """Reads what is asked for from a request.

    Args:
        body_limit: bytes of a body at the most.
        body_timeout: seconds that a body may take; whoever answers waits no longer, see
            :mod:`api.attendance`.
    """

    def __init__(self, *, body_limit: int, body_timeout: float) -> None:
        self._body_limit = body_limit
        self.body_timeout = body_timeout

    async def read(self, scope: Scope, headers: Mapping[bytes, bytes], receive: Receive) -> GraphQLRequest:
        """What a request asks for.

        Args:
            scope: the request, as ASGI gives it.
            headers: its headers.
            receive: its body.

        Raises:
            RefusedError: it is not one that the specification describes.
            ClientDisconnect: the client has gone.
        """
        if scope["method"] in SAFE:
            return _from_query(QueryParams(scope["query_string"]))
        kind = headers.get(b"content-type", b"")
        if kind != _JSON:
            _check_type(kind.decode("latin-1"))
        check_coding(headers)
        return decode(await self._body(headers, receive))

    async def _body(self, headers: Mapping[bytes, bytes], receive: Receive) -> bytes:
        declared = headers.get(b"content-length", b"0")
        if declared.isdigit() and int(declared) > self._body_limit:
            raise self._too_large()
        body = bytearray()
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            chunk = message.get("body", b"")
            if not body and not message.get("more_body", False) and len(chunk) <= self._body_limit:
                return bytes(chunk)
            body += chunk
            if len(body) > self._body_limit:
                raise self._too_large()
            if not message.get("more_body", False):
                return bytes(body)

    def too_late(self) -> RefusedError:
        """The body did not arrive in time."""
        return RefusedError(
            408,
            f"the body did not arrive within {self.body_timeout:g} s",
            "REQUEST_TIMEOUT",
            connection="close",
        )

    def _too_large(self) -> RefusedError:
        return RefusedError(
            413, f"the body is larger than {self._body_limit} bytes", "PAYLOAD_TOO_LARGE", connection="close"
        )


def _check_type(given: str) -> None:
    """Make sure that a body is what it has to be.

    Raises:
        RefusedError: it says that it is something else.
    """
    kind, _, parameters = given.partition(";")
    if kind.strip().lower() != JSON:
        raise RefusedError(415, f"send the request as {JSON}", "UNSUPPORTED_MEDIA_TYPE", accept_post=JSON)
    charset = parameters.partition("charset=")[2].strip().strip('"').lower()
    if charset not in {"", "utf-8", "utf8"}:
        raise RefusedError(415, "send the request in UTF-8", "UNSUPPORTED_MEDIA_TYPE")


def check_coding(headers: Mapping[bytes, bytes]) -> None:
    """Make sure that a body is sent as it is.

    Raises:
        RefusedError: it is compressed: a few bytes of it could become very many.
    """
    if headers.get(b"content-encoding", _PLAIN).lower() != _PLAIN:
        raise RefusedError(
            415, "send the body as it is", "UNSUPPORTED_MEDIA_TYPE", accept_encoding=_PLAIN.decode()
        )
    if headers.get(b"transfer-encoding", _CHUNKED).lower() != _CHUNKED:
        raise RefusedError(400, "send the body as it is, or in chunks", "BAD_REQUEST", connection="close")


@lru_cache(maxsize=256)
def negotiate(given: bytes | None) -> str:
    """The media type to answer in.

    Args:
        given: the header ``accept``.

    Raises:
        RefusedError: 406 where the client takes none of the three.
    """
    accept = (given or b"").decode("latin-1")
    if not accept.strip():
        return JSON
    best: tuple[float, int, int, str] | None = None
    for place, item in enumerate(accept.split(",")):
        kind, _, parameters = item.partition(";")
        kind = kind.strip().lower()
        for offer in (GRAPHQL, JSON, EVENTS):
            specific = _specific(kind, offer)
            quality = _quality(parameters)
            if specific is None or quality <= 0:
                continue
            rank = (quality, specific, -place, offer)
            if offer != JSON and specific < 2:
                continue  # a wildcard means the older type, which every client reads
            if best is None or rank[:3] > best[:3]:
                best = rank
    if best is None:
        raise RefusedError(406, f"accept {GRAPHQL}, {JSON} or {EVENTS}", "NOT_ACCEPTABLE")
    return best[3]


def _specific(kind: str, offer: str) -> int | None:
    if kind == offer:
        return 2
    if kind == "application/*" and offer != EVENTS:
        return 1
    return 0 if kind == "*/*" else None


def _quality(parameters: str) -> float:
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0


def decode(body: bytes) -> GraphQLRequest:
    """Read a POST body.

    Raises:
        RefusedError: it is not the JSON object that the specification describes.
    """
    if depth(body) > MAX_DEPTH:
        raise RefusedError(400, f"the body is nested deeper than {MAX_DEPTH}", "BAD_REQUEST")
    try:
        return _DECODER.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError):
        return _explained(body)


def _explained(body: bytes) -> GraphQLRequest:
    """Read a body step by step, to say what is wrong with it."""
    try:
        value = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError):
        raise RefusedError(400, "the body is not valid JSON in UTF-8", "BAD_REQUEST") from None
    if isinstance(value, list):
        raise RefusedError(400, "batches are not supported: send one operation", "BAD_REQUEST")
    return _convert(value)


def _from_query(params: Mapping[str, str]) -> GraphQLRequest:
    value: dict[str, Any] = {}
    for name in ("query", "documentId", "operationName"):
        if name in params:
            value[name] = params[name]
    for name in ("variables", "extensions"):
        if params.get(name):
            try:
                value[name] = msgspec.json.decode(params[name])
            except (msgspec.DecodeError, RecursionError, ValueError):
                raise RefusedError(400, f"{name} is not valid JSON", "BAD_REQUEST") from None
    return _convert(value)


def _convert(value: Any) -> GraphQLRequest:
    try:
        return msgspec.convert(value, GraphQLRequest)
    except msgspec.ValidationError as error:
        what, _, place = str(error).partition(" - at ")
        where = place.strip("`").removeprefix("$.") or "the body"
        raise RefusedError(400, f"{where}: {what[:1].lower()}{what[1:]}", "BAD_REQUEST") from None


def depth(body: bytes) -> int:
    """Deepest nesting of brackets outside strings; cheap, and enough to refuse a stack bomb."""
    if body.count(b"[") + body.count(b"{") <= MAX_DEPTH:
        return 0
    brackets = _STRING.sub(b"", body).translate(None, _OTHERS)
    return max(itertools.accumulate(map(_STEPS.__getitem__, brackets)), default=0)


def turned_away(refused: RefusedAccess) -> Response:
    """The answer to a request that is not let in (RFC 6750, section 3)."""
    headers = {"www-authenticate": refused.challenge}
    return error_answer(refused.status, str(refused), refused.code.value, headers)


def refused_answer(refused: RefusedError) -> Response:
    """The answer to a request that cannot be answered."""
    return error_answer(refused.status, str(refused), refused.code, refused.headers)


def error_answer(status: int, message: str, code: str, headers: Mapping[str, str]) -> Response:
    """A refusal, in the form that errors of the graph have."""
    return Response(refusal(message, code), status, headers, media_type=f"{JSON}; charset=utf-8")


def refusal(message: str, code: str) -> bytes:
    """The body of a refusal."""
    error = {"message": message, "extensions": {"code": code}}
    return msgspec.json.encode({"errors": [error]})
