"""``openTask``, ``assignTask`` and ``completeTask``."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from msgspec import Meta

from schema.inputs import NodeId
from schema.mutations.service.base import (
    LONGEST_TEXT,
    OnCustomer,
    ReferenceInput,
    RowMutation,
    RowOutcome,
    RowPayload,
    Versioned,
    maybe_line,
    maybe_text,
    reference,
)
from schema.ports import Unit
from schema.service.answers import TASK
from schema.service.shapes import Task
from store.data_service import TaskKind, TaskState


class OpenTaskInput(OnCustomer, frozen=True, kw_only=True):
    """Something that a person is to do."""

    kind: Annotated[TaskKind, Meta(description="What is to be done.")]
    text: Annotated[
        str | None, Meta(description=f"What exactly, in words; up to {LONGEST_TEXT:,} characters.")
    ] = None
    about: Annotated[ReferenceInput | None, Meta(description="What it is about.")] = None
    assignee: Annotated[str | None, Meta(description="Who is to do it; whoever takes it unless told.")] = None
    due_at: Annotated[dt.datetime | None, Meta(description="Until when.")] = None


class AssignTaskInput(Versioned, frozen=True, kw_only=True):
    """Who is to do something."""

    id: Annotated[NodeId, Meta(description="Id of the task.")]
    assignee: Annotated[str | None, Meta(description="Who is to do it; back to the queue unless told.")] = (
        None
    )


class CompleteTaskInput(Versioned, frozen=True, kw_only=True):
    """That something is done."""

    id: Annotated[NodeId, Meta(description="Id of the task.")]
    cancelled: Annotated[bool, Meta(description="Whether it is not to be done any more instead.")] = False


class _TaskPayload(RowPayload, frozen=True, kw_only=True):
    task: Annotated[Task | None, Meta(description="The task as it is now.")] = None


class OpenTaskPayload(_TaskPayload, frozen=True, kw_only=True):
    """What opening a task did."""


class AssignTaskPayload(_TaskPayload, frozen=True, kw_only=True):
    """What assigning a task did."""


class CompleteTaskPayload(_TaskPayload, frozen=True, kw_only=True):
    """What completing a task did."""


class _TaskMutation(RowMutation):
    row_type = TASK
    field = "task"


class OpenTask(_TaskMutation):
    """Opens a task."""

    name = "openTask"
    description = "Has somebody do something about a customer: it waits in `tasks` until it is completed."
    input_type = OpenTaskInput
    payload_type = OpenTaskPayload

    def check(self) -> None:
        """Read the id and the texts."""
        self._customer = self.customer_id()
        self._text = maybe_text(self.asked.text, "text")
        self._assignee = maybe_line(self.asked.assignee, "assignee")
        about = self.asked.about
        self._about = None if about is None else reference(about, "about")

    async def decide(self, unit: Unit) -> RowOutcome:
        """Open it."""
        about = self._about
        made = await unit.tasks.open(
            self._customer,
            self.asked.kind,
            by=self.actor,
            text=self._text,
            about=None if about is None else (about.kind, about.id),
            assignee=self._assignee,
            due_at=self.asked.due_at,
        )
        return RowOutcome(customer=made.customer_id, row=made.id)


class AssignTask(_TaskMutation):
    """Assigns a task."""

    name = "assignTask"
    description = "Gives an open task to somebody, or back to the queue."
    input_type = AssignTaskInput
    payload_type = AssignTaskPayload

    def check(self) -> None:
        """Read the id and the name."""
        self._task = self.row_id()
        self._assignee = maybe_line(self.asked.assignee, "assignee")

    async def decide(self, unit: Unit) -> RowOutcome:
        """Assign it."""
        made = await unit.tasks.assign(self._task, self._assignee, expected=self.expected)
        return RowOutcome(customer=made.customer_id, row=made.id)


class CompleteTask(_TaskMutation):
    """Completes a task."""

    name = "completeTask"
    description = "Says that an open task is done, or that it is not to be done any more."
    input_type = CompleteTaskInput
    payload_type = CompleteTaskPayload

    def check(self) -> None:
        """Read the id."""
        self._task = self.row_id()

    async def decide(self, unit: Unit) -> RowOutcome:
        """Complete it."""
        state = TaskState.CANCELLED if self.asked.cancelled else TaskState.DONE
        made = await unit.tasks.close(self._task, state, by=self.actor, expected=self.expected)
        return RowOutcome(customer=made.customer_id, row=made.id)
