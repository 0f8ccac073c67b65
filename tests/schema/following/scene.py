"""Somebody who follows a customer, on a clock that costs no time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from c360.access import Access
from schema import ids
from schema.live import AccessEnded
from schema.response import GraphResponse
from schema.subscriptions.base import Told
from tests.fixtures.bus import ListedBus

GATHERING = 0.05

CHANGED = """subscription ($id: ID!, $after: String, $initial: Boolean! = false, $gather: Gather) {
  customerChanged(customerId: $id, after: $after, initial: $initial, gather: $gather) {
    cursor events { id kind aspects connectors } customer { displayName banking { accounts { accountId } } }
  }
}"""


def cursor(place: int) -> str:
    return Told(place=place).cursor


@dataclass
class Follower:
    """What a subscription answers, as it comes."""

    heard: list[GraphResponse] = field(default_factory=list)
    over: bool = False
    task: asyncio.Task[None] | None = None

    @property
    def data(self) -> list[Any]:
        return [answer.data for answer in self.heard]

    @property
    def codes(self) -> list[str]:
        return [error["extensions"]["code"] for answer in self.heard for error in answer.errors]

    async def stop(self) -> None:
        assert self.task is not None
        self.task.cancel()
        await asyncio.wait({self.task})


@dataclass
class Scene:
    world: Any
    bus: ListedBus
    granted: Access
    """Who asks, whenever that is found out."""
    ended: AccessEnded | None = None

    async def access(self) -> Access:
        if self.ended is not None:
            raise self.ended
        return self.granted

    def follow(self, query: str, *, resume: str | None = None, **variables: Any) -> Follower:
        follower = Follower()
        answers = self.world.engine.stream(query, variables, access=self.access, after=resume)

        async def run() -> None:
            try:
                async for answer in answers:
                    follower.heard.append(answer)
                follower.over = True
            finally:
                await answers.aclose()

        follower.task = asyncio.ensure_future(run())
        return follower

    async def settle(self, seconds: float = 1.0) -> None:
        """Let so much time go by, all of it virtual."""
        await asyncio.sleep(seconds)


Play = Callable[[Callable[[Scene], Coroutine[Any, Any, None]]], None]

ANA = "0190a6c0-0000-7000-8000-000000000001"

ID = ids.encode("Customer", ANA)


def changed(answer: GraphResponse) -> Any:
    assert not answer.errors, answer.errors
    assert answer.data is not None
    return answer.data["customerChanged"]
