"""Connections to the partners: one pool for each origin."""

from __future__ import annotations

import httpx

_LIMITS = httpx.Limits(max_connections=None, max_keepalive_connections=64, keepalive_expiry=30)
"""Each instance has its own limit of requests at once; the pools need none."""


class Pools(httpx.AsyncBaseTransport):
    """Sends each request over the pool of its origin.

    Partners share nothing, so that one that hangs costs the others nothing. It is also faster: the
    work httpcore does per request grows with the square of the connections in a pool.
    """

    def __init__(self) -> None:
        self._tls = httpx.create_ssl_context(trust_env=False)
        self._pools: dict[tuple[str, str, int | None], httpx.AsyncHTTPTransport] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """See :class:`httpx.AsyncBaseTransport`."""
        origin = (request.url.scheme, request.url.host, request.url.port)
        pool = self._pools.get(origin)
        if pool is None:
            pool = self._pools[origin] = httpx.AsyncHTTPTransport(
                verify=self._tls, limits=_LIMITS, trust_env=False
            )
        return await pool.handle_async_request(request)

    async def aclose(self) -> None:
        """Close all connections."""
        for pool in self._pools.values():
            await pool.aclose()
        self._pools.clear()
