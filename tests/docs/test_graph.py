"""The examples for front-end teams are valid, and answered."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import date
from typing import Any, Protocol

import pytest
from graphql import parse, validate

from schema.build import build_schema
from schema.engine import GraphEngine
from schema.inputs import DEFAULT_PAGE, LONGEST_DEADLINE, LONGEST_WINDOW, MAX_PAGE, SHORTEST_DEADLINE
from schema.roots.search import HITS
from schema.scalars import serialize_duration

DAY = date(2026, 6, 15)
EMAIL = "margaretchloejones@webmail.example"


class Block(Protocol):
    document: str
    line: int
    kind: str
    note: str
    text: str


@pytest.fixture(scope="module")
def answers(
    blocks: list[Block],
    town: Callable[[date], Any],
    make_trial: Callable[..., AbstractAsyncContextManager[GraphEngine]],
    ask: Callable[..., Any],
) -> Mapping[str, Any]:
    """What the demo's hub answers to every example, each asked once."""
    made = town(DAY)
    network = made.network()
    chosen = [block for block in blocks if block.kind == "graphql"]

    async def run() -> Mapping[str, Any]:
        line = made.line_of(EMAIL)
        trial = make_trial(
            settings=made.settings(),
            customers=[line],
            index=made.bookings(line),
            base=network,
            clock=made.clock,
        )
        async with trial as engine:
            found = await ask(engine, f'{{ customer(by: {{email: "{EMAIL}"}}) {{ id }} }}')
            variables = {"id": found["data"]["customer"]["id"]}
            answers = {str(block): await ask(engine, block.text, variables) for block in chosen}
            (again,) = [block for block in chosen if "query Refetch" in block.text]
            ids = f'{{ customer(by: {{email: "{EMAIL}"}}) {{ banking {{ accounts {{ id }} }} }} }}'
            account = (await ask(engine, ids))["data"]["customer"]["banking"]["accounts"][0]
            answers["account"] = await ask(engine, again.text, account)
            return answers

    return asyncio.run(run())


def test_an_example_is_valid(graphql_block: Block) -> None:
    assert validate(build_schema().graphql, parse(graphql_block.text)) == []


def test_an_example_is_answered(graphql_block: Block, answers: Mapping[str, Any]) -> None:
    answer = answers[str(graphql_block)]
    codes = [error["extensions"]["code"] for error in answer.get("errors", ())]
    assert codes == ([graphql_block.note] if graphql_block.note else [])


def test_the_examples_have_something_to_show(blocks: list[Block], answers: Mapping[str, Any]) -> None:
    named = {
        found[1]: answers[str(block)]["data"]
        for block in blocks
        if block.kind == "graphql" and (found := re.search(r"query (\w+)", block.text))
    }
    held = named["EverythingHeld"]["customer"]
    assert all(held[domain] for domain in ("banking", "insurance", "brokerage", "loyalty", "hotel", "rental"))
    assert held["banking"]["partial"] is False
    assert named["WithinLimits"]["customer"]["complete"] is True
    assert named["AlsoAtThePartners"]["customer"] is not None
    assert named["Find"]["search"]["edges"][0]["node"]["parties"]
    assert answers["account"]["data"]["node"]["balance"]
    again = named["Refetch"]
    assert again["node"] == again["nodes"][0] | {"displayName": named["ByEmail"]["customer"]["displayName"]}


def test_what_the_text_says_of_bounds(checkout: Any) -> None:
    text = " ".join((checkout / "docs" / "graph.md").read_text("utf-8").split())
    assert f"{DEFAULT_PAGE} elements unless told and {MAX_PAGE} at the most" in text
    assert f"at most {LONGEST_WINDOW.days} days apart" in text
    shortest, longest = serialize_duration(SHORTEST_DEADLINE), serialize_duration(LONGEST_DEADLINE)
    assert f"from `{shortest}` to `{longest}`" in text
    assert f"The index gives {HITS} customers at the most" in text
