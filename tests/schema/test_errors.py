"""Mistakes are coded, name their argument, and never surface as faults of ours."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from c360.contract import KeyKind
from schema import ids
from schema.errors import ErrorCode
from store.errors import DatabaseLocked, DatabaseUnavailable
from tests.fixtures.sizes import size


def codes(response: Any) -> list[tuple[str, str | None]]:
    return [(one["extensions"]["code"], one["extensions"].get("argument")) for one in response.errors]


@pytest.mark.parametrize(
    ("field", "code", "argument"),
    [
        ('node(id: "zzz") { id }', "INVALID_ID", "id"),
        (f'node(id: "{ids.encode("Policy", "1")}") {{ id }}', "INVALID_ID", "id"),
        ('nodes(ids: ["Q29ubmVjdG9yOmI", "é"]) { id }', "INVALID_ID", "ids.1"),
        (f"nodes(ids: {['x'] * 101}) {{ id }}".replace("'", '"'), "LIMIT_EXCEEDED", "ids"),
        (f'customer(by: {{id: "{ids.encode("Connector", "bank")}"}}) {{ id }}', "INVALID_ID", "by.id"),
        ('customer(by: {email: "null@"}) { id }', "INVALID_KEY", "by.email"),
        ('customer(by: {phone: "5550 1234"}) { id }', "INVALID_KEY", "by.phone"),
        ('customer(by: {policyNumber: "--"}) { id }', "INVALID_KEY", "by.policyNumber"),
        (
            'customer(by: {partnerRef: {connector: "bank", partyId: ""}}) { id }',
            "INVALID_KEY",
            "by.partnerRef.partyId",
        ),
        (
            'customer(by: {email: "a@b.ch"}, gather: {deadline: "PT1H"}) { id }',
            "LIMIT_EXCEEDED",
            "gather.deadline",
        ),
        ('customers(after: "nope") { totalCount }', "INVALID_CURSOR", "after"),
        ('customers(last: 3, before: "nope") { totalCount }', "INVALID_CURSOR", "before"),
        ("customers(first: 0) { totalCount }", "BAD_USER_INPUT", "first"),
        ("customers(last: -1) { totalCount }", "BAD_USER_INPUT", "last"),
        ("customers(first: 101) { totalCount }", "LIMIT_EXCEEDED", "first"),
        ("customers(first: 1, last: 1) { totalCount }", "BAD_USER_INPUT", "last"),
        ('search(text: "  ") { totalCount }', "BAD_USER_INPUT", "text"),
        ('search(text: "a", after: "nope") { totalCount }', "INVALID_CURSOR", "after"),
    ],
)
def test_a_mistake_in_an_argument_is_coded_and_named(
    world: Any, field: str, code: str, argument: str
) -> None:
    response = world.ask(f"{{ {field} }}")
    assert codes(response) == [(code, argument)]
    assert not response.is_request_error
    assert response.errors[0]["path"] == [field.split("(", maxsplit=1)[0]]
    assert world.host.requests == []


@pytest.mark.parametrize(
    ("arguments", "code", "argument"),
    [
        ('after: "nope"', "INVALID_CURSOR", "after"),
        ("first: 1000", "LIMIT_EXCEEDED", "first"),
        ('since: "2025-02-01", until: "2025-01-01"', "BAD_USER_INPUT", "until"),
        ('since: "1990-01-01"', "LIMIT_EXCEEDED", "since"),
    ],
)
def test_a_mistake_further_down_voids_its_group_alone(
    world: Any, arguments: str, code: str, argument: str
) -> None:
    world.customer(1, links={"bank": "b"}, keys={KeyKind.EMAIL: "a@b.ch"})
    banking = f"banking {{ transactions({arguments}) {{ totalCount }} accounts {{ kind }} }}"
    response = world.ask(f'{{ customer(by: {{email: "a@b.ch"}}) {{ id {banking} }} }}')
    assert codes(response) == [(code, argument)]
    assert response.data["customer"]["banking"] is None
    assert response.data["customer"]["id"]


def test_a_key_that_several_share_is_ambiguous(world: Any) -> None:
    for number in (1, 2):
        world.customer(number, keys={KeyKind.PHONE: "+61255501234"})
    response = world.ask('{ customer(by: {phone: "+61255501234"}) { id } }')
    assert codes(response) == [("AMBIGUOUS_KEY", "by")]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("", "GRAPHQL_PARSE_FAILED"),
        ("{ nope }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ ...Missing }", "GRAPHQL_VALIDATION_FAILED"),
        ("fragment A on Query { ...A } { ...A }", "GRAPHQL_VALIDATION_FAILED"),
        ('{ customer(by: {email: "a@b.ch", phone: "1"}) { id } }', "GRAPHQL_VALIDATION_FAILED"),
        ("{ customer(by: {}) { id } }", "GRAPHQL_VALIDATION_FAILED"),
        ("query A { connectors { id } } query B { connectors { id } }", "OPERATION_RESOLUTION_FAILED"),
        ("query ($by: CustomerKey!) { customer(by: $by) { id } }", "BAD_USER_INPUT"),
        ('{ customer(by: {email: "a"}, gather: {maxAge: "P1Y"}) { id } }', "BAD_USER_INPUT"),
        ('{ customers(filter: {country: "ch"}) { totalCount } }', "BAD_USER_INPUT"),
        ("subscription { x }", "GRAPHQL_VALIDATION_FAILED"),
    ],
)
def test_a_request_error_executes_nothing(world: Any, query: str, code: str) -> None:
    response = world.ask(query, {"by": {"email": "a@b.ch", "phone": "1"}})
    assert response.is_request_error
    assert {one["extensions"]["code"] for one in response.errors} == {code}
    assert "data" not in response.body()
    assert world.store.units == 0


def test_an_operation_that_is_not_there_is_named(world: Any) -> None:
    response = world.ask("query A { connectors { id } }", operation_name="B")
    assert codes(response) == [("OPERATION_RESOLUTION_FAILED", None)]
    assert response.is_request_error


def test_a_query_may_be_sent_where_only_queries_may(world: Any) -> None:
    assert world.ask("query A { connectors { id } }", allow="query").data


ANYTHING = st.text(st.characters(codec=None), max_size=60) | st.text(
    "+0123456789 @.:-aAzZ=_é\x00", max_size=40
)
PROBE = """
    query ($id: ID!, $text: String!, $k: String!) {
      node(id: $id) { id }
      byId: customer(by: {id: $id}) { id }
      email: customer(by: {email: $k}, lookup: LIVE) { id }
      phone: customer(by: {phone: $k}) { id }
      number: customer(by: {membershipNumber: $k}) { id }
      ref: customer(by: {partnerRef: {connector: $k, partyId: $text}}) { id }
    }
"""
LISTS = (
    "query ($x: [ID!]!) { nodes(ids: $x) { id } }",
    "query ($x: String!) { search(text: $x) { totalCount edges { cursor } } }",
    "query ($x: String) { customers(after: $x) { edges { cursor } } }",
    "query ($x: String) { customers(last: 2, before: $x, filter: {name: $x}) { edges { cursor } } }",
    'query ($x: String) { search(text: "a", after: $x) { totalCount } }',
    'query ($x: String) { customer(by: {email: "a@b.ch"}) { hotel { stays(after: $x) { since } } } }',
)


@settings(max_examples=size(30, 60), deadline=None)
@given(text=ANYTHING, key=ANYTHING)
def test_no_text_is_a_fault_of_ours(make_world: Callable[[], Any], text: str, key: str) -> None:
    world = make_world()
    world.host.instances = {"bank": "banking", "inn": "hotel"}
    world.host.searchable = {"bank": (KeyKind.EMAIL, KeyKind.NAME)}
    world.customer(1, links={"bank": "b", "inn": "g"}, keys={KeyKind.EMAIL: "a@b.ch"})
    responses = [world.ask(PROBE, {"id": text, "text": text, "k": key})]
    responses += [world.ask(query, {"x": text}) for query in LISTS]
    known = {code.value for code in ErrorCode} - {"INTERNAL"}
    for response in responses:
        assert {code for code, _ in codes(response)} <= known


@settings(max_examples=size(30, 60), deadline=None)
@given(query=st.text(max_size=80) | st.text('{}()[]:!$@"...#, \nabcustomer', max_size=80))
def test_no_document_is_a_fault_of_ours(make_world: Callable[[], Any], query: str) -> None:
    assert "INTERNAL" not in {code for code, _ in codes(make_world().ask(query))}


@given(
    type_name=st.from_regex(r"[A-Z][A-Za-z0-9]{0,20}", fullmatch=True),
    local=st.from_regex(r"[!-~]{1,60}", fullmatch=True),
)
def test_ids_come_back_and_have_one_spelling(type_name: str, local: str) -> None:
    text = ids.encode(type_name, local)
    assert ids.decode(text, argument="id") == (type_name, local)
    assert "=" not in text


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("CustomerKey!", {"email": ["ana@secret.example"]}),
        ("CustomerKey!", {"emial": "ana@secret.example"}),
        ("CustomerKey!", {"nothing": "ana@secret.example: found: it"}),
        ("CustomerKey!", "ana@secret.example\nin two lines"),
        ("CustomerKey!", {"partnerRef": {"connector": "ana@secret.example"}}),
        ("Int", "ana@secret.example"),
        ("Gather", {"maxAge": "ana@secret.example"}),
        ("CustomerFilter", {"kind": "ana@secret.example' does not exist"}),
        ("CustomerFilter", {"name": {"a": "ana@secret.example"}}),
        ("[ID!]!", [["ana@secret.example"]]),
    ],
)
def test_the_value_of_a_variable_is_not_quoted(world: Any, kind: str, value: Any) -> None:
    field = {
        "CustomerKey!": "customer(by: $v) { id }",
        "Int": "customers(first: $v) { totalCount }",
        "Gather": "customers(gather: $v) { totalCount }",
        "CustomerFilter": "customers(filter: $v) { totalCount }",
        "[ID!]!": "nodes(ids: $v) { id }",
    }[kind]
    response = world.ask(f"query ($v: {kind}) {{ {field} }}", {"v": value})
    assert response.is_request_error
    assert {code for code, _ in codes(response)} == {"BAD_USER_INPUT"}
    assert "secret" not in str(response.body())
    assert not response.errors[0]["message"].endswith(" ")
    assert response.errors[0]["locations"]


@pytest.mark.parametrize("error", [DatabaseLocked("held"), DatabaseUnavailable("gone")])
def test_a_database_that_does_not_answer_is_told_apart_from_a_fault(world: Any, error: Exception) -> None:
    def refuse(*_given: object) -> None:
        raise error

    world.store.read = world.store.folders = refuse
    response = world.ask('{ customer(by: {email: "a@b.ch"}) { id } }')
    assert codes(response) == [("UNAVAILABLE", None)]
    assert response.data is None
    assert not response.is_request_error
    assert str(error) not in str(response.errors)


@pytest.mark.parametrize(
    ("window", "code"),
    [
        ('since: "2025-06-01", until: "2025-05-01"', "BAD_USER_INPUT"),
        ('since: "1000-01-01"', "LIMIT_EXCEEDED"),
    ],
)
def test_a_mistake_in_a_window_is_told_also_where_nothing_else_is_asked_for(
    world: Any, window: str, code: str
) -> None:
    world.host.records["bank", "b1", "banking.transactions"] = ()
    world.customer(1, links={"bank": "b1"}, keys={KeyKind.EMAIL: "ana@example.org"})
    query = 'customer(by: {email: "ana@example.org"})'
    response = world.ask(f"{{ {query} {{ banking {{ transactions({window}) {{ totalCount }} }} }} }}")
    assert [one for one, _ in codes(response)] == [code]
    assert response.errors[0]["path"] == ["customer", "banking", "transactions"]
