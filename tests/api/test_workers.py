"""Workers come, go and are replaced, and no client that asks meanwhile is left without its answer."""

from __future__ import annotations

import asyncio
import http.client
import os
import signal
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from api.listening import PortTakenError, listen, listen_together
from api.observing.together import Together
from api.settings import Settings
from api.workers import Supervisor
from tests.conftest import CHECKOUT

WORKER = """
import asyncio, os, sys, time
from pathlib import Path
import socket, uvicorn
from api.browsers import Browsers
from api.connections import guarded
from api.server import Server
from api.sharing import Shared
from api.sections import Server as Settings

if Path({flaw!r}).exists():
    sys.exit(3)

async def app(scope, receive, send):
    await asyncio.sleep(0.01)
    body = str(os.getpid()).encode()
    headers = [(b"content-length", str(len(body)).encode())]
    await send({{"type": "http.response.start", "status": 200, "headers": headers}})
    await send({{"type": "http.response.body", "body": body}})

async def main():
    shared = Shared.read(sys.argv[-1])
    protocol = guarded(Settings(), Browsers())
    config = uvicorn.Config(app, http=protocol, ws="none", lifespan="off", log_config=None, access_log=False)
    server = Server(config, protocol, asyncio.Event())
    heeding = asyncio.create_task(server.heed(shared, 0))
    await server.serve(sockets=[socket.socket(fileno=shared.listener)])

asyncio.run(main())
"""


class Clients:
    """Keep asking over connections that they keep, and connect anew where they are told to."""

    def __init__(self, port: int, count: int = 4) -> None:
        self.answered: dict[int, int] = {}
        """Answers by the process that gave them."""
        self.failed: list[str] = []
        self._port = port
        self._ending = threading.Event()
        self._threads = [threading.Thread(target=self._ask) for _ in range(count)]

    def _ask(self) -> None:
        connection: http.client.HTTPConnection | None = None
        while not self._ending.is_set():
            try:
                connection = connection or http.client.HTTPConnection("127.0.0.1", self._port, timeout=20)
                connection.request("GET", "/")
                answer = connection.getresponse()
                process = int(answer.read())
                self.answered[process] = self.answered.get(process, 0) + 1
                if answer.will_close:
                    connection.close()
                    connection = None
            except (OSError, http.client.HTTPException) as error:
                self.failed.append(repr(error))
                connection = None
        if connection is not None:
            connection.close()

    @contextmanager
    def asking(self) -> Iterator[None]:
        for thread in self._threads:
            thread.start()
        try:
            yield
        finally:
            self._ending.set()
            for thread in self._threads:
                thread.join()


async def until(true: Callable[[], bool], within: float = 20.0) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(within):
        while not true():  # noqa: ASYNC110  # what is waited for happens in other processes
            await asyncio.sleep(0.02)


def alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


@contextmanager
def supervised(flaw: Path, count: int) -> Iterator[tuple[Supervisor, int]]:
    listeners = listen_together("127.0.0.1", 0, count)
    try:
        port: int = listeners[0].getsockname()[1]
        yield Supervisor(listeners, ("-c", WORKER.format(flaw=str(flaw)))), port
    finally:
        for each in listeners:
            each.close()


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(CHECKOUT))


def test_no_request_is_lost_while_workers_are_replaced(tmp_path: Path) -> None:
    async def scenario(supervisor: Supervisor, clients: Clients) -> None:
        stopped, again = asyncio.Event(), asyncio.Event()
        running = asyncio.create_task(supervisor.run(stopped, again))
        await until(lambda: len(supervisor.answering) == 2)
        before = {each.process.pid for each in supervisor.answering}
        with clients.asking():
            await until(lambda: sum(clients.answered.values()) > 50)
            again.set()
            await until(lambda: not any(map(alive, before)))
            after = {each.process.pid for each in supervisor.answering}
            told = sum(clients.answered.get(process, 0) for process in after)
            await until(lambda: sum(clients.answered.get(process, 0) for process in after) > told + 50)
        assert not before & after
        stopped.set()
        assert await running
        await supervisor.end(signal.SIGTERM)
        assert not any(map(alive, after))

    with supervised(tmp_path / "flaw", 2) as (supervisor, port):
        clients = Clients(port)
        asyncio.run(scenario(supervisor, clients))
    assert clients.failed == []


def test_workers_that_do_not_come_up_leave_those_before_answering(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    flaw = tmp_path / "flaw"

    async def scenario(supervisor: Supervisor, port: int) -> None:
        stopped, again = asyncio.Event(), asyncio.Event()
        running = asyncio.create_task(supervisor.run(stopped, again))
        await until(lambda: bool(supervisor.answering))
        (before,) = supervisor.answering
        flaw.touch()
        again.set()
        await until(lambda: "those before go on" in caplog.text)
        assert supervisor.answering == [before]
        assert await asyncio.to_thread(answering, port) == before.process.pid
        # One that dies is replaced as soon as another comes up.
        flaw.unlink()
        before.process.kill()
        await until(lambda: supervisor.answering != [before])
        assert await asyncio.to_thread(answering, port) == supervisor.answering[0].process.pid
        stopped.set()
        await running
        await supervisor.end(signal.SIGINT)

    with supervised(flaw, 1) as (supervisor, port):
        asyncio.run(scenario(supervisor, port))


def answering(port: int) -> int:
    """The process that answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", "/")
    process = int(connection.getresponse().read())
    connection.close()
    return process


def test_nothing_is_served_where_no_worker_comes_up(tmp_path: Path) -> None:
    flaw = tmp_path / "flaw"
    flaw.touch()
    with supervised(flaw, 2) as (supervisor, _):
        assert asyncio.run(supervisor.run(asyncio.Event(), asyncio.Event())) is False


def test_an_address_that_is_taken_is_not_shared() -> None:
    first = listen_together("127.0.0.1", 0, 2)
    port = first[0].getsockname()[1]
    try:
        with pytest.raises(PortTakenError):
            listen("127.0.0.1", port)
        with pytest.raises(PortTakenError):
            listen_together("127.0.0.1", port, 2)
    finally:
        for each in first:
            each.close()


def test_serve_with_workers_answers_is_scraped_and_ends(settings: Settings, tmp_path: Path) -> None:
    """The whole of it, once: the command, its workers, their metrics at one address, and a clean end."""
    port, metrics = (free_port() for _ in range(2))

    async def scenario() -> int | None:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "api", "--config", str(settings.folder / "c360.toml"), "serve"),
            *("--workers", "1", "--port", str(port)),
            cwd=CHECKOUT,
            env={**os.environ, "C360_OBSERVING__METRICS_PORT": str(metrics)},
            start_new_session=True,
        )
        try:
            await asyncio.to_thread(wait_for, f"http://127.0.0.1:{port}/health/live")
            scraped = await asyncio.to_thread(read, f"http://127.0.0.1:{metrics}/metrics")
            assert 'c360_operations_under_way{worker="0"} 0.0' in scraped
            process.send_signal(signal.SIGINT)
            async with asyncio.timeout(20):
                return await process.wait()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()

    assert asyncio.run(scenario()) == 0
    assert not list(Together(dict).collect())


def free_port() -> int:
    with listen("127.0.0.1", 0) as found:
        port: int = found.getsockname()[1]
        return port


def read(url: str) -> str:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=30) as answer:
        text: str = answer.read().decode()
        return text


def wait_for(url: str) -> None:
    """Wait until an address answers."""
    deadline = time.monotonic() + 50
    while True:
        with suppress(OSError):
            read(url)
            return
        assert time.monotonic() < deadline
        time.sleep(0.1)
