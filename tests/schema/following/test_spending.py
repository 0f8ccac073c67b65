"""Each answer of a subscription is taken from its caller's budget, and waits where that is spent."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from c360.access import Access, Purpose
from schema.execution.admission import Allowance, Open, RateLimited
from schema.execution.following import PATIENCE
from schema.live import AccessEnded
from tests.fixtures.access import access
from tests.schema.following.scene import ANA, CHANGED, ID, Play, Scene, changed, cursor


@dataclass
class Purse(Open):
    """So much may be spent, and so much comes in at a time."""

    left: int
    income: Sequence[tuple[float, int]] = ()
    spent: list[int] = field(default_factory=list)

    def spend(self, access: Access, cost: int) -> Sequence[Allowance]:
        came = sum(amount for moment, amount in self.income if moment <= asyncio.get_running_loop().time())
        if sum(self.spent) + cost > self.left + came:
            raise RateLimited("cost", (), 5)
        self.spent.append(cost)
        return ()


def paying(here: Scene, answers: int, *, later: Sequence[float] = ()) -> Purse:
    """Somebody who can pay for so many answers now, and for another one at each of some moments."""
    prepared = here.world.engine._documents.prepare(CHANGED)
    operation = prepared.operation(None)
    each = operation.cost(operation.coerced({"id": ID}, suggest=False))
    assert each > 1
    start = asyncio.get_running_loop().time()
    purse = Purse(each * answers, [(start + moment, each) for moment in later])
    here.world.engine._admission = purse
    return purse


def test_each_answer_costs_what_the_query_would(play: Play) -> None:
    async def scene(here: Scene) -> None:
        purse = paying(here, 4)
        follower = here.follow(CHANGED, id=ID, initial=True)
        await here.settle()
        assert len(follower.heard) == len(purse.spent) == 1, "the first answer is what was opened for"
        for _ in range(3):
            here.bus.tell("customer.changed", [ANA])
            await here.settle()
        assert len(follower.heard) == len(purse.spent) == 4
        assert len(set(purse.spent)) == 1

    play(scene)


def test_who_has_spent_it_waits_and_misses_nothing(play: Play) -> None:
    async def scene(here: Scene) -> None:
        paying(here, 1, later=(20, 40))
        follower = here.follow(CHANGED, id=ID)
        await here.settle()
        for _ in range(3):
            here.bus.tell("customer.changed", [ANA])
            await here.settle(2)
        assert follower.heard == []
        await here.settle(60)
        first, second = map(changed, follower.heard)
        assert [event["id"] for event in (*first["events"], *second["events"])] == [
            "event-1",
            "event-2",
            "event-3",
        ]
        assert second["cursor"] == cursor(3)
        assert not follower.over

    play(scene)


def test_who_waits_in_vain_is_told_so_and_goes_on_by_the_cursor(play: Play) -> None:
    async def scene(here: Scene) -> None:
        purse = paying(here, 2)
        follower = here.follow(CHANGED, id=ID)
        await here.settle()
        for _ in range(2):
            here.bus.tell("customer.changed", [ANA])
            await here.settle()
        await here.settle(PATIENCE)
        assert follower.over
        assert follower.codes == ["RATE_LIMITED"]
        after = changed(follower.heard[0])["cursor"]
        purse.left *= 2
        again = here.follow(CHANGED, id=ID, after=after)
        await here.settle()
        (missed,) = map(changed, again.heard)
        assert [event["id"] for event in missed["events"]] == ["event-2"]

    play(scene)


def test_who_is_let_in_no_more_while_it_waits_is_answered_nothing(play: Play) -> None:
    async def scene(here: Scene) -> None:
        paying(here, 1, later=(20,))
        follower = here.follow(CHANGED, id=ID)
        await here.settle()
        here.bus.tell("customer.changed", [ANA])
        await here.settle()
        here.ended = AccessEnded("The token was taken back.")
        await here.settle(30)
        assert follower.codes == ["UNAUTHENTICATED"]
        assert len(follower.heard) == 1

    play(scene)


def test_who_may_see_less_by_then_is_told_less(play: Play) -> None:
    async def scene(here: Scene) -> None:
        paying(here, 1, later=(20,))
        follower = here.follow(CHANGED, id=ID)
        await here.settle()
        here.bus.tell("offer.responded", [ANA], product="p1", event="DECLINED")
        await here.settle()
        here.granted = access("agent", purpose=Purpose.RISK)
        await here.settle(30)
        assert follower.heard == []
        assert not follower.over

    play(scene)
