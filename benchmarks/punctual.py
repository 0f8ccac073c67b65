"""How punctually an operation ends that a partner keeps waiting: runs next to a control."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from benchmarks.figures import Sample


@dataclass(frozen=True)
class Punctuality:
    """By how much runs came late, in seconds past the deadline."""

    runs: Sample
    control: Sample
    """Empty sleeps of the same length between the runs: what the machine and the event loop add."""

    def late(self, share: float, bound: float) -> float:
        """A percentile of the runs, as it is to be compared with a bound.

        Where the empty sleeps exceed the bound themselves, nothing can be said of the runs but how much
        more than the sleeps they took; then that difference is returned.
        """
        noise = self.control.percentile(share)
        return self.runs.percentile(share) - (noise if noise > bound else 0.0)


async def measure(
    operation: Callable[[], Awaitable[object]],
    *,
    deadline: float,
    runs: int,
    before: Callable[[], object] = lambda: None,
) -> Punctuality:
    """Run an operation that ends by its deadline, and an empty sleep of that length, in turn.

    Args:
        operation: what is measured.
        deadline: seconds that it was given.
        runs: how often.
        before: done before each run, not measured.
    """
    took, slept = [], []
    with quiet_collector():
        for _ in range(runs):
            before()
            started = time.perf_counter()
            await asyncio.sleep(deadline)
            slept.append(time.perf_counter() - started)
            started = time.perf_counter()
            await operation()
            took.append(time.perf_counter() - started)
    return Punctuality(Sample.of(took).minus(deadline), Sample.of(slept).minus(deadline))


@contextmanager
def quiet_collector() -> Iterator[None]:
    """Let the garbage collector look through new objects only, as the server tells it at its start."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
