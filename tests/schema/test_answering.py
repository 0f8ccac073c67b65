"""How answers are made: interpreted the first time, compiled from the second on; and who counts is told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from schema.build import Schema
from schema.engine import GraphEngine
from schema.execution import answering
from tests.fixtures.access import access as access_of

QUERY = "query Named { customers { edges { node { id displayName } } } }"
WIDE = (
    "query Wide { customers(first: 5) { edges { node { "
    + " ".join(f"n{n}: displayName" for n in range(150))
    + " } } } }"
)


class Counting:
    """An observer that keeps how answers were made."""

    def __init__(self) -> None:
        self.ways: list[str] = []

    @contextmanager
    def operation(self) -> Iterator[Counting]:
        yield self

    def named(self, kind: str, fields: Sequence[str]) -> None:
        pass

    def answered(self, way: str) -> None:
        self.ways.append(way)

    def ended(self, codes: Sequence[str], *, refused: bool) -> None:
        pass


@pytest.fixture
def engine(world: Any, schema: Schema) -> tuple[Callable[..., Any], Counting]:
    """Asks an engine as it is unless told."""
    for number in range(3):
        world.customer(number, links={"bank": f"B{number}"})
    counting = Counting()
    made = GraphEngine(schema, world.store, world.host, world.engine.now, observer=counting)

    def ask(query: str, variables: dict[str, Any] | None = None) -> Any:
        return asyncio.run(made.execute(query, variables, access=access_of("agent")))

    return ask, counting


def test_an_operation_is_compiled_when_it_comes_again(engine: Any) -> None:
    ask, counting = engine
    answers = [ask(QUERY).body() for _ in range(3)]
    assert counting.ways == ["early", "compiled", "compiled"]
    assert answers[0] == answers[1] == answers[2]
    assert answers[0]["data"]["customers"]["edges"]


def test_what_is_left_to_the_library_says_why(engine: Any) -> None:
    ask, counting = engine
    names = [f"s{n}" for n in range(9)]
    fields = " ".join(f"{name}: displayName @include(if: ${name})" for name in names)
    defined = ", ".join(f"${name}: Boolean!" for name in names)
    many = f"query Many({defined}) {{ customers {{ edges {{ node {{ {fields} }} }} }} }}"
    few = "query Few($s: Boolean = true) { customers { edges { cursor @include(if: $s) } } }"
    for _ in range(2):
        assert not ask(many, dict.fromkeys(names, True)).errors
        assert not ask(few, {"s": False}).errors
    assert counting.ways == ["early", "early", "switches", "compiled"]


def test_an_object_with_many_fields_is_written_in_pieces(engine: Any) -> None:
    ask, counting = engine
    answers = [ask(WIDE).body() for _ in range(2)]
    assert counting.ways == ["early", "compiled"]
    assert answers[0] == answers[1]
    node = answers[1]["data"]["customers"]["edges"][0]["node"]
    assert list(node) == [f"n{n}" for n in range(150)]


def test_code_is_generated_while_others_get_their_turns(engine: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    ask, counting = engine
    apart: list[object] = []
    original = answering._apart

    async def watched(context: Any, make: Any) -> Any:
        apart.append(make)
        return await original(context, make)

    monkeypatch.setattr(answering, "_apart", watched)
    ask(WIDE)
    assert not apart
    ask(WIDE)  # all of its code is new
    ask(WIDE)  # and this time nothing is
    assert len(apart) == 2
    ask(WIDE)
    assert len(apart) == 2
    assert counting.ways[-1] == "compiled"
