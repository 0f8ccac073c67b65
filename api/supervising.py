"""``serve`` with several processes: one that listens and replaces the others, which answer."""

from __future__ import annotations

import asyncio
import signal
from contextlib import ExitStack
from pathlib import Path

from prometheus_client import CollectorRegistry

from api.listening import listen_together
from api.observing.metrics import scraped
from api.observing.together import Together
from api.settings import Settings
from api.workers import Supervisor


def supervise(settings: Settings, file: Path | None, count: int, port: int | None = None) -> int:
    """Keep processes answering until interrupted; whether the settings allow it, they find out themselves.

    Args:
        settings: the settings.
        file: where they are from, for the workers to read them anew.
        count: how many.
        port: instead of the settings' own; 0 lets the system choose.

    Raises:
        PortTakenError: the port is in use.
    """
    chosen = settings.server.port if port is None else port
    listeners = listen_together(settings.server.host, chosen, count)
    where = () if file is None else ("--config", str(file.resolve()))
    supervisor = Supervisor(listeners, ("-m", "api", *where, "serve"))
    return 0 if asyncio.run(_supervised(supervisor, settings)) else 1


async def _supervised(supervisor: Supervisor, settings: Settings) -> bool:
    stopped, again = asyncio.Event(), asyncio.Event()
    asked: list[signal.Signals] = []

    def stop(number: signal.Signals) -> None:
        if asked:
            supervisor.kill()
        asked.append(number)
        stopped.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop, number)
    loop.add_signal_handler(signal.SIGHUP, again.set)
    with ExitStack() as stack:
        if settings.observing.metrics_port:
            registry = CollectorRegistry()
            registry.register(Together(supervisor.metrics))
            where = (settings.observing.metrics_host, settings.observing.metrics_port)
            stack.enter_context(scraped(registry, *where))
        came_up = await supervisor.run(stopped, again)
        await supervisor.end(asked[0] if asked else signal.SIGTERM)
    return came_up
