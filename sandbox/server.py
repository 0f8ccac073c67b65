"""Serves all partners from one process, each on a port of its own."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import importlib
import signal
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import uvicorn
from starlette.types import ASGIApp

from sandbox.framework import World
from sandbox.framework.authorization import SETTINGS
from sandbox.population import Population
from sandbox.population.numbers import DOMAINS

BACK_OFFICE = "workorders"
"""The seventh application: the company's own back office, which is no partner of the population's."""


class CannotListenError(Exception):
    """A port is taken or the address is not one of this machine; the message says which."""


@dataclass(frozen=True)
class Partner:
    """A partner's application with its world."""

    name: str
    app: ASGIApp
    world: World
    base_path: str = ""
    """What stands before the paths of its published API."""
    credentials: Mapping[str, str | int] = field(default_factory=dict)
    """What a connector's settings carry to be let in, and at what pace, by the setting's name."""
    authorizes: bool = False
    """Whether customers can grant access to the hub there."""

    def settings(self, address: str) -> Mapping[str, str | int]:
        """The settings of a connector to it.

        Args:
            address: where its published API starts.
        """
        origin = address.removesuffix(self.base_path)
        given = {**self.credentials, **(SETTINGS if self.authorizes else {})}
        filled = {
            name: value.replace("{origin}", origin) if isinstance(value, str) else value
            for name, value in given.items()
        }
        return {"plugin": self.name, "base_url": address, **filled}


def partners(population: Population, *, live: bool) -> list[Partner]:
    """All partners over one population and the back office, in the order of their ports.

    Args:
        live: whether their clocks run; else they stand at the population's day.
    """
    found = []
    for name in (*DOMAINS, BACK_OFFICE):
        module = importlib.import_module(f"sandbox.partners.{name}")
        world = World(population, live=live)
        base_path = getattr(module, "BASE_PATH", "")
        credentials = {**module.CREDENTIALS, **getattr(module, "PACE", {})}
        authorizes = getattr(module, "AUTHORIZES", False)
        found.append(Partner(name, module.app(world), world, base_path, credentials, authorizes))
    return found


def listen(host: str, port: int, names: Sequence[str]) -> list[socket.socket]:
    """Listening sockets on consecutive ports, or on free ones where ``port`` is 0.

    Raises:
        CannotListenError: one of the ports cannot be had; none stays open then.
    """
    sockets: list[socket.socket] = []
    try:
        for place, name in enumerate(names):
            wanted = port + place if port else 0
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            # Named, the protocol makes asyncio switch off Nagle's algorithm, which costs 40 ms an answer.
            sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
            sockets.append(sock)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                sock.bind((host, wanted))
                sock.listen(128)
            except (OSError, OverflowError) as error:
                reason = error.strerror if isinstance(error, OSError) else "no such port"
                raise CannotListenError(f"cannot listen on {host}:{wanted} for {name}: {reason}") from None
    except CannotListenError:
        for sock in sockets:
            sock.close()
        raise
    return sockets


class _Server(uvicorn.Server):
    """A server among others in one loop, so that signals are not its own business."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals to :func:`serve`."""
        yield


async def serve(
    served: Sequence[Partner],
    sockets: Sequence[socket.socket],
    *,
    ready: Callable[[Mapping[str, str]], None],
    stop: asyncio.Event | None = None,
) -> None:
    """Serve the partners until SIGINT or SIGTERM comes, or until ``stop`` is set.

    Args:
        ready: called with the base address of every partner once all of them listen.
    """
    stop = stop or asyncio.Event()
    servers = [
        _Server(
            uvicorn.Config(
                partner.app,
                log_config=None,
                access_log=False,
                lifespan="off",
                ws="none",
                timeout_graceful_shutdown=2,
            )
        )
        for partner in served
    ]
    with _signals(stop):
        async with asyncio.TaskGroup() as tasks:
            running = [
                tasks.create_task(server.serve(sockets=[sock]))
                for server, sock in zip(servers, sockets, strict=True)
            ]
            # uvicorn has a flag and no event to wait for.
            while not all(server.started for server in servers):  # noqa: ASYNC110  # see above
                await asyncio.sleep(0.005)
            # What is there now stays; looking through it again and again would only cost time.
            gc.collect()
            gc.freeze()
            ready(
                {partner.name: _address(sock, partner) for partner, sock in zip(served, sockets, strict=True)}
            )
            waiting = asyncio.ensure_future(stop.wait())
            await asyncio.wait([waiting, *running], return_when=asyncio.FIRST_COMPLETED)
            waiting.cancel()
            for partner, server in zip(served, servers, strict=True):
                partner.world.behaviour.stop()
                server.should_exit = True


def _address(sock: socket.socket, partner: Partner) -> str:
    host, port = sock.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}{partner.base_path}"


@contextlib.contextmanager
def _signals(stop: asyncio.Event) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    handled = (signal.SIGINT, signal.SIGTERM)
    try:
        for number in handled:
            loop.add_signal_handler(number, stop.set)
    except (NotImplementedError, RuntimeError, ValueError):
        # Not the main thread, or a system without them: whoever started this sets ``stop``.
        yield
        return
    try:
        yield
    finally:
        for number in handled:
            loop.remove_signal_handler(number)
