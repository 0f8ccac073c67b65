"""The server process: the application under uvicorn, with a clean start and a clean end."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
import socket
from collections.abc import Callable, Iterator

import uvicorn

from api import logs
from api.app import create_app
from api.authentication.opening import check_listening
from api.connections import guarded
from api.observing.observer import Observer, observing
from api.settings import Settings
from api.socket_connections import guarded_socket
from api.switches import followed
from api.wiring import Hub, open_hub, require_current
from c360.errors import C360Error


class PortTakenError(C360Error):
    """Somebody else listens where the graph should."""


def serve(settings: Settings, port: int | None = None) -> int:
    """Answer until interrupted.

    Args:
        settings: the settings.
        port: instead of the settings' own; 0 lets the system choose.

    Raises:
        ConfigError: nobody is believed, or anybody would be.
        PortTakenError: the port is in use.
        StoreError: the database is not there, or at another version.
    """
    check_listening(settings)
    require_current(settings)
    listener = _listen(settings.server.host, settings.server.port if port is None else port)
    return 0 if asyncio.run(answer(settings, listener, _stop_on_signals)) else 1


class _Server(uvicorn.Server):
    """A server that leaves signals to who runs it.

    The library's own handling ends the process before the hub is closed.
    """

    def __init__(self, config: uvicorn.Config, closing: asyncio.Event) -> None:
        super().__init__(config)
        self.closing = closing

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End, event streams first: the library would wait for their end."""
        self.closing.set()
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _stop_on_signals(server: uvicorn.Server) -> None:
    def stop() -> None:
        server.force_exit = server.should_exit  # asked twice: do not wait for open requests
        server.should_exit = True

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)


async def answer(
    settings: Settings, listener: socket.socket, started: Callable[[uvicorn.Server], None] | None = None
) -> bool:
    """Open the hub and answer on a listening socket until the server is told to exit.

    Args:
        settings: the settings.
        listener: where to listen.
        started: given the server before it starts, to watch it or to stop it.
    """
    asyncio.get_running_loop().set_exception_handler(logs.report)
    watched = observing(
        settings.observing, "server", settings.observing.metrics_port, json=settings.logging.json
    )
    async with open_hub(settings) as hub, followed(hub.store.database, hub.tenant, hub.host):
        with watched as observer:
            return await _serve(settings, hub, observer, listener, started)


async def _serve(
    settings: Settings,
    hub: Hub,
    observer: Observer,
    listener: socket.socket,
    started: Callable[[uvicorn.Server], None] | None,
) -> bool:
    observer.watch(hub)
    app = create_app(hub, settings, observer)
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        http=guarded(settings.server),
        ws=guarded_socket(settings.server),
        ws_max_size=settings.live.message_limit,
        ws_ping_interval=settings.live.heartbeat,
        ws_ping_timeout=settings.live.heartbeat,
        ws_per_message_deflate=False,  # a few bytes could become a message of the largest size
        timeout_graceful_shutdown=5,
        timeout_keep_alive=75,
        h11_max_incomplete_event_size=64 * 1024,
        server_header=False,
        lifespan="off",
    )
    server = _Server(config, app.state.closing)
    if started:
        started(server)
    # What is there now stays: looking through it in every collection would only cost time.
    gc.collect()
    gc.freeze()
    await server.serve(sockets=[listener])
    await app.state.authenticator.close()
    return server.started


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named, the protocol makes asyncio switch off Nagle's algorithm, which costs 40 ms an answer.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise PortTakenError(
            f"cannot listen on {host}:{port} ({error.strerror}); stop what uses it or set server.port"
        ) from None
    return listener
