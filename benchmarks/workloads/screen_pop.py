"""An agent's first answer while a partner hangs, and how soon the live values of the others follow."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field
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
_PAUSE = 0.01

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
    control: list[float] = field(default_factory=list)
    """By how many seconds empty sleeps between them were late: what the machine itself takes."""
    followed: list[float] = field(default_factory=list)
    """Seconds from a first answer to live values of a partner that is well."""


def run(stage: Stage) -> list[Figure]:
    """How soon first answers are there, and live values."""
    found = stage.play(lambda graph: measured(stage, graph, runs=RUNS))
    firsts, followed = Sample.of(found.firsts), Sample.of(found.followed)
    return [
        milliseconds(NAME, "first answer, p50", firsts.p50, note=f"{RUNS} runs of the full view"),
        milliseconds(NAME, "first answer, p99", firsts.p99, bound=P99),
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
                started = time.perf_counter()
                await graph.ask(FULL_VIEW, {**variables, "gather": KNOWN})
                found.firsts.append(time.perf_counter() - started)
                await _pause(found)
        for _ in range(follows):
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
    async with aclosing(popped(graph, customer_id)) as answers:
        await anext(answers)
        started = time.perf_counter()
        async for answer in answers:
            told: Any = answer.data and answer.data["customerChanged"]
            if any("loyalty" in event["connectors"] for event in told["events"]):
                break
        return time.perf_counter() - started
