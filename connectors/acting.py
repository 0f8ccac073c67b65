"""Changes at a partner: performed once, and never called done or undone without knowing."""

from __future__ import annotations

import asyncio
import enum
from collections.abc import Awaitable, Mapping
from datetime import timedelta

import msgspec

from c360.access import Access, IdempotencyKey
from c360.contract import Action, ActionOutcome, ActionState, Effect
from c360.kinds import actions
from connectors.asking import WrongOutcome, asked
from connectors.board import Reaper
from connectors.instances import Instance
from connectors.operation import Operation
from connectors.problems import problem
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
        found = await asked(
            self._reaper,
            instance,
            operation,
            lambda: _traced(instance.connector.trace(action)),
            what="perform an action",
        )
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
        found = await asked(
            self._reaper,
            instance,
            operation,
            lambda: _acted_on(instance.connector.act(action)),
            what="perform an action",
        )
        if isinstance(found, ActionOutcome):
            return _acted(instance, action, effect, _STANDING[found.state], outcome=found)
        standing = Standing.UNKNOWN if operation.unsettled else Standing.FAILED
        return _acted(instance, action, effect, standing, found)


async def _acted_on(outcome: Awaitable[object]) -> ActionOutcome:
    return _checked(await outcome)


async def _traced(outcome: Awaitable[object]) -> ActionOutcome | None:
    found = await outcome
    return None if found is None else _checked(found)


def _checked(found: object) -> ActionOutcome:
    if not isinstance(found, ActionOutcome) or not isinstance(found.state, ActionState):
        raise WrongOutcome(f"it returned a {type(found).__name__} instead of an ActionOutcome")
    if (found.rejection is not None) is not (found.state is ActionState.REJECTED):
        raise WrongOutcome("an outcome has a rejection exactly where it is REJECTED")
    return found


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
