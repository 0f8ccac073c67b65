"""Every operation that is documented, or measured, is compiled, down to the last object it may come to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from graphql import FieldNode, FragmentDefinitionNode, OperationDefinitionNode, parse

from benchmarks.race import documents as raced
from benchmarks.stage import documents as staged
from schema.answers import CustomerAnswer
from schema.build import Schema
from schema.everything import selections
from schema.execution.compiled.completing import AbstractOf, ObjectOf
from schema.execution.compiled.operation import Compiled
from schema.execution.compiled.reading import Source

ROOT = Path(__file__).resolve().parents[3]
_BLOCK = re.compile(r"^```graphql[^\n]*\n(.*?)^```", re.DOTALL | re.MULTILINE)
_OPERATION = re.compile(r"^\s*(query\b|mutation\b|subscription\b|\{\s*\w+[^{}]*\{)")


def documented() -> Iterator[tuple[str, str]]:
    """The operations of the documentation, by where they stand."""
    for file in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))):
        for place, found in enumerate(_BLOCK.finditer(file.read_text())):
            if _OPERATION.match(found[1]):
                yield f"{file.stem}-{place}", found[1]


def measured() -> Iterator[tuple[str, str]]:
    """The operations of the benchmarks."""
    for module in (raced, staged):
        for name, value in vars(module).items():
            if isinstance(value, str) and _OPERATION.match(value):
                yield f"{module.__name__.split('.')[1]}-{name}", value
    for name in ("EVERYTHING", "POINTS", "ONE_PAGE"):
        fragment = getattr(staged, name)
        if fragment.lstrip().startswith("fragment"):
            yield f"listed-{name}", staged.listed(fragment)
            yield f"aliased-{name}", staged.aliased(["a", "b"], fragment)


EVERY = [*documented(), *measured()]


def written_out(compiled: Compiled, schema: Schema) -> int:
    """Generate every function that an object of any class might need, and say how many there are."""
    compiled.function(compiled.root, Source.PLAIN, compiled._parts, compiled._switches.every)
    seen: set[int] = set()
    while waiting := [
        one for one in compiled._space.values() if isinstance(one, ObjectOf) and id(one) not in seen
    ]:
        for one in waiting:
            seen.add(id(one))
            kinds = [one._kind]
            if isinstance(one, AbstractOf):
                kinds = [*schema.graphql.get_possible_types(one._abstract)]
            for kind in kinds:
                for source in (object, CustomerAnswer):
                    one._objects.written(kind, source)
    return len(compiled._functions)


def operations(text: str) -> Iterator[tuple[OperationDefinitionNode, Any]]:
    document = parse(text)
    spread: Any = [one for one in document.definitions if isinstance(one, FragmentDefinitionNode)]
    fragments = {one.name.value: one for one in spread}
    for one in document.definitions:
        if isinstance(one, OperationDefinitionNode):
            yield one, fragments


@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in EVERY])
def test_a_documented_or_measured_operation_is_compiled(schema: Schema, text: str) -> None:
    for operation, fragments in operations(text):
        root = {one.name.value for one in operation.selection_set.selections if isinstance(one, FieldNode)}
        if root & {"__schema", "__type"}:
            continue  # what asks for the schema alone is nobody's everyday operation
        compiled = schema.answering.compiler.compile(operation, fragments)
        assert written_out(compiled, schema) > 0


def test_there_are_many_of_them() -> None:
    assert len(EVERY) > 50


def test_everything_that_can_be_selected_of_a_customer_is_compiled(schema: Schema) -> None:
    body = " ".join(selections(schema.graphql, "Customer").values())
    ((operation, fragments),) = operations(f"{{ customers {{ edges {{ node {{ {body} }} }} }} }}")
    assert written_out(schema.answering.compiler.compile(operation, fragments), schema) > 200
