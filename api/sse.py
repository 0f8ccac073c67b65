"""GraphQL over server-sent events, a connection for each operation: ``graphql-sse``'s distinct connections.

The request is the same as for one answer (:mod:`api.http`); only the answer is a stream: an event ``next``
for each answer, ``complete`` at the end. Lines end in LF alone, since some clients know no other ending.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from functools import partial
from typing import Any

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from api.authentication.errors import RefusedAccess
from api.http import SAFE, GraphQLRequest, RefusedError, RequestReader, refused_answer, turned_away
from api.presence import Presence
from api.sections import LiveSettings
from api.websocket import Authenticator
from c360.access import Access
from schema.engine import GraphEngine
from schema.response import GraphResponse

Answers = AsyncGenerator[GraphResponse, None]

ALIVE = b":\n\n"
"""A comment: says that the server is there, and lets proxies see the connection used."""
COMPLETE = b"event: complete\ndata:\n\n"


class Streams:
    """Opens streams; :meth:`answer` is a Starlette route function.

    Args:
        engine: Executes the operations.
        authenticate: Finds out who is calling.
        settings: What one client may do.
        presence: Counts the streams of each principal.
        reader: Reads what is asked for.
    """

    def __init__(
        self,
        engine: GraphEngine,
        authenticate: Authenticator,
        settings: LiveSettings,
        presence: Presence,
        reader: RequestReader,
    ) -> None:
        self._engine = engine
        self._authenticate = authenticate
        self._reader = reader
        self._settings = settings
        self._presence = presence
        self.closing = asyncio.Event()
        """To be set when the server stops."""

    async def answer(self, request: Request) -> Response:
        """Answer a client that prefers events."""
        try:
            # Before anything else is read of what anybody sends.
            who = await request.app.state.authenticator.authenticate(request.headers)
            headers = dict(request.headers.raw)
            async with asyncio.timeout(self._reader.body_timeout):
                asked = await self._reader.read(request.scope, headers, request.receive)
            return self._open(request, asked, who)
        except RefusedAccess as refused:
            return turned_away(refused)
        except TimeoutError:
            return refused_answer(self._reader.too_late())
        except RefusedError as refused:
            return refused_answer(refused)
        except ClientDisconnect:
            return Response(status_code=499)

    def _open(self, request: Request, asked: GraphQLRequest, who: Access) -> Response:
        """Answer a request as a stream.

        Raises:
            RefusedError: The caller has too many streams.
        """

        async def access() -> Access:
            return await self._authenticate(request.headers, {})

        if not self._presence.enter(who):
            raise RefusedError(429, "too many streams of one principal", "LIMIT_EXCEEDED", retry_after="5")
        answers = self._engine.stream(
            asked.query,
            asked.variables,
            asked.operation_name,
            access=access,
            allow="query" if request.method in SAFE else "any",
            after=request.headers.get("last-event-id") or None,
            document_id=asked.registered,
        )
        return EventStream(
            answers,
            closing=self.closing,
            heartbeat=self._settings.heartbeat,
            ended=partial(self._presence.leave, who),
        )


class EventStream(Response):
    """The answers of one operation as a stream of events, as long as its client is there.

    Args:
        answers: The answers; closed at the end.
        closing: Set when the server stops; the stream then ends without ``complete``, so that the client
            connects again.
        heartbeat: Seconds of silence after which a sign of life is sent.
        ended: Called when it has ended, from whichever side.
    """

    def __init__(
        self, answers: Answers, *, closing: asyncio.Event, heartbeat: float, ended: Callable[[], None]
    ) -> None:
        headers = {"cache-control": "no-cache, no-transform", "x-accel-buffering": "no", "vary": "accept"}
        super().__init__(headers=headers, media_type="text/event-stream")
        del self.headers["content-length"]
        self._answers = answers
        self._closing = closing
        self._heartbeat = heartbeat
        self._ended = ended

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        ends: set[asyncio.Task[Any]] = {
            asyncio.create_task(self._closing.wait()),
            asyncio.create_task(_gone(receive)),
        }
        try:
            start = {"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers}
            await send(start)
            async with aclosing(self._chunks(ends)) as chunks:
                async for chunk in chunks:
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            for end in ends:
                end.cancel()
            self._ended()

    async def _chunks(self, ends: set[asyncio.Task[Any]]) -> AsyncGenerator[bytes, None]:
        yield ALIVE
        coming: asyncio.Task[GraphResponse | None] | None = None
        try:
            while True:
                coming = coming or asyncio.ensure_future(anext(self._answers, None))
                waited: set[asyncio.Task[Any]] = {coming, *ends}
                done, _ = await asyncio.wait(
                    waited, timeout=self._heartbeat, return_when=asyncio.FIRST_COMPLETED
                )
                if done & ends:
                    return
                if coming not in done:
                    yield ALIVE
                    continue
                answer, coming = coming.result(), None
                if answer is None:
                    yield COMPLETE
                    return
                yield event(answer)
        finally:
            await _ended(self._answers, coming)


def event(answer: GraphResponse) -> bytes:
    """An answer as an event; where it has a cursor, that is the event's id."""
    place = b"" if answer.cursor is None else b"id: %s\n" % answer.cursor.encode("ascii")
    return b"event: next\n%sdata: %s\n\n" % (place, msgspec.json.encode(answer.body()))


async def _ended(answers: Answers, coming: asyncio.Task[GraphResponse | None] | None) -> None:
    if coming is not None:
        coming.cancel()
        await asyncio.wait({coming})
    await answers.aclose()


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
