"""Every argument of every root field and of a customer's, with values that no caller should send.

Over a real database, which has opinions of its own about characters, numbers and days.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from graphql import (
    GraphQLField,
    GraphQLInputType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_composite_type,
    is_enum_type,
    is_input_object_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_required_argument,
)

from benchmarks.stage.graph import Graph, Stage
from schema import ids
from schema.errors import ErrorCode
from tests.fixtures.sizes import size

TOLD = {code.value for code in ErrorCode} - {ErrorCode.INTERNAL.value, ErrorCode.UNAVAILABLE.value}
NOBODY = ids.encode("Customer", "01900000-0000-7000-8000-000000000000")

NUMBERS: Sequence[Any] = (
    0,
    -1,
    2**31 - 1,
    -(2**31),
    2**31,
    2**63,
    10**30,
    1e308,
    1.5,
    "1",
    True,
    None,
    [],
    {},
)
DECIMALS: Sequence[Any] = (
    "NaN",
    "Infinity",
    "1e400",
    "1E+999999999",
    "9" * 41,
    "9" * 40,
    "-0",
    "0x10",
    "\u0661",
    "",
    1.5,
    None,
)
CODES: Sequence[Any] = ("", "XX", "ch", "C\0", "🇨🇭", "C" * 300, 1, None)
WRONG: Mapping[str, Sequence[Any]] = {
    "String": (
        *("", "\0", "a\0b", " ", "\ufeff", "\u202e", "'; DROP TABLE customer; --", "%_\\", "\r\nX: y"),
        *(
            "x" * 255,
            "x" * 256,
            "x" * 100_000,
            "🂡" * 300,
            "http://[::",
            "https://u:p@h:99999/",
            "+" + "9" * 50,
        ),
        *("a@b.ch", "2026-13-01", "\u00b2", "\u0663", 1, None, [], {}),
    ),
    "ID": (
        *("", "x", "\0", "====", "A" * 5_000, "Q3VzdG9tZXI6", ids.encode("Nope", "1"), NOBODY, 1, None, []),
        *(ids.to_base64(each) for each in (b"Customer:\0", b"Customer:\xff", b"Customer:" + b"a" * 500)),
    ),
    "Int": NUMBERS,
    "Float": NUMBERS,
    "Boolean": (None, 1, "true", []),
    "Date": (
        *("0000-01-01", "0001-01-01", "1000-01-01", "8999-12-31", "9999-12-31", "2026-02-30", "20260101"),
        *("2026-06-01", "", "\0", 1, None),
    ),
    "DateTime": (
        *("0001-01-01T00:00:00+23:59", "1000-01-01T00:00:00+23:59", "8999-12-31T23:59:59-23:59"),
        *("9999-12-31T23:59:59-23:59", "2026-06-20T10:00:00", "2026-06-20T24:00:00Z", "2026-06-20T10:00:60Z"),
        *("2026-06-20T10:00:00Z", "", "\0", 1, None),
    ),
    "Duration": ("PT0S", "-PT1H", "P1Y", "P99999D", "P999999D", "P99999W", "PT.1S", "P", "", 1, None),
    "Decimal": DECIMALS,
    "Percentage": DECIMALS,
    "CountryCode": CODES,
    "CurrencyCode": CODES,
    "LanguageTag": (*CODES, "en-" + "a-" * 300, "i-klingon"),
    "Scope": CODES,
}
PLAIN: Mapping[str, Any] = {
    "String": "abc",
    "ID": NOBODY,
    "Int": 2,
    "Float": 1.5,
    "Boolean": True,
    "Date": "2026-06-01",
    "DateTime": "2026-06-20T10:00:00Z",
    "Duration": "PT1H",
    "Decimal": "10.00",
    "Percentage": "10",
    "CountryCode": "CH",
    "CurrencyCode": "EUR",
    "LanguageTag": "en",
    "Scope": "profile:read",
}
DEEPEST = 3
"""Inputs within inputs that are filled."""


class Case(NamedTuple):
    """An operation with one value that is wrong, or at least odd."""

    query: str
    variables: dict[str, Any]


def plain(kind: GraphQLInputType, depth: int = 0) -> Any:
    """What may stand there."""
    if is_non_null_type(kind):
        return plain(kind.of_type, depth)
    if is_list_type(kind):
        return [plain(kind.of_type, depth)]
    if is_enum_type(kind):
        return next(iter(kind.values))
    if not is_input_object_type(kind):
        return PLAIN[get_named_type(kind).name]
    fields = list(kind.fields.items())[: 1 if kind.is_one_of else None]
    return {name: plain(one.type, depth + 1) for name, one in fields if depth < DEEPEST}


def odd(kind: GraphQLInputType, usual: Any) -> Iterator[Any]:
    """The same with one odd value in it, for each place and value."""
    if is_non_null_type(kind):
        yield from odd(kind.of_type, usual)
    elif is_list_type(kind):
        yield from ([], None, [None], usual * 300, [[]], "x")
        yield from ([one] for one in odd(kind.of_type, usual[0]))
    elif is_input_object_type(kind):
        yield from ({}, None, [], 1, {"nope": 1})
        for name in usual:
            for one in odd(kind.fields[name].type, usual[name]):
                yield {**usual, name: one}
    elif is_enum_type(kind):
        yield from ("", "\0", 1, None, *kind.values)
    else:
        yield from WRONG[get_named_type(kind).name]


def selection(kind: Any, depth: int = 1) -> str:
    """What is asked of an answer."""
    named = get_named_type(kind)
    if is_leaf_type(named):
        return ""
    parts = ["__typename"]
    for name, field in getattr(named, "fields", {}).items():
        inner = get_named_type(field.type)
        if not any(map(is_required_argument, field.args.values())) and (
            is_leaf_type(inner) or (depth and is_composite_type(inner))
        ):
            parts.append(f"{name} {selection(inner, depth - 1)}")
    return f"{{ {' '.join(parts)} }}"


def cases(name: str, field: GraphQLField, opened: str, closed: str) -> Iterator[Case]:
    """Operations for one field."""
    usual = {given: plain(one.type) for given, one in field.args.items()}
    for changed, one in field.args.items():
        used = [given for given in usual if given == changed or is_required_argument(field.args[given])]
        declared = ", ".join(f"${given}: {field.args[given].type}" for given in used)
        passed = ", ".join(f"{given}: ${given}" for given in used)
        query = f"{opened[: opened.index('{')]} ({declared}) {opened[opened.index('{') :]}"
        query = f"{query} {name}({passed}) {selection(field.type)} {closed}"
        for value in odd(one.type, usual[changed]):
            yield Case(query, {**{given: usual[given] for given in used}, changed: value})


def every_case(schema: GraphQLSchema, customer: str) -> Iterator[Case]:
    """Operations for all fields."""
    found = schema.type_map["Customer"]
    assert isinstance(found, GraphQLObjectType)
    within = f'query {{ customer(by: {{id: "{customer}"}}) {{'
    for root, opened, closed in (
        (schema.query_type, "query {", "}"),
        (schema.mutation_type, "mutation {", "}"),
        (found, within, "} }"),
    ):
        assert root is not None
        for name, field in root.fields.items():
            yield from cases(name, field, opened, closed)


def test_no_value_is_a_fault_of_ours(stage: Stage) -> None:
    async def scene(graph: Graph) -> None:
        stage.partners.all_behave("down")
        found = await graph.ask("{ customers(first: 1) { edges { node { id } } } }")
        customer = found["customers"]["edges"][0]["node"]["id"]
        every = list(every_case(graph.engine.graph, customer))
        assert len(every) > 5_000
        # Each day the same ones; those that were faults once are among the others' tests.
        for query, variables in random.Random(7).sample(every, size(120, len(every))):
            answer = await graph.execute(query, variables)
            codes = {error["extensions"]["code"] for error in answer.errors}
            assert codes <= TOLD, (query, variables, [dict(error) for error in answer.errors])
            assert "traceback" not in json.dumps(answer.body(), default=str).casefold()

    stage.play(scene)
