"""The places that a partner has for requests at once, whoever waits for one and gives up."""

from __future__ import annotations

import asyncio
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.budgets import Places

COUNT = 2
STEPS = st.lists(
    st.one_of(
        st.just(("come", 0)),
        st.tuples(st.sampled_from(["leave", "cancel", "leave, then cancel"]), st.integers(0, 7)),
        st.just(("turn", 0)),
    ),
    max_size=40,
)


class Guest:
    """One that wants a place, has it until it leaves, and may give up at any moment."""

    def __init__(self, places: Places, inside: list[Guest]) -> None:
        self.go = asyncio.Event()
        self.task = asyncio.create_task(self._stay(places, inside))

    def does(self, what: str) -> None:
        """Leave where it is inside, or give up wherever it is, or both before it can do anything."""
        if "leave" in what:
            self.go.set()
        if "cancel" in what:
            self.task.cancel()

    async def _stay(self, places: Places, inside: list[Guest]) -> None:
        if places.free:
            places.take()
        else:
            await places.wait()
        inside.append(self)
        try:
            await self.go.wait()
        finally:
            inside.remove(self)
            places.give_back()


@settings(max_examples=150, deadline=None)
@given(steps=STEPS)
def test_no_place_is_lost_none_given_twice_and_all_come_in_turn(steps: list[Any]) -> None:
    async def scenario() -> None:
        places = Places(COUNT)
        inside: list[Guest] = []
        guests: list[Guest] = []
        for what, number in steps:
            if what == "come":
                guests.append(Guest(places, inside))
            elif what == "turn":
                await turns(1, inside)
            elif guests:
                guests[number % len(guests)].does(what)
        await turns(4 * len(guests) + 4, inside)
        staying = [one for one in guests if not one.task.done()]
        assert sorted(map(staying.index, inside)) == list(range(len(inside))), "in the order they came"
        assert len(inside) == min(COUNT, len(staying)), "nobody waits where there is a place"
        for one in guests:
            one.does("leave")
        await asyncio.gather(*(one.task for one in guests), return_exceptions=True)
        assert all(one.task.cancelled() or one.task.exception() is None for one in guests)
        for _ in range(COUNT):
            assert places.free
            places.take()
        assert not places.free

    asyncio.run(scenario())


async def turns(count: int, inside: list[Guest]) -> None:
    """Let all go on for so many turns of the event loop."""
    for _ in range(count):
        await asyncio.sleep(0)
        assert len(inside) <= COUNT
