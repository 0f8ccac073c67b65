"""Requests that read, over pyreqwest: the stage that reaches the partner in production.

What it cannot do as it has to be done goes over httpx (:class:`c360.sending.Sending`): requests that change
something, because only there it is known whether a byte of them left; partners whose certificate has to come
from authorities of their own, because pyreqwest would trust those of the system as well; and origins whose
answers have headers that are no text.
"""

from __future__ import annotations

import asyncio
import math
import types
from collections.abc import Coroutine, Generator, Mapping, Sequence
from datetime import timedelta
from functools import lru_cache
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
from pyreqwest.http import HeaderMap, Url
from pyreqwest.request import StreamRequest

from c360.addresses import AddressPolicy
from c360.auth.base import Auth, Headers
from c360.certificates import TlsIdentity
from c360.errors import (
    ConnectorError,
    DeadlineExceeded,
    PartnerFault,
    ProblemCode,
    RetryLater,
)
from c360.http import Request, Response, Transport
from c360.network import resolve
from c360.sending import TIMEOUT
from connectors.addressing import Addresses
from connectors.leaving import Abandoned
from connectors.operation import ROOM, current
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

_PARTS = 100
"""A time-out is told in such parts of a second, upwards."""


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
        self._addresses = Addresses()

    async def send(self, request: Request) -> Response:
        """See :class:`c360.http.Transport`.

        Messages name what happened, never an address, a parameter or a body.

        Raises:
            RetryLater: no connection, no answer in time, or the connection broke.
            DeadlineExceeded: no answer before the operation's deadline.
            Reconfigure: the base URL is none, or the settings do not allow a connection to there.
            PartnerFault: the answer is larger than allowed or cannot be unpacked.
            ConnectorError: the plugin made a request that HTTP does not allow.
            Abandoned: the caller was cancelled while the request was on its way.
        """
        if not request.safe:
            return await self._other.send(request)
        auth = request.auth
        if auth is None:
            headers = request.headers
        elif type(auth).apply is Auth.apply:  # headers alone: nothing of the request has a part in them
            headers = request.headers + auth.headers()
        else:
            request = auth.apply(request)
            headers = request.headers
        url, (scheme, host, port) = self._addresses.read(request)
        key = (scheme, host, port, self._mark)
        if key in self._origins.unusable:
            return await self._other.send(request)
        try:
            origin = self._origins.of(key, self._identity)
            return await self._uncut(self._exchange(origin, request, headers, url))
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
                raise Abandoned(flight, lasting=True) from None

    async def _exchange(self, origin: Origin, request: Request, headers: Headers, url: Url | str) -> Response:
        now = asyncio.get_running_loop().time()
        seconds = request.timeout or TIMEOUT
        ends = now + seconds
        operation = current()
        # Cut off with the operation, so that one that was given up is not long a burden to the partner.
        cut = math.inf if operation is None else operation.ends + ROOM
        try:
            clients = origin.ready(now) or await origin.clients(min(ends, cut) - now)
            if len(clients) == 1:  # nearly all names have one address
                return await self._over(clients[0], request, headers, url, min(ends, cut))
            return await self._tried(clients, request, headers, url, min(ends, cut))
        except (RequestTimeoutError, TimeoutError, httpcore.ConnectTimeout):
            if cut < ends:
                raise DeadlineExceeded("the deadline passed before the partner answered") from None
            raise RetryLater(f"no answer within {seconds:g} s") from None
        except BodyDecodeError as error:
            if _says(error, _CUT):
                raise RetryLater("the connection failed: it ended within the answer") from None
            raise PartnerFault("the body does not unpack as its content-encoding says") from None
        except (RequestError, httpcore.ConnectError) as error:
            origin.doubt()
            raise RetryLater(f"the connection failed: {type(error).__name__}") from None

    async def _tried(
        self, clients: Sequence[Client], request: Request, headers: Headers, url: Url | str, ends: float
    ) -> Response:
        """The answer of the first address that takes a connection, until that time."""
        *others, last = clients
        for client in others:
            try:
                return await self._over(client, request, headers, url, ends)
            except RequestError as error:
                if not _says(error, _REFUSED):
                    raise
        return await self._over(last, request, headers, url, ends)

    async def _over(
        self, client: Client, request: Request, headers: Headers, url: Url | str, ends: float
    ) -> Response:
        loop = asyncio.get_running_loop()
        stream = _built(client, request, headers, url, ends - loop.time())
        try:
            answer = await stream.__aenter__()
        except NetworkError as error:
            if not _says(error, _ENDED):
                raise
            stream = _built(client, request, headers, url, ends - loop.time())
            answer = await stream.__aenter__()
        ended = False
        try:
            found = _headers(answer.headers)
            body = await answer.body_reader.read(self._max_bytes + 1)
            if body is None:
                ended = True
                return Response(status=answer.status, headers=found)
            content = bytes(body)
            if len(content) > self._max_bytes:
                raise PartnerFault(
                    f"the answer is larger than {self._max_bytes} bytes", code=ProblemCode.TOO_MUCH_DATA
                )
            ended = True
            return Response(status=answer.status, headers=found, content=content)
        finally:
            if not ended:  # one that was read to its end has nothing left to close
                await stream.__aexit__(None, None, None)


def _built(
    client: Client, request: Request, headers: Headers, url: Url | str, seconds: float
) -> StreamRequest:
    found = {"accept": "*/*"}
    for name, value in headers:
        found[name.lower()] = value
    try:
        plain = "".join(found.values()).isascii()
        builder = client.request(request.method, url).headers(found)
        if request.content:
            builder = builder.body_bytes(request.content)
        built = builder.timeout(_time(math.ceil(seconds * _PARTS))).build_streamed()
    except (PyreqwestError, ValueError, TypeError):  # their messages quote what was wrong
        raise ConnectorError("the plugin made a request that cannot be written down") from None
    if not plain:  # pyreqwest would write it in UTF-8
        raise ConnectorError("the plugin made a request that cannot be written down")
    return built


@lru_cache(4096)
def _time(parts: int) -> timedelta:
    """So many hundredths of a second; none where it has passed."""
    return timedelta(seconds=max(0, parts) / _PARTS)


def _headers(found: HeaderMap) -> Mapping[str, str]:
    try:
        headers = dict(found.items())
        if len(headers) < len(found):  # some come more than once
            headers = {}
            for name, value in found.items():
                headers[name] = f"{headers[name]}, {value}" if name in headers else value
    except ValueError:
        raise Unusable from None
    return headers


def _says(error: RequestError, what: str) -> bool:
    """Whether one of the causes of an error is the one that is called so."""
    return any(cause["message"] == what for cause in error.details["causes"] or ())
