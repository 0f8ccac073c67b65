"""Documents that would cost too much are refused before they cost it."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import GraphQLError, get_introspection_query, get_operation_ast, parse

from schema.errors import InputError
from schema.execution.documents import Documents
from schema.execution.limits import Limits, check
from tests.fixtures.access import access as access_of
from tests.fixtures.timing import worked


def doubling(fragments: int, leaf: str) -> str:
    spreads = " ".join(f"fragment F{n} on Customer {{ ...F{n + 1} ...F{n + 1} }}" for n in range(fragments))
    root = '{ customer(by: {email: "a@b.ch"}) { ...F0 } }'
    return f"{root} {spreads} fragment F{fragments} on Customer {{ {leaf} }}"


@pytest.mark.parametrize("fragments", [19, 24, 50])
@pytest.mark.parametrize("leaf", ["id", "...F0 ...F0", "...Nowhere ...Nowhere", "sources { connector }"])
def test_doubling_fragments_are_refused_at_once(world: Any, fragments: int, leaf: str) -> None:
    response, seconds = worked(lambda: world.ask(doubling(fragments, leaf)))
    assert seconds < 0.2
    assert response.is_request_error
    assert response.errors[0]["extensions"]["code"] == "LIMIT_EXCEEDED"


@pytest.mark.parametrize(
    "query",
    [
        "{" + " ".join(f"a{n}: connectors {{ id }}" for n in range(101)) + "}",
        "{ connectors {" + " id" * 2001 + "} }",
        "{ connectors {" + " id" * 200 + "} }",
        "{" + " ".join("connectors { " + "id " * 20 + "}" for _ in range(20)) + "}",
        "{"
        + " __typename @skip(if: false)" * 100
        + "...F ...G } "
        + "".join(
            f"fragment {name} on Query {{ connectors {{" + " id @skip(if: false)" * 60 + "} } "
            for name in "FG"
        ),
        "{ connectors { id" + " @skip(if: false)" * 6 + "} }",
        "{ connectors { id" + "@aa" * 10 + "} }",
        "query" + " @aa" * 10 + " { connectors { id } }",
        "query ($a: Int" + " @aa" * 10 + ") { connectors { id } }",
        "{ connectors {" + " ...@include(if: true) { " * 65 + "id" + "}" * 65 + "} }",
        "query (" + " ".join(f"$v{n}: Int" for n in range(201)) + ") { connectors { id } }",
        " ".join(f"query Q{n} {{ connectors {{ id }} }}" for n in range(51)),
        "{ __schema { types { fields { type " + "{ ofType " * 25 + "{ name }" + "}" * 25 + "} } } }",
        "#" * 100_001,
        "#\n" * 1_001 + "{ connectors { id } }",
        "{ connectors { " + "id " * 10_001 + "} }",
    ],
    ids=lambda query: query[:30],
)
def test_wide_and_deep_documents_are_refused_fast(world: Any, query: str) -> None:
    response, seconds = worked(lambda: world.ask(query))
    assert seconds < 0.5
    assert response.is_request_error
    assert response.errors[0]["extensions"]["code"] == "LIMIT_EXCEEDED"
    assert world.store.units == 0


@pytest.mark.parametrize(
    "query",
    [
        "{ connectors { ...F } } fragment F on Connector { ...F }",
        "{ connectors { ...F } } fragment F on Connector { health { ...F } }",
        "{ ...F } fragment F on Query { connectors { ...G } } fragment G on Connector { health { ...F } id }",
        "{ connectors { id } } fragment F on Connector { health { ...G } } fragment G on X { a { ...F } }",
    ],
)
def test_fragments_that_spread_themselves_are_refused_at_once(world: Any, query: str) -> None:
    response, seconds = worked(lambda: world.ask(query))
    assert seconds < 0.2
    assert response.is_request_error
    assert "within itself" in response.errors[0]["message"]
    assert response.errors[0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"


def test_the_introspection_of_tools_is_within_the_limits(world: Any) -> None:
    world.access = access_of(roles=frozenset({"integrator"}))
    assert world.data(get_introspection_query(descriptions=True, input_value_deprecation=True))["__schema"]


def test_a_query_of_a_whole_page_is_within_the_limits() -> None:
    names = " ".join(f'c{n}: customer(by: {{email: "x{n}@b.ch"}}) {{ ...All }}' for n in range(50))
    fields = " ".join(f"f{n}: displayName" for n in range(30))
    check(parse(f"{{ {names} }} fragment All on Customer {{ {fields} }}"), Limits())


def test_nesting_shared_by_fragments_counts_at_every_place() -> None:
    inner = "fragment A on X { a { b { c } } }"
    check(parse(f"{{ ...A }} {inner}"), Limits(depth=3))
    with pytest.raises(InputError, match="levels of fields"):
        check(parse(f"{{ x {{ ...A }} }} {inner}"), Limits(depth=3))


def test_good_documents_are_remembered_and_only_so_many(schema: Any) -> None:
    documents = Documents(schema.graphql, Limits(), remembered=2, remembered_characters=1_000)
    first = documents.prepare("{ connectors { id } }")
    assert documents.prepare("{ connectors { id } }") is first
    for n in range(5):
        documents.prepare(f"{{ a{n}: connectors {{ id }} }}")
    assert len(documents) == 2
    documents.prepare("{ connectors { " + "id " * 80 + "} }")
    assert len(documents) == 2, "a long document is not worth remembering"


def test_bad_documents_are_refused_every_time(world: Any) -> None:
    for _ in range(3):
        assert world.ask(doubling(20, "id")).is_request_error
        assert world.ask("{ nope }").is_request_error
    assert len(world.engine._documents) == 0


def test_a_remembered_document_holds_no_tokens_and_still_knows_its_places(schema: Any) -> None:
    documents = Documents(schema.graphql, Limits())
    document = documents.prepare("{\n  connectors { id }\n}").document
    operation = get_operation_ast(document)
    assert operation is not None
    field = operation.selection_set.selections[0]
    assert field.loc is not None
    assert field.loc.start_token.next is None
    assert GraphQLError("", field).locations == [(2, 3)]
