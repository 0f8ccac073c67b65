"""Waiting until every action is at its end, and what is said of those that are not."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from c360.access import TenantId
from store.columns import utc_now
from store.data_actions import FINAL, ActionFilter, PartnerActionData, PartnerActionState, StepReason
from store.database import Database

PATIENCE = 60.0
"""Seconds without any action coming to its end after which nothing more is expected."""
LONGEST = 600.0
"""Seconds that are waited at the most."""
_EVERY = 1.0
_OPEN = tuple(state for state in PartnerActionState if state not in FINAL)


class Open(msgspec.Struct, frozen=True, kw_only=True):
    """Actions that are not at their end, alike in how they stand."""

    state: PartnerActionState
    reason: StepReason
    """Of the last step."""
    problem: str | None
    held: bool
    """Whether a process says that it works at them."""
    count: int
    longest_due: float
    """Seconds for which one of them has been due; below zero where each is due later."""
    most_steps: int


@dataclass(frozen=True)
class Settled:
    """What was waited for."""

    actions: Sequence[PartnerActionData]
    """All there are."""
    open: Sequence[Open]
    seconds: float
    """For how long."""


async def settle(database: Database, tenant: TenantId) -> Settled:
    """Wait until each action is at its end or with the back office, or none comes there any more."""
    started = progress = time.monotonic()
    fewest: int | None = None
    while True:
        async with database.read(tenant) as unit:
            page = await unit.actions.page(ActionFilter(states=_OPEN), first=1_000_000)
        under_way = [each for each in page.actions if not at_rest(each)]
        now = time.monotonic()
        if fewest is None or len(under_way) < fewest:
            fewest, progress = len(under_way), now
        if not under_way or now - progress > PATIENCE or now - started > LONGEST:
            break
        await asyncio.sleep(_EVERY)
    async with database.read(tenant) as unit:
        everything = (await unit.actions.page(ActionFilter(), first=1_000_000)).actions
        steps = await unit.actions.steps([each.id for each in under_way])
    reasons = {action_id: history[-1].reason for action_id, history in steps.items()}
    return Settled(everything, _alike(under_way, reasons), now - started)


def at_rest(action: PartnerActionData) -> bool:
    """Whether nothing more is expected of an action: the back office decides when it likes."""
    return action.state in FINAL or (
        action.state is PartnerActionState.SENT and action.accepted_at is not None
    )


def _alike(actions: Sequence[PartnerActionData], reasons: dict[str, StepReason]) -> list[Open]:
    now = utc_now()
    groups: dict[tuple[object, ...], list[PartnerActionData]] = {}
    for each in actions:
        alike = (each.state, reasons[each.id], each.problem, each.holder is not None)
        groups.setdefault(alike, []).append(each)
    return [
        Open(
            state=some[0].state,
            reason=reasons[some[0].id],
            problem=some[0].problem,
            held=some[0].holder is not None,
            count=len(some),
            longest_due=round(max((now - (each.next_at or now)).total_seconds() for each in some), 1),
            most_steps=max(each.seq for each in some),
        )
        for some in groups.values()
    ]
