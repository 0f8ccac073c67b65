"""Connections to partners over pyreqwest: a client for each origin, pinned to addresses that were checked.

A name is resolved here, never by the client: its addresses are checked, and the client is told the one to
connect to. It has no other, so a name that resolves differently later gains nothing until it was resolved and
checked here again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

from pyreqwest.client import Client, ClientBuilder
from pyreqwest.exceptions import PyreqwestError

from c360.addresses import AddressPolicy, is_number
from c360.certificates import TlsIdentity
from c360.network import resolve

IDLE = timedelta(seconds=30)
"""How long a connection is kept that nobody uses."""

KEPT = 64
"""Connections to one origin that are kept while nobody uses them."""

PATIENCE = timedelta(seconds=0.5)
"""How long an address of a name is tried for while there is another."""

RENEWED = 30.0
"""Seconds after which a name is resolved anew, so that a partner may move."""

OriginKey = tuple[str, str, int, str]
"""Scheme, host as the client writes it, port, and the mark of an identity."""


Resolver = Callable[[str, int, float | None], Awaitable[Sequence[str]]]
"""Gives the addresses of a host for a port, within so many seconds; see :func:`c360.network.resolve`."""


class Unusable(Exception):
    """This client cannot serve an origin; another one may."""


class Origin:
    """One scheme, host and port, as one identity reaches it.

    Args:
        key: which one.
        addresses: where connections may go.
        identity: what TLS with it needs beyond the ordinary.
        resolver: gives the addresses of its name.
    """

    def __init__(
        self,
        key: OriginKey,
        addresses: AddressPolicy,
        identity: TlsIdentity | None = None,
        resolver: Resolver = resolve,
    ) -> None:
        self.scheme, self.host, self.port, _ = key
        self._addresses = addresses
        self._identity = identity
        self._resolver = resolver
        # The brackets of an IPv6 address belong to the URL alone.
        self._name = self.host.strip("[]")
        addresses.check_host(self.scheme, self._name)
        self._numbers: tuple[str, ...] = ()
        self._clients: dict[tuple[str, bool], Client] = {}
        self._ready: tuple[Client, ...] = ()
        self._until = 0.0
        self._turn = asyncio.Lock()

    def ready(self, now: float) -> tuple[Client, ...]:
        """What :meth:`clients` gives, where nothing is to be resolved at that time; none otherwise."""
        return self._ready if now < self._until else ()

    async def clients(self, seconds: float) -> tuple[Client, ...]:
        """A client for each of its addresses, in the resolver's order.

        Args:
            seconds: that resolving may take.

        Raises:
            AddressRefused: one of them is not allowed; none is used then.
            httpcore.ConnectError: the name does not resolve.
            httpcore.ConnectTimeout, TimeoutError: it does not in time.
            Unusable: no client can be made for it.
        """
        loop = asyncio.get_running_loop()
        if loop.time() >= self._until:
            async with asyncio.timeout(seconds), self._turn:
                if loop.time() >= self._until:  # nobody else did meanwhile
                    await self._renew(seconds)
                    self._until = loop.time() + RENEWED
        return self._ready

    def doubt(self) -> None:
        """A connection failed: the name is resolved anew before the next."""
        self._until = 0.0

    async def close(self) -> None:
        """Close all connections."""
        ready, self._ready, self._until = self._ready, (), 0.0
        self._numbers, self._clients = (), {}
        for client in ready:
            await client.close()

    async def _renew(self, seconds: float) -> None:
        numbers = tuple(await self._resolver(self._name, self.port, seconds))
        for number in numbers:
            self._addresses.check_resolved(self._name, number)
        if numbers != self._numbers:
            keys = [(number, number != numbers[-1]) for number in numbers]
            self._clients = {key: self._clients.get(key) or self._client(*key) for key in keys}
            self._numbers, self._ready = numbers, tuple(self._clients.values())

    def _client(self, number: str, impatient: bool) -> Client:
        builder = (
            ClientBuilder()
            .no_proxy()  # nor is anything else taken from the environment
            .follow_redirects(False)
            .referer(False)
            .default_cookie_store(False)
            .brotli(False)
            .zstd(False)
            .user_agent("c360")
            .http1_lower_case_headers()
            .http2(True)
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(KEPT)
        )
        if impatient:
            builder = builder.connect_timeout(PATIENCE)
        if not is_number(self._name):
            builder = builder.resolve(self.host, number, self.port)
        identity = self._identity
        try:
            if identity is not None and identity.certificate is not None and identity.key is not None:
                pem = f"{identity.key.reveal()}\n{identity.certificate.reveal()}\n"
                builder = builder.identity_pem(pem.encode())
            return builder.build()
        except (PyreqwestError, ValueError):  # its message may quote the key
            raise Unusable from None
