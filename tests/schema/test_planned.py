"""A plan that is remembered says what planning anew says, whoever asks for whatever."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from graphql import FragmentDefinitionNode, OperationDefinitionNode, get_variable_values, parse

from schema import ids
from schema.build import Schema
from schema.execution.planned import RememberedPlans
from schema.permissions.scopes import Scope
from schema.reading import read_input
from tests.fixtures.access import access

TODAY = date(2026, 1, 1)
ONE = "customer(by: {id: $id}) { id banking { accounts { accountId } } lifetimeValue { value } }"
DOCUMENTS: dict[str, tuple[str, list[dict[str, Any]]]] = {
    "values in a root's arguments": (
        f"query ($id: ID!) {{ {ONE} }}",
        [{"id": "a"}, {"id": "b"}],
    ),
    "an object, a list, an enum, a default": (
        (
            "query ($by: CustomerKey!, $ids: [ID!]!, $n: Int = 3, $at: Gather) {"
            " customer(by: $by, gather: $at) { id } nodes(ids: $ids) { id } customers(first: $n)"
            " { totalCount } }"
        ),
        [
            {"by": {"email": "a@x.example"}, "ids": ["x", "y"], "n": 2, "at": {"mode": "KNOWN"}},
            {"by": {"id": "a"}, "ids": [], "at": None},
            {"by": {"id": "a"}, "ids": []},
        ],
    ),
    "a variable below the roots": (
        (
            "query ($id: ID!, $n: Int!, $since: Date) {"
            " customer(by: {id: $id}) { banking { transactions(first: $n, since: $since) { totalCount } } } }"
        ),
        [{"id": "a", "n": 1, "since": "2025-06-01"}, {"id": "b", "n": 2, "since": "2025-07-01"}],
    ),
    "a variable that includes": (
        (
            "query ($id: ID!, $all: Boolean!) { customer(by: {id: $id}) {"
            " id ...M @include(if: $all) } } fragment M on Customer { banking { accounts { accountId } } }"
        ),
        [{"id": "a", "all": True}, {"id": "a", "all": False}],
    ),
    "a variable in a fragment": (
        (
            "query ($id: ID!, $n: Int!) { ...Root } fragment Root on Query {"
            " customer(by: {id: $id}) { banking { transactions(first: $n) { totalCount } } } }"
        ),
        [{"id": "a", "n": 1}, {"id": "b", "n": 2}],
    ),
    "nothing at all": ("{ connectors { id } customers(first: 1) { edges { node { id } } } }", [{}, {}]),
    "an argument that is wrong": (
        "query ($id: ID!) { customer(by: {id: $id, email: null}) { id } }",
        [{"id": "a"}, {"id": "b"}],
    ),
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_remembered_plan_is_the_plan(schema: Schema, name: str) -> None:
    text, given = DOCUMENTS[name]
    document = parse(text)
    (operation,) = (one for one in document.definitions if isinstance(one, OperationDefinitionNode))
    fragments = {
        one.name.value: one for one in document.definitions if isinstance(one, FragmentDefinitionNode)
    }
    plans = RememberedPlans()
    selected = schema.permits.selections.of(document)
    callers = [access(), access(scopes=frozenset({Scope.CUSTOMERS_READ.value}))]
    permits = [schema.permits.of(selected, {}, caller) for caller in callers]
    for permit in permits:
        for values in (*given, *given):
            variables = get_variable_values(schema.graphql, operation.variable_definitions or (), values)
            assert not isinstance(variables, list), variables
            found = plans.plan(schema.planner, operation, fragments, variables, today=TODAY, permit=permit)
            anew = schema.planner.plan(operation, fragments, variables, TODAY, permit)
            assert [str(one.error) for one in found.roots] == [str(one.error) for one in anew.roots]
            for mine, theirs in zip(found.roots, anew.roots, strict=True):
                assert (mine.key, mine.field, mine.count) == (theirs.key, theirs.field, theirs.count)
                assert mine.arguments == theirs.arguments
                struct = schema.answering.fields[mine.field].arguments_type
                if struct is not None and mine.error is None:
                    assert read_input(struct, mine.arguments) == read_input(struct, theirs.arguments)
                assert mine.selection == theirs.selection
            assert found.refused.keys() == anew.refused.keys()


def test_who_asks_for_another_is_answered_for_that_one(world: Any) -> None:
    ana, ben = (world.customer(number, links={"bank": f"b{number}"}) for number in (1, 2))
    query = "query ($id: ID!) { customer(by: {id: $id}) { id } }"
    for one in (ana, ben, ana):
        wanted = ids.encode("Customer", one)
        assert world.data(query, {"id": wanted})["customer"]["id"] == wanted
