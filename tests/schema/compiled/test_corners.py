"""What our schema has not: lists in lists, required roots, types that an object names itself."""

from __future__ import annotations

import gc
import linecache
import random
import traceback
from typing import Any

import pytest
from graphql import (
    ExecutionResult,
    GraphQLError,
    GraphQLSchema,
    Undefined,
    build_schema,
    execute,
    get_variable_values,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    parse,
)

from schema.execution.compiled.operation import Compiled, Compiler
from schema.execution.compiled.refusing import NotCompiled
from tests.fixtures.operations import Operation, Operations
from tests.fixtures.sizes import size

SDL = """
enum Colour { RED GREEN }
interface Named { name: String  self: Named  selves: [Named!] }
interface Aged implements Named { name: String  self: Named  selves: [Named!]  age: Int! }
type Cat implements Named & Aged {
  name: String  self: Named  selves: [Named!]  age: Int!  grid: [[Int!]!]!  loose: [[Int]]  toys: [[Toy!]]
}
type Dog implements Named {
  name: String  self: Named  selves: [Named!]  colour: Colour!  pals: [Pet]! toys: [Toy!]!
}
union Pet = Cat | Dog
type Toy {
  size: Float!  colour: Colour  owner: Pet!  owners: [[Pet!]!]  tag(n: Int! = 3, colour: Colour): ID!
}
type Query {
  pet: Pet  named: Named!  aged: [Aged!]!  toys: [Toy]  toy: Toy!  cubes: [[[Toy!]!]]
  echo(n: Int!, names: [String!] = ["a"]): String
}
"""


@pytest.fixture(scope="module")
def corners() -> GraphQLSchema:
    schema = build_schema(SDL)
    tag: Any = schema.type_map["Toy"]
    tag.fields["tag"].resolve = lambda source, info, **given: f"{sorted(given.items())} {info.path.as_list()}"
    query: Any = schema.query_type
    query.fields["echo"].resolve = lambda _source, info, **given: (
        f"{info.field_name} {given} {info.operation.name}"
    )
    cat: Any = schema.type_map["Cat"]
    cat.is_type_of = lambda value, _info: isinstance(value, dict) and "not a cat" not in value
    return schema


class Values:
    """Dictionaries for the types of a schema, with what does not fit here and there."""

    def __init__(self, schema: GraphQLSchema, chance: random.Random, bad: float) -> None:
        self.schema, self.chance, self.bad = schema, chance, bad

    def value(self, kind: Any, depth: int = 0) -> Any:
        chance = self.chance
        if chance.random() < self.bad:
            return chance.choice(
                (None, None, Undefined, 7, "x", [], [None], {}, ValueError("v"), GraphQLError("g"), object(),
                 {"__typename": "Toy"}, {"__typename": 3}, {"__typename": "None"}, {"not a cat": 1}, 1.5)
            )  # fmt: skip
        if is_non_null_type(kind):
            return self.value(kind.of_type, depth)
        if is_list_type(kind):
            return [self.value(kind.of_type, depth + 1) for _ in range(chance.choice((0, 1, 2)))]
        if is_leaf_type(kind):
            return {"Int": 3, "Float": 1.5, "ID": "id", "Colour": "RED"}.get(kind.name, "text")
        if is_abstract_type(kind):
            kind = chance.choice(self.schema.get_possible_types(kind))
        if depth > 8:
            return None
        made: dict[str, Any] = {name: self.value(one.type, depth + 1) for name, one in kind.fields.items()}
        if chance.random() < 0.95:
            made["__typename"] = kind.name
        return made


def both(
    schema: GraphQLSchema, operation: Operation, root: Any, *, in_place: bool = False
) -> tuple[Any, Any] | None:
    """The compiled answer and the library's; none where the variables do not fit."""
    document = parse(operation.text)
    node: Any = document.definitions[0]
    spread: Any = document.definitions[1:]
    fragments = {one.name.value: one for one in spread}
    variables = get_variable_values(schema, node.variable_definitions or (), operation.variables)
    if isinstance(variables, list):
        return None
    compiler = Compiler(schema, lambda _field, given: given, expected={"Toy": (dict,)} if in_place else None)
    run = compiler.compile(node, fragments).run(None, variables, guards={}, hide_suggestions=False)
    if run is None:
        return None
    found = run.compiled.answer(run, root)
    expected: Any = execute(schema, document, root, variable_values=operation.variables)
    return told(found), told(expected)


def told(result: ExecutionResult) -> Any:
    errors = [(one.message, one.path, one.locations) for one in result.errors or ()]
    return repr(result.data), errors


def test_corners_answer_as_the_library_does(corners: GraphQLSchema) -> None:
    same = 0
    for state in range(size(15, 400)):
        chance = random.Random(state)
        values = Values(corners, chance, chance.choice((0.0, 0.02, 0.1)))
        made = Operations(corners, chance, most=30)
        root = {name: values.value(one.type) for name, one in corners.query_type.fields.items()}  # type: ignore[union-attr]  # it has one
        for _ in range(10):
            operation = made.operation()
            answers = both(corners, operation, root, in_place=state % 2 == 1)
            if answers is not None:
                assert answers[0] == answers[1], operation.text
                same += 1
    assert same > size(100, 2_500)


SPREAD = """
query Q($a: Boolean!) { ...F @skip(if: $a) echo(n: 1) ...F }
fragment F on Query { toy { size } }
"""


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        (
            "query Q($a: Boolean!) { toys @include(if: $a) { size } pet { __typename } toys { colour } }",
            {"a": True},
        ),
        (
            "query Q($a: Boolean!) { toys @include(if: $a) { size } pet { __typename } toys { colour } }",
            {"a": False},
        ),
        (
            SPREAD,
            {"a": True},
        ),
        ("query Q($n: Int = 4) { echo(n: $n) }", {"n": None}),
        ('query Q($n: String!) { echo(n: 2, names: [$n, "b"]) toy { tag } }', {"n": "z"}),
    ],
    ids=["taken", "left", "spread-twice", "null-for-required", "nested-variable"],
)
def test_what_depends_on_variables(corners: GraphQLSchema, query: str, variables: dict[str, Any]) -> None:
    values = Values(corners, random.Random(3), 0.0)
    root = {name: values.value(one.type) for name, one in corners.query_type.fields.items()}  # type: ignore[union-attr]  # it has one
    answers = both(corners, Operation(query, variables), root)
    assert answers is not None
    assert answers[0] == answers[1]


SWITCHED = (
    f"query Q({' '.join(f'$s{n}: Boolean!' for n in range(9))}) "
    f"{{ {' '.join(f'a{n}: echo(n: {n}) @skip(if: $s{n})' for n in range(9))} }}"
)


def compiled(schema: GraphQLSchema, query: str) -> Compiled:
    document = parse(query)
    spread: Any = document.definitions[1:]
    fragments = {one.name.value: one for one in spread}
    operation: Any = document.definitions[0]
    return Compiler(schema, lambda _field, given: given).compile(operation, fragments)


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("{ __schema { queryType { name } } }", "introspection"),
        ('{ toy { size } ...F } fragment F on Query { __type(name: "Cat") { name } }', "introspection"),
        (
            SWITCHED,
            "switches",
        ),
    ],
    ids=["schema", "type", "switches"],
)
def test_what_is_not_compiled_says_why(corners: GraphQLSchema, query: str, reason: str) -> None:
    with pytest.raises(NotCompiled) as refused:
        compiled(corners, query)
    assert refused.value.reason == reason


def test_code_is_shown_in_tracebacks_and_forgotten_with_its_operation(corners: GraphQLSchema) -> None:
    made = compiled(corners, "query Shown { toys { size } }")
    variables: Any = get_variable_values(corners, (), {})
    run = made.run(None, variables, guards={}, hide_suggestions=True)
    assert run is not None

    class Broken:
        def __getattr__(self, name: str) -> Any:
            raise RuntimeError(name)

    result = made.answer(run, {"toys": [Broken()]})
    assert result.errors is not None
    error: Any = result.errors[0].original_error
    frames = traceback.extract_tb(error.__traceback__)
    assert any(
        "Shown" in frame.filename and frame.line and frame.line.startswith("v1 = ") for frame in frames
    )
    files = [name for name in linecache.cache if "Shown" in name]
    assert files
    del made, run, result, error, frames
    gc.collect()
    assert not [name for name in files if name in linecache.cache]
