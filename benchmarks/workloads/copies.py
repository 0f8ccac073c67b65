"""The full view from last-known copies alone."""

from __future__ import annotations

import time

from benchmarks.figures import Figure, Sample, milliseconds
from benchmarks.punctual import quiet_collector
from benchmarks.stage.documents import FULL_VIEW
from benchmarks.stage.graph import Graph, Stage

NAME = "full view from last-known copies alone"
RUNS = 40


def run(stage: Stage) -> list[Figure]:
    """Latency of a view that asks nobody."""
    return stage.play(lambda graph: _measure(stage, graph))


async def _measure(stage: Stage, graph: Graph) -> list[Figure]:
    by = stage.key(stage.member())
    await graph.ask(FULL_VIEW, {"by": by, "gather": {"deadline": "PT20S"}})
    await graph.settle()
    variables = {"by": by, "gather": {"maxAge": "PT1H"}}
    await graph.ask(FULL_VIEW, variables)
    stage.partners.forget()
    took = []
    with quiet_collector():
        for _ in range(RUNS):
            started = time.perf_counter()
            await graph.ask(FULL_VIEW, variables)
            took.append(time.perf_counter() - started)
    latency = Sample.of(took)
    return [
        milliseconds(NAME, "latency p50", latency.p50, note=f"{RUNS} runs"),
        milliseconds(NAME, "latency p99", latency.p99),
        Figure(workload=NAME, name="upstream calls", value=stage.partners.total(), unit="calls", bound=0),
    ]
