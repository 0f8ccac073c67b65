"""All partners over real sockets: start, addresses, hanging calls, stopping, ports that are taken."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.__main__ import main
from sandbox.framework import World, partner_app
from sandbox.population import Population
from sandbox.server import CannotListenError, Partner, listen, serve

Run = Callable[..., Any]
DOMAINS = ["banking", "insurance", "brokerage", "loyalty", "hotel", "rental", "workorders"]


@pytest.fixture
def served(population: Population) -> list[Partner]:
    async def thing(_request: Request) -> Response:
        return JSONResponse({"note": "n" * 500})

    partners = []
    for name in ("one", "two"):
        world = World(population)
        app = partner_app(world, [Route("/thing", thing, methods=["GET"])], name=name)
        partners.append(Partner(name, app, world, "/api" if name == "two" else ""))
    return partners


@contextlib.asynccontextmanager
async def serving(served: Sequence[Partner]) -> AsyncIterator[tuple[Mapping[str, str], asyncio.Event]]:
    stop, started = asyncio.Event(), asyncio.get_running_loop().create_future()
    sockets = listen("127.0.0.1", 0, [partner.name for partner in served])
    task = asyncio.create_task(serve(served, sockets, ready=started.set_result, stop=stop))
    try:
        yield await started, stop
    finally:
        stop.set()
        await asyncio.wait_for(task, 3)


def test_partners_listen_on_ports_of_their_own(served: list[Partner], run: Run) -> None:
    async def calls() -> None:
        async with serving(served) as (addresses, _), httpx.AsyncClient() as client:
            assert list(addresses) == ["one", "two"]
            assert addresses["two"].endswith("/api")
            assert (await client.get(addresses["one"] + "/thing")).status_code == 200
        assert served[0].world.counters["GET /thing"] == 1
        assert served[1].world.counters.total() == 0

    run(calls())


def test_a_truncated_answer_breaks_the_connection(served: list[Partner], run: Run) -> None:
    served[0].world.behaviour.set("truncated")

    async def call() -> None:
        async with serving(served) as (addresses, _), httpx.AsyncClient() as client:
            with pytest.raises(httpx.RemoteProtocolError):
                await client.get(addresses["one"] + "/thing")

    run(call())


def test_a_hanging_call_ends_when_the_client_goes(served: list[Partner], run: Run) -> None:
    behaviour = served[0].world.behaviour
    behaviour.set("hang")

    async def call() -> None:
        async with serving(served) as (addresses, _):
            async with httpx.AsyncClient(timeout=0.1) as client:
                with pytest.raises(httpx.ReadTimeout):
                    await client.get(addresses["one"] + "/thing")
            for _ in range(100):
                if not behaviour._hanging:
                    break
                await asyncio.sleep(0.01)
            assert not behaviour._hanging

    run(call())


def test_a_hanging_call_does_not_keep_the_server_up(served: list[Partner], run: Run) -> None:
    served[0].world.behaviour.set("hang")

    async def call() -> float:
        async with httpx.AsyncClient(timeout=5) as client:
            async with serving(served) as (addresses, _):
                hanging = asyncio.create_task(client.get(addresses["one"] + "/thing"))
                await asyncio.sleep(0.1)
                began = time.monotonic()
            stopped = time.monotonic() - began
            assert (await hanging).status_code == 503
        return stopped

    assert run(call()) < 1.5


def test_a_taken_port_is_named_and_no_other_is_kept() -> None:
    first = listen("127.0.0.1", 0, ["probe"])[0]
    with first:
        port = first.getsockname()[1]
        with pytest.raises(CannotListenError, match=rf"127\.0\.0\.1:{port} for b"):
            listen("127.0.0.1", port - 1, ["a", "b"])
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", port - 1))


def test_the_command_says_in_one_line_which_port_is_taken(capsys: pytest.CaptureFixture[str]) -> None:
    with listen("127.0.0.1", 0, ["probe"])[0] as sock:
        port = str(sock.getsockname()[1])
        code = main(["serve", "--port", port, "--people", "5", "--companies", "0", "--today", "2026-06-15"])
    told = capsys.readouterr()
    assert code == 1
    assert told.out == ""
    assert told.err.count("\n") == 1
    assert f":{port} for banking" in told.err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_command_serves_all_partners_until_told_to_stop(number: signal.Signals) -> None:
    command = [sys.executable, "-m", "sandbox", "serve", "--port", "0", "--people", "30", "--companies", "2"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stderr
        line = json.loads(process.stdout.readline())
        assert line["ready"] is True
        assert list(line["partners"]) == DOMAINS
        for address in line["partners"].values():
            url = httpx.URL(address).copy_with(path="/_sandbox/counters")
            assert httpx.get(url).json() == {}
        process.send_signal(number)
        assert process.wait(timeout=5) == 0
        assert process.stderr.read() == ""
