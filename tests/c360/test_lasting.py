from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from c360.errors import RetryLater
from c360.lasting import Lasting

START = datetime(2026, 6, 15, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.at = START

    def __call__(self) -> datetime:
        return self.at


def test_what_lasts_is_kept_for_a_while_and_then_asked_for_again(run: Callable[..., Any]) -> None:
    clock, answers = Clock(), iter(["old", "new"])

    async def ask() -> str:
        return next(answers)

    lasting = Lasting(ask, clock, seconds=60)
    assert lasting.kept is None
    assert run(lasting.renewed()) == lasting.kept == "old"
    clock.at = START + timedelta(seconds=59)
    assert lasting.kept == "old"
    clock.at = START + timedelta(seconds=60)
    assert lasting.kept is None
    assert run(lasting.renewed()) == lasting.kept == "new"
    clock.at = START  # a clock that was put back says nothing of an age
    assert lasting.kept is None


def test_a_failure_leaves_what_is_kept(run: Callable[..., Any]) -> None:
    outcomes: list[Any] = ["first", RetryLater("down")]

    async def ask() -> str:
        found = outcomes.pop(0)
        if isinstance(found, Exception):
            raise found
        return str(found)

    lasting = Lasting(ask, Clock())
    run(lasting.renewed())
    with pytest.raises(RetryLater):
        run(lasting.renewed())
    assert lasting.kept == "first"
