"""``tasks``, ``complaints``, ``complaintCounts``, ``appointments`` and ``preferenceKeys``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from schema import cursors
from schema.answers import CustomerAnswer
from schema.errors import ErrorCode, InputError
from schema.inputs import OrderDirection, PageArguments
from schema.paging import stored_page, stretch
from schema.permissions.rules import Rule, needs
from schema.permissions.scopes import Scope
from schema.ports import Unit
from schema.roots.base import Lookups, RootField
from schema.service import answers, shapes
from schema.service.arguments import (
    CalendarArguments,
    ComplaintCountsArguments,
    ComplaintFilter,
    ComplaintOrderField,
    ComplaintsArguments,
    TaskFilter,
    TasksArguments,
)
from schema.service.reading import settled
from store import data_service
from store.data import CustomerData
from store.data_service import OwnPage
from store.errors import CursorError
from store.repositories.complaints import DUE, OPENED
from store.repositories.own import Stretch

_READS = needs(Scope.INTERACTIONS_READ, pii=True)
_LONGEST_CALENDAR = 92
"""Days."""


class _QueueRoot(RootField):
    """Lists rows of customers', each with its customer, page by page."""

    rule: ClassVar[Rule | None] = _READS
    arguments: PageArguments

    def check(self) -> None:
        """Check the page."""
        asked = stretch(self.arguments)
        self._stretch = Stretch(
            size=asked.size, after=asked.after, before=asked.before, forward=asked.forward
        )
        self._page: OwnPage[Any] = OwnPage()
        self._total: int | None = None

    async def read(self, unit: Unit) -> None:
        """Read the page, and count only where the number is selected.

        Raises:
            InputError: ``INVALID_CURSOR``, a cursor was not made by this list in this order.
        """
        try:
            self._page = await self.rows(unit, self._stretch)
        except CursorError:
            raise cursors.refused("after" if self._stretch.after is not None else "before") from None
        if self.count:
            self._total = await self.total(unit)

    async def rows(self, unit: Unit, asked: Stretch) -> OwnPage[Any]:
        """The page."""
        raise NotImplementedError

    async def total(self, unit: Unit) -> int:
        """How many there are in all."""
        raise NotImplementedError

    def candidates(self, lookups: Lookups) -> Sequence[str]:  # a list looks nothing up
        """Their customers."""
        return tuple(dict.fromkeys(one.customer_id for one in self._page.items))

    def choose(self, loaded: Mapping[str, CustomerData]) -> Sequence[str]:
        """All of them."""
        return tuple(loaded)

    def shown(self, row: Any, customer: CustomerAnswer) -> Any:
        """A row beside its customer."""
        raise NotImplementedError

    def answer(self, customers: Mapping[str, CustomerAnswer]) -> Any:
        """The page as a connection."""
        rows = [
            (self.shown(one, customers[one.customer_id]), cursor)
            for one, cursor in zip(self._page.items, self._page.cursors, strict=True)
            if one.customer_id in customers
        ]
        return stored_page(rows, self._page, total_count=self._total)


class TasksRoot(_QueueRoot):
    """The queue of tasks."""

    name = "tasks"
    description = (
        "What people are to do, the oldest first, page by page, forward and backward, each with its "
        "customer. `assignTask` takes one, `completeTask` ends it."
    )
    arguments_type = TasksArguments
    arguments: TasksArguments

    async def rows(self, unit: Unit, asked: Stretch) -> OwnPage[Any]:
        """The page."""
        which = self.arguments.filter or TaskFilter()
        return await unit.tasks.page(
            state=which.state,
            assignee=which.assignee,
            unassigned=which.unassigned,
            kind=which.kind,
            stretch=asked,
        )

    async def total(self, unit: Unit) -> int:
        """How many there are in all."""
        which = self.arguments.filter or TaskFilter()
        return await unit.tasks.count(
            state=which.state, assignee=which.assignee, unassigned=which.unassigned, kind=which.kind
        )

    def shown(self, row: Any, customer: CustomerAnswer) -> Any:
        """A task beside its customer."""
        return shapes.QueuedTask(task=answers.task(row), customer=customer)


class ComplaintsRoot(_QueueRoot):
    """The complaints of all customers."""

    name = "complaints"
    description = (
        "What customers complained of, filtered and ordered, page by page, forward and backward, each with "
        "its customer. `complaintCounts` says how many there are of each region, product or employee."
    )
    arguments_type = ComplaintsArguments
    arguments: ComplaintsArguments

    def check(self) -> None:
        """Check the page, and read the filter and the order."""
        super().check()
        self._which = which_complaints(self.arguments.filter)
        order = self.arguments.order_by
        by_due = order is not None and order.field is ComplaintOrderField.DUE_AT
        self._by = DUE if by_due else OPENED
        self._descending = order is None or order.direction is OrderDirection.DESC
        self._settled: dict[str, Any] = {}

    async def rows(self, unit: Unit, asked: Stretch) -> OwnPage[Any]:
        """The page, with what was promised for each."""
        found = await unit.complaints.page(
            self._which, by=self._by, descending=self._descending, stretch=asked
        )
        self._settled = {one.complaint.id: one for one in await settled(unit, list(found.items))}
        return found

    async def total(self, unit: Unit) -> int:
        """How many there are in all."""
        return await unit.complaints.count(self._which)

    def shown(self, row: Any, customer: CustomerAnswer) -> Any:
        """A complaint beside its customer."""
        shown = answers.complaint(self._settled[row.id], customer.view.at)
        return shapes.QueuedComplaint(complaint=shown, customer=customer)


class AppointmentsRoot(_QueueRoot):
    """A sales person's calendar."""

    name = "appointments"
    description = (
        "The booked appointments of a sales person within some days, soonest first, each with its customer."
    )
    arguments_type = CalendarArguments
    arguments: CalendarArguments

    def check(self) -> None:
        """Check the page and the window."""
        super().check()
        days = (self.arguments.until - self.arguments.since).days
        if not 0 <= days <= _LONGEST_CALENDAR:
            message = f"Ask for up to {_LONGEST_CALENDAR} days, that begin before they end."
            raise InputError(message, code=ErrorCode.LIMIT_EXCEEDED, argument="until")

    async def rows(self, unit: Unit, asked: Stretch) -> OwnPage[Any]:
        """The page."""
        given = self.arguments
        return await unit.appointments.of_employee(
            given.employee, since=given.since, until=given.until, stretch=asked
        )

    def shown(self, row: Any, customer: CustomerAnswer) -> Any:
        """An appointment beside its customer."""
        return shapes.QueuedAppointment(appointment=answers.appointment(row), customer=customer)


class _PlainRoot(RootField):
    """Answers without any customer."""

    def candidates(self, lookups: Lookups) -> Sequence[str]:  # no customers
        """None."""
        return ()

    def choose(self, loaded: Mapping[str, CustomerData]) -> Sequence[str]:  # no customers
        """None."""
        return ()


class ComplaintCountsRoot(_PlainRoot):
    """Counts complaints."""

    name = "complaintCounts"
    description = "How many complaints there are of each region, product, employee, …; the most first."
    arguments_type = ComplaintCountsArguments
    arguments: ComplaintCountsArguments
    rule = needs(Scope.INTERACTIONS_READ)

    async def read(self, unit: Unit) -> None:
        """Count them."""
        which = which_complaints(self.arguments.filter)
        self._counts = await unit.complaints.counts(which, self.arguments.by)

    def answer(self, customers: Mapping[str, CustomerAnswer]) -> Any:  # no customers
        """The counts."""
        ordered = sorted(self._counts.items(), key=lambda one: (-one[1], one[0] is None, one[0] or ""))
        return [shapes.ComplaintCount(value=value, count=count) for value, count in ordered]


def which_complaints(asked: ComplaintFilter | None) -> data_service.ComplaintFilter:
    """Which complaints are asked for, as the store takes it."""
    given = asked or ComplaintFilter()
    return data_service.ComplaintFilter(
        states=given.states,
        region=given.region,
        product=given.product_id,
        line=given.line,
        employee=given.employee,
        assignee=given.assignee,
        category=given.category,
        severity=given.severity,
    )
