"""Large answers are made apart: others get their turns meanwhile, and the answer is the same."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from schema.execution import answering
from tests.fixtures.access import access as access_of

NAMES = " ".join(f"n{place}: displayName i{place}: identities {{ connector partyId }}" for place in range(40))
TIMES = " ".join(f"n{place}: displayName c{place}: createdAt" for place in range(800))
WHO = f"""
query Who($first: Int!, $full: Boolean!) {{
  customers(first: $first) {{ edges {{ node {{ {TIMES} profile @include(if: $full) {{ displayName }} }} }} }}
}}
"""
MANY = f"""
query Many($first: Int!, $full: Boolean!) {{
  customers(first: $first) {{ edges {{ node {{
    {NAMES}
    sources {{ connector status age problem {{ code }} }}
    profile @include(if: $full) {{ displayName }}
  }} }} }}
}}
"""
TRANSACTIONS = " ".join(
    f"b{place}: banking {{ transactions(first: {place + 98}) {{ totalCount }} }}" for place in range(9)
)
BROKEN = f"{{ customers(first: 100) {{ edges {{ node {{ {TRANSACTIONS} }} }} }} }}"


@pytest.fixture
def full(world: Any) -> Any:
    """A hundred customers of two partners."""
    for number in range(100):
        world.customer(number, links={"bank": f"B{number}", "inn": f"H{number}"})
    return world


def test_the_answer_is_the_same(full: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def asked(many: int) -> list[Any]:
        monkeypatch.setattr(answering, "_MANY", many)
        monkeypatch.setattr(answering, "_MANY_INTERPRETED", many)
        made = [full.ask(MANY, {"first": 100, "full": whole}).body() for whole in (True, False)]
        return [*made, full.ask(BROKEN).body()]

    apart = asked(0)
    assert apart == asked(10**9)
    assert len(apart[0]["data"]["customers"]["edges"]) == 100
    assert apart[2]["errors"]


def test_what_is_held_back_is_held_back_of_large_answers_too(full: Any) -> None:
    few = access_of("web", scopes=frozenset({"customers:read"}))
    query = f"{{ customers(first: 100) {{ edges {{ node {{ {NAMES} profile {{ displayName }} }} }} }} }}"
    answer = asyncio.run(full.engine.execute(query, access=few))
    assert {error["extensions"]["code"] for error in answer.errors} == {"FORBIDDEN"}
    assert "Customer 0" not in str(answer.body())


def test_others_get_their_turns_meanwhile(full: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def longest(many: int) -> tuple[float, float]:
        monkeypatch.setattr(answering, "_MANY", many)
        return asyncio.run(_longest(full))

    for _ in range(2):
        full.ask(WHO, {"first": 100, "full": True})  # so that its code is there
    together = longest(10**9)
    apart = longest(0)
    # In one stretch nobody has a turn for nearly all of the time; apart, for a small part of it.
    assert together[0] > 0.5 * together[1]
    assert apart[0] < 0.4 * apart[1]


async def _longest(world: Any) -> tuple[float, float]:
    """The longest wait for a turn while a large answer is made, and how long that took."""
    waits: list[float] = []

    async def wait() -> None:
        while True:
            started = time.perf_counter()
            await asyncio.sleep(0.001)
            waits.append(time.perf_counter() - started)

    waiting = asyncio.create_task(wait())
    await asyncio.sleep(0.01)
    waits.clear()
    started = time.perf_counter()
    answer = await world.engine.execute(WHO, {"first": 100, "full": True}, access=world.access)
    took = time.perf_counter() - started
    await asyncio.sleep(0.01)  # so that the one who waited last is heard
    waiting.cancel()
    assert not answer.errors
    return max(waits), took
