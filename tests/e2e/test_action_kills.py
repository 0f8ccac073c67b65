"""Processes are killed at every step of an action, on both databases; the truth is the partner's books."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import msgspec
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from benchmarks.stage.processes import free_port
from c360.contract import Effect
from store.data_actions import ActionFilter, PartnerActionData, PartnerActionState
from store.data_service import TaskState
from store.database import Database
from tests.conftest import CHECKOUT
from tests.e2e.dying import DURING, KEYS, TENANT, Turn
from tests.store.identity import enrolled, person

CLIENT = (1, 2, 3, 4, 6, 7, 9)
"""Points of a client's request at which a process dies: before and after it is kept that the action is asked
for, and that it goes out; during and after the call; after it is kept what the partner answered."""
DURING_THE_CALL = 6
WORKER = (2, 4, 6)
"""Points of the worker that goes on with what such a process left."""
CONFIRMED, UNKNOWN = PartnerActionState.CONFIRMED, PartnerActionState.UNKNOWN


@dataclass
class Books:
    """The partner: what took effect, by what the client called it and by the key that came with it."""

    booked: list[tuple[str, str]] = field(default_factory=list)

    async def book(self, request: Request) -> Response:
        asked = await request.json()
        entry = (asked["case"], asked["key"])
        if not (request.path_params["till"] == "till_keyed" and entry in self.booked):
            self.booked.append(entry)
        await asyncio.sleep(2 * DURING)
        return JSONResponse({"id": asked["key"]})

    async def show(self, request: Request) -> Response:
        await asyncio.sleep(2 * DURING)
        return JSONResponse([key for _, key in self.booked if key == request.query_params["key"]])


@pytest.fixture(scope="module")
def books() -> Books:
    return Books()


@pytest.fixture(scope="module")
def partner(books: Books) -> Iterator[str]:
    """The partner's address."""
    routes = [
        Route("/{till}/bookings", books.book, methods=["POST"]),
        Route("/{till}/bookings", books.show, methods=["GET"]),
    ]
    port = free_port()
    server = uvicorn.Server(
        uvicorn.Config(Starlette(routes=routes), port=port, log_config=None, lifespan="off", ws="none")
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.01)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(10)


@pytest.fixture(scope="module")
def turn() -> Iterator[Callable[[Turn], bool]]:
    """Lets a process of its own take a turn; whether it was killed."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.e2e.dying"],
        cwd=CHECKOUT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin
    assert process.stdout
    assert process.stdout.readline() == "ready\n"

    def take(turn: Turn) -> bool:
        assert process.stdin
        assert process.stdout
        process.stdin.write(msgspec.json.encode(turn).decode() + "\n")
        process.stdin.flush()
        return {"killed\n": True, "lived\n": False}[process.stdout.readline()]

    yield take
    process.stdin.close()
    process.wait(10)
    process.stdout.close()


def _enrol(url: str) -> str:
    async def go() -> str:
        database = Database(url, keyring=KEYS)
        async with database.unit(TENANT) as unit:
            (customer,) = await enrolled(unit, person("anna", "b1"))
        await database.dispose()
        return customer

    return asyncio.run(go())


def _read(url: str) -> tuple[list[PartnerActionData], int]:
    """All actions, and how many people are asked about one."""

    async def go() -> tuple[list[PartnerActionData], int]:
        database = Database(url, keyring=KEYS)
        async with database.read(TENANT) as unit:
            page = await unit.actions.page(ActionFilter(), first=1000)
            tasks = await unit.tasks.count(state=TaskState.OPEN)
        await database.dispose()
        return list(page.actions), tasks

    return asyncio.run(go())


def test_killed_at_every_step_nothing_is_lost_and_nothing_happens_twice(
    backend: str, database_url: str, partner: str, books: Books, turn: Callable[[Turn], bool]
) -> None:
    books.booked.clear()
    world = Turn(url=database_url, partner=partner, customer=_enrol(database_url))
    # All steps on the one database, those around the commits and the call on the other.
    at = CLIENT if backend == "sqlite" else (2, 4, DURING_THE_CALL, 9)
    cases = {(effect, f"{effect.value} {point}"): point for effect in Effect for point in at}
    for case, point in cases.items():
        assert turn(msgspec.structs.replace(world, cases=(case,), die_at=point))
    # The worker goes on with what they left, and dies of it too, again and again.
    kills = sum(turn(msgspec.structs.replace(world, die_at=point)) for point in WORKER)
    assert kills == len(WORKER)
    # The client sends the same again until it hears: what is kept already is the same action.
    assert not turn(msgspec.structs.replace(world, cases=tuple(cases)))
    assert not turn(world)
    actions, tasks = _read(database_url)
    assert len(actions) == len(cases)
    booked = Counter(case for case, _ in books.booked)
    assert set(booked.values()) == {1}, "nothing happens twice"
    # With a key or a look-up everything that was acknowledged took effect.
    surely = {case for effect, case in cases if effect is not Effect.UNTRACEABLE}
    assert surely <= set(booked), "nothing acknowledged is lost"
    _check_states(actions, tasks, {key for _, key in books.booked})


def _check_states(actions: list[PartnerActionData], tasks: int, took_effect: set[str]) -> None:
    """What the hub says of each action is true, and a person is asked about what nobody can tell."""
    unsettled = [action for action in actions if action.state is not CONFIRMED]
    for action in unsettled:
        assert (action.connector, action.state) == ("till_untraceable", UNKNOWN)
        assert (action.next_at, action.human_at is None) == (None, False)
    assert {action.id for action in actions if action.state is CONFIRMED} <= took_effect
    # It is open of those alone that died between going out and being told of.
    assert len(unsettled) == tasks > 0
