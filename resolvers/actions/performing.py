"""Performing actions at partners: by whoever asked for them, and by the worker where that one is gone.

Many processes may do so at once. That an action goes out is committed before it does, by a step that only
one of them takes; a process that does not come back is given up when its lease is over, and the next one
goes on from what is kept. See :mod:`resolvers.actions.machine` for what follows on what.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

import msgspec

from c360.access import Access, IdempotencyKey, Principal, Purpose, TenantId
from c360.contract import Action, Effect, Ref
from c360.errors import C360Error, ProblemCode, place
from c360.kinds import actions
from connectors.acting import Acted, Next, Standing
from connectors.infos import InstanceInfo
from connectors.instances import InstanceState
from resolvers.actions import granting, machine
from resolvers.actions.machine import ActionRules, Doing
from resolvers.actions.pace import Pace
from resolvers.actions.ports import ActingHost, ActionDatabase, ActionUnit
from resolvers.actions.telling import HUB, tell
from store.data_actions import ActionChange, PartnerActionData, PartnerActionState
from store.errors import Conflict, DatabaseLocked, DatabaseUnavailable
from store.errors_actions import ActionMoved
from store.sight import EVERYTHING

PAUSE = 0.05
"""Seconds before a transaction is begun anew; each time twice as long."""
_LONGEST_PAUSE = 2.0
_BATCH = 1.0
"""Seconds after which more is taken on, though what was taken on before has not ended."""
_CROWDED = 0.1
"""Share of a lease that one transaction may take before fewer actions are taken on."""
_UNFIT = timedelta(hours=1)
"""After which it is looked again at what does not fit what such an action takes by now."""
_log = logging.getLogger(__name__)

T = TypeVar("T")


class Performer:
    """Performs actions in this process.

    Args:
        database: where they are kept.
        host: the partners.
        clock: the present, in UTC.
        rules: how long is waited for what.
    """

    def __init__(
        self,
        database: ActionDatabase,
        host: ActingHost,
        clock: Callable[[], datetime],
        rules: ActionRules | None = None,
    ) -> None:
        self.rules = rules or ActionRules()
        self._database = database
        self._host = host
        self._clock = clock
        self._holder = uuid.uuid4().hex
        self._timeout = timedelta(seconds=self.rules.timeout)
        self._lease = timedelta(seconds=self.rules.lease)
        self._pace = Pace(slow=self.rules.lease * _CROWDED)
        self._under_way: dict[tuple[TenantId, str], asyncio.Task[None]] = {}

    async def perform(self, tenant: TenantId, action_id: str, *, wait: timedelta) -> None:
        """Send an action that was asked for, and wait for its end so long at the most.

        It goes on by itself beyond that, and where the caller goes away. What became of it is in the store.
        """
        key = (tenant, action_id)
        task = self._under_way.get(key)
        if task is None:
            task = self._start(key, self._begin(tenant, action_id))
        await asyncio.wait({task}, timeout=max(0.0, wait.total_seconds()))

    async def drain(self, tenant: TenantId) -> None:
        """Do what is to be done about actions until none is due, or as many are under way as may be.

        Args:
            tenant: whose they are.

        Raises:
            StoreError: what is due cannot be read.
        """
        while begun := await self._take_on(tenant):
            await asyncio.wait(begun, timeout=_BATCH)

    async def round(self, tenant: TenantId) -> int:
        """Begin to do what is to be done about actions that are due, once; about how many it is.

        Args:
            tenant: whose they are.

        Raises:
            StoreError: what is due cannot be read.
        """
        return len(await self._take_on(tenant))

    async def _take_on(self, tenant: TenantId) -> Sequence[asyncio.Task[None]]:
        free = self._pace.at_once - len(self._under_way)
        if free <= 0:
            return ()

        async def claim(unit: ActionUnit) -> Sequence[PartnerActionData]:
            return await unit.actions.claim(self._holder, self._clock() + self._lease, limit=free)

        due = await self._transact(tenant, claim)
        # One that outlasted its lease here is not begun a second time: whoever is at it holds it anew.
        fresh = [each for each in due if (tenant, each.id) not in self._under_way]
        return [self._start((tenant, each.id), self._work(tenant, each)) for each in fresh]

    async def close(self, seconds: float) -> None:
        """Wait so long at the most for what is under way; what has not ended then is gone on with later."""
        if self._under_way:
            await asyncio.wait(set(self._under_way.values()), timeout=seconds)

    def _start(self, key: tuple[TenantId, str], work: Awaitable[None]) -> asyncio.Task[None]:
        task = asyncio.ensure_future(self._watched(work))
        self._under_way[key] = task

        def over(_: asyncio.Task[None]) -> None:
            if self._under_way.get(key) is task:
                del self._under_way[key]

        task.add_done_callback(over)
        return task

    async def _watched(self, work: Awaitable[None]) -> None:
        """Whatever goes wrong, the action is looked after again when the lease is over."""
        try:
            await work
        except ActionMoved:
            return  # somebody else goes on with it
        except C360Error as error:
            _log.warning("an action is left for later (%s)", error)
        except Exception as error:  # noqa: BLE001  # nobody waits for it who would tell
            _log.error("an action is left for later: unexpected %s", place(error, lines=3))

    async def _begin(self, tenant: TenantId, action_id: str) -> None:
        action = await self._read(tenant, action_id)
        if action is None or action.holder is not None:
            return
        # What was never sent is the caller's to send; anything else only when somebody wants it looked after.
        due = action.next_at is not None and action.next_at <= self._clock()
        if action.state is PartnerActionState.REQUESTED or due:
            await self._work(tenant, action)

    async def _work(self, tenant: TenantId, action: PartnerActionData) -> None:
        going: PartnerActionData | None = action
        while going is not None:
            going = await self._go_on(tenant, going)

    async def _go_on(self, tenant: TenantId, action: PartnerActionData) -> PartnerActionData | None:
        """Do one thing about an action; as it stands then, where there is more to do at once."""
        now = self._clock()
        effect = self._effect(action)
        doing = machine.next_doing(action, effect, now, self.rules)
        if effect is not None and doing is Doing.SEND:
            rest = self._rest(action)
            if rest is None:
                await self._send(tenant, action, effect)
                return None
            await self._put_off(tenant, action, now + rest, problem=action.problem)
            return None
        if doing is Doing.TRACE:
            return await self._trace(tenant, action)
        if doing is Doing.DOUBT:
            return await self._move(tenant, action, machine.doubting(action, self._holder, now))
        if doing is Doing.EXPIRE:
            await self._move(tenant, action, machine.expiring())
        elif doing is Doing.ASK:
            await self._put_off(tenant, action, None, human_at=now, problem=action.problem)
        elif doing is Doing.WAIT:
            again = machine.waiting(action, now, self.rules)
            await self._put_off(tenant, action, again, problem="DISABLED")
        return None

    async def _send(self, tenant: TenantId, action: PartnerActionData, effect: Effect) -> None:
        wanted = await self._wanted(tenant, action)
        if wanted is None:
            return

        async def go_out(unit: ActionUnit) -> PartnerActionData:
            # The lease begins here, in the transaction: what is waited for the database does not use it up,
            # or a crowd of actions would keep each other from ever going out.
            until = self._clock() + self._lease
            return await _moved(unit, action, machine.sending(self._holder, until))

        sent = await self._transact(tenant, go_out)
        if sent.next_at is None or self._clock() + self._timeout > sent.next_at:
            # So long after the step was taken another process may look after it: it must not go out now.
            acted = Acted(
                connector=action.connector,
                kind=action.kind,
                idempotency_key=wanted.idempotency_key,
                standing=Standing.FAILED,
                next=Next.SEND,
            )
        else:
            acted = await self._host.act(
                action.connector, wanted, access=_access(tenant, action), deadline=self._timeout
            )
        await self._conclude(tenant, sent, acted, effect)
        await self._note_refused(tenant, action, wanted, acted)

    async def _conclude(
        self, tenant: TenantId, action: PartnerActionData, acted: Acted, effect: Effect
    ) -> None:
        """Keep what a sending ended in, even where somebody else has given this process up meanwhile."""
        attempts = action.attempts
        while True:
            now = self._clock()
            change = machine.sent(action, acted, effect, now, self.rules)
            try:
                if change is not None:
                    await self._move(tenant, action, change, stubborn=True)
                    return
                again = machine.waiting(action, now, self.rules)
                reference = None if acted.outcome is None else acted.outcome.reference
                kept = await self._put_off(tenant, action, again, accepted_at=now, reference=reference)
            except ActionMoved:
                kept = False
            if kept:
                return
            present = await self._read(tenant, action.id)
            if present is None or present.state is not PartnerActionState.UNKNOWN:
                return
            # That it took effect stays true; any other answer is of that one sending alone.
            known = acted.standing is Standing.CONFIRMED or (
                acted.standing is Standing.REJECTED and present.attempts == attempts
            )
            if not known:
                return
            action = present

    async def _trace(self, tenant: TenantId, action: PartnerActionData) -> PartnerActionData | None:
        wanted = await self._wanted(tenant, action)
        if wanted is None:
            return None
        acted = await self._host.trace(
            action.connector, wanted, access=_access(tenant, action), deadline=self._timeout
        )
        await self._note_refused(tenant, action, wanted, acted)
        change = machine.traced(action, acted, self._clock(), self.rules)
        if isinstance(change, ActionChange):
            moved = await self._move(tenant, action, change)
            again = moved.state is PartnerActionState.REQUESTED
            return moved if again else None
        problem = None if acted.problem is None else acted.problem.code.value
        await self._put_off(tenant, action, change, problem=problem)
        return None

    def _effect(self, action: PartnerActionData) -> Effect | None:
        info = self._info(action)
        if info is None or info.state is not InstanceState.READY:
            return None
        return info.actions.get(action.kind)

    def _info(self, action: PartnerActionData) -> InstanceInfo | None:
        return next((info for info in self._host.infos() if info.id == action.connector), None)

    def _rest(self, action: PartnerActionData) -> timedelta | None:
        """For how long its partner is left alone, where that has kept it from being sent already.

        All that waits for a partner would otherwise be tried again one by one, only to hear that nothing
        goes out to it: a step forth and one back for each.
        """
        if action.problem is None:
            return None
        (rests,) = (
            [each.retry_in for each in info.left_alone if each.retry_in]
            for info in self._host.infos()
            if info.id == action.connector
        )
        return timedelta(seconds=max(*rests, self.rules.first_retry)) if rests else None

    async def _wanted(self, tenant: TenantId, action: PartnerActionData) -> Action | None:
        """The action as the connector takes it; none where something stands in the way.

        That is kept, unless it is that the customer was erased: a grant is missing, or what was asked for
        does not fit any more.
        """
        async with self._database.read(tenant, EVERYTHING) as unit:
            content = (await unit.actions.contents([action])).get(action.id)
            held = await granting.held(unit, action, self._info(action))
        if content is None:
            return None
        if held.missing is not None:
            again = machine.waiting(action, self._clock(), self.rules)
            await self._put_off(tenant, action, again, problem=held.missing.value)
            return None
        try:
            asked = msgspec.json.decode(content, type=actions()[action.kind].input)
        except msgspec.ValidationError:
            # It was taken by wider rules than those of today, and goes out no more: it is over in its time.
            over = max(action.valid_until, self._clock() + _UNFIT)
            await self._put_off(tenant, action, over, problem=ProblemCode.CONNECTOR_FAULT.value)
            return None
        return Action(
            kind=action.kind,
            ref=Ref(party_id=action.party_id, grant=held.token),
            input=asked,
            idempotency_key=IdempotencyKey(action.id),
            requested_at=action.requested_at,
            reference=action.reference,
        )

    async def _note_refused(
        self, tenant: TenantId, action: PartnerActionData, wanted: Action, acted: Acted
    ) -> None:
        """Where the partner refused the customer's grant, it is not sent again."""
        token = wanted.ref.grant
        if token is None or acted.problem is None:
            return
        if acted.problem.code is ProblemCode.REAUTHORISATION_REQUIRED:
            await self._transact(tenant, lambda unit: unit.grants.refused(granting.which(action), token))

    async def _read(self, tenant: TenantId, action_id: str) -> PartnerActionData | None:
        async with self._database.read(tenant, EVERYTHING) as unit:
            return (await unit.actions.get([action_id])).get(action_id)

    async def _move(
        self, tenant: TenantId, action: PartnerActionData, change: ActionChange, *, stubborn: bool = False
    ) -> PartnerActionData:
        return await self._transact(tenant, lambda unit: _moved(unit, action, change), stubborn=stubborn)

    async def _put_off(
        self, tenant: TenantId, action: PartnerActionData, until: datetime | None, **more: Any
    ) -> bool:
        async def work(unit: ActionUnit) -> bool:
            done = await unit.actions.put_off(action, until, **more)
            if done and (more.get("human_at") or more.get("accepted_at")):
                await tell(unit, action, (await unit.actions.get([action.id]))[action.id])
            return done

        return await self._transact(tenant, work)

    async def _transact(
        self, tenant: TenantId, work: Callable[[ActionUnit], Awaitable[T]], *, stubborn: bool = False
    ) -> T:
        """Do something in one transaction, anew where somebody was in its way.

        Args:
            tenant: whose data it is.
            work: what to do.
            stubborn: whether to go on trying for as long as the action is held while the database does not
                answer: what a partner answered may be learnt once only.

        Raises:
            StoreError: it could not be done.
        """
        clock = asyncio.get_running_loop().time
        begun = clock()
        ends = begun + (self.rules.lease if stubborn else 3.0)
        pause = PAUSE
        try:
            while True:
                try:
                    async with self._database.unit(tenant, EVERYTHING) as unit:
                        return await work(unit)
                except (Conflict, DatabaseLocked):
                    if clock() > ends:
                        raise
                except DatabaseUnavailable:
                    if not stubborn or clock() > ends:
                        raise
                await asyncio.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)
        finally:
            self._pace.took(begun, clock())


async def _moved(unit: ActionUnit, action: PartnerActionData, change: ActionChange) -> PartnerActionData:
    """An action after a step of the hub's own, of which is told in the same transaction."""
    moved = await unit.actions.move(action, change, by=HUB)
    await tell(unit, action, moved)
    return moved


def _access(tenant: TenantId, action: PartnerActionData) -> Access:
    purpose = Purpose(action.purpose)
    principal = Principal(subject=action.requested_by, tenant=tenant, purposes=frozenset({purpose}))
    return Access(principal=principal, purpose=purpose)
