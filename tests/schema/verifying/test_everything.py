"""All that lies below a customer, looked through for who it is, by an agent who has verified nobody."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from graphql import GraphQLObjectType, GraphQLSchema, get_named_type, is_leaf_type, is_required_argument

from c360.access import Access
from schema.build import Schema
from tests.fixtures.reach import BANK, INN, Hub, text_of
from tests.schema.verifying.calling import Run, done, secrets

DEEP = 4
"""Levels below a customer; other customers among them are each for themselves."""


def selected(kind: GraphQLObjectType, deep: int, above: frozenset[str]) -> Iterator[str]:
    """Everything of a type that needs no argument."""
    for name, field in kind.fields.items():
        inner = get_named_type(field.type)
        if any(map(is_required_argument, field.args.values())) or inner.name in {"Customer", *above}:
            continue
        if is_leaf_type(inner):
            yield name
        elif isinstance(inner, GraphQLObjectType) and deep:
            below = " ".join(selected(inner, deep - 1, above | {inner.name}))
            if below:
                yield f"{name} {{ {below} }}"


def every_field(schema: GraphQLSchema) -> list[str]:
    """A selection for each field of a customer, with all that lies below it."""
    kind: Any = schema.type_map["Customer"]
    return list(selected(kind, DEEP, frozenset()))


def test_nothing_below_a_customer_says_who_they_are(
    hub: Hub, run: Run, agent: Access, schema: Schema
) -> None:
    who = "a002"
    fields = every_field(schema.graphql)
    assert len(fields) > 30
    hidden = {*secrets(who), *(f"{who}{at}-party" for at in (BANK, INN))}
    id_ = hub.node(who)

    def told(field: str) -> str:
        query = f"query($id: ID!) {{ node(id: $id) {{ ... on Customer {{ {field} }} }} }}"
        return text_of(run(hub.ask(agent, query, {"id": id_})))

    answers = {field.partition(" ")[0]: told(field) for field in fields}
    assert not [(field, text) for field, answer in answers.items() for text in hidden if text in answer]
    done(hub, run, agent, "verifyCaller", "until", customerId=id_, method="DOCUMENT")
    everything = "".join(told(field) for field in fields if field.startswith(("profile", "identities")))
    assert f"{who}bank-party" in everything, "once verified, it does"
    assert f"{who}bankfamily" in everything
