"""Compiled code takes up no more room than it may, and what is used stays."""

from __future__ import annotations

from typing import Any

from graphql import parse

from schema.build import Schema
from schema.execution.compiled.keeping import Kept
from schema.execution.compiled.operation import Compiled


def test_what_is_not_used_goes(schema: Schema) -> None:
    def compiled(number: int) -> Compiled:
        operation: Any = parse(f"{{ customers {{ edges {{ c{number}: cursor }} }} }}").definitions[0]
        return schema.answering.compiler.compile(operation, {})

    kept = Kept(most=9)  # of three selections each
    memos: list[dict[Any, Any]] = [{} for _ in range(5)]
    made = [compiled(number) for number in range(5)]
    for place in range(3):
        kept.keep(memos[place], "key", made[place])
    kept.used(made[0])
    for place in range(3, 5):
        kept.keep(memos[place], "key", made[place])
        assert kept.size <= 9
    assert [bool(memo) for memo in memos] == [True, False, False, True, True]


def test_one_that_is_larger_than_all_may_be_stays_until_the_next(schema: Schema) -> None:
    operation: Any = parse("{ customers { edges { cursor } } }").definitions[0]
    kept, first, second = Kept(most=1), dict[Any, Any](), dict[Any, Any]()
    kept.keep(first, "key", schema.answering.compiler.compile(operation, {}))
    assert first
    kept.keep(second, "key", schema.answering.compiler.compile(operation, {}))
    assert second
    assert not first
