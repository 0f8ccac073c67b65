"""What people are to do about customers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, literal_column

from store.columns import new_id
from store.data_service import OwnPage, TaskData, TaskKind, TaskState, Text
from store.models import Task
from store.repositories.own import Order, OwnRepository, Stretch

_OPEN = {"state": (TaskState.OPEN,)}


class TaskRepository(OwnRepository[TaskData]):
    """They go where the customer goes whom they are about. Their ids rise with time."""

    model = Task
    data = TaskData

    async def open(
        self,
        customer_id: str,
        kind: TaskKind,
        *,
        by: str,
        about: tuple[str, str] | None = None,
        assignee: str | None = None,
        due_at: datetime | None = None,
        text: str | None = None,
    ) -> TaskData:
        """Have somebody do something.

        Args:
            customer_id: about whom; the survivor has it where the customer was merged.
            kind: what is to be done.
            by: who wants it done: subject of a principal, or name of a program.
            about: kind and id of what it is about, such as ``("Complaint", id)``.
            assignee: who is to do it; ``None``: whoever takes it from the queue.
            due_at: until when.
            text: in a person's words; sealed with the customer's key.

        Raises:
            CustomerUnknown: no customer answers for the id.
        """
        task = TaskData(
            id=new_id(),
            customer_id=await self.holder(customer_id),
            kind=kind,
            assignee=assignee,
            about_kind=None if about is None else about[0],
            about_id=None if about is None else about[1],
            due_at=due_at,
            content=None if text is None else Text(text=text),
            opened_at=self._scope.clock(),
            opened_by=by,
        )
        await self._insert([task])
        return task

    async def assign(self, task_id: str, assignee: str | None, *, expected: int | None = None) -> TaskData:
        """Give an open task to somebody, or back to the queue.

        Raises:
            ServiceError: it is not there, not open, or of another version.
        """
        return await self._change(task_id, expected=expected, allowed=_OPEN, assignee=assignee)

    async def close(
        self, task_id: str, state: TaskState, *, by: str, expected: int | None = None
    ) -> TaskData:
        """Say that an open task is done, or not to be done any more.

        Raises:
            ServiceError: it is not there, not open, or of another version.
        """
        return await self._change(
            task_id,
            expected=expected,
            allowed=_OPEN,
            state=state,
            closed_at=self._scope.clock(),
            closed_by=by,
        )

    async def close_about(
        self, about_kind: str, about_id: str, *, by: str, kind: TaskKind | None = None
    ) -> tuple[TaskData, ...]:
        """Say that everything that was to be done about something is done, or all of one kind of it."""
        columns = self._columns
        open_ones = await self._read(
            columns.about_kind == about_kind,
            columns.about_id == about_id,
            *self._which(TaskState.OPEN, None, kind, unassigned=False),
        )
        return tuple([await self.close(each.id, TaskState.DONE, by=by) for each in open_ones])

    async def of(
        self, customer_ids: Iterable[str], *, state: TaskState | None = None, stretch: Stretch
    ) -> Mapping[str, OwnPage[TaskData]]:
        """The tasks about each customer, the latest first.

        Raises:
            CursorError: the cursor is damaged.
        """
        which = () if state is None else (_stands(self._columns.state, state),)
        return await self._pages(set(customer_ids), *which, order=Order(descending=True), stretch=stretch)

    async def page(
        self,
        *,
        state: TaskState = TaskState.OPEN,
        assignee: str | None = None,
        unassigned: bool = False,
        kind: TaskKind | None = None,
        stretch: Stretch,
    ) -> OwnPage[TaskData]:
        """A stretch of the queue, the oldest first.

        Args:
            state: how they stand.
            assignee: of this person alone.
            unassigned: of nobody alone.
            kind: of this kind alone.
            stretch: which part.

        Raises:
            CursorError: a cursor is damaged.
        """
        which = self._which(state, assignee, kind, unassigned=unassigned)
        return await self._page(*which, order=Order(), stretch=stretch)

    async def count(
        self,
        *,
        state: TaskState = TaskState.OPEN,
        assignee: str | None = None,
        unassigned: bool = False,
        kind: TaskKind | None = None,
    ) -> int:
        """How many there are of them."""
        return await self._count(*self._which(state, assignee, kind, unassigned=unassigned))

    def _which(
        self, state: TaskState, assignee: str | None, kind: TaskKind | None, *, unassigned: bool
    ) -> list[ColumnElement[bool]]:
        columns = self._columns
        which = [_stands(columns.state, state)]
        if assignee is not None:
            which.append(columns.assignee == assignee)
        if unassigned:
            which.append(columns.assignee.is_(None))
        if kind is not None:
            which.append(columns.kind == kind.value)
        return which


def _stands(column: ColumnElement[str], state: TaskState) -> ColumnElement[bool]:
    """Whether a task stands so; literal, so that the databases know the index of the open ones by it."""
    return column == literal_column(f"'{state.value}'")
