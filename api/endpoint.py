"""Answers operations over HTTP: from the connection to the engine and back, with nothing in between.

What every answer has in common is made once, and what a framework would do for any route is not done here:
this is where an operation's time is either spent on it or lost. Everything else that is served goes through
the routes of :mod:`api.app`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from functools import lru_cache

import msgspec
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Receive, Scope, Send

from api.answers import WHOLE, Whole
from api.attendance import Attendance, Ended, Visit
from api.authentication.authenticator import Authenticator
from api.authentication.errors import RefusedAccess
from api.browsers import BrowserHeaders
from api.http import EVENTS, GRAPHQL, JSON, SAFE, RefusedError, RequestReader, negotiate, refusal
from api.observing.asking import Asking, begin, end
from c360.access import Access
from schema.engine import GraphEngine
from schema.execution.admission import Allowance
from schema.response import GraphResponse

_CHUNK = 256 * 1024
"""Bytes of an answer that are handed to the connection at once."""
_TYPES = {media: (b"content-type", f"{media}; charset=utf-8".encode()) for media in (GRAPHQL, JSON)}
_EVENTS = EVENTS.encode()
_GONE = 499
_encode = msgspec.json.Encoder().encode


class _Answer(msgspec.Struct, frozen=True):
    """What is sent, but for the headers that every answer has."""

    status: int
    content: bytes
    headers: Sequence[tuple[bytes, bytes]]


class GraphQLEndpoint:
    """The endpoint, as ASGI calls it.

    Args:
        engine: executes operations.
        authenticator: says who asks.
        reader: reads what is asked for.
        attendance: notices who has gone.
        browsers: what browsers are told.
        streams: answers those who want events.
    """

    def __init__(
        self,
        engine: GraphEngine,
        authenticator: Authenticator,
        reader: RequestReader,
        attendance: Attendance,
        browsers: BrowserHeaders,
        *,
        streams: ASGIApp,
    ) -> None:
        self._engine = engine
        self._authenticator = authenticator
        self._reader = reader
        self._attendance = attendance
        self._browsers = browsers
        self._streams = streams

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request: with one answer, unless it is to be a stream."""
        headers = scope["headers"]
        named = dict(headers)
        accept = named.get(b"accept")
        if accept is not None and _wants_events(accept):
            await self._streams(scope, receive, send)
            return
        request = Asking.of(named)
        token = begin(request)
        try:
            answer = await self._answer(
                scope, named if len(named) == len(headers) else _first(headers), receive
            )
        finally:
            end(token)
        content = answer.content
        told = [
            *answer.headers,
            (b"content-length", b"%d" % len(content)),
            (b"x-request-id", request.id.encode()),
            *self._browsers.of(named.get(b"origin")),
        ]
        whole: Whole | None = scope.pop(WHOLE, None)
        at_once = len(content) <= _CHUNK
        if at_once and whole is not None and whole(answer.status, told, content):
            return
        await send({"type": "http.response.start", "status": answer.status, "headers": told})
        if at_once:
            await send({"type": "http.response.body", "body": content})
        else:
            await _send_in_pieces(content, send)

    async def _answer(self, scope: Scope, headers: Mapping[bytes, bytes], receive: Receive) -> _Answer:
        visit = self._attendance.enter(receive)
        try:
            # Before anything else is read of what anybody sends.
            access = await self._let_in(scope, headers)
            media = negotiate(headers.get(b"accept"))
            asked = await self._reader.read(scope, headers, receive)
            visit.body_is_there()
            answer = await self._engine.execute(
                asked.query,
                asked.variables,
                asked.operation_name,
                access=access,
                allow="query" if scope["method"] in SAFE else "any",
                document_id=asked.registered,
                tell_cost=asked.tells_cost,
            )
        except RefusedAccess as refused:
            return _refused(
                refused.status, str(refused), refused.code.value, {"www-authenticate": refused.challenge}
            )
        except RefusedError as refused:
            return _refused(refused.status, str(refused), refused.code, refused.headers)
        except ClientDisconnect:
            return _Answer(_GONE, b"", ())
        except asyncio.CancelledError:
            return self._ended(visit)
        finally:
            self._attendance.leave(visit)
        return _answered(answer, media)

    async def _let_in(self, scope: Scope, headers: Mapping[bytes, bytes]) -> Access:
        """Who asks.

        Raises:
            RefusedAccess: nobody who is let in.
        """
        if len(headers) == len(scope["headers"]):
            return await self._authenticator.let_in(headers)
        return await self._authenticator.authenticate(Headers(scope=scope))

    def _ended(self, visit: Visit) -> _Answer:
        """What remains to be said to a client that was not worked for any more.

        Raises:
            CancelledError: the work ended for another reason.
        """
        if not visit.was_ended():
            raise asyncio.CancelledError
        if visit.ended is Ended.GONE:
            return _Answer(_GONE, b"", ())
        late = self._reader.too_late()
        return _refused(late.status, str(late), late.code, late.headers)


def _wants_events(accept: bytes) -> bool:
    """Whether a request is to be answered by a stream of events."""
    try:
        return _EVENTS in accept.lower() and negotiate(accept) == EVENTS
    except RefusedError:
        return False


def _first(headers: Sequence[tuple[bytes, bytes]]) -> Mapping[bytes, bytes]:
    """The headers by name; of one that comes twice, what came first."""
    return dict(reversed(headers))


def _answered(answer: GraphResponse, media: str) -> _Answer:
    headers = [_TYPES[media]]
    if answer.allowances:
        headers += _budgets(answer.allowances)
    status = 200
    if answer.not_allowed:
        status = 405
        headers.append((b"allow", b"POST"))
    elif answer.retry_after is not None:
        status = 429
        headers.append((b"retry-after", b"%d" % answer.retry_after))
    elif answer.is_request_error and media == GRAPHQL:
        status = 400
    return _Answer(status, _encode(answer.body()), headers)


def _refused(status: int, message: str, code: str, headers: Mapping[str, str]) -> _Answer:
    told = [(name.encode(), value.encode()) for name, value in headers.items()]
    return _Answer(status, refusal(message, code), [_TYPES[JSON], *told])


def _budgets(allowances: Sequence[Allowance]) -> Sequence[tuple[bytes, bytes]]:
    """How the caller's budgets stand, as the IETF's draft on rate limit headers writes it."""
    left = ", ".join([f'"{one.name}";r={one.remaining};t={one.reset}' for one in allowances])
    policies = tuple([(one.name, one.limit, one.window) for one in allowances])
    return (b"ratelimit-policy", _policy(policies)), (b"ratelimit", left.encode())


@lru_cache(maxsize=1024)
def _policy(policies: tuple[tuple[str, int, int], ...]) -> bytes:
    return ", ".join(f'"{name}";q={limit};w={window}' for name, limit, window in policies).encode()


async def _send_in_pieces(content: bytes, send: Send) -> None:
    """A large answer piece by piece: the next when the client has taken the last, others in between."""
    view = memoryview(content)
    for start in range(0, len(content), _CHUNK):
        more = start + _CHUNK < len(content)
        await send({"type": "http.response.body", "body": view[start : start + _CHUNK], "more_body": more})
        await asyncio.sleep(0)
