"""Telling whom it concerns that an action at a partner changed, in the transaction that changes it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from resolvers import global_ids
from resolvers.events.catalogue import drafted
from resolvers.events.customers import Aspect, CustomerChanged
from resolvers.events.work import ActionChanged
from store.data_actions import PartnerActionData, PartnerActionState
from store.data_events import EventDraft
from store.data_service import TaskData, TaskKind

PARTNER_ACTION = "PartnerAction"
"""Name of the type of an action in the graph: what such a task is about."""
HUB = "c360"
"""Who is said to have taken the hub's own steps."""


class Tasks(Protocol):
    """What people are to do; see :class:`store.repositories.tasks.TaskRepository`."""

    async def open(
        self, customer_id: str, kind: TaskKind, *, by: str, about: tuple[str, str] | None = None
    ) -> TaskData:
        """Have somebody do something."""
        ...

    async def close_about(self, kind: str, about_id: str, *, by: str) -> Sequence[TaskData]:
        """Say that everything that was to be done about something is done."""
        ...


class Outbox(Protocol):
    """Events; see :class:`store.repositories.outbox.OutboxRepository`."""

    def add(self, drafts: Iterable[EventDraft]) -> None:
        """Tell of what happened, once the unit of work ends well."""
        ...


class TellingUnit(Protocol):
    """One transaction."""

    @property
    def tasks(self) -> Tasks:
        """What people are to do."""
        ...

    @property
    def outbox(self) -> Outbox:
        """What those who follow the hub are told."""
        ...


async def tell(unit: Any, before: PartnerActionData, after: PartnerActionData) -> None:
    """Tell whom it concerns that an action went from one standing to another.

    Args:
        unit: the transaction that changes it; a :class:`TellingUnit`.
        before: the action as it stood.
        after: as it stands.
    """
    told: TellingUnit = unit
    if before.human_at is None and after.human_at is not None:
        await told.tasks.open(after.customer_id, TaskKind.ACTION, by=HUB, about=(PARTNER_ACTION, after.id))
    elif before.human_at is not None and after.human_at is None:
        await told.tasks.close_about(PARTNER_ACTION, after.id, by=HUB)
    told.outbox.add(events(after))


def events(action: PartnerActionData) -> Sequence[EventDraft]:
    """What those who follow the hub are told of an action that changed."""
    facts = ActionChanged(
        action=global_ids.encode(PARTNER_ACTION, action.id),
        kind=action.kind,
        connector=action.connector,
        state=action.state,
        human_asked=action.human_at is not None,
    )
    told = [drafted(facts, (action.customer_id,))]
    if action.state is PartnerActionState.CONFIRMED:
        changed = CustomerChanged(aspects=(Aspect.RECORDS,), connector=action.connector)
        told.append(drafted(changed, (action.customer_id,)))
    return told
