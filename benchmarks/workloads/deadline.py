"""A partner that never answers: how punctually the rest is answered."""

from __future__ import annotations

import itertools
from typing import Any

from benchmarks.figures import Figure, milliseconds
from benchmarks.punctual import Punctuality, measure
from benchmarks.stage.documents import FULL_VIEW
from benchmarks.stage.graph import Graph, Stage

NAME = "full view with a hung partner, each of the six in turn"
DEADLINE, RUNS = 0.4, 50
P99, WORST = 20.0, 100.0
"""Milliseconds past the deadline that are promised."""


def run(stage: Stage) -> list[Figure]:
    """By how much the answers come after the deadline, next to empty sleeps of the same length."""
    statuses: list[str] = []
    found = stage.play(lambda graph: _measure(stage, graph, statuses))
    stale = sum(status == "STALE" for status in statuses)
    return [
        milliseconds(NAME, "past the deadline, p50", found.runs.p50, note=f"{RUNS} runs of {DEADLINE:g} s"),
        _promised("past the deadline, p99", found, 0.99, P99),
        _promised("past the deadline, worst", found, 1.0, WORST),
        milliseconds(NAME, "control: empty sleeps, p50", found.control.p50),
        milliseconds(NAME, "control: empty sleeps, p99", found.control.p99),
        milliseconds(NAME, "control: empty sleeps, worst", found.control.worst),
        Figure(
            workload=NAME,
            name="answers with the last-known copy of the hung one",
            value=stale / len(statuses) * 100,
            unit="%",
        ),
    ]


def _promised(name: str, found: Punctuality, share: float, bound: float) -> Figure:
    late = found.late(share, bound / 1000)
    plain = found.runs.percentile(share)
    note = (
        "" if late == plain else f"measured {plain * 1000:.2f}, less the control's, which exceeds the bound"
    )
    return milliseconds(NAME, name, late, bound=bound, note=note)


async def _measure(stage: Stage, graph: Graph, statuses: list[str]) -> Punctuality:
    by = stage.key(stage.member())
    await graph.ask(FULL_VIEW, {"by": by, "gather": {"deadline": "PT20S"}})
    await graph.settle()
    turns = itertools.cycle(stage.partners.connectors)
    state: dict[str, Any] = {"hung": None}

    async def operation() -> None:
        data = await graph.ask(FULL_VIEW, {"by": by, "gather": {"deadline": f"PT{DEADLINE}S"}})
        statuses.extend(
            source["status"] for source in data["customer"]["sources"] if source["connector"] == state["hung"]
        )

    def next_turn() -> None:
        if state["hung"]:
            stage.partners.behave(state["hung"])
        state["hung"] = next(turns)
        stage.partners.behave(state["hung"], "hang")

    try:
        return await measure(operation, deadline=DEADLINE, runs=RUNS, before=next_turn)
    finally:
        stage.partners.all_behave()
