"""However sending, dying, standing still, late answers, looking up and people follow on each other:
nothing takes effect twice, and what is settled is true."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from c360.contract import Effect
from resolvers.actions.machine import ActionRules
from resolvers.actions.telling import tell
from store.data_actions import (
    FINAL,
    ActionChange,
    ActionRejection,
    PartnerActionState,
    StepReason,
)
from tests.fixtures.sizes import size
from tests.resolvers.actions.world import LATEST, Died, Fate, Process, T, Unit, World

REQUESTED, SENT, CONFIRMED, REJECTED, UNKNOWN = PartnerActionState
TROUBLE = st.dictionaries(st.integers(1, 9), st.sampled_from(["die", "park"]), max_size=2)
MOVES = st.one_of(
    st.tuples(st.just("perform"), TROUBLE),
    st.tuples(st.just("round"), TROUBLE),
    st.tuples(st.just("wait"), st.sampled_from([1, 5, 11, 29, 31, 61, 3_600, 90_000])),
    st.tuples(st.just("go on"), st.none()),
    st.tuples(st.just("cancel"), st.none()),
    st.tuples(st.just("person"), st.none()),
    st.tuples(st.just("retry"), st.none()),
    st.tuples(st.just("decide"), st.booleans()),
    st.tuples(st.just("deaf"), st.booleans()),
)


class Play:
    """One action in a world, and all the processes that ever did something about it."""

    def __init__(self, effect: Effect, fates: list[Fate]) -> None:
        self.world = World(effect, fates=fates)
        self.processes: list[Process] = []

    async def move(self, what: str, more: Any) -> None:
        """One thing happens."""
        if what in {"perform", "round"}:
            await self._process(what, more)
        elif what == "wait":
            self.world.pass_time(timedelta(seconds=more))
        elif what == "go on":
            await self.go_on()
        elif what == "cancel":
            await self.cancel()
        elif what == "person":
            await self.person()
        elif what == "retry":
            await self.retry()
        elif what == "decide":
            self.world.decide(well=more)
        else:
            self.world.deaf = more

    async def _process(self, what: str, trouble: dict[int, str]) -> None:
        process = Process(self.world, trouble)
        self.processes.append(process)

        async def run() -> None:
            if what == "perform":
                await process.performer.perform(T, "a1", wait=timedelta(minutes=1))
            else:
                await process.performer.round(T)
                await process.performer.close(60)

        process.work = asyncio.ensure_future(_mortal(run()))
        await self._still()

    async def _still(self) -> None:
        """Until everybody has come to an end, died or stands still."""
        while not all(each.still for each in self.processes):  # noqa: ASYNC110  # whose order is the test's
            await asyncio.sleep(0)

    async def go_on(self) -> None:
        for process in self.processes:
            process.go_on()
        await self._still()

    async def cancel(self) -> None:
        action = self.world.action
        if action.state is REQUESTED:
            change = ActionChange(
                after=REJECTED, reason=StepReason.CANCELLED, rejection=ActionRejection.CANCELLED
            )
            await self._decided(change)

    async def _decided(self, change: ActionChange) -> None:
        unit, before = Unit(self.world), self.world.action
        await tell(unit, before, await unit.move(before, change, by="agent"))

    async def person(self) -> None:
        """Somebody asks the partner, when nothing is on its way any more, and says what they heard."""
        action = self.world.action
        if action.state is not UNKNOWN or action.holder is not None or action.human_at is None:
            return
        self.world.pass_time(LATEST)
        took = bool(self.world.effects)
        change = ActionChange(
            after=CONFIRMED if took else REJECTED,
            reason=StepReason.VERDICT,
            rejection=None if took else ActionRejection.NO_EFFECT,
        )
        await self._decided(change)

    async def retry(self) -> None:
        action, now = self.world.action, self.world.now
        alone = action.state is UNKNOWN and self.world.effect is Effect.UNTRACEABLE
        if action.state not in {REQUESTED, UNKNOWN} or action.holder is not None or alone:
            return
        self.world.actions["a1"] = msgspec.structs.replace(
            action,
            next_at=now,
            valid_until=now + timedelta(hours=24),
            doubtful_at=None if action.doubtful_at is None else now,
            human_at=None,
        )
        await tell(Unit(self.world), action, self.world.action)

    async def heal(self) -> None:
        """Everybody comes back, everything works, and time passes until nothing is left to do."""
        await self.go_on()
        self.world.deaf = False
        self.world.fates.clear()
        for _ in range(150):
            if self.world.action.next_at is None:
                break
            self.world.decide(well=True)
            self.world.pass_time(timedelta(minutes=20))
            await self._process("round", {})
        await self.go_on()


async def _mortal(work: Any) -> None:
    try:
        await work
    except Died:
        return


def _play(effect: Effect, fates: list[Fate], moves: list[tuple[str, Any]]) -> World:
    async def go() -> World:
        asyncio.get_running_loop().set_exception_handler(lambda *_: None)  # of those who died
        play = Play(effect, list(fates))
        play.world.ask()
        for what, more in moves:
            await play.move(what, more)
            assert len(play.world.effects) <= 1
        await play.heal()
        return play.world

    return asyncio.run(go())


@settings(max_examples=size(120, 250))
@given(
    effect=st.sampled_from(Effect),
    fates=st.lists(st.sampled_from(Fate), max_size=4),
    moves=st.lists(MOVES, min_size=1, max_size=8),
)
def test_never_two_effects_and_never_a_wrong_end(
    effect: Effect, fates: list[Fate], moves: list[tuple[str, Any]]
) -> None:
    world = _play(effect, fates, moves)
    action = world.action
    assert len(world.effects) <= 1
    if action.state is CONFIRMED:
        assert len(world.effects) == 1
    elif action.state is REJECTED:
        assert world.effects == []
    else:
        # Nobody gave it up: a person was asked, for what nobody can find out.
        assert action.human_at is not None
        assert world.tasks == 1
    if action.state in FINAL:
        assert world.tasks == 0
    # What is settled was settled once, and stayed so.
    assert not any(state in FINAL for state in world.steps[:-1])


@settings(max_examples=60)
@given(
    effect=st.sampled_from([Effect.KEYED, Effect.TRACEABLE]),
    fates=st.lists(st.sampled_from([Fate.LOST, Fate.UNANSWERED, Fate.LATE, Fate.UNREACHED]), max_size=3),
    moves=st.lists(
        st.tuples(st.sampled_from(["perform", "round"]), TROUBLE)
        | st.tuples(st.just("wait"), st.sampled_from([1, 31, 61])),
        max_size=6,
    ),
)
def test_with_a_key_or_a_look_up_it_takes_effect_once(
    effect: Effect, fates: list[Fate], moves: list[tuple[str, Any]]
) -> None:
    """Exactly once, and no person is needed, whatever dies and gets lost on the way."""
    world = _play(effect, fates, [("perform", {}), *moves])
    assert world.action.state is CONFIRMED
    assert len(world.effects) == 1


def test_what_was_sent_and_nobody_can_trace_is_not_sent_again() -> None:
    world = _play(Effect.UNTRACEABLE, [Fate.LOST], [("perform", {}), ("wait", 3_600), ("retry", None)])
    assert world.steps == [REQUESTED, SENT, UNKNOWN]
    assert (world.effects, world.tasks) == ([], 1)


def test_a_partner_that_decides_later_is_asked_again_until_it_has() -> None:
    world = _play(Effect.KEYED, [Fate.PENDING], [("perform", {}), ("wait", 3_600), ("round", {})])
    assert world.steps == [REQUESTED, SENT, CONFIRMED]


def test_what_may_still_arrive_is_not_sent_again() -> None:
    """A look-up that finds nothing is believed only when nothing is on its way any more."""
    rounds = [("wait", 5), ("round", {}), ("wait", 11), ("round", {}), ("wait", 31), ("round", {})]
    world = _play(Effect.TRACEABLE, [Fate.LATE], [("perform", {}), *rounds])
    assert world.steps == [REQUESTED, SENT, UNKNOWN, CONFIRMED]
    assert len(world.effects) == 1


def test_an_attempt_that_does_not_arrive_says_nothing_of_the_one_before() -> None:
    """Otherwise it could be called off although it took effect."""
    fates = [Fate.UNANSWERED, Fate.UNREACHED]
    world = _play(Effect.KEYED, fates, [("perform", {}), ("wait", 5), ("round", {}), ("cancel", None)])
    assert world.steps == [REQUESTED, SENT, UNKNOWN, SENT, UNKNOWN, SENT, CONFIRMED]
    assert len(world.effects) == 1


_SENT_KEPT, _ANSWERED = 2, 4
"""Numbers of the points right after it is kept that an action goes out, and right after its answer."""


def test_who_was_given_up_sends_nothing_any_more() -> None:
    """A process that stood still after its step: a person has found meanwhile that nothing happened."""
    stands = {_SENT_KEPT: "park"}
    moves = [("perform", stands), ("wait", 31), ("round", {}), ("person", None), ("go on", None)]
    world = _play(Effect.UNTRACEABLE, [], moves)
    assert world.action.state is REJECTED
    assert world.effects == []


def test_a_late_refusal_is_of_its_own_sending_alone() -> None:
    """It was sent again since, and that one took effect."""
    fates = [Fate.REFUSED, Fate.UNANSWERED]
    moves = [("perform", {_ANSWERED: "park"}), ("wait", 61), ("round", {}), ("go on", None)]
    world = _play(Effect.TRACEABLE, fates, moves)
    assert world.action.state is CONFIRMED
    assert len(world.effects) == 1


def test_a_late_confirmation_counts_whoever_went_on_meanwhile() -> None:
    moves = [("perform", {_ANSWERED: "park"}), ("wait", 31), ("round", {}), ("go on", None)]
    world = _play(Effect.UNTRACEABLE, [], moves)
    assert world.steps == [REQUESTED, SENT, UNKNOWN, CONFIRMED]
    assert (len(world.effects), world.tasks) == (1, 0)


def test_waiting_for_the_database_keeps_nothing_from_going_out() -> None:
    """However long the queue is: the time for which an action is held begins when its turn has come."""

    async def go() -> World:
        world = World(Effect.KEYED, queue=timedelta(seconds=40))
        world.ask()
        await Process(world).performer.perform(T, "a1", wait=timedelta(minutes=1))
        return world

    world = asyncio.run(go())
    assert world.steps == [REQUESTED, SENT, CONFIRMED]


def test_what_a_process_is_still_at_is_not_begun_a_second_time() -> None:
    """Its time ran out, and the same process finds it due: it goes on with what it has begun."""

    async def go() -> tuple[int, World]:
        world = World(Effect.KEYED)
        world.ask()
        world.pass_time(timedelta(seconds=31))
        process = Process(world, {_TAKEN_ON: "park"})
        await process.performer.round(T)
        while not process.parked:  # noqa: ASYNC110  # whose order is the test's
            await asyncio.sleep(0)
        world.pass_time(timedelta(seconds=31))
        again = await process.performer.round(T)
        process.go_on()
        await process.performer.close(60)
        return again, world

    again, world = asyncio.run(go())
    assert again == 0
    assert world.steps == [REQUESTED, SENT, CONFIRMED]


def test_what_is_due_is_done_without_waiting_for_the_next_round() -> None:
    """However few a process takes on at once."""

    async def go() -> World:
        world = World(Effect.KEYED)
        for number in range(5):
            world.ask(f"a{number + 1}")
        world.pass_time(timedelta(seconds=31))
        process = Process(world)
        process.performer._pace._at_once = 2.0
        await process.performer.drain(T)
        return world

    world = asyncio.run(go())
    assert {action.state for action in world.actions.values()} == {CONFIRMED}


_TAKEN_ON = 3
"""Number of the point right before it is kept that an action goes out, where a round has taken it on."""


def test_what_a_partner_decides_is_looked_up_ever_more_seldom() -> None:
    rules = ActionRules(longest_retry=900, longest_lookup=4)
    day = timedelta(days=1)
    assert rules.after(timedelta(minutes=2), deciding=True) == timedelta(minutes=1)
    assert (rules.after(day), rules.after(day, deciding=True)) == (timedelta(minutes=15), timedelta(hours=4))
