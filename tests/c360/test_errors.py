from __future__ import annotations

import asyncio

import pytest

from c360.errors import place


def fail() -> None:
    raise ValueError("secret@example.com")


def test_the_place_is_told_and_the_message_is_not() -> None:
    with pytest.raises(ValueError, match="secret") as caught:
        fail()
    told = place(caught.value, lines=2)
    assert told.startswith("ValueError at test_errors.py:")
    assert told.count(" < test_errors.py:") == 1
    assert "secret" not in told + place(caught.value)


def test_of_a_group_the_first_counts() -> None:
    async def failing() -> None:
        fail()

    async def together() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(failing())

    with pytest.raises(ExceptionGroup) as caught:
        asyncio.run(together())
    assert place(caught.value).startswith("ValueError at test_errors.py:")


def test_an_error_that_was_never_raised_has_no_place() -> None:
    assert place(KeyError("secret")) == "KeyError"
