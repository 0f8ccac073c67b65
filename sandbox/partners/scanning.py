"""Going through the whole population for a request that names nobody."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from sandbox.framework import World
from sandbox.population.model import Presence

T = TypeVar("T")


async def scanned(world: World, domain: str, of_one: Callable[[Presence], Iterable[T]]) -> list[T]:
    """What ``of_one`` gives for everybody a partner knows, gathered once per world and then kept.

    Writing all lives takes seconds. The other partners are served meanwhile, and requests that come
    in together wait for the same scan.
    """
    scan: asyncio.Task[list[T]] | None = world.state.get("scan")
    if scan is None or scan.cancelled():
        scan = asyncio.ensure_future(_scan(world.population.presences(domain), of_one))
        world.state["scan"] = scan
    return await asyncio.shield(scan)


async def _scan(presences: Iterable[Presence], of_one: Callable[[Presence], Iterable[T]]) -> list[Any]:
    found: list[Any] = []
    for presence in presences:
        found.extend(of_one(presence))
        await asyncio.sleep(0)
    return found
