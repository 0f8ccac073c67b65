"""The sockets at which clients connect."""

from __future__ import annotations

import socket

from c360.errors import C360Error

_BACKLOG = 2048
"""Clients that wait for a worker to take them."""


class PortTakenError(C360Error):
    """Somebody else listens where the graph should."""


def listen(host: str, port: int) -> socket.socket:
    """A socket at an address that nobody else listens at.

    Raises:
        PortTakenError: somebody else does.
    """
    listener = _made(host)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise PortTakenError(
            f"cannot listen on {host}:{port} ({error.strerror}); stop what uses it or set server.port"
        ) from None
    return listener


def listen_together(host: str, port: int, count: int) -> list[socket.socket]:
    """Sockets at one address, among which the system deals out the clients that connect.

    Of one socket that several processes share, whoever is awake takes all that come: mostly the same one.

    Raises:
        PortTakenError: somebody else listens there.
    """
    alone = listen(host, port)  # sockets that share would share with another server, too
    place: tuple[str, int] = alone.getsockname()[:2]
    alone.close()
    made: list[socket.socket] = []
    for _ in range(count):
        listener = _made(host)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listener.bind(place)
        listener.listen(_BACKLOG)
        made.append(listener)
    return made


def _made(host: str) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named, the protocol makes asyncio switch off Nagle's algorithm, which costs 40 ms an answer.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return listener
