"""The full view of one customer, live from all six partners."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.figures import Figure, Sample, milliseconds
from benchmarks.punctual import quiet_collector
from benchmarks.stage.documents import FULL_VIEW
from benchmarks.stage.graph import Graph, Stage

NAME = "full view of one customer, six partners live"
PEOPLE, RUNS = 5, 8


def run(stage: Stage) -> list[Figure]:
    """Latency, processor time and calls of a full view, over several customers in turn."""
    keys = [stage.key(stage.member(place=place)) for place in range(PEOPLE)]
    return stage.play(lambda graph: _measure(stage, graph, keys))


async def _measure(stage: Stage, graph: Graph, keys: Sequence[Mapping[str, Any]]) -> list[Figure]:
    for key in keys:  # connections are open, documents are checked, the partners have thought of everybody
        await graph.ask(FULL_VIEW, {"by": key})
    await graph.settle()
    took, cpu = [], []
    stage.partners.forget()
    with quiet_collector():
        for key in list(keys) * RUNS:
            started, busy = time.perf_counter(), time.process_time()
            await graph.ask(FULL_VIEW, {"by": key})
            took.append(time.perf_counter() - started)
            cpu.append(time.process_time() - busy)
            await graph.settle()
    calls = stage.partners.total() / len(took)
    latency, processor = Sample.of(took), Sample.of(cpu)
    return [
        milliseconds(NAME, "latency p50", latency.p50, note=f"{len(took)} runs"),
        milliseconds(NAME, "latency p99", latency.p99),
        milliseconds(NAME, "processor time per operation", processor.mean),
        Figure(workload=NAME, name="upstream calls per operation", value=round(calls, 1), unit="calls"),
        milliseconds(NAME, "processor time per upstream call", processor.mean / calls),
    ]
