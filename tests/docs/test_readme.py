"""The README's query is the demo's own, and its answer a real one."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import date
from pathlib import Path
from typing import Any, Protocol

import msgspec
import pytest

from api.demo import EXAMPLE
from schema.engine import GraphEngine
from schema.scalars import parse_duration

LONGEST = 160
"""Lines that a newcomer reads."""


class Block(Protocol):
    document: str
    kind: str
    text: str


@pytest.fixture
def readme(checkout: Path) -> str:
    return (checkout / "README.md").read_text("utf-8")


def only(blocks: list[Block], kind: str) -> str:
    (found,) = [block.text for block in blocks if block.document == "README.md" and block.kind == kind]
    return found


def taken_out(answer: Any) -> list[str | None]:
    """The latencies of an answer, which it is without afterwards."""
    return [source.pop("latency") for source in answer["data"]["customer"]["sources"]]


def test_the_query_is_the_demos(blocks: list[Block]) -> None:
    query = only(blocks, "graphql")
    email = re.findall(r'email: "(.+)"', query)
    assert query == EXAMPLE.replace("EMAIL", email[0])


def test_the_answer_is_the_real_one(
    readme: str,
    blocks: list[Block],
    town: Callable[[date], Any],
    make_trial: Callable[..., AbstractAsyncContextManager[GraphEngine]],
    ask: Callable[..., Any],
) -> None:
    (day,) = re.findall(r"its answer on (\d{4}-\d{2}-\d{2})", readme)
    made = town(date.fromisoformat(day))
    query = only(blocks, "graphql")
    line = made.line_of(re.findall(r'email: "(.+)"', query)[0])

    async def run() -> Any:
        trial = make_trial(
            settings=made.settings(),
            customers=[line],
            index=made.bookings(line),
            base=made.network(),
            clock=made.clock,
        )
        async with trial as engine:
            return await ask(engine, query)

    real, told = asyncio.run(run()), msgspec.json.decode(only(blocks, "json"))
    for one, other in zip(taken_out(told), taken_out(real), strict=True):
        assert (one is None) == (other is None)
        if one is not None:
            parse_duration(one)
    assert told == real


def test_it_is_short_enough_to_read(readme: str) -> None:
    assert len(readme.splitlines()) <= LONGEST


def test_the_picture_fits_a_screen(readme: str) -> None:
    picture = readme.partition("```text\n")[2].partition("```")[0]
    assert picture
    assert max(len(line) for line in picture.splitlines()) <= 80
