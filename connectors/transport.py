"""The host's own transport: pools of connections for all instances, and a chain of stages for each.

``Sharing → Retrying → Limiting → Sending``. A further stage is one more class with ``send`` around the next.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping
from typing import Any

import httpx

from c360.addresses import AddressPolicy
from c360.certificates import TlsIdentity
from c360.contract import Limits
from c360.errors import ConnectorError, OutcomeUnknown, PartnerFault, ProblemCode, Reconfigure, RetryLater
from c360.http import Request, Response, Transport
from connectors.breaking import Breakers
from connectors.health import Health
from connectors.limiting import Limiting
from connectors.operation import current
from connectors.operations import OperationNames
from connectors.pools import IDENTITY, Pools
from connectors.resilience import Resilience
from connectors.retrying import Retrying
from connectors.sharing import Sharing

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


class HostTransport:
    """Owns the connections that all instances share.

    Args:
        base: what carries the requests; the network by default, which is told nothing by the
            environment (no proxies, no netrc).
        resilience: what is done about failing partners.
        addresses: where connections may go; by default to the internet alone. Of no account where
            ``base`` carries the requests.
    """

    def __init__(
        self,
        base: httpx.AsyncBaseTransport | None = None,
        resilience: Resilience | None = None,
        addresses: AddressPolicy | None = None,
    ) -> None:
        self.resilience = resilience or Resilience()
        self._pools = Pools(addresses)
        self._chance = random.Random()  # noqa: S311  # spreads retries, hides nothing
        # No httpx.AsyncClient around it: of what that adds, redirects, cookies, proxies and credentials from
        # the environment are unwanted here, and the rest costs more than all stages of the host together.
        self._base = base if base is not None else self._pools

    def for_instance(
        self,
        limits: Limits,
        health: Health,
        *,
        breakers: Breakers | None = None,
        base_url: str = "",
        identity: TlsIdentity | None = None,
    ) -> Transport:
        """The chain of one instance.

        Args:
            limits: what the partner bears.
            health: counts and times the requests.
            breakers: which operations are left alone; none of its own where they are of no interest.
            base_url: where the partner's API starts.
            identity: what TLS with the partner needs beyond the ordinary.

        Raises:
            Reconfigure: the identity cannot be used.
        """
        known_as = self._pools.admit(identity) if identity is not None else ""
        limiting = Limiting(
            Sending(self._base, limits.max_bytes, known_as),
            limits,
            health,
            breakers=breakers or Breakers("", self.resilience.breaker),
            names=OperationNames(base_url),
            queue=self.resilience.queue,
            timeout=TIMEOUT,
        )
        return Sharing(Retrying(limiting, self.resilience.retries, self._chance))

    async def aclose(self) -> None:
        """Close all connections."""
        await self._base.aclose()


class Sending:
    """The last stage: puts the request on the wire and reads the answer, no further than allowed."""

    def __init__(self, base: httpx.AsyncBaseTransport, max_bytes: int, identity: str = "") -> None:
        self._base = base
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
        # Ends before Sharing would: only here it is known whether the request was on its way.
        operation = current()
        left = operation.remaining() if operation else TIMEOUT
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
