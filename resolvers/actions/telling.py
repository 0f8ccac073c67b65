"""Telling whom it concerns that an action at a partner changed, in the transaction that changes it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from store.data_actions import PartnerActionData
from store.data_service import TaskData, TaskKind

ABOUT = "PartnerAction"
"""What such a task is about."""
_HUB = "c360"


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


class TellingUnit(Protocol):
    """One transaction."""

    @property
    def tasks(self) -> Tasks:
        """What people are to do."""
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
        await told.tasks.open(after.customer_id, TaskKind.ACTION, by=_HUB, about=(ABOUT, after.id))
    elif before.human_at is not None and after.human_at is None:
        await told.tasks.close_about(ABOUT, after.id, by=_HUB)
