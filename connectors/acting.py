"""Changes at a partner: performed once, and never called done or undone without knowing."""

from __future__ import annotations

import asyncio
import enum
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

import msgspec

from c360.access import Access, IdempotencyKey
from c360.contract import Action, ActionOutcome, ActionState, Effect, Medium
from c360.errors import ConnectorError, OutcomeUnknown, ProblemCode
from c360.kinds import actions
from connectors.board import Reaper
from connectors.instances import Instance
from connectors.operation import Operation, during
from connectors.problems import problem, problem_of
from connectors.results import SourceProblem


class Standing(enum.Enum):
    """What is known of an action."""

    CONFIRMED = "CONFIRMED"
    """It took effect."""
    PENDING = "PENDING"
    """The partner has it and will decide."""
    REJECTED = "REJECTED"
    """The partner refused it: it has no effect and never will."""
    FAILED = "FAILED"
    """It never got as far as the partner's deciding: it has no effect, and may be sent again."""
    UNKNOWN = "UNKNOWN"
    """It was sent, and nothing tells what became of it."""


class Next(enum.Enum):
    """What may be done about an action as it stands."""

    NOTHING = "NOTHING"
    """It is settled."""
    SEND = "SEND"
    """Send it, under the same key: nothing happened yet, or the partner takes the key only once."""
    TRACE = "TRACE"
    """Ask the partner what became of it; where it knows of none, send it again."""
    ASK = "ASK"
    """A human has to ask the partner: nothing else can tell."""


BECOMES: Mapping[Standing, frozenset[Standing]] = {
    Standing.CONFIRMED: frozenset(),
    Standing.REJECTED: frozenset(),
    Standing.PENDING: frozenset({Standing.CONFIRMED, Standing.REJECTED}),
    Standing.UNKNOWN: frozenset(Standing) - {Standing.UNKNOWN},
    Standing.FAILED: frozenset(Standing) - {Standing.FAILED},
}
"""What each standing may turn into, for whoever keeps actions. What is settled stays as it is."""


def following(standing: Standing, effect: Effect) -> Next:
    """What may be done about an action of that effect."""
    if standing in {Standing.CONFIRMED, Standing.REJECTED}:
        return Next.NOTHING
    if standing is Standing.FAILED:
        return Next.SEND
    if standing is Standing.PENDING:
        return Next.TRACE
    return {Effect.KEYED: Next.SEND, Effect.TRACEABLE: Next.TRACE, Effect.UNTRACEABLE: Next.ASK}[effect]


class Acted(msgspec.Struct, frozen=True, kw_only=True):
    """What became of an action, as far as it is known."""

    connector: str
    """Instance id."""
    kind: str
    idempotency_key: IdempotencyKey
    standing: Standing
    next: Next
    outcome: ActionOutcome | None = None
    """What the partner said; none where it said nothing."""
    problem: SourceProblem | None = None
    """Why it said nothing."""


class WrongOutcome(Exception):
    """A plugin answered what the contract does not allow. The message says what, without data."""


class Acting:
    """Performs and traces actions at the instances of a host.

    Args:
        reaper: looks after work that outlives its deadline.
    """

    def __init__(self, reaper: Reaper) -> None:
        self._reaper = reaper
        self._under_way: dict[tuple[str, IdempotencyKey], tuple[Action, asyncio.Task[Acted]]] = {}

    async def act(self, instance: Instance, action: Action, *, access: Access, deadline: timedelta) -> Acted:
        """Perform an action. Never raises for a partner or plugin, and ends by the deadline.

        The same action twice at the same time is sent once. Its requests are repeated only where they
        carry its key and the partner honours it.

        Raises:
            ValueError: the instance declares no such action, the input is not the action's, or its key
                is in use for another action just now.
        """
        effect = _effect(instance, action)
        if instance.obstacle is not None:
            return _acted(instance, action, effect, Standing.FAILED, problem(instance.obstacle))
        key = (instance.id, action.idempotency_key)
        other, task = self._under_way.get(key, (action, None))
        if other != action:
            raise ValueError("another action is under way under this idempotency key")
        if task is None:
            task = asyncio.create_task(self._act(instance, action, effect, access, deadline))
            self._under_way[key] = (action, task)
            task.add_done_callback(lambda _: self._under_way.pop(key, None))
        # A caller that goes away does not take back what may be on its way already.
        return await asyncio.shield(task)

    async def trace(
        self, instance: Instance, action: Action, *, access: Access, deadline: timedelta
    ) -> Acted:
        """Find out what became of an action that was sent: ``FAILED`` where the partner knows of none.

        ``UNKNOWN`` where it could not be found out, which changes nothing about the action.

        Raises:
            ValueError: the instance declares no such action, or the input is not the action's.
        """
        effect = _effect(instance, action)
        if instance.obstacle is not None:
            return _acted(instance, action, effect, Standing.UNKNOWN, problem(instance.obstacle))
        operation = _operation(action, access, deadline, key=None)
        found = await self._done(instance, operation, lambda: instance.connector.trace(action))
        if isinstance(found, SourceProblem):
            return _acted(instance, action, effect, Standing.UNKNOWN, found)
        if found is None:
            return _acted(instance, action, effect, Standing.FAILED)
        return _acted(instance, action, effect, _STANDING[found.state], outcome=found)

    async def _act(
        self, instance: Instance, action: Action, effect: Effect, access: Access, deadline: timedelta
    ) -> Acted:
        key = action.idempotency_key if effect is Effect.KEYED else None
        operation = _operation(action, access, deadline, key=key)
        found = await self._done(instance, operation, lambda: _some(instance.connector.act(action)))
        if isinstance(found, ActionOutcome):
            return _acted(instance, action, effect, _STANDING[found.state], outcome=found)
        trouble = found if found is not None else problem(ProblemCode.CONNECTOR_FAULT)
        standing = Standing.UNKNOWN if operation.unsettled else Standing.FAILED
        return _acted(instance, action, effect, standing, trouble)

    async def _done(
        self,
        instance: Instance,
        operation: Operation,
        call: Callable[[], Awaitable[ActionOutcome | None]],
    ) -> ActionOutcome | SourceProblem | None:
        """What a plugin's call ends in by the deadline; ``operation.unsettled`` tells what is open."""
        loop = asyncio.get_running_loop()
        with during(operation):
            work = loop.create_task(_call(instance, operation, call), name=f"action at {instance.id}")
        try:
            await asyncio.wait({work}, timeout=max(0.0, operation.remaining()))
            if work.done() and not work.cancelled():
                return work.result()
            instance.health.failed(ProblemCode.DEADLINE_EXCEEDED)
            _suspect(instance, operation)
            return problem(ProblemCode.DEADLINE_EXCEEDED)
        finally:
            self._reaper.abandon({work})
            operation.close()


async def _call(
    instance: Instance, operation: Operation, call: Callable[[], Awaitable[ActionOutcome | None]]
) -> ActionOutcome | SourceProblem | None:
    try:
        with instance.working():
            found = _checked(await call())
    except ConnectorError as error:
        instance.complaints.partner("perform an action", error)
        instance.health.failed(problem_of(error).code)
        if isinstance(error, OutcomeUnknown):
            operation.unsettled = max(1, operation.unsettled)
        return problem_of(error)
    except WrongOutcome as wrong:
        instance.complaints.contract(wrong)
    except (Exception, SystemExit) as error:  # noqa: BLE001  # a stranger's code may raise anything
        instance.complaints.fault(error)
    else:
        instance.health.succeeded()
        return found
    _suspect(instance, operation)
    instance.health.failed(ProblemCode.CONNECTOR_FAULT)
    return problem(ProblemCode.CONNECTOR_FAULT)


async def _some(outcome: Awaitable[object]) -> ActionOutcome:
    found = await outcome
    if found is None:
        raise WrongOutcome("act() returned None instead of an ActionOutcome")
    return found  # type: ignore[return-value]  # checked with everything else


def _checked(found: object) -> ActionOutcome | None:
    if found is None:
        return None
    if not isinstance(found, ActionOutcome) or not isinstance(found.state, ActionState):
        raise WrongOutcome(f"it returned a {type(found).__name__} instead of an ActionOutcome")
    if (found.rejection is not None) is not (found.state is ActionState.REJECTED):
        raise WrongOutcome("an outcome has a rejection exactly where it is REJECTED")
    return found


def _suspect(instance: Instance, operation: Operation) -> None:
    """What goes by another medium than HTTP is not seen on its way: it may have happened."""
    if instance.description is not None and instance.description.medium is not Medium.HTTP:
        operation.unsettled = max(1, operation.unsettled)


def _effect(instance: Instance, action: Action) -> Effect:
    declared = instance.description.actions if instance.description else ()
    kind = actions().get(action.kind)
    for spec in declared:
        if spec.kind == action.kind and kind is not None:
            if type(action.input) is not kind.input:
                raise ValueError(f"{action.kind} takes a {kind.input.__name__}")
            return spec.effect
    raise ValueError(f"{instance.id} performs no {action.kind}")


def _operation(
    action: Action, access: Access, deadline: timedelta, *, key: IdempotencyKey | None
) -> Operation:
    ends = asyncio.get_running_loop().time() + deadline.total_seconds()
    return Operation(access, ends, personal=frozenset({action.ref.party_id}), key=key)


_STANDING = {state: Standing[state.name] for state in ActionState}


def _acted(
    instance: Instance,
    action: Action,
    effect: Effect,
    standing: Standing,
    trouble: SourceProblem | None = None,
    *,
    outcome: ActionOutcome | None = None,
) -> Acted:
    return Acted(
        connector=instance.id,
        kind=action.kind,
        idempotency_key=action.idempotency_key,
        standing=standing,
        next=following(standing, effect),
        outcome=outcome,
        problem=trouble,
    )
