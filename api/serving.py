"""The server process: the application under uvicorn, with a clean start and a clean end."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable

import msgspec
import uvicorn
import uvloop

from api import logs
from api.admission.settings import check_admission
from api.app import Application, create_app
from api.authentication.opening import check_listening
from api.browsers import check_origins
from api.connections import guarded
from api.listening import listen
from api.observing.observer import observing
from api.processes import settled
from api.server import Server
from api.settings import Settings
from api.sharing import Shared
from api.socket_connections import guarded_socket
from api.switches import followed
from api.wiring import open_hub, require_current


def serve(settings: Settings, port: int | None = None, shared: Shared | None = None) -> int:
    """Answer until interrupted.

    Args:
        settings: the settings.
        port: instead of the settings' own; 0 lets the system choose.
        shared: what is shared with others that answer at the same address.

    Raises:
        ConfigError: nobody is believed, or anybody would be; or what is said of callers and pages has no
            effect.
        PortTakenError: the port is in use.
        StoreError: the database is not there, or at another version.
    """
    check_listening(settings)
    check_admission(settings.admission)
    check_origins("browsers.origins", settings.browsers.origins)
    check_origins("live.origins", settings.live.origins)
    require_current(settings)
    if shared is None:
        listener = listen(settings.server.host, settings.server.port if port is None else port)
    else:
        listener = socket.socket(fileno=shared.listener)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return 0 if runner.run(answer(settings, listener, Server.heed_signals, shared)) else 1


async def answer(
    settings: Settings,
    listener: socket.socket,
    started: Callable[[Server], None] | None = None,
    shared: Shared | None = None,
) -> bool:
    """Open the hub and answer on a listening socket until the server is told to exit.

    Args:
        settings: the settings.
        listener: where to listen.
        started: given the server before it starts, to watch it or to stop it.
        shared: what is shared with others that answer at the same address.
    """
    asyncio.get_running_loop().set_exception_handler(logs.report)
    observed = settings.observing
    port: int | None = observed.metrics_port
    if shared is not None and port:  # each of several where its supervisor alone finds it
        observed, port = msgspec.structs.replace(observed, metrics_host="127.0.0.1"), None
    watched = observing(observed, "server", port, json=settings.logging.json)
    async with open_hub(settings) as hub, followed(hub.store.database, hub.tenant, hub.host):
        with watched as observer:
            observer.watch(hub)
            app = create_app(hub, settings, observer)
            server = _server(app, settings)
            if started:
                started(server)
            if shared is not None:
                heeding = asyncio.create_task(server.heed(shared, observer.metrics.port))
            settled()
            await server.serve(sockets=[listener])
            if shared is not None:
                heeding.cancel()
            await app.state.authenticator.close()
            return server.started


def _server(app: Application, settings: Settings) -> Server:
    protocol = guarded(settings.server, settings.browsers)
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        http=protocol,
        ws=guarded_socket(settings.server, settings.browsers),
        ws_max_size=settings.live.message_limit,
        ws_ping_interval=settings.live.heartbeat,
        ws_ping_timeout=settings.live.heartbeat,
        ws_per_message_deflate=False,  # a few bytes could become a message of the largest size
        timeout_graceful_shutdown=5,
        timeout_keep_alive=75,
        server_header=False,
        proxy_headers=False,
        lifespan="off",
    )
    app.trust(config.forwarded_allow_ips)
    return Server(config, protocol, app.state.closing)
