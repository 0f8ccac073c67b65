"""Running a race: contenders take turns, slice by slice."""

from __future__ import annotations

import asyncio
import statistics
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from pyreqwest.client import Client

from benchmarks.race import documents
from benchmarks.race.cores import processor_time, resident
from benchmarks.race.load import LoadError, Round, Shot, ask, fire, opened
from benchmarks.race.outcomes import Outcome
from benchmarks.race.scene import Scene
from benchmarks.race.workloads import Customers, Workload

GROWTH = ("A", "B")
"""Workloads that show what more customers or connectors cost."""


class Contender(msgspec.Struct, frozen=True, kw_only=True):
    """A GraphQL server that takes part."""

    name: str
    url: str
    process: int
    grown: bool = False
    """Whether it is c360 itself once more, with more customers or connectors."""


class Slice(msgspec.Struct, frozen=True, kw_only=True):
    """What one contender did in one turn."""

    requests: int
    seconds: float
    processor: float
    """Seconds of processor time of the contender's processes."""
    p50: float
    """Seconds."""
    p99: float
    calls: Mapping[str, int]
    """Calls that each partner got."""


class Race:
    """A race in one scene.

    Args:
        scene: where it is run.
        contenders: who takes part; c360 is the first.
        seconds: how long a slice takes.
        slices: how many turns everybody has.
    """

    def __init__(self, scene: Scene, contenders: Sequence[Contender], *, seconds: float, slices: int) -> None:
        self._scene = scene
        self._contenders = contenders
        self._seconds = seconds
        self._slices = slices

    async def run(
        self, workloads: Sequence[Workload], measured: Callable[[list[Outcome]], None]
    ) -> list[Outcome]:
        """All outcomes, workload by workload.

        Args:
            workloads: in which order.
            measured: is given those of each workload as soon as it is done.
        """
        async with opened().build() as client:
            customers = await people(client, self._scene)
            found: list[Outcome] = []
            for workload in workloads:
                outcomes = await self._workload(client, workload, customers)
                measured(outcomes)
                found += outcomes
            return found

    async def _workload(self, client: Client, workload: Workload, customers: Customers) -> list[Outcome]:
        shots = workload.shots(customers, self._scene.callers)
        running = [each for each in self._contenders if self._takes_part(each, workload)]
        self._scene.standin.delay(workload.latency)
        slices: dict[str, list[Slice]] = {each.name: [] for each in running}
        for each in running:
            sys.stderr.write(f"{workload.name}: {each.name} warms up …\n")
            await self._warmed(client, workload, each, shots)
        for _ in range(self._slices):
            for each in running:
                slices[each.name].append(await self._turn(client, workload, each, shots))
        self._scene.standin.delay(0)
        return [_outcome(workload, each, slices[each.name]) for each in running]

    def _takes_part(self, contender: Contender, workload: Workload) -> bool:
        if contender.grown:
            return workload.name in GROWTH
        if contender.name in workload.without:
            return False
        return workload.compared or contender is self._contenders[0]

    async def _warmed(
        self, client: Client, workload: Workload, contender: Contender, shots: Sequence[Shot]
    ) -> None:
        """Every request once, then load, so that just-in-time compilers have seen enough."""
        together = max(4, workload.concurrency // 8)
        await fire(client, contender.url, shots, concurrency=together, seconds=60, most=len(shots))
        await fire(
            client, contender.url, shots, concurrency=workload.concurrency, seconds=min(3.0, self._seconds)
        )

    async def _turn(
        self, client: Client, workload: Workload, contender: Contender, shots: Sequence[Shot]
    ) -> Slice:
        await asyncio.sleep(0.3)  # what follows an answer, such as copies and the audit, is done by then
        self._scene.standin.forget()
        before = processor_time(contender.process)
        load = await fire(
            client, contender.url, shots, concurrency=workload.concurrency, seconds=self._seconds
        )
        await asyncio.sleep(0.3)
        busy = processor_time(contender.process) - before
        told = self._scene.standin.told()
        if told.unknown:
            message = f"partners were asked what was never recorded (record anew by --fresh): {told.unknown}"
            raise LoadError(message)
        asked = sum(told.calls.values()) > 0
        if workload.upstream is not None and asked is not workload.upstream:
            message = f"{workload.name}: {contender.name} asked partners {sum(told.calls.values())} times"
            raise LoadError(message)
        return _slice(load, busy, told.calls)


async def people(client: Client, scene: Scene) -> Customers:
    """Whom the race asks for."""
    known_to_six = await _listed(client, scene, documents.SIX_PARTNERS)
    return Customers(known_to_six, await _listed(client, scene, documents.EVERYBODY))


async def _listed(client: Client, scene: Scene, which: Mapping[str, Any]) -> list[str]:
    variables: dict[str, Any] = {"first": 100, "filter": which}
    found: list[str] = []
    while True:
        body = msgspec.json.encode({"query": documents.IDS, "variables": variables})
        shot = Shot(body, {"content-type": "application/json", **scene.callers[0]})
        page = (await ask(client, scene.gateway, shot))["customers"]
        found += [edge["node"]["id"] for edge in page["edges"]]
        if not page["pageInfo"]["hasNextPage"]:
            return found
        variables["after"] = page["pageInfo"]["endCursor"]


async def record(scene: Scene, workloads: Sequence[Workload]) -> None:
    """Send every request of the workloads once, so that the stand-in learns what partners answer."""
    async with opened().build() as client:
        customers = await people(client, scene)
        for workload in workloads:
            shots = workload.shots(customers, scene.callers)
            await fire(client, scene.gateway, shots, concurrency=4, seconds=600, most=len(shots))


def _slice(load: Round, busy: float, calls: Mapping[str, int]) -> Slice:
    return Slice(
        requests=load.requests,
        seconds=load.seconds,
        processor=busy,
        p50=load.sample.p50,
        p99=load.sample.p99,
        calls=calls,
    )


def _outcome(workload: Workload, contender: Contender, slices: Sequence[Slice]) -> Outcome:
    partners = sorted({partner for each in slices for partner in each.calls})
    by_partner = {
        partner: statistics.median(each.calls.get(partner, 0) / each.requests for each in slices)
        for partner in partners
    }
    return Outcome(
        workload=workload.name,
        contender=contender.name,
        concurrency=workload.concurrency,
        requests=sum(each.requests for each in slices),
        processor=statistics.median(each.processor / each.requests for each in slices) * 1000,
        p50=statistics.median(each.p50 for each in slices) * 1000,
        p99=statistics.median(each.p99 for each in slices) * 1000,
        calls=statistics.median(sum(each.calls.values()) / each.requests for each in slices),
        calls_by_partner=by_partner,
        memory=resident(contender.process),
        rate=statistics.median(each.requests / each.seconds for each in slices),
        at=datetime.now(UTC),
    )
