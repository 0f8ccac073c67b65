"""GraphQL over HTTP: one JSON request in, one JSON answer out, by the specification.

POST carries JSON only, GET carries queries only. A well-formed answer to an
``application/graphql-response+json`` client has a status that tells (400 for a request error);
``application/json`` clients get 200 for whatever was valid JSON, as the specification asks.
"""

from __future__ import annotations

import asyncio
import itertools
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from typing import Any, TypeVar

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse

from api.authentication.errors import RefusedAccess
from c360.access import Access
from schema.engine import GraphEngine
from schema.response import GraphResponse

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
_CHUNK = 256 * 1024
"""Bytes of an answer that are handed to the connection at once."""
T = TypeVar("T")


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


class RefusedError(Exception):
    """The HTTP request is not one that can be answered."""

    def __init__(self, status: int, message: str, code: str, **headers: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


OpenStream = Callable[[Request, GraphQLRequest], Awaitable[Response]]
"""Answers a request as a stream of events.

Raises:
    RefusedError: No more streams are opened.
"""


class GraphQLEndpoint:
    """The endpoint; :meth:`answer` is a Starlette route function.

    Args:
        body_limit: Bytes of a body at the most.
        body_timeout: Seconds that a body may take.
        stream: Answers clients that prefer events.
    """

    def __init__(self, *, body_limit: int, body_timeout: float, stream: OpenStream) -> None:
        self._body_limit = body_limit
        self._body_timeout = body_timeout
        self._stream = stream

    async def answer(self, request: Request) -> Response:
        """Answer one HTTP request."""
        try:
            # Before anything else is read of what anybody sends.
            access = await request.app.state.authenticator.authenticate(request.headers)
            media = negotiate(request.headers.get("accept"))
            asked = await self._read(request)
            if media == EVENTS:
                return await self._stream(request, asked)
            answer = await _while_connected(request, _execute(request, asked, access))
        except RefusedAccess as refused:
            return turned_away(refused)
        except RefusedError as refused:
            return _refusal(refused)
        except ClientDisconnect:
            return Response(status_code=499)
        return _answer(answer, media)

    async def _read(self, request: Request) -> GraphQLRequest:
        if request.method in SAFE:
            return _from_query(request.query_params)
        kind, _, parameters = request.headers.get("content-type", "").partition(";")
        if kind.strip().lower() != JSON:
            raise RefusedError(415, f"send the request as {JSON}", "UNSUPPORTED_MEDIA_TYPE", accept_post=JSON)
        charset = parameters.partition("charset=")[2].strip().strip('"').lower()
        if charset not in {"", "utf-8", "utf8"}:
            raise RefusedError(415, "send the request in UTF-8", "UNSUPPORTED_MEDIA_TYPE")
        return decode(await self._body(request))

    async def _body(self, request: Request) -> bytes:
        declared = request.headers.get("content-length", "0")
        if declared.isdigit() and int(declared) > self._body_limit:
            raise self._too_large()
        body = bytearray()
        try:
            async with asyncio.timeout(self._body_timeout):
                async for chunk in request.stream():
                    body += chunk
                    if len(body) > self._body_limit:
                        raise self._too_large()
        except TimeoutError:
            raise RefusedError(
                408,
                f"the body did not arrive within {self._body_timeout:g} s",
                "REQUEST_TIMEOUT",
                connection="close",
            ) from None
        return bytes(body)

    def _too_large(self) -> RefusedError:
        return RefusedError(
            413, f"the body is larger than {self._body_limit} bytes", "PAYLOAD_TOO_LARGE", connection="close"
        )


async def _execute(request: Request, asked: GraphQLRequest, access: Access) -> GraphResponse:
    engine: GraphEngine = request.app.state.engine
    return await engine.execute(
        asked.query,
        asked.variables,
        asked.operation_name,
        access=access,
        allow="query" if request.method in SAFE else "any",
        document_id=asked.registered,
        tell_cost=asked.tells_cost,
    )


async def _while_connected(request: Request, work: Coroutine[Any, Any, T]) -> T:
    """Do work for a client as long as it is there to be answered: partners are not asked for nobody.

    Raises:
        ClientDisconnect: it has gone, and the work is cancelled.
    """
    working = asyncio.ensure_future(work)
    leaving = asyncio.ensure_future(_gone(request))
    try:
        await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise ClientDisconnect
        return working.result()
    finally:
        working.cancel()
        leaving.cancel()


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def negotiate(accept: str | None) -> str:
    """The media type to answer in.

    Raises:
        RefusedError: 406 where the client takes none of the three.
    """
    if not accept or not accept.strip():
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


def _answer(answer: GraphResponse, media: str) -> Response:
    status = 200
    headers = {"vary": "accept", **_budgets(answer)}
    if answer.not_allowed:
        status, headers["allow"] = 405, "POST"
    elif answer.retry_after is not None:
        status, headers["retry-after"] = 429, str(answer.retry_after)
    elif answer.is_request_error and media == GRAPHQL:
        status = 400
    content = msgspec.json.encode(answer.body())
    kind = f"{media}; charset=utf-8"
    if len(content) <= _CHUNK:
        return Response(content, status, headers, media_type=kind)
    headers["content-length"] = str(len(content))
    return StreamingResponse(_chunks(content), status, headers, media_type=kind)


async def _chunks(content: bytes) -> AsyncIterator[memoryview]:
    """A large answer piece by piece: the next when the client has taken the last, others in between."""
    view = memoryview(content)
    for start in range(0, len(content), _CHUNK):
        yield view[start : start + _CHUNK]
        await asyncio.sleep(0)


def _budgets(answer: GraphResponse) -> dict[str, str]:
    """How the caller's budgets stand, as the IETF's draft on rate limit headers writes it."""
    if not answer.allowances:
        return {}
    policies = (f'"{one.name}";q={one.limit};w={one.window}' for one in answer.allowances)
    left = (f'"{one.name}";r={one.remaining};t={one.reset}' for one in answer.allowances)
    return {"ratelimit-policy": ", ".join(policies), "ratelimit": ", ".join(left)}


def turned_away(refused: RefusedAccess) -> Response:
    """The answer to a request that is not let in (RFC 6750, section 3)."""
    headers = {"www-authenticate": refused.challenge}
    return error_answer(refused.status, str(refused), refused.code.value, headers)


def _refusal(refused: RefusedError) -> Response:
    return error_answer(refused.status, str(refused), refused.code, refused.headers)


def error_answer(status: int, message: str, code: str, headers: Mapping[str, str]) -> Response:
    """A refusal, in the form that errors of the graph have."""
    error = {"message": message, "extensions": {"code": code}}
    content = msgspec.json.encode({"errors": [error]})
    return Response(content, status, headers, media_type=f"{JSON}; charset=utf-8")
