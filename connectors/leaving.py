"""Requests that go on although who sent them was cancelled, so that others who wait for the answer get it."""

from __future__ import annotations

import asyncio
from functools import partial

from c360.errors import DeadlineExceeded
from c360.http import Request, Response, Transport
from connectors.operation import current


class Abandoned(asyncio.CancelledError):
    """The caller was cancelled, and the request goes on.

    Args:
        flight: done when nothing of it is under way any more.
        lasting: whether it goes on whatever is done: pyreqwest does not cut one off. It ends by its
            time-out at the latest, and what it brings is dropped.
    """

    def __init__(self, flight: asyncio.Task[Response], *, lasting: bool) -> None:
        super().__init__()
        self.flight = flight
        self._lasting = lasting

    def cut(self) -> None:
        """End it, where that is possible: nobody waits for it."""
        if not self._lasting:
            self.flight.cancel()


class Leaving:
    """The stage before httpx, which cuts a request off with its caller: each in a task of its own.

    Requests that change something are no others' concern, and go as they are.
    """

    def __init__(self, inner: Transport) -> None:
        self._inner = inner

    async def send(self, request: Request) -> Response:
        """See :class:`c360.http.Transport`.

        Raises:
            DeadlineExceeded: no answer before the operation's deadline.
            Abandoned: the caller was cancelled while the request was on its way.
        """
        if not request.safe:
            return await self._inner.send(request)
        loop = asyncio.get_running_loop()
        flight: asyncio.Task[Response] = loop.create_task(self._sent(request), name="request over httpx")
        answer: asyncio.Future[Response] = loop.create_future()
        flight.add_done_callback(partial(_pass_on, answer))
        operation = current()
        try:
            return await (answer if operation is None else operation.wait(answer))
        except asyncio.CancelledError:
            raise Abandoned(flight, lasting=False) from None
        except DeadlineExceeded:
            flight.cancel()
            raise

    async def _sent(self, request: Request) -> Response:
        return await self._inner.send(request)


def _pass_on(answer: asyncio.Future[Response], flight: asyncio.Task[Response]) -> None:
    """Tell who waits what came of a request; nobody where nobody does."""
    error = asyncio.CancelledError() if flight.cancelled() else flight.exception()
    if answer.done():
        return
    if error is not None:
        answer.set_exception(error)
    else:
        answer.set_result(flight.result())
