"""Requests that read, over pyreqwest: the stage that reaches the partner in production.

What it cannot do as it has to be done goes over httpx (:class:`c360.sending.Sending`): requests that change
something, because only there it is known whether a byte of them left; partners whose certificate has to come
from authorities of their own, because pyreqwest would trust those of the system as well; and origins whose
answers have headers that are no text.
"""

from __future__ import annotations

import asyncio
import types
from collections.abc import Coroutine, Generator, Mapping
from datetime import timedelta
from typing import Any

import httpcore
from pyreqwest.client import Client
from pyreqwest.exceptions import (
    BodyDecodeError,
    NetworkError,
    PyreqwestError,
    RequestError,
    RequestTimeoutError,
)
from pyreqwest.http import Url
from pyreqwest.request import StreamRequest

from c360.addresses import AddressPolicy
from c360.certificates import TlsIdentity
from c360.errors import ConnectorError, PartnerFault, ProblemCode, Reconfigure, RetryLater
from c360.http import Request, Response, Transport
from c360.network import resolve
from c360.sending import TIMEOUT
from connectors.origins import Origin, OriginKey, Resolver, Unusable

_REFUSED = "client error (Connect)"
"""What pyreqwest calls it where there was no connection to send over."""

_CUT = "error reading a body from connection"
"""What it calls it where the connection ended within a body, which is no fault of the body's packing."""

_ENDED = "client error (SendRequest)"
"""What it calls it where a connection ended before an answer began. Mostly one that was kept, and that the
partner closed at that very moment: then another attempt goes over another, without a word."""

_LETTING_GO = 0.01
"""Seconds."""


class Abandoned(asyncio.CancelledError):
    """The caller was cancelled, and the request goes on: pyreqwest does not cut one off.

    It ends by its time-out at the latest, and what it brings is dropped.
    """

    def __init__(self, flight: asyncio.Task[Response]) -> None:
        super().__init__()
        self.flight = flight
        """Done when nothing of it is under way any more."""


class Origins:
    """Every origin that was reached, for all instances.

    Args:
        addresses: where connections may go.
        resolver: gives the addresses of names.
    """

    def __init__(self, addresses: AddressPolicy, resolver: Resolver = resolve) -> None:
        self._addresses = addresses
        self._resolver = resolver
        self._known: dict[OriginKey, Origin] = {}
        self._flying: set[asyncio.Task[Response]] = set()
        self.unusable: set[OriginKey] = set()
        """Those that pyreqwest cannot serve."""

    def of(self, key: OriginKey, identity: TlsIdentity | None) -> Origin:
        """One of them.

        Raises:
            AddressRefused: the settings do not allow a connection to there.
        """
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = Origin(key, self._addresses, identity, self._resolver)
        return found

    def see_off(self, flight: asyncio.Task[Response]) -> None:
        """Let a request end that nobody waits for any more."""
        self._flying.add(flight)
        flight.add_done_callback(self._ended)

    async def close(self) -> None:
        """Close all connections."""
        for flight in self._flying:
            flight.cancel()
        if self._known:
            for origin in self._known.values():
                await origin.close()
            self._known.clear()
            # Its thread lets go of Python's objects soon after. In an interpreter that has ended by then it
            # would abort the process: measured for one exit in twelve, and for none after this.
            await asyncio.sleep(_LETTING_GO)

    def _ended(self, flight: asyncio.Task[Response]) -> None:
        self._flying.discard(flight)
        if not flight.cancelled():
            flight.exception()  # seen, so that nobody is told of it


class Reaching:
    """A transport over the pools that all instances share.

    Args:
        origins: the pools.
        other: what carries the requests that are not for pyreqwest.
        max_bytes: size of an answer, unpacked, beyond which it is refused.
        mark: what connections of the identity are told apart by.
        identity: what TLS with the partner needs beyond the ordinary.
    """

    def __init__(
        self,
        origins: Origins,
        other: Transport,
        max_bytes: int,
        mark: str = "",
        identity: TlsIdentity | None = None,
    ) -> None:
        self._origins = origins
        self._other = other
        self._max_bytes = max_bytes
        self._mark = mark
        self._identity = identity

    async def send(self, request: Request) -> Response:
        """See :class:`c360.http.Transport`.

        Messages name what happened, never an address, a parameter or a body.

        Raises:
            RetryLater: no connection, no answer in time, or the connection broke.
            Reconfigure: the base URL is none, or the settings do not allow a connection to there.
            PartnerFault: the answer is larger than allowed or cannot be unpacked.
            ConnectorError: the plugin made a request that HTTP does not allow.
            Abandoned: the caller was cancelled while the request was on its way.
        """
        if not request.safe:
            return await self._other.send(request)
        if request.auth is not None:
            request = request.auth.apply(request)
        url = _url(request)
        key = (url.scheme, url.host_str or "", url.port_or_known_default or 0, self._mark)
        if key in self._origins.unusable:
            return await self._other.send(request)
        seconds = request.timeout or TIMEOUT
        try:
            origin = self._origins.of(key, self._identity)
            return await self._uncut(self._exchange(origin, request, url, seconds))
        except Unusable:
            self._origins.unusable.add(key)
            return await self._other.send(request)

    @types.coroutine
    def _uncut(self, exchange: Coroutine[Any, Any, Response]) -> Generator[Any, Any, Response]:
        """Wait for an exchange as ``await`` does, but where the caller is cancelled let it go on.

        Raises:
            Abandoned: the caller was cancelled.
        """
        while True:
            try:
                step = exchange.send(None)
            except StopIteration as end:
                found: Response = end.value
                return found
            try:
                yield step
            except asyncio.CancelledError:
                flight = asyncio.get_running_loop().create_task(exchange, name="request given up")
                self._origins.see_off(flight)
                raise Abandoned(flight) from None

    async def _exchange(self, origin: Origin, request: Request, url: Url, seconds: float) -> Response:
        loop = asyncio.get_running_loop()
        ends = loop.time() + seconds
        try:
            *others, last = await origin.clients(seconds)
            for client in others:
                try:
                    return await self._over(client, request, url, ends - loop.time())
                except RequestError as error:
                    if not _says(error, _REFUSED):
                        raise
            try:
                return await self._over(last, request, url, ends - loop.time())
            except NetworkError as error:
                if not _says(error, _ENDED):
                    raise
            return await self._over(last, request, url, ends - loop.time())
        except (RequestTimeoutError, TimeoutError, httpcore.ConnectTimeout):
            raise RetryLater(f"no answer within {seconds:g} s") from None
        except BodyDecodeError as error:
            if _says(error, _CUT):
                raise RetryLater("the connection failed: it ended within the answer") from None
            raise PartnerFault("the body does not unpack as its content-encoding says") from None
        except (RequestError, httpcore.ConnectError) as error:
            origin.doubt()
            raise RetryLater(f"the connection failed: {type(error).__name__}") from None

    async def _over(self, client: Client, request: Request, url: Url, seconds: float) -> Response:
        async with _built(client, request, url, seconds) as answer:
            headers = _headers(answer.headers)
            read = answer.body_reader.read_chunk
            body = await read()
            if body is None:
                return Response(status=answer.status, headers=headers)
            content = bytes(body)
            if (chunk := await read()) is not None:
                whole = bytearray(content)
                while chunk is not None and len(whole) <= self._max_bytes:
                    whole += chunk
                    chunk = await read()
                content = bytes(whole)
            if len(content) > self._max_bytes:
                raise PartnerFault(
                    f"the answer is larger than {self._max_bytes} bytes", code=ProblemCode.TOO_MUCH_DATA
                )
            return Response(status=answer.status, headers=headers, content=content)


def _url(request: Request) -> Url:
    """The whole address, as pyreqwest reads it: what is checked is what is connected to.

    Raises:
        ConnectorError: it is none.
        Reconfigure: it is not one of HTTP.
    """
    try:
        url = Url.parse_with_params(request.url, request.params) if request.params else Url(request.url)
    except ValueError:  # its message quotes what was wrong
        raise ConnectorError("the plugin made a request that cannot be written down") from None
    if url.scheme not in {"http", "https"}:
        raise Reconfigure("base_url has to begin with http:// or https://")
    return url


def _built(client: Client, request: Request, url: Url, seconds: float) -> StreamRequest:
    headers = {"accept": "*/*"}
    for name, value in request.headers:
        headers[name.lower()] = value
    try:
        for value in headers.values():
            value.encode("ascii")
        builder = client.request(request.method, url).headers(headers)
        if request.content:
            builder = builder.body_bytes(request.content)
        return builder.timeout(timedelta(seconds=max(0.0, seconds))).build_streamed()
    except (PyreqwestError, ValueError, TypeError):  # their messages quote what was wrong
        raise ConnectorError("the plugin made a request that cannot be written down") from None


def _headers(found: Mapping[str, str]) -> Mapping[str, str]:
    headers: dict[str, str] = {}
    try:
        for name, value in found.items():
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
    except ValueError:
        raise Unusable from None
    return headers


def _says(error: RequestError, what: str) -> bool:
    """Whether one of the causes of an error is the one that is called so."""
    return any(cause["message"] == what for cause in error.details["causes"] or ())
