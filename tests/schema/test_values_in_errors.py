"""No message repeats what was sent: it may be personal, and clients log messages."""

from __future__ import annotations

from typing import Any

import pytest

from schema.errors import without_values

SECRET = "ana.secret@example.org"
NUMBER = 61255501234


@pytest.mark.parametrize(
    "by",
    [
        SECRET,
        {"email": [SECRET]},
        {"email": {"a": SECRET}},
        {"email": NUMBER},
        {"email": SECRET, "phone": str(NUMBER)},
        {"shoeSize": SECRET},
        {"partnerRef": {"connector": SECRET}},
        {"partnerRef": SECRET},
    ],
)
def test_a_variable_is_not_repeated(world: Any, by: Any) -> None:
    response = world.ask("query ($by: CustomerKey!) { customer(by: $by) { id } }", {"by": by})
    assert response.errors
    for error in response.errors:
        assert SECRET not in error["message"]
        assert str(NUMBER) not in error["message"]
        assert error["message"].startswith("Variable '$by' has invalid value")
        assert error["extensions"]["code"] == "BAD_USER_INPUT"


@pytest.mark.parametrize(
    "field",
    [
        f'customer(by: "{SECRET}") {{ id }}',
        f'customer(by: {{email: ["{SECRET}"]}}) {{ id }}',
        f"customer(by: {{email: {NUMBER}}}) {{ id }}",
        f'customer(by: {{shoeSize: "{SECRET}"}}) {{ id }}',
        f'customer(by: {{partnerRef: {{connector: "{SECRET}"}}}}) {{ id }}',
        f'customers(first: "{SECRET}") {{ totalCount }}',
        f"customers(first: {NUMBER}) {{ totalCount }}",
        f'customers(orderBy: {{field: "{SECRET}"}}) {{ totalCount }}',
        f'customers(filter: {{country: "{SECRET}"}}) {{ totalCount }}',
        f'customer(by: {{email: "x" "{SECRET}"}}) {{ id }}',
        f"customer(by: {{email: {NUMBER} {NUMBER}}}) {{ id }}",
        f'customer(by: """{SECRET}""" """{SECRET}""") {{ id }}',
    ],
)
def test_a_literal_is_not_repeated(world: Any, field: str) -> None:
    response = world.ask(f"{{ {field} }}")
    assert response.errors
    for error in response.errors:
        assert SECRET not in error["message"]
        assert str(NUMBER) not in error["message"]


def test_an_enum_variable_is_not_repeated(world: Any) -> None:
    query = "query ($field: CustomerOrderField!) { customers(orderBy: {field: $field}) { totalCount } }"
    for value in (SECRET, [SECRET], NUMBER):
        response = world.ask(query, {"field": value})
        assert response.errors
        assert SECRET not in response.errors[0]["message"]
        assert str(NUMBER) not in response.errors[0]["message"]
        assert "CustomerOrderField" in response.errors[0]["message"]


@pytest.mark.parametrize(
    ("message", "rest"),
    [
        ("Cannot query field 'shoe' on type 'Query'.", "Cannot query field 'shoe' on type 'Query'."),
        (
            "Expected value of type 'K' to be an object, found: 'a'.",
            "Expected value of type 'K' to be an object.",
        ),
        (
            "Expected value of type 'K' not to include unknown field 'x'. Did you mean 'y'? Found: {'x': 1}.",
            "Expected value of type 'K' not to include unknown field 'x'. Did you mean 'y'?",
        ),
        ("Int cannot represent non-integer value: 'a: b'", "Int cannot represent non-integer value."),
        (
            "Value 'NAMES' does not exist in 'F' enum. Did you mean the enum value 'NAME'?",
            "That value does not exist in 'F' enum. Did you mean the enum value 'NAME'?",
        ),
        ("Syntax Error: Expected Name, found String 'a'.", "Syntax Error: Expected Name, found String."),
    ],
)
def test_the_rest_of_a_message_stays(message: str, rest: str) -> None:
    assert without_values(message) == rest
