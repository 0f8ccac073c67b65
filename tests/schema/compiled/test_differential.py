"""Compiled code answers as graphql-core does: the same data in the same order, the same errors."""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec
import pytest
from graphql import (
    ExecutionResult,
    FragmentDefinitionNode,
    GraphQLObjectType,
    OperationDefinitionNode,
    OperationType,
    execute,
    get_variable_values,
    parse,
    validate,
)

from c360.access import Access, Purpose
from c360.errors import ProblemCode
from c360.kinds import kind, kinds
from connectors.results import SourceState
from resolvers.view import CustomerView
from schema.answers import CustomerAnswer
from schema.build import Schema
from schema.errors import RequestError
from schema.execution.compiled.guarding import guards_of
from schema.execution.compiled.refusing import NotCompiled
from schema.execution.context import OperationContext
from schema.execution.guard import PermittingExecutor
from schema.permissions.roles import ROLES, granted
from schema.permissions.veiling import VeiledCustomer, veiled
from schema.permissions.withholding import Hold, WithheldReason
from tests.fixtures.access import access as access_of
from tests.fixtures.made import Made, Makes
from tests.fixtures.operations import Operation, Operations
from tests.fixtures.sizes import THOROUGH, size

CASES = size(600, 100_000)
STATES = 20
OFTEN = ("customer", "customers", "search", "node", "nodes")
"""Roots that lead to most of the graph."""


class Stage:
    """Everything that two executions of an operation have in common.

    Args:
        world: Whose engine has the services.
        seed: Of what is made up.
        views: Of customers as they were gathered.
    """

    def __init__(self, world: Any, seed: int, views: Sequence[CustomerView]) -> None:
        self.chance = random.Random(seed)
        self.world = world
        self.schema: Schema = world.schema
        self.views = views
        bad = self.chance.choice((0.0, 0.01, 0.05, 0.15))
        self.makes = Makes(self.schema.graphql, self.chance, bad=bad, instead={"Customer": self.customer})
        self.holds: dict[str, dict[tuple[str, str], Hold]] = {}
        self.access = self._access()
        self.veils = self.chance.random() < 0.25
        self.compiler = self.schema.compiler()
        if seed % 2:
            self.compiler.expected = _made_up_too(self.schema)

    def customer(self) -> CustomerAnswer:
        """A customer whose own values are made up, and whose records were gathered."""
        view = self.chance.choice(self.views)
        kind: Any = self.schema.graphql.type_map["Customer"]
        real = self.world.contexts[0].answer_maker()(view, {})
        answers = dict(real._answers)
        for name in list(answers):
            if self.chance.random() < 0.5 and ("Customer", name) in self.makes._names:
                answers[name] = self._made(kind, name)
        masked = self.veils and self.chance.random() < 0.6
        return (VeiledCustomer if masked else CustomerAnswer)(view, answers, {})

    def _made(self, kind: Any, name: str) -> Callable[[CustomerView], Any]:
        made = Made(self.makes, kind, 0)

        def answer(_view: CustomerView) -> Any:
            return getattr(made, name)

        return answer

    def _access(self) -> Access:
        role = self.chance.choice(sorted(ROLES)) if self.chance.random() < 0.4 else None
        purpose = self.chance.choice(list(Purpose))
        if role is None:
            return access_of("everybody", purpose=purpose)
        scopes = granted([role]) | {"customers:read", "profile:read"}
        kept = frozenset(one for one in sorted(scopes) if self.chance.random() < 0.9)
        return access_of(role, scopes=kept, purpose=purpose)

    def hold(self, coordinates: Sequence[tuple[str, str]]) -> None:
        """Keep some fields of the customers back."""
        for view in self.views:
            held = self.chance.sample(coordinates, k=min(len(coordinates), self.chance.randint(0, 4)))
            self.holds[view.customer.id] = {
                one: Hold(
                    reason=WithheldReason.CONSENT,
                    remedy="ask",
                    fields=frozenset({one}),
                    masked=self.chance.random() < 0.3,
                )
                for one in held
            }

    def ready(self, operation: Operation) -> OperationContext | None:
        """An operation as it is once it was gathered for; none where its variables do not fit."""
        document = parse(operation.text)
        node: Any = document.definitions[0]
        spread: Any = document.definitions[1:]
        fragments = {one.name.value: one for one in spread}
        schema = self.schema.graphql
        variables = get_variable_values(schema, node.variable_definitions or (), operation.variables)
        if isinstance(variables, list):
            return None
        permits = self.schema.permits
        context = OperationContext(
            services=self.world.engine._services,
            access=self.access,
            document=document,
            operation=node,
            fragments=fragments,
            variables=variables,
            at=self.world.contexts[0].at,
            permit=permits.of(permits.selections.of(document), {}, self.access),
        )
        try:
            context.planned(self.schema.planner)
        except RequestError:
            return None  # a switch that is null: it is refused before anything is answered
        self._answer(context, node, fragments)
        if self.holds and node.operation is not OperationType.MUTATION:
            context.holds = dict(self.holds)
            context.held_somewhere = {one for held in self.holds.values() for one in held}
        return context

    def _answer(self, context: OperationContext, node: OperationDefinitionNode, fragments: Any) -> None:
        """Make up what each root field answers."""
        root: Any = self.schema.graphql.get_root_type(node.operation)
        for key, name in _roots(node, fragments):
            if name.startswith("__"):
                continue
            answer = self.makes.value(root.fields[name].type)
            if self.veils:
                answer = veiled(answer)
            context.answers[key] = answer
            context.mutations[key] = _taking_effect(answer)


def _made_up_too(schema: Schema) -> dict[str, Sequence[type]]:
    """The classes that objects are expected to be of, and that of made-up ones where nothing tells a type:
    they too are written in place then."""
    return {
        name: (*schema.expected.get(name, ()), *((Made,) if kind.is_type_of is None else ()))
        for name, kind in schema.graphql.type_map.items()
        if isinstance(kind, GraphQLObjectType)
    }


def _taking_effect(answer: Any) -> Callable[[], Any]:
    async def take_effect() -> Any:
        if isinstance(answer, Exception):
            raise answer
        return answer

    return take_effect


def _roots(
    node: OperationDefinitionNode, fragments: dict[str, FragmentDefinitionNode]
) -> Iterator[tuple[str, str]]:
    waiting: list[Any] = [node.selection_set]
    while waiting:
        for one in waiting.pop().selections:
            if hasattr(one, "alias"):
                yield (one.alias.value if one.alias else one.name.value), one.name.value
            elif hasattr(one, "type_condition"):
                waiting.append(one.selection_set)
            else:
                waiting.append(fragments[one.name.value].selection_set)


@pytest.fixture(scope="module")
def stages(make_world: Callable[..., Any]) -> Callable[[int], Stage]:
    return lambda seed: _staged(make_world(), seed)


def _staged(world: Any, seed: int) -> Stage:
    """A world of some customers whose sources answer, fail, or hold records that are none."""
    chance = random.Random(seed)
    world.host.instances = {
        "bank": "banking", "insurer": "insurance", "broker": "brokerage",
        "points": "loyalty", "inn": "hotel", "wheels": "rental",
    }  # fmt: skip
    for number in range(3):
        links = {one: f"{one}{number}" for one in world.host.instances if chance.random() < 0.8}
        world.customer(number, links=links)
    for one in world.host.instances:
        if chance.random() < 0.2:
            world.host.down[one] = chance.choice(list(ProblemCode))
        elif chance.random() < 0.2:
            world.host.state[one] = chance.choice((SourceState.KEPT, SourceState.STALE))
    _fill(world, chance)
    world.contexts = []
    views = asyncio.run(_gathered(world, chance))
    stage = Stage(world, seed, views)
    if chance.random() < 0.4:
        table = world.schema.permits.table.fields
        nullable = [
            (kind, name)
            for kind, fields in table.items()
            if kind not in {"Query", "Mutation", "Subscription"}
            for name in fields
        ]
        stage.hold(nullable)
    return stage


def _fill(world: Any, chance: random.Random) -> None:
    """Let the sources that answer have records, now and then with something wrong in them."""
    makes = Makes(world.schema.graphql, chance, bad=chance.choice((0.0, 0.0, 0.03)), deepest=3)
    for one in kinds():
        made: Any = world.schema.graphql.type_map.get(kind(one).record.__name__)
        for instance, domain in world.host.instances.items():
            if made is None or not one.startswith((f"{domain}.", "party.")):
                continue
            for number in range(3):
                records = [makes.struct(kind(one).record, made) for _ in range(chance.choice((0, 1, 3)))]
                kept = [msgspec.structs.replace(each, connector=instance) for each in records]
                world.host.records[instance, f"{instance}{number}", one] = tuple(kept)


async def _gathered(world: Any, chance: random.Random) -> list[CustomerView]:
    """Views of the customers, gathered by the engine itself."""
    answering = world.schema.answering
    documents = world.engine._documents
    text = (
        "{ customers { edges { node { complete profile { displayName } "
        + " ".join(f"{domain} {{ partial }}" for domain in world.host.instances.values())
        + " } } } }"
    )
    prepared = documents.prepare(text)
    operation = prepared.operation(None)
    context = world.engine._context(
        prepared, operation, operation.coerced({}, suggest=True), access_of("all")
    )
    result = await answering.answer(context, {})
    assert result.data is not None
    world.contexts.append(context)
    return [edge.node.view for edge in context.answers["customers"].edges]


def _errors(result: ExecutionResult) -> list[Any]:
    return [
        (one.message, one.path, one.locations, one.extensions, type(one.original_error))
        for one in result.errors or ()
    ]


def compared(stage: Stage, operation: Operation) -> str:
    """Answer an operation both ways; says how it went: ``same``, or why it was not compiled."""
    first, schema = stage.ready(operation), stage.schema
    if first is None:
        return "variables"
    try:
        compiled = stage.compiler.compile(first.operation, first.fragments)
    except NotCompiled as refused:
        return refused.reason
    run = compiled.run(first, first.variables, guards=guards_of(first), hide_suggestions=False)
    if run is None:
        return "switches"
    serially = first.operation.operation is OperationType.MUTATION
    if serially:
        found = asyncio.run(compiled.answer_serially(run, lambda: guards_of(first)))
    else:
        found = compiled.answer(run)
    first.horizons.clear()
    expected: Any = execute(
        schema.graphql,
        first.document,
        context_value=first,
        variable_values=dict(operation.variables),
        executor_class=PermittingExecutor,
    )
    if not isinstance(expected, ExecutionResult):
        expected = asyncio.run(_awaited(expected))
    assert (repr(found.data), _errors(found)) == (repr(expected.data), _errors(expected)), operation.text
    return "same"


async def _awaited(answer: Any) -> Any:
    return await answer


def _counted(stages: Callable[[int], Stage], cases: int, offset: int) -> dict[str, int]:
    counts: dict[str, int] = {}
    per_state = max(1, cases // STATES)
    for state in range(STATES):
        stage = stages(offset + state)
        made = Operations(stage.schema.graphql, random.Random(offset + state), most=30, often=OFTEN)
        for number in range(per_state):
            kind = "mutation" if number % 10 == 8 else "subscription" if number % 10 == 9 else "query"
            how = compared(stage, made.operation(kind))
            counts[how] = counts.get(how, 0) + 1
    return counts


def test_what_is_compiled_answers_as_the_library_does(stages: Callable[[int], Stage]) -> None:
    counts = _counted(stages, CASES if not THOROUGH else 1_500, 0)
    valid = sum(counts.values()) - counts.get("variables", 0)
    assert counts["same"] >= 0.95 * valid, counts


@pytest.mark.thorough
@pytest.mark.parametrize("part", range(max(1, CASES // 5_000)))
def test_the_same_for_many_more(stages: Callable[[int], Stage], part: int) -> None:
    counts = _counted(stages, 5_000, 1_000 * (part + 1))
    valid = sum(counts.values()) - counts.get("variables", 0)
    assert counts["same"] >= 0.95 * valid, counts


def test_what_is_made_up_is_valid(schema: Schema) -> None:
    made = Operations(schema.graphql, random.Random(7), most=12)
    found = [validate(schema.graphql, parse(made.operation().text)) for _ in range(60)]
    wrong = [errors for errors in found if errors and "conflict" not in errors[0].message]
    assert wrong == []


HAS = {
    "fragment": r"\.\.\.F\w+",
    "inline fragment": r"\.\.\. on \w+",
    "fragment without a condition": r"\.\.\.\s+(@\w+\([^)]*\)\s*)*\{",
    "interface": r"\bon Node\b",
    "alias": r"\w+: \w+[ ({]",
    "skip by a variable": r"@skip\(if: \$",
    "include by a variable": r"@include\(if: \$",
    "variable": r"\$v\d+",
    "connection": r"edges\w*[^{]*\{",
    "page": r"pageInfo\w*[^{]*\{",
    "name of a type": r"__typename",
    "argument in place": r"first: \d+",
}
"""What operations are made of, by the text that shows it. Unions and lists in lists are those of the corners'
own schema, bad values and failing sources those of the stages."""


def test_what_is_made_up_has_everything_that_is_compiled(schema: Schema) -> None:
    made = Operations(schema.graphql, random.Random(11), most=30, often=OFTEN)
    kinds_of = ("query", "mutation", "subscription")
    texts = [made.operation(kinds_of[number % 3]).text for number in range(150)]
    missing = [name for name, pattern in HAS.items() if not any(re.search(pattern, one) for one in texts)]
    assert missing == []
