"""Scenes in which a customer of two banks is followed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.fixtures.access import access
from tests.fixtures.bus import ListedBus
from tests.fixtures.virtual import virtually
from tests.schema.following.scene import Play, Scene


@pytest.fixture
def play(make_world: Any) -> Play:
    """Play a scene with one customer of two banks on a clock that costs no time."""

    def run(scene: Callable[[Scene], Awaitable[None]]) -> None:
        async def whole() -> None:
            world = make_world()
            bus = world.engine._bus = ListedBus(world.store)
            world.host.instances = {"bank": "banking", "other_bank": "banking"}
            world.customer(1, links={"bank": "b1", "other_bank": "o1"}, name="Ana")
            played = Scene(world, bus, access("agent"))
            await scene(played)
            left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)
            assert bus.followers == 0, "nobody follows any more"

        virtually(whole())

    return run
