"""What an operation costs before anybody is asked: reading the document, and the plan."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import date

from graphql import FragmentDefinitionNode, get_operation_ast, get_variable_values, parse

from benchmarks.figures import Figure, Sample
from benchmarks.punctual import quiet_collector
from benchmarks.stage.documents import FULL_VIEW, ONE_PAGE, listed
from benchmarks.stage.graph import ACCESS
from schema.build import Schema, built_schema
from schema.execution.documents import Documents
from schema.execution.limits import Limits

NAME = "before anybody is asked"
RUNS = 200


def run() -> list[Figure]:
    """Times of planning, and of checking a document for the first time and ever after."""
    schema = built_schema()
    figures = []
    operations: Sequence[tuple[str, str, Mapping[str, object]]] = (
        ("full view", FULL_VIEW, {"by": {"email": "nobody@example.org"}}),
        ("list", listed(ONE_PAGE), {"first": 50}),
    )
    for name, document, variables in operations:
        figures += [
            _microseconds(f"{name}: plan", _timed(_planning(schema, document, variables), RUNS)),
            _microseconds(
                f"{name}: document seen before", _timed(_preparing(schema, document, fresh=False), RUNS)
            ),
            _microseconds(
                f"{name}: document seen for the first time",
                _timed(_preparing(schema, document, fresh=True), 20),
            ),
        ]
    return figures


def _planning(schema: Schema, document: str, variables: Mapping[str, object]) -> Callable[[], object]:
    parsed = parse(document)
    operation = get_operation_ast(parsed)
    if operation is None:
        raise ValueError("there are several operations")
    fragments = {
        node.name.value: node for node in parsed.definitions if isinstance(node, FragmentDefinitionNode)
    }
    values = get_variable_values(schema.graphql, operation.variable_definitions or (), dict(variables))
    if isinstance(values, list):
        raise values[0]
    today = date(2026, 6, 15)
    selected = schema.permits.selections.of(parsed)
    permit = schema.permits.of(selected, {}, ACCESS)
    return lambda: schema.planner.plan(operation, fragments, values, today, permit)


def _preparing(schema: Schema, document: str, *, fresh: bool) -> Callable[[], object]:
    if fresh:
        return lambda: Documents(schema.graphql, Limits()).prepare(document)
    documents = Documents(schema.graphql, Limits())
    documents.prepare(document)
    return lambda: documents.prepare(document)


def _timed(step: Callable[[], object], runs: int) -> Sample:
    took = []
    with quiet_collector():
        for _ in range(runs):
            started = time.perf_counter()
            step()
            took.append(time.perf_counter() - started)
    return Sample.of(took)


def _microseconds(name: str, sample: Sample) -> Figure:
    return Figure(workload=NAME, name=f"{name}: p50", value=round(sample.p50 * 1e6, 1), unit="µs")
