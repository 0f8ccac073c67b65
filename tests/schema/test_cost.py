"""What would take too long to answer, or to fetch, is refused before anything is fetched."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from graphql import (
    FragmentDefinitionNode,
    get_introspection_query,
    get_operation_ast,
    get_variable_values,
    parse,
)

from c360.contract import KeyKind
from schema.execution.context import EngineSettings
from schema.execution.cost import Estimator
from schema.execution.sizes import SHORT_LIST
from tests.fixtures.timing import worked

Estimate = Callable[..., int]

LIST = "query ($n: Int) { customers(first: $n) { edges { node { %s } } } }"
TYPES = "types { name fields { name type { name } args { name } } }"
PAYMENTS = "transactions(first: 100) { edges { node { description amount { amount } } } }"


@pytest.fixture(scope="module")
def estimate(schema: Any) -> Estimate:
    def values(query: str, variables: Mapping[str, Any] | None = None) -> int:
        document = parse(query)
        operation = get_operation_ast(document)
        assert operation is not None
        fragments = {
            node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
        }
        if variables is None:
            return Estimator(schema.graphql).values(operation, fragments)
        coerced = get_variable_values(schema.graphql, operation.variable_definitions or (), dict(variables))
        assert not isinstance(coerced, list)
        return Estimator(schema.graphql).values(operation, fragments, coerced)

    return values


@pytest.mark.parametrize(
    ("query", "variables", "values"),
    [
        ("{ __typename }", {}, 1),
        ("{ connectors { id } }", {}, 1 + SHORT_LIST),
        (LIST % "id", {"n": 7}, 1 + 1 + 7 * 2),
        (LIST % "id", {}, 1 + 1 + 20 * 2),
        (LIST % "id", {"n": 0}, 1 + 1),
        (LIST % "id country @skip(if: true)", {"n": 7}, 1 + 1 + 7 * 2),
        (LIST % "...F ...F" + " fragment F on Customer { id }", {"n": 7}, 1 + 1 + 7 * 3),
        (LIST % "... { id } ... on Node { id }", {"n": 7}, 1 + 1 + 7 * 3),
        ('{ nodes(ids: ["a", "b", "c"]) { id } }', {}, 1 + 3),
        ("{ customers(last: 3) { ...C } } fragment C on CustomerConnection { edges { cursor } }", {}, 5),
        (LIST % "id", None, 1 + 1 + 100 * 2),
    ],
)  # fmt: skip
def test_values_are_counted_as_they_would_be_answered(
    estimate: Estimate, query: str, variables: Mapping[str, Any] | None, values: int
) -> None:
    assert estimate(query, variables) == values


@pytest.mark.parametrize(
    "query",
    [
        LIST % ("banking { " + " ".join(f"t{n}: {PAYMENTS}" for n in range(40)) + " }"),
        LIST % (" ".join(f"n{n}: displayName" for n in range(1_900)) + " banking { ...T }")
        + f" fragment T on Banking {{ {' '.join(f't{n}: {PAYMENTS}' for n in range(5))} }}",
        "{ __schema { " + " ".join(f"t{n}: {TYPES}" for n in range(220)) + " } }",
        "{ " + " ".join(f"s{n}: __schema {{ {TYPES} }}" for n in range(99)) + " }",
    ],
    ids=["aliased lists", "wide and long", "introspection in one", "introspection again and again"],
)  # fmt: skip
def test_an_answer_that_would_take_too_long_is_refused_at_once(world: Any, query: str) -> None:
    response, seconds = worked(lambda: world.ask(query, {"n": 100}))
    assert seconds < 0.5
    assert response.is_request_error
    assert response.errors[0]["extensions"]["code"] == "LIMIT_EXCEEDED"
    assert "250,000 values" in response.errors[0]["message"]
    assert world.store.units == 0


def test_the_size_of_the_page_decides(world: Any) -> None:
    query = LIST % f"banking {{ {PAYMENTS} b: {PAYMENTS} c: {PAYMENTS} d: {PAYMENTS} e: {PAYMENTS} }}"
    assert world.ask(query, {"n": 100}).is_request_error is False
    query = LIST % f"banking {{ {' '.join(f't{n}: {PAYMENTS}' for n in range(12))} }}"
    assert world.ask(query, {"n": 100}).is_request_error
    assert world.ask(query, {"n": 20}).is_request_error is False


def test_introspection_is_below_the_limit(estimate: Estimate) -> None:
    assert estimate(get_introspection_query(descriptions=True, input_value_deprecation=True)) < 200_000


def test_searches_at_the_partners_are_bounded(world: Any) -> None:
    world.engine._services = replaced(world, searches=3)
    live = " ".join(f'c{n}: customer(by: {{email: "a{n}@b.ch"}}, lookup: LIVE) {{ id }}' for n in range(4))
    response = world.ask(f'{{ {live} h: customer(by: {{email: "x@b.ch"}}) {{ id }} }}')
    assert [(one["path"], one["extensions"]["code"]) for one in response.errors] == [
        ([f"c{n}"], "LIMIT_EXCEEDED") for n in range(4)
    ]
    assert "At most 3 searches" in response.errors[0]["message"]
    assert response.data["h"] is None
    assert world.host.searches == []
    three = " ".join(
        f'c{n}: customer(by: {{email: "a{n % 3}@b.ch"}}, lookup: LIVE) {{ id }}' for n in range(9)
    )
    assert not world.ask(f"{{ {three} }}").errors


def test_records_to_fetch_are_bounded(world: Any) -> None:
    world.engine._services = replaced(world, records=3)
    for number in range(4):
        world.customer(number, links={"points": f"p{number}"}, keys={KeyKind.EMAIL: f"a{number}@b.ch"})
    query = "query ($n: Int) { customers(first: $n) { edges { node { id %s } } } }"
    points = "loyalty { memberships { points } }"
    known = "known: customers(first: $n) { edges { node { id } } }"
    response = world.ask((query % points).replace("{ customers", f"{{ {known} customers"), {"n": 4})
    assert [(one["path"], one["extensions"]["code"]) for one in response.errors] == [
        (["customers"], "LIMIT_EXCEEDED")
    ]
    assert world.host.requests == []
    assert not world.ask(query % points, {"n": 3}).errors
    assert not world.ask(query % "displayName", {"n": 4}).errors


def replaced(world: Any, **settings: Any) -> Any:
    return dataclasses.replace(world.engine._services, settings=EngineSettings(**settings))
