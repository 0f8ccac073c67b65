"""Fifty customers in one operation: in a list, and in fifty root fields."""

from __future__ import annotations

import math
import time
from typing import Any

from benchmarks.figures import Figure, Sample, milliseconds
from benchmarks.punctual import quiet_collector
from benchmarks.stage.documents import ONE_PAGE, POINTS, aliased, listed
from benchmarks.stage.graph import Graph, Stage

NAME = "fifty customers in one operation"
COUNT, RUNS = 50, 5
BATCHES = {"POST /v2/customers/bulk-retrieve": 100, "POST /v2/loyalty/accounts/search": 30}
"""What the loyalty programme answers for at once."""
IDS = "fragment Id on Customer { id }"


def run(stage: Stage) -> list[Figure]:
    """Latency and calls of fifty customers who are members of the loyalty programme."""
    return stage.play(lambda graph: _measure(stage, graph))


async def _measure(stage: Stage, graph: Graph) -> list[Figure]:
    variables: dict[str, Any] = {
        "first": COUNT,
        "filter": {"holds": ["LOYALTY"]},
        "gather": {"deadline": "PT30S"},
    }
    found = await graph.ask(listed(IDS), variables)
    ids = [edge["node"]["id"] for edge in found["customers"]["edges"]]
    operations = {
        "list, loyalty and profile": (listed(POINTS), variables),
        "list, something of every domain": (listed(ONE_PAGE), variables),
        "root fields, something of every domain": (
            aliased(ids, ONE_PAGE, gather='{deadline: "PT30S"}'),
            None,
        ),
    }
    figures: list[Figure] = []
    for name, (document, given) in operations.items():
        await graph.ask(document, given)
        await graph.settle()
        stage.partners.forget()
        took = []
        with quiet_collector():
            for _ in range(RUNS):
                started = time.perf_counter()
                await graph.ask(document, given)
                took.append(time.perf_counter() - started)
                await graph.settle()
        figures.append(milliseconds(NAME, f"{name}: latency p50", Sample.of(took).p50, note=f"{RUNS} runs"))
        calls = stage.partners.total() / RUNS
        figures.append(Figure(workload=NAME, name=f"{name}: upstream calls", value=calls, unit="calls"))
        batched = stage.partners.calls("loyalty")
        for operation, size in BATCHES.items():
            figures.append(
                Figure(
                    workload=NAME,
                    name=f"{name}: {operation.rpartition('/v2/')[2]}",
                    value=batched[operation] / RUNS,
                    unit="calls",
                    bound=math.ceil(COUNT / size),
                )
            )
    return figures
