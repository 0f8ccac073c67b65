"""Reads of the hub's own store: the deadline does not wait for them, and does not cut them off either."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import pytest

from c360.contract import Lookup
from connectors.results import SourceState

Run = Callable[[Coroutine[Any, Any, Any]], Any]


class Slow:
    """Takes its time, and tells how it ended."""

    def __init__(self, error: Exception | None = None) -> None:
        self.ended: list[str] = []
        self._error = error

    async def __call__(self) -> None:
        try:
            await asyncio.sleep(0.3)
        except asyncio.CancelledError:
            self.ended.append("cut off")
            raise
        self.ended.append("in its own time")
        if self._error:
            raise self._error


async def never(*_: Any) -> AsyncIterator[Any]:
    await asyncio.Event().wait()
    yield None


@pytest.mark.parametrize("error", [None, RuntimeError("the store is gone")])
def test_a_read_of_copies_outlives_the_deadline(kit: Any, run: Run, error: Exception | None) -> None:
    slow = kit.snapshots.before_read = Slow(error)
    kit.add("points", never)

    async def go() -> None:
        host = kit.host()
        loop = asyncio.get_running_loop()
        started = loop.time()
        gathered = await host.gather(kit.request("ana", at=["points"], deadline=0.1))
        assert loop.time() - started < 0.25
        assert kit.source(gathered.of("ana"), "points").state is SourceState.UNAVAILABLE
        assert slow.ended == []
        await host.close()

    run(go())
    assert slow.ended == ["in its own time"]


def test_a_read_of_grants_outlives_the_deadline(kit: Any, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = Slow()

    async def tokens(*_: Any) -> dict[Any, Any]:
        await slow()
        return {}

    monkeypatch.setattr(kit.grants, "tokens", tokens)
    kit.add("bank", domain="banking", lookup=Lookup.BY_GRANT)

    async def go() -> None:
        host = kit.host()
        gathered = await host.gather(kit.request("ana", at=["bank"], deadline=0.1))
        assert kit.source(gathered.of("ana"), "bank").state is SourceState.UNAVAILABLE
        assert slow.ended == []
        await host.close()

    run(go())
    assert slow.ended == ["in its own time"]
