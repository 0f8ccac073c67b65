"""A store, a partner and processes in memory, where anything may die or stand still at any point.

The store takes steps as the real one does (its own function says what a step changes), the partner counts
what took effect, and time passes only when it is told to.
"""

from __future__ import annotations

import asyncio
import enum
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from c360.access import Access, TenantId
from c360.actions import Action, ActionOutcome, ActionState, RejectionCode
from c360.contract import Effect, Lookup
from c360.errors import ProblemCode
from c360.records.loyalty import AdjustPoints
from connectors.acting import Acted, Standing, following
from connectors.infos import InstanceInfo
from connectors.instances import InstanceState
from connectors.results import SourceProblem
from resolvers.actions.machine import ActionRules
from resolvers.actions.performing import Performer
from store.data_actions import BECOMES, ActionChange, ActionRejection, PartnerActionData, PartnerActionState
from store.errors_actions import ActionMoved
from store.repositories.actions import _values
from store.sight import EVERYTHING, Sight

T = TenantId("t")
KIND = "loyalty.adjust_points"
RULES = ActionRules(timeout=10, lease=30, settle=60, first_retry=2, longest_retry=900)
LATEST = timedelta(seconds=20)
"""After which nothing arrives any more that was sent."""


class Died(BaseException):
    """The process is killed here."""


class Fate(enum.Enum):
    """What becomes of a request at the partner."""

    TAKEN = "TAKEN"
    REFUSED = "REFUSED"
    PENDING = "PENDING"
    """The partner has it and decides later."""
    LOST = "LOST"
    """The request never arrives, and nobody says so."""
    UNANSWERED = "UNANSWERED"
    """It takes effect, and the answer is lost."""
    LATE = "LATE"
    """It arrives after everybody stopped waiting."""
    UNREACHED = "UNREACHED"
    """It certainly did not get as far as the partner."""


@dataclass
class World:
    """Everything that is outside of the processes."""

    effect: Effect
    now: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    actions: dict[str, PartnerActionData] = field(default_factory=dict)
    steps: list[PartnerActionState] = field(default_factory=list)
    tasks: int = 0
    fates: list[Fate] = field(default_factory=list)
    """Of the next requests; taken where none is left."""
    effects: list[str] = field(default_factory=list)
    """Keys of what took effect at the partner, in order."""
    answers: dict[str, ActionOutcome] = field(default_factory=dict)
    """What the partner made of each key that it knows."""
    arriving: list[tuple[datetime, str]] = field(default_factory=list)
    deaf: bool = False
    """Whether looking something up fails."""
    queue: timedelta = timedelta(0)
    """For how long a transaction waits for its turn."""

    def clock(self) -> datetime:
        return self.now

    def pass_time(self, by: timedelta) -> None:
        """Time passes, and what was on its way arrives."""
        self.now += by
        due = [key for at, key in self.arriving if at <= self.now]
        self.arriving = [(at, key) for at, key in self.arriving if at > self.now]
        for key in due:
            self.take(key)

    def take(self, key: str) -> ActionOutcome:
        """The request takes effect, once under a key that the partner honours."""
        if self.effect is Effect.KEYED and key in self.answers:
            return self.answers[key]
        self.effects.append(key)
        self.answers[key] = ActionOutcome(state=ActionState.CONFIRMED, reference="r")
        return self.answers[key]

    def decide(self, *, well: bool) -> None:
        """The partner decides what it has."""
        for key, answer in list(self.answers.items()):
            if answer.state is ActionState.PENDING:
                del self.answers[key]
                if well:
                    self.take(key)
                else:
                    self.answers[key] = _REFUSED

    def ask(self, action_id: str = "a1") -> PartnerActionData:
        """An action is asked for."""
        action = PartnerActionData(
            id=action_id,
            customer_id="c",
            home_id="c",
            connector="p",
            kind=KIND,
            party_id="m",
            state=PartnerActionState.REQUESTED,
            seq=1,
            purpose="SERVICE",
            requested_at=self.now,
            requested_by="agent",
            valid_until=self.now + timedelta(hours=24),
            next_at=self.now + timedelta(seconds=30),
        )
        self.actions[action.id] = action
        self.steps.append(action.state)
        return action

    @property
    def action(self) -> PartnerActionData:
        return self.actions["a1"]


_REFUSED = ActionOutcome(state=ActionState.REJECTED, rejection=RejectionCode.CONFLICT)


@dataclass
class Process:
    """One process of the hub: a performer that can be killed or stopped at any point."""

    world: World
    trouble: dict[int, str] = field(default_factory=dict)
    """``die`` or ``park`` by the number of the point."""
    passed: int = 0
    parked: list[asyncio.Event] = field(default_factory=list)
    work: asyncio.Future[None] | None = None

    @property
    def still(self) -> bool:
        """Whether it has come to its end, died, or stands still."""
        return bool(self.parked) or self.work is None or self.work.done()

    def __post_init__(self) -> None:
        database, host = Store(self), Host(self)
        self.performer = Performer(database, host, self.world.clock, RULES)

    async def point(self, *, parks: bool = True) -> None:
        """A point at which the process may die, or stand still until it is let go on."""
        self.passed += 1
        what = self.trouble.get(self.passed)
        if what == "die":
            raise Died
        if what == "park" and parks:
            wait = asyncio.Event()
            self.parked.append(wait)
            await wait.wait()
        await asyncio.sleep(0)

    def go_on(self) -> None:
        """Let it go on where it stands still."""
        for each in self.parked:
            each.set()
        self.parked.clear()


@dataclass
class Store:
    """What the performer sees of the database: commits are points."""

    process: Process

    @asynccontextmanager
    async def read(self, _tenant: TenantId, _sight: Sight = EVERYTHING) -> AsyncIterator[Any]:
        yield Unit(self.process.world)

    @asynccontextmanager
    async def unit(self, _tenant: TenantId, _sight: Sight = EVERYTHING) -> AsyncIterator[Any]:
        world = self.process.world
        world.pass_time(world.queue)
        await self.process.point()
        before = dict(world.actions), list(world.steps), world.tasks
        try:
            yield Unit(world)
        except BaseException:
            world.actions, world.steps, world.tasks = before
            raise
        await self.process.point()


@dataclass
class Unit:
    """One transaction: nobody else comes in between, as the database has it."""

    world: World

    @property
    def actions(self) -> Unit:
        return self

    @property
    def tasks(self) -> Unit:
        return self

    @property
    def outbox(self) -> Unit:
        return self

    def add(self, drafts: Iterable[Any]) -> None:
        """Events are written."""

    async def open(self, *_: Any, **__: Any) -> None:
        self.world.tasks += 1

    async def close_about(self, *_: Any, **__: Any) -> None:
        self.world.tasks -= 1

    async def get(self, ids: Iterable[str]) -> dict[str, PartnerActionData]:
        return {one: self.world.actions[one] for one in ids}

    async def contents(self, actions: Iterable[PartnerActionData]) -> dict[str, bytes]:
        return {one.id: msgspec.json.encode(AdjustPoints(membership_id="m", points=1)) for one in actions}

    async def move(
        self, action: PartnerActionData, change: ActionChange, *, by: str, note: str | None = None
    ) -> PartnerActionData:
        present = self.world.actions[action.id]
        if (present.seq, present.state) != (action.seq, action.state):
            raise ActionMoved(action.id)
        assert change.after in BECOMES[present.state]
        values = _values(action, change, self.world.now)
        values |= {"state": PartnerActionState(values["state"]), "seq": action.seq + 1}
        if "rejection" in values:
            values["rejection"] = ActionRejection(values["rejection"])
        moved = msgspec.structs.replace(present, **values)
        self.world.actions[action.id] = moved
        self.world.steps.append(moved.state)
        return moved

    async def put_off(
        self, action: PartnerActionData, next_at: datetime | None, *, holder: str | None = None, **more: Any
    ) -> bool:
        present = self.world.actions[action.id]
        if (present.seq, present.holder) != (action.seq, action.holder):
            return False
        kept = {name: more.get(name) or getattr(action, name) for name in _KEPT}
        problem = more.get("problem")
        self.world.actions[action.id] = msgspec.structs.replace(
            present, next_at=next_at, holder=holder, problem=problem, **kept
        )
        return True

    async def claim(self, holder: str, until: datetime, *, limit: int = 20) -> tuple[PartnerActionData, ...]:
        due = [one for one in self.world.actions.values() if one.next_at and one.next_at <= self.world.now]
        due = due[:limit]
        for one in due:
            self.world.actions[one.id] = msgspec.structs.replace(one, holder=holder, next_at=until)
        return tuple(self.world.actions[one.id] for one in due)


_KEPT = ("human_at", "accepted_at", "reference")


@dataclass
class Host:
    """What the performer sees of the partner: a call is a point before it and one after it."""

    process: Process

    def infos(self) -> tuple[InstanceInfo, ...]:
        return (
            InstanceInfo(
                id="p",
                plugin="p",
                title="P",
                domain="loyalty",
                lookup=Lookup.BY_KEY,
                kinds=(),
                identifies=(),
                feeds=(),
                actions={KIND: self.process.world.effect},
                documentation="",
                state=InstanceState.READY,
                problem=None,
                calls=0,
                errors=0,
                last_problem=None,
                last_problem_at=None,
                last_success_at=None,
                latency_p50=None,
                latency_p95=None,
            ),
        )

    async def act(self, _instance: str, action: Action, *, access: Access, deadline: timedelta) -> Acted:
        await self.process.point(parks=False)
        acted = self._acted(action)
        await self.process.point()
        return acted

    def _acted(self, action: Action) -> Acted:
        world, key = self.process.world, str(action.idempotency_key)
        fate = world.fates.pop(0) if world.fates else Fate.TAKEN
        if fate is Fate.UNREACHED:
            return self._told(action, Standing.FAILED)
        if fate is Fate.LATE:
            world.arriving.append((world.now + LATEST, key))
        elif fate is Fate.UNANSWERED:
            world.take(key)
        if fate in {Fate.LATE, Fate.UNANSWERED, Fate.LOST}:
            return self._told(action, Standing.UNKNOWN)
        if world.effect is Effect.KEYED and key in world.answers:
            answer = world.answers[key]
        elif fate is Fate.TAKEN:
            answer = world.take(key)
        else:
            answer = _REFUSED if fate is Fate.REFUSED else ActionOutcome(state=ActionState.PENDING)
            if fate is Fate.PENDING or world.effect is Effect.KEYED:
                world.answers[key] = answer
        return self._told(action, Standing[answer.state.name], answer)

    async def trace(self, _instance: str, action: Action, *, access: Access, deadline: timedelta) -> Acted:
        await self.process.point()
        world = self.process.world
        if world.deaf:
            return self._told(action, Standing.UNKNOWN)
        answer = world.answers.get(str(action.idempotency_key))
        if answer is None:
            return self._told(action, Standing.FAILED)
        return self._told(action, Standing[answer.state.name], answer)

    def _told(self, action: Action, standing: Standing, outcome: ActionOutcome | None = None) -> Acted:
        silent = outcome is None and standing is not Standing.FAILED
        problem = SourceProblem(code=ProblemCode.DEADLINE_EXCEEDED, message="late") if silent else None
        return Acted(
            connector="p",
            kind=action.kind,
            idempotency_key=action.idempotency_key,
            standing=standing,
            next=following(standing, self.process.world.effect),
            outcome=outcome,
            problem=problem,
        )
