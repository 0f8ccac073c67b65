"""What an answer costs once everything is gathered: compiled code beside graphql-core, over the same data."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any
from unittest.mock import patch

from graphql import ExecutionResult, execute

from benchmarks.figures import Figure, Sample
from benchmarks.punctual import quiet_collector
from benchmarks.race.documents import LOCAL, PAGE, PROFILE, TRANSACTIONS
from benchmarks.stage.documents import FULL_VIEW
from benchmarks.stage.graph import Graph, Stage
from schema.build import built_schema
from schema.execution import answering
from schema.execution.compiled.guarding import guards_of
from schema.execution.context import OperationContext
from schema.execution.guard import PermittingExecutor

NAME = "answering what is gathered"
RUNS = 15
WHO = "query Who($by: CustomerKey!) { customer(by: $by) { id } }"


def run(stage: Stage) -> list[Figure]:
    """Processor time of writing answers, each way, and of generating the code."""
    return stage.play(lambda graph: _measure(stage, graph))


async def _measure(stage: Stage, graph: Graph) -> list[Figure]:
    key = stage.key(stage.member())
    whom = (await graph.ask(WHO, {"by": key}))["customer"]["id"]
    operations: Mapping[str, tuple[str, Mapping[str, Any]]] = {
        "four fields": (LOCAL, {"id": whom}),
        "profile": (PROFILE, {"id": whom}),
        "full view": (FULL_VIEW, {"by": key}),
        "page of fifty": (PAGE, {"first": 50}),
        "transactions of fifty": (TRANSACTIONS, {"first": 50}),
    }
    figures: list[Figure] = []
    for name, (document, variables) in operations.items():
        figures += _compared(name, await _gathered(graph, document, variables), variables)
    return figures


async def _gathered(graph: Graph, document: str, variables: Mapping[str, Any]) -> OperationContext:
    """An operation with all that it needs, as it is when its answer is written."""
    seen: list[OperationContext] = []

    def watched(context: OperationContext) -> Any:
        seen.append(context)
        return guards_of(context)

    with patch.object(answering, "guards_of", watched):
        for _ in range(2):  # it is compiled from the second time on
            await graph.ask(document, variables)
    await graph.settle()
    return seen[-1]


def _compared(name: str, context: OperationContext, variables: Mapping[str, Any]) -> list[Figure]:
    schema = built_schema()
    operation = context.operation.name

    def interpreted() -> Any:
        return execute(
            schema.graphql,
            context.document,
            context_value=context,
            variable_values=dict(variables),
            operation_name=operation.value if operation else None,
            executor_class=PermittingExecutor,
        )

    def generated() -> ExecutionResult:
        compiled = schema.answering.compiler.compile(context.operation, context.fragments)
        made = compiled.run(context, context.variables, guards=guards_of(context))
        if made is None:
            raise ValueError(f"{name} is not compiled")
        return compiled.answer(made)

    compiled = schema.answering.compiler.compile(context.operation, context.fragments)

    def written() -> ExecutionResult:
        made = compiled.run(context, context.variables, guards=guards_of(context))
        if made is None:
            raise ValueError(f"{name} is not compiled")
        return compiled.answer(made)

    if written() != interpreted():
        raise ValueError(f"{name} is answered in two ways")
    fast, slow = _timed(written), _timed(interpreted)
    return [
        _microseconds(f"{name}: compiled", fast, note=f"{slow / fast:.1f} times less than interpreted"),
        _microseconds(f"{name}: interpreted by graphql-core", slow),
        _microseconds(f"{name}: code generated, and answered once", _timed(generated)),
    ]


def _timed(step: Callable[[], object]) -> float:
    took = []
    with quiet_collector():
        for _ in range(RUNS):
            started = time.process_time()
            step()
            took.append(time.process_time() - started)
    return Sample.of(took).p50


def _microseconds(name: str, seconds: float, *, note: str = "") -> Figure:
    return Figure(workload=NAME, name=name, value=round(seconds * 1e6, 1), unit="µs", note=note)
