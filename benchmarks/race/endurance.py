"""What a race does not show: the first answer of a new process, and memory after very many requests."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Mapping
from pathlib import Path

import httpx
import msgspec

from benchmarks.race.cores import cores, on_core, resident
from benchmarks.race.load import Shot, fire, opened
from benchmarks.race.outcomes import Memory
from benchmarks.race.running import people
from benchmarks.race.scene import Scene
from benchmarks.race.workloads import WORKLOADS, Customers
from benchmarks.stage.partners import READY_WITHIN, StageError
from benchmarks.stage.processes import free_port

MIXED = {"B": 12, "F": 5, "A": 2, "G": 1}
"""Of twenty requests, so many of each workload."""
STEPS = 10
STARTS = 3
FIRST = "{ customers(first: 1) { edges { node { id kind displayName country } } } }"


def cold_start(scene: Scene, bytecode: Path) -> float:
    """Seconds from starting the server's process until it has given its first answer; the median.

    Args:
        scene: whose server.
        bytecode: folder of compiled modules: those of an installation that was started before are there.
    """
    headers = {"content-type": "application/json", **scene.callers[0]}
    shot = Shot(msgspec.json.encode({"query": FIRST}), headers)
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(bytecode)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    _cold_start(scene, shot, environment)
    return statistics.median(_cold_start(scene, shot, environment) for _ in range(STARTS))


def _cold_start(scene: Scene, shot: Shot, environment: Mapping[str, str]) -> float:
    port = free_port()
    with (
        scene.installation.log.open("a", encoding="utf-8") as output,
        httpx.Client(trust_env=False) as client,
    ):
        started = time.perf_counter()
        with on_core(cores()[0]):
            process = scene.installation.start(
                "serve", "--port", str(port), output=output, environment=environment
            )
        try:
            while time.perf_counter() < started + READY_WITHIN:
                try:
                    url = f"http://127.0.0.1:{port}/graphql"
                    answer = client.post(url, content=shot.body, headers=dict(shot.headers))
                    answer.raise_for_status()
                    return time.perf_counter() - started
                except httpx.ConnectError:
                    time.sleep(0.005)
        finally:
            process.terminate()
            process.wait(20)
    message = "the server gave no first answer"
    raise StageError(message)


async def memory(scene: Scene, requests: int) -> Memory:
    """Send so many operations of all kinds, and look at what the server holds after each tenth.

    Args:
        scene: whose server.
        requests: how many.
    """
    async with opened().build() as client:
        known = await people(client, scene)
        shots = _mixed(known, scene)
        before = resident(scene.process)
        after = []
        for _ in range(STEPS):
            await fire(client, scene.gateway, shots, concurrency=16, seconds=36_000, most=requests // STEPS)
            after.append(round(resident(scene.process), 1))
    return Memory(requests=requests, before=round(before, 1), after=tuple(after))


def _mixed(known: Customers, scene: Scene) -> list[Shot]:
    kinds = [name for name, share in MIXED.items() for _ in range(share)]
    given = {name: WORKLOADS[name].shots(known, scene.callers) for name in MIXED}
    # Seven shares no factor with twenty, so that kinds are mixed and each meets many customers.
    turns = [(kinds[place * 7 % len(kinds)], place) for place in range(len(kinds) * 100)]
    return [given[name][place % len(given[name])] for name, place in turns]
