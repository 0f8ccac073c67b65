"""Connections to partners that go only where the settings allow.

Names are resolved here and what they resolve to is checked, then the connection is made to that very
address: there is no second resolving that could give another one.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterable
from typing import Any

import httpcore

from c360.addresses import AddressPolicy, is_number

__all__ = ["GuardedNetwork", "resolve"]

_PATIENCE = 0.5
"""Seconds that an address of a name is tried for while there is another."""


class GuardedNetwork(httpcore.AsyncNetworkBackend):
    """httpcore's own way to connect, behind an :class:`~c360.addresses.AddressPolicy`."""

    def __init__(self, policy: AddressPolicy, inner: httpcore.AsyncNetworkBackend | None = None) -> None:
        self._policy = policy
        self._inner = inner if inner is not None else httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  # httpcore's own signature
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """See httpcore. Tries the addresses of a name in the resolver's order.

        Raises:
            AddressRefused: one of them is not allowed; none is tried then.
            httpcore.ConnectError: none of them takes the connection.
        """
        numbers = await resolve(host, port, timeout)
        for number in numbers:
            self._policy.check_resolved(host, number)
        for number in numbers[:-1]:
            patience = _PATIENCE if timeout is None else min(timeout, _PATIENCE)
            try:
                return await self._inner.connect_tcp(number, port, patience, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return await self._inner.connect_tcp(numbers[-1], port, timeout, local_address, socket_options)

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109  # httpcore's own signature
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Never: a partner is not on this machine's own sockets."""
        raise httpcore.UnsupportedProtocol("a partner is reached by TCP")

    async def sleep(self, seconds: float) -> None:
        """See httpcore."""
        await self._inner.sleep(seconds)


async def resolve(host: str, port: int, timeout: float | None) -> list[str]:  # noqa: ASYNC109  # see above
    """The addresses of a host, each once, in the resolver's order; a numeric one is its own.

    Args:
        host: a name or a number.
        port: of the connection it is for.
        timeout: seconds it may take; ``None``: as long as it takes.

    Raises:
        httpcore.ConnectTimeout: it was not resolved in time.
        httpcore.ConnectError: the name does not resolve.
    """
    if is_number(host):
        return [host]
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(timeout):
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except TimeoutError:
        raise httpcore.ConnectTimeout("the name was not resolved in time") from None
    except (OSError, UnicodeError):
        raise httpcore.ConnectError("the name does not resolve") from None
    numbers = list(dict.fromkeys(str(each[4][0]) for each in found))
    if not numbers:
        raise httpcore.ConnectError("the name does not resolve")
    return numbers
