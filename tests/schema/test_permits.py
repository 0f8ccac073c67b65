"""What holds a field back, and that nothing gets round it: all fields for all roles, and at random."""

from __future__ import annotations

import json
from typing import Any

import pytest
from graphql import (
    FieldNode,
    GraphQLInterfaceType,
    GraphQLObjectType,
    InlineFragmentNode,
    parse,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from c360.access import Access, Purpose
from schema import ids
from schema.build import Schema
from schema.execution.documents import Documents
from schema.execution.limits import Limits
from schema.permissions.declared import declared, printed
from schema.permissions.printing import unruled
from schema.permissions.roles import ROLES, granted
from schema.permissions.withholding import Hold, Holder, WithheldReason
from tests.fixtures.access import access as access_of
from tests.fixtures.sizes import size

SECRET = "Ada Lovelace"


def acting(role: str, purpose: Purpose = Purpose.SERVICE) -> Access:
    """A role of everybody's reach: what is tested here is not whom it comes to."""
    return access_of(role, roles=frozenset({role}), scopes=granted([role]), purpose=purpose)


def test_every_field_has_a_rule(schema: Schema) -> None:
    assert unruled(schema.permits.table) == []


def test_what_is_enforced_is_what_is_printed(schema: Schema) -> None:
    text = schema.as_str()
    assert printed(text) == declared(schema.graphql)
    without = text.replace('@requiresScopes(scopes: [["profile:read"]])', "", 1)
    assert without != text
    assert printed(without) != declared(schema.graphql)


def test_what_a_purpose_closes_can_be_null(schema: Schema) -> None:
    """A field that is null without an error has to be one that may be null."""
    table = schema.permits.table.fields
    wrong = []
    for type_name, fields in table.items():
        kind = schema.graphql.type_map[type_name]
        assert isinstance(kind, GraphQLObjectType | GraphQLInterfaceType)
        if type_name.endswith(("Connection", "Edge")):
            continue  # reached by fields that have the rules of what they carry
        within = frozenset.union(*(one.purposes for one in fields.values()))
        for name, needed in fields.items():
            narrower = not within <= needed.purposes
            if narrower and str(kind.fields[name].type).endswith("!"):
                wrong.append(f"{type_name}.{name}")
    assert wrong == []


ADA = ids.encode("Customer", "0190a6c0-0000-7000-8000-000000000001")


def test_no_alias_fragment_or_interface_is_a_way_round(world: Any) -> None:
    ada = ids.encode("Customer", world.customer(1, name=SECRET))
    world.access = acting("partner")
    for selection in (
        "displayName",
        "kind: displayName",
        "... { displayName }",
        "... on Customer { displayName }",
        "... on Node { ... on Customer { displayName } }",
        "...F",
        "...F ... on Customer { again: displayName }",
        "__typename displayName @include(if: true)",
    ):
        fragment = "fragment F on Customer { displayName @skip(if: false) }" if "...F" in selection else ""
        for root in (f'node(id: "{ada}")', f'nodes(ids: ["{ada}"])', f'customer(by: {{id: "{ada}"}})'):
            if not root.startswith("customer") and selection.startswith(("display", "kind", "__", "... {")):
                continue  # not fields of an interface
            answer = world.ask(f"{{ {root} {{ {selection} }} }} {fragment}")
            assert SECRET not in json.dumps(answer.body())
            assert {error["extensions"]["code"] for error in answer.errors} == {"FORBIDDEN"}


def test_nothing_is_gathered_for_what_is_refused(world: Any) -> None:
    ada = world.customer(1, links={"bank": "B1"})
    world.access = acting("steward")
    query = f'{{ customer(by: {{id: "{ids.encode("Customer", ada)}"}}) {{ banking {{ partial }} kind }} }}'
    answer = world.ask(query)
    assert answer.data == {"customer": {"banking": None, "kind": "PERSON"}}
    assert world.host.requests == []


def test_names_order_nothing_for_who_may_not_see_them(world: Any) -> None:
    for number, name in enumerate(("C", "A", "B"), start=1):
        world.customer(number, name=name)
    world.access = acting("auditor")
    assert world.data("{ customers { edges { node { id } } } }")
    refused = world.ask("{ customers(orderBy: {field: NAME}) { edges { node { id } } } }")
    assert refused.errors[0]["extensions"]["argument"] == "orderBy.field"


def test_a_holder_keeps_one_customers_field(world: Any) -> None:
    """Of the customer whom it is about, whatever way leads there, and of nobody else."""
    first, second = world.customer(1, name="Ada"), world.customer(2, name="Bea")
    hold = Hold(
        reason=WithheldReason.CONSENT, remedy="Ask them.", fields=frozenset({("Customer", "displayName")})
    )
    services = world.engine._services
    holder = Holder(
        fields=hold.fields, holds=lambda view, _access: [hold] if view.customer.id == first else []
    )
    object.__setattr__(services, "holders", (holder,))
    answer = world.data(
        "{ customers { edges { node { name: displayName withheld { path reason masked } } } } }"
    )
    told = [{"path": ["displayName"], "reason": "CONSENT", "masked": False}]
    assert sorted(
        (edge["node"] for edge in answer["customers"]["edges"]), key=lambda node: node["name"] or ""
    ) == [{"name": None, "withheld": told}, {"name": "Bea", "withheld": []}]
    assert second


def test_a_holder_is_asked_of_what_is_selected_alone(world: Any) -> None:
    """By whatever way the field is reached; and not at all where nobody would see what it keeps back."""
    one = world.customer(1, name="Ada")
    asked: list[str] = []

    def holds(view: Any, _access: Any) -> list[Hold]:
        asked.append(view.customer.id)
        return []

    holder = Holder(fields=frozenset({("Customer", "displayName")}), holds=holds)
    object.__setattr__(world.engine._services, "holders", (holder,))
    node = ids.encode("Customer", one)
    world.data("{ customers { edges { node { id kind withheld { reason } } } } }")
    assert not asked
    for selection in (
        "customers { edges { node { name: displayName } } }",
        f'node(id: "{node}") {{ ... on Customer {{ displayName }} }}',
        f'customer(by: {{id: "{node}"}}) {{ ... {{ ...F }} }}',
    ):
        more = " fragment F on Customer { displayName }" if "...F" in selection else ""
        world.data(f"{{ {selection} }}{more}")
        assert asked == [one], selection
        asked.clear()


@pytest.mark.parametrize("switches", [0, 9], ids=["compiled", "interpreted"])
def test_whoever_does_not_ask_what_is_held_back_answers_nothing(
    world: Any, monkeypatch: pytest.MonkeyPatch, switches: int
) -> None:
    world.customer(1, name=SECRET)
    world.access = acting("auditor")
    monkeypatch.setattr("schema.execution.answering.guards_of", lambda _context: {})
    monkeypatch.setattr("schema.execution.answering.PermittingExecutor", None)
    defined = "".join(f", $s{place}: Boolean = true" for place in range(switches))
    named = " ".join(f"n{place}: displayName @include(if: $s{place})" for place in range(switches))
    nodes = f"edges {{ node {{ displayName {named} }} }}"
    answer = world.ask(f"query Q($n: Int = 1{defined}) {{ customers(first: $n) {{ {nodes} }} }}")
    assert SECRET not in json.dumps(answer.body())
    assert answer.errors[0]["extensions"]["code"] == "INTERNAL"


@pytest.mark.parametrize("role", ROLES)
def test_the_schema_is_told_to_some_roles_alone(world: Any, role: str) -> None:
    world.access = acting(role)
    may = role in {"integrator", "operator"}
    introspected = world.ask('{ __schema { queryType { name } } __type(name: "Customer") { name } }')
    assert [error["extensions"]["code"] for error in introspected.errors] == (
        [] if may else ["INTROSPECTION_NOT_ALLOWED"]
    )
    assert introspected.is_request_error is not may
    mistaken = world.ask("{ customer(by: {id: 1}) { displayNam } }")
    assert ("Did you mean" in mistaken.errors[0]["message"]) is may
    wrong = world.ask("query Q($by: CustomerKey!) { customer(by: $by) { id } }", {"by": {"emial": "x"}})
    assert ("Did you mean" in wrong.errors[0]["message"]) is may
    assert world.data("{ __typename }") == {"__typename": "Query"}


_FIELDS = ("displayName", "kind", "risk { combined { probability } }", "profit { baseline }", "version")


@st.composite
def selections(draw: st.DrawFn, depth: int = 2) -> str:
    """A selection of a customer, with aliases and fragments."""
    parts = []
    for number in range(draw(st.integers(1, 4))):
        shape = draw(
            st.sampled_from(("plain", "alias", "inline", "typed", "spread") if depth else ("plain", "alias"))
        )
        if shape in {"plain", "alias"}:
            field = draw(st.sampled_from(_FIELDS))
            parts.append(field if shape == "plain" else f"a{depth}{number}: {field}")
        elif shape == "spread":
            parts.append(f"...F{draw(st.integers(0, 1))}")
        else:
            condition = "on Customer " if shape == "typed" else ""
            parts.append(f"... {condition}{{ {draw(selections(depth=depth - 1))} }}")
    return " ".join(parts)


def denied(document: str, access: Access, schema: Schema) -> set[str]:
    """By the letter: the places in the answer under the customer that must be refused."""
    parsed: Any = parse(document)
    fragments = {one.name.value: one for one in parsed.definitions[1:]}
    found: set[str] = set()

    def walk(selections: Any) -> None:
        for node in selections.selections:
            if isinstance(node, FieldNode):
                needed = schema.permits.table.fields["Customer"][node.name.value]
                if not needed.met_by(access.principal.scopes):
                    found.add(node.alias.value if node.alias else node.name.value)
            elif isinstance(node, InlineFragmentNode):
                walk(node.selection_set)
            else:
                walk(fragments[node.name.value].selection_set)

    walk(parsed.definitions[0].selection_set.selections[0].selection_set)
    return found


@settings(
    max_examples=size(30, 60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    body=selections(),
    first=selections(depth=0),
    second=selections(depth=0),
    role=st.sampled_from(sorted(ROLES)),
)
def test_what_is_refused_is_what_a_naive_reading_refuses(
    world: Any, body: str, first: str, second: str, role: str
) -> None:
    world.customer(1, name=SECRET)
    world.access = acting(role)
    used = [
        f"fragment F{n} on Customer {{ {text} }}"
        for n, text in enumerate((first, second))
        if f"...F{n}" in body
    ]
    query = f'{{ customer(by: {{id: "{ADA}"}}) {{ id {body} }} }} ' + " ".join(used)
    answer = world.ask(query)
    if answer.is_request_error:
        return  # the same key for two fields
    refused = {error["path"][-1] for error in answer.errors if len(error.get("path", ())) == 2}
    root = {error["path"][0] for error in answer.errors if len(error.get("path", ())) == 1}
    if "customer" in root:
        assert role == "operator"
        return
    nullable = denied(query, world.access, world.engine._schema)
    assert refused == nullable or answer.data["customer"] is None


def test_a_document_that_comes_again_costs_a_look_up(schema: Schema) -> None:
    documents = Documents(schema.graphql, Limits())
    prepared = documents.prepare("{ customers { edges { node { displayName profit { baseline } } } } }")
    selected = schema.permits.selections.of(prepared.document)
    known: dict[Any, Any] = {}
    first = schema.permits.of(selected, known, acting("agent"))
    assert schema.permits.of(selected, known, acting("agent")) is first
    assert schema.permits.of(selected, known, acting("partner")) is not first
    assert len(known) == 2


def test_who_somebody_is_at_a_partner_is_personal_wherever_it_is_told(schema: Schema) -> None:
    table = schema.permits.table
    told = {(kind, field) for kind, fields in table.fields.items() for field in fields if field == "partyId"}
    assert len(told) > 5
    assert told <= table.personal
