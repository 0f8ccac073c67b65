"""Requests on the wire: httpx's transport, told nothing by the environment and trusted with nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import httpx

from c360.errors import ConnectorError, OutcomeUnknown, PartnerFault, ProblemCode, Reconfigure, RetryLater
from c360.http import Request, Response
from c360.pools import IDENTITY

TIMEOUT = 10.0
"""Seconds a request may take that says nothing itself."""

_DEFAULTS = {
    "accept": "*/*",
    "accept-encoding": "gzip, deflate",
    "user-agent": "c360",
}
"""Headers of every request that says nothing else."""

_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
"""There was no connection to send it over."""


class Sending:
    """A transport that puts requests on the wire and reads the answers, no further than allowed.

    Args:
        base: what carries them, such as :class:`c360.pools.Pools`.
        max_bytes: size of an answer beyond which it is refused.
        identity: what :meth:`c360.pools.Pools.admit` calls the TLS identity; empty for none.
        left: seconds that a request that changes something may take at the most.
    """

    def __init__(
        self,
        base: httpx.AsyncBaseTransport,
        max_bytes: int,
        identity: str = "",
        *,
        left: Callable[[], float] = lambda: TIMEOUT,
    ) -> None:
        self._base = base
        self._left = left
        self._extensions = {IDENTITY: identity} if identity else {}
        self._max_bytes = max_bytes

    async def send(self, request: Request) -> Response:
        """See :class:`c360.http.Transport`.

        Messages name what happened, never an address, a parameter or a body.

        Raises:
            RetryLater: no connection, no answer in time, or the connection broke.
            OutcomeUnknown: so it was, or the answer cannot be read, and a request that changes
                something may have got there.
            Reconfigure: the base URL is none, or the settings do not allow a connection to there.
            PartnerFault: the answer is larger than allowed or cannot be unpacked.
            ConnectorError: the plugin made a request that HTTP does not allow.
        """
        if request.safe:
            return await self._sent(request, request.timeout or TIMEOUT, self._extensions)
        # Ends before the operation would: only here it is known whether the request was on its way.
        left = self._left()
        progress = _Progress()
        try:
            extensions = {**self._extensions, "trace": progress.heard}
            return await self._sent(request, max(0.0, min(request.timeout or TIMEOUT, left)), extensions)
        except (RetryLater, PartnerFault) as error:
            if progress.may_have_arrived and not isinstance(error.__context__, _NOT_SENT):
                raise OutcomeUnknown(str(error)) from None
            raise

    async def _sent(self, request: Request, seconds: float, extensions: Mapping[str, Any]) -> Response:
        try:
            async with asyncio.timeout(seconds):
                return await self._exchange(self._build(request, seconds, extensions))
        except (TimeoutError, httpx.TimeoutException):
            raise RetryLater(f"no answer within {seconds:g} s") from None
        except httpx.UnsupportedProtocol:
            raise Reconfigure("base_url has to begin with http:// or https://") from None
        except httpx.LocalProtocolError:
            raise ConnectorError("the plugin made a request that HTTP does not allow") from None
        except httpx.DecodingError:
            raise PartnerFault("the body does not unpack as its content-encoding says") from None
        except httpx.HTTPError as error:
            raise RetryLater(f"the connection failed: {type(error).__name__}") from None

    def _build(self, request: Request, seconds: float, extensions: Mapping[str, Any]) -> httpx.Request:
        if request.auth is not None:
            request = request.auth.apply(request)
        headers = {**_DEFAULTS, **{name.lower(): value for name, value in request.headers}}
        try:
            return httpx.Request(
                request.method,
                request.url,
                params=request.params or None,
                headers=headers,
                content=request.content or None,
                extensions={
                    **extensions,
                    "timeout": {"connect": seconds, "read": seconds, "write": seconds, "pool": seconds},
                },
            )
        except (httpx.InvalidURL, ValueError, TypeError):  # their messages quote what was wrong
            raise ConnectorError("the plugin made a request that cannot be written down") from None

    async def _exchange(self, request: httpx.Request) -> Response:
        answer = await self._base.handle_async_request(request)
        try:
            body = bytearray()
            async for chunk in answer.aiter_bytes():
                body += chunk
                if len(body) > self._max_bytes:
                    raise PartnerFault(
                        f"the answer is larger than {self._max_bytes} bytes", code=ProblemCode.TOO_MUCH_DATA
                    )
            return Response(
                status=answer.status_code,
                headers={name.lower(): value for name, value in answer.headers.items()},
                content=bytes(body),
            )
        finally:
            await answer.aclose()


class _Progress:
    """How far a request got, by what httpcore tells while it works (its extension ``trace``)."""

    __slots__ = ("_connecting", "_sending")

    def __init__(self) -> None:
        self._connecting = False
        self._sending = False

    async def heard(self, event: str, _: Mapping[str, Any]) -> None:
        """An event, such as ``http11.send_request_headers.started``."""
        if event.startswith("connection."):
            self._connecting = True
        else:
            self._sending = True

    @property
    def may_have_arrived(self) -> bool:
        """Whether a byte of it may have reached the partner; true too where nothing was told."""
        return self._sending or not self._connecting
