"""The store on a fresh database of each kind, with keys and a clock that the test moves."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from store.database import Database
from store.keyring import Keyring


class Clock:
    """A clock that stands until it is told to go on."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def tick(self, **by: float) -> datetime:
        self.now += timedelta(**(by or {"seconds": 1}))
        return self.now


@pytest.fixture
def clock() -> Clock:
    """The present, as the database sees it."""
    return Clock()


@pytest.fixture
def keyring() -> Keyring:
    """Keys for the store."""
    return Keyring(master=b"m" * 32, pepper=b"p" * 32)


@pytest.fixture
def run() -> Iterator[Callable[[Coroutine[Any, Any, Any]], Any]]:
    """Runs coroutines one after the other in one event loop."""
    with asyncio.Runner() as runner:
        yield runner.run
        # A connection whose work was cancelled is ended by its thread, which tells the loop: it has to be
        # there still.
        for thread in threading.enumerate():
            if "_connection_worker_thread" in thread.name:
                thread.join(timeout=5)


@pytest.fixture
def database(
    database_url: str, keyring: Keyring, clock: Clock, run: Callable[[Coroutine[Any, Any, Any]], Any]
) -> Iterator[Database]:
    """The store on a fresh database of each kind."""
    opened = Database(database_url, keyring=keyring, clock=clock)
    yield opened
    run(opened.dispose())
