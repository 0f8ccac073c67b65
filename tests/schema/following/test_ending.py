"""Subscriptions end for a reason that is told, and go on where they can."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from schema.live import AccessEnded
from store.errors import DatabaseUnavailable
from tests.fixtures.access import access
from tests.schema.following.scene import ANA, CHANGED, ID, Play, Scene, changed, cursor
from tests.schema.memory.clock import NOW


def test_an_event_that_is_not_kept_any_more_ends_it(play: Play) -> None:
    async def scene(here: Scene) -> None:
        here.bus.tell("customer.changed", [ANA])
        here.bus.forgotten = 5
        follower = here.follow(CHANGED, id=ID, after=cursor(1))
        await here.settle()
        assert follower.over
        assert follower.codes == ["CURSOR_EXPIRED"]

    play(scene)


def test_a_store_that_does_not_answer_ends_it_with_what_to_do(play: Play) -> None:
    async def scene(here: Scene) -> None:
        follower = here.follow(CHANGED, id=ID)
        await here.settle()
        here.bus.fail(DatabaseUnavailable("it is gone"))
        await here.settle()
        assert follower.over
        assert follower.codes == ["UNAVAILABLE"]

    play(scene)


def test_a_fault_of_ours_is_masked_and_leaves_the_subscription_open(play: Play) -> None:
    async def scene(here: Scene) -> None:
        follower = here.follow(CHANGED, id=ID)
        await here.settle()
        here.world.host.fault = RuntimeError("hunter2")
        here.bus.tell("customer.changed", [ANA])
        await here.settle()
        assert follower.codes == ["INTERNAL"]
        assert "hunter2" not in str(follower.heard)
        here.world.host.fault = None
        here.bus.tell("customer.changed", [ANA])
        await here.settle()
        assert changed(follower.heard[-1])["cursor"] == cursor(2)

    play(scene)


def test_a_store_that_fails_one_answer_does_not_end_it(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene(here: Scene) -> None:
        follower = here.follow(CHANGED, id=ID)
        await here.settle()

        def gone(*_: object) -> Any:
            raise DatabaseUnavailable("it is gone")

        with monkeypatch.context() as broken:
            broken.setattr(here.world.store, "read", gone)
            here.bus.tell("customer.changed", [ANA])
            await here.settle()
        assert follower.codes == ["UNAVAILABLE"]
        here.bus.tell("customer.changed", [ANA])
        await here.settle()
        assert changed(follower.heard[-1])["cursor"] == cursor(2)

    play(scene)


def test_access_is_found_out_again_before_each_answer(play: Play) -> None:
    async def scene(here: Scene) -> None:
        follower = here.follow(CHANGED, id=ID)
        await here.settle()
        here.bus.tell("customer.changed", [ANA])
        await here.settle()
        here.ended = AccessEnded("The token was taken back.")
        here.bus.tell("customer.changed", [ANA])
        await here.settle()
        assert follower.over
        assert follower.codes == ["UNAUTHENTICATED"]
        assert len(follower.heard) == 2

    play(scene)


def test_it_ends_with_its_token_even_where_nothing_happens(play: Play) -> None:
    async def scene(here: Scene) -> None:
        until = NOW + timedelta(seconds=30)
        here.granted = access("agent", expires_at=until)
        follower = here.follow(CHANGED, id=ID)
        await here.settle(20)
        assert not follower.over
        here.granted = access("agent", expires_at=NOW)
        await here.settle(20)
        assert follower.over
        assert follower.codes == ["UNAUTHENTICATED"]

    play(scene)
