"""No text of a caller's has the character U+0000: PostgreSQL keeps none, and SQLite would."""

from __future__ import annotations

from typing import Any

import pytest

from schema import cursors
from schema.errors import InputError

BY = "query ($by: CustomerKey!) { customer(by: $by) { id } }"


@pytest.mark.parametrize(
    ("query", "variables", "place"),
    [
        ("query ($x: String!) { search(text: $x) { totalCount } }", {"x": "a\0b"}, ""),
        ("query ($x: ID!) { node(id: $x) { id } }", {"x": "\0"}, ""),
        ("query ($x: [ID!]!) { nodes(ids: $x) { id } }", {"x": ["a", "\0"]}, " at 'x[1]'"),
        (BY, {"by": {"email": "a\0@b.ch"}}, " at 'by.email'"),
        (BY, {"by": {"partnerRef": {"connector": "bank", "partyId": "\0"}}}, " at 'by.partnerRef.partyId'"),
    ],
)
def test_none_of_a_variable_has_it(world: Any, query: str, variables: Any, place: str) -> None:
    answer = world.ask(query, variables)
    assert answer.is_request_error
    (error,) = answer.errors
    name = next(iter(variables))
    assert error["message"] == (
        f"Variable '${name}' has invalid value{place}: A text cannot have the character U+0000."
    )
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert world.store.units == 0


@pytest.mark.parametrize(
    "query",
    [
        r'{ search(text: "a\u0000b") { totalCount } }',
        r'{ search(text: "a\u{0}b") { totalCount } }',
        r'{ nodes(ids: ["a", "\u0000"]) { id } }',
        r'query ($x: String! = "\u0000") { search(text: $x) { totalCount } }',
        r'query ($x: ID! = "a") @a(b: "\u0000") { node(id: $x) { id } }',
    ],
)
def test_none_of_a_document_has_it(world: Any, query: str) -> None:
    answer = world.ask(query)
    assert answer.is_request_error
    assert "A text cannot have the character U+0000." in [error["message"] for error in answer.errors]
    assert world.store.units == 0


def test_none_of_a_cursor_has_it() -> None:
    forged = cursors.encode("jobs", ("a\0b",))
    with pytest.raises(InputError, match="was not made by this list"):
        cursors.decode(forged, scope="jobs", parts=1, argument="after")


def test_what_only_looks_like_it_is_taken(world: Any) -> None:
    assert not world.ask("query ($x: String!) { search(text: $x) { totalCount } }", {"x": r"\u0000"}).errors
