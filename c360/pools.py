"""Connections to the partners: one pool for each origin and identity, and none where settings forbid it."""

from __future__ import annotations

import ssl

import httpcore
import httpx

from c360.addresses import AddressPolicy
from c360.certificates import TlsIdentity
from c360.network import GuardedNetwork

IDENTITY = "c360_identity"
"""The extension of a request that says which identity its connection has to have."""

_KEEPALIVE = 64
_EXPIRY = 30.0


class Pools(httpx.AsyncBaseTransport):
    """Sends each request over the pool of its origin.

    Partners share nothing, so that one that hangs costs the others nothing. It is also faster: the
    work httpcore does per request grows with the square of the connections in a pool.

    Args:
        addresses: where connections may go; by default to the internet alone.
    """

    def __init__(self, addresses: AddressPolicy | None = None) -> None:
        self._addresses = addresses or AddressPolicy()
        self._network = GuardedNetwork(self._addresses)
        self._contexts: dict[str, ssl.SSLContext] = {}
        self._pools: dict[tuple[str, str, int | None, str], _Pool] = {}

    def admit(self, identity: TlsIdentity) -> str:
        """Make an identity known; the answer is what requests name it by.

        Raises:
            Reconfigure: it cannot be used.
        """
        mark = identity.fingerprint()
        if mark not in self._contexts:
            self._contexts[mark] = identity.context(httpx.create_ssl_context(trust_env=False))
        return mark

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """See :class:`httpx.AsyncBaseTransport`.

        Raises:
            AddressRefused: the settings do not allow a connection to there.
        """
        identity = request.extensions.get(IDENTITY, "")
        key = (request.url.scheme, request.url.host, request.url.port, identity)
        pool = self._pools.get(key)
        if pool is None:
            if request.url.scheme in {"http", "https"}:  # of any other, httpcore says that it cannot
                self._addresses.check_host(request.url.scheme, request.url.host)
            pool = self._pools[key] = _Pool(self._context(identity), self._network)
        return await pool.handle_async_request(request)

    def _context(self, identity: str) -> ssl.SSLContext:
        """What connections of an identity are secured by; without one, made for the first of them."""
        if not identity and "" not in self._contexts:
            self._contexts[""] = httpx.create_ssl_context(trust_env=False)
        return self._contexts[identity]

    async def aclose(self) -> None:
        """Close all connections."""
        for pool in self._pools.values():
            await pool.aclose()
        self._pools.clear()


class _Pool(httpx.AsyncHTTPTransport):
    """httpx's own transport over a network of ours, which its constructor does not take."""

    def __init__(self, context: ssl.SSLContext, network: httpcore.AsyncNetworkBackend) -> None:
        # Each instance has its own limit of requests at once; the pool needs none.
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=context,
            max_connections=None,
            max_keepalive_connections=_KEEPALIVE,
            keepalive_expiry=_EXPIRY,
            network_backend=network,
        )
