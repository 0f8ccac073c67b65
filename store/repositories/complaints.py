"""What customers complained of, and what became of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, func, select

from store.columns import new_id
from store.data_service import (
    CompensationData,
    ComplaintCategory,
    ComplaintContent,
    ComplaintData,
    ComplaintFilter,
    ComplaintGroup,
    ComplaintState,
    Counts,
    OwnPage,
    Reference,
    Severity,
)
from store.models import Compensation, Complaint
from store.models.base import table
from store.repositories.own import Order, OwnRepository, Stretch

_UNSETTLED = (ComplaintState.OPEN, ComplaintState.ASSIGNED)
_SETTLED = (ComplaintState.UPHELD, ComplaintState.REJECTED)
_COMPENSATION = CompensationData.__struct_fields__
OPENED, DUE = ("opened_at", "id"), ("due_at", "id")
"""What complaints can be ordered by."""


class ComplaintRepository(OwnRepository[ComplaintData]):
    """They go where the customer goes.

    ``OPEN → ASSIGNED → UPHELD | REJECTED``; what is open may be settled at once, what is assigned be given
    to somebody else, and what is settled be opened again.
    """

    model = Complaint
    data = ComplaintData

    async def open(
        self,
        customer_id: str,
        *,
        by: str,
        text: str,
        category: ComplaintCategory,
        due_at: datetime,
        severity: Severity = Severity.NORMAL,
        line: str | None = None,
        product: str | None = None,
        region: str | None = None,
        employee: str | None = None,
        about: Reference | None = None,
    ) -> ComplaintData:
        """Keep a complaint.

        Args:
            customer_id: whose; the survivor has it where the customer was merged.
            by: who notes it.
            text: in the customer's words or an agent's; sealed with the customer's key.
            category: what it is about.
            due_at: until when it is to be settled.
            severity: how much it weighs.
            line: line of business.
            product: id of a product.
            region: where it happened, as the company names its regions.
            employee: who was involved.
            about: the record that it is about, such as a stay.

        Raises:
            CustomerUnknown: no customer answers for the id.
        """
        made = ComplaintData(
            id=new_id(),
            customer_id=await self.holder(customer_id),
            category=category,
            severity=severity,
            line=line,
            product=product,
            region=region,
            employee=employee,
            due_at=due_at,
            about_connector=None if about is None else about.connector,
            about_kind=None if about is None else about.kind,
            about_id=None if about is None else about.id,
            content=ComplaintContent(text=text),
            opened_at=self._scope.clock(),
            opened_by=by,
        )
        await self._insert([made])
        return made

    async def assign(self, complaint_id: str, assignee: str, *, expected: int | None = None) -> ComplaintData:
        """Give a complaint that is not settled to somebody.

        Raises:
            ServiceError: it is not there, settled, or of another version.
        """
        return await self._change(
            complaint_id,
            expected=expected,
            allowed={"state": _UNSETTLED},
            state=ComplaintState.ASSIGNED,
            assignee=assignee,
        )

    async def resolve(
        self,
        complaint_id: str,
        *,
        upheld: bool,
        resolution: str,
        by: str,
        expected: int | None = None,
    ) -> ComplaintData:
        """Say what became of a complaint.

        Raises:
            ServiceError: it is not there, settled already, or of another version.
        """

        def resolved(before: ComplaintContent | None) -> ComplaintContent:
            return msgspec.structs.replace(before or ComplaintContent(), resolution=resolution)

        return await self._change(
            complaint_id,
            expected=expected,
            allowed={"state": _UNSETTLED},
            content=resolved,
            state=ComplaintState.UPHELD if upheld else ComplaintState.REJECTED,
            closed_at=self._scope.clock(),
            closed_by=by,
        )

    async def reopen(
        self, complaint_id: str, *, due_at: datetime, expected: int | None = None
    ) -> ComplaintData:
        """Open a settled complaint again; whoever had it has it again.

        Raises:
            ServiceError: it is not there, not settled, or of another version.
        """
        before = await self._held(complaint_id)
        return await self._change(
            complaint_id,
            expected=expected,
            allowed={"state": _SETTLED},
            state=ComplaintState.ASSIGNED if before.assignee else ComplaintState.OPEN,
            due_at=due_at,
            closed_at=None,
            closed_by=None,
        )

    async def compensate(
        self,
        complaint_id: str,
        amount: Decimal,
        *,
        currency: str | None = None,
        programme: str | None = None,
        by: str,
        expected: int | None = None,
    ) -> CompensationData:
        """Note what the customer was promised: an amount of a currency, or points of a programme.

        Raises:
            ServiceError: it is not there, rejected, or of another version.
        """
        complaint = await self._change(
            complaint_id,
            expected=expected,
            allowed={"state": (*_UNSETTLED, ComplaintState.UPHELD)},
        )
        made = CompensationData(
            id=new_id(),
            complaint_id=complaint.id,
            customer_id=complaint.customer_id,
            amount=amount,
            currency=currency,
            programme=programme,
            granted_at=self._scope.clock(),
            granted_by=by,
        )
        row = {"home_id": await self._home(complaint.id), **msgspec.structs.asdict(made)}
        await self._scope.insert_many(Compensation, [row])
        return made

    async def compensations(self, complaint_ids: Iterable[str]) -> Mapping[str, tuple[CompensationData, ...]]:
        """What was promised for each complaint, in the order of time."""
        columns = table(Compensation).c
        rows = await self._session.execute(
            select(*(columns[name] for name in _COMPENSATION))
            .where(
                columns.tenant == self._tenant, self._scope.among(Compensation.complaint_id, complaint_ids)
            )
            .order_by(columns.id)
        )
        found: dict[str, tuple[CompensationData, ...]] = {}
        for row in rows.mappings():
            each = CompensationData(**row)
            found[each.complaint_id] = (*found.get(each.complaint_id, ()), each)
        return found

    async def of(
        self, customer_ids: Iterable[str], *, stretch: Stretch
    ) -> Mapping[str, OwnPage[ComplaintData]]:
        """The complaints of each customer, the latest first.

        Raises:
            CursorError: the cursor is damaged.
        """
        order = Order(columns=OPENED, descending=True)
        return await self._pages(set(customer_ids), order=order, stretch=stretch)

    async def page(
        self,
        which: ComplaintFilter,
        *,
        by: tuple[str, str] = OPENED,
        descending: bool = True,
        stretch: Stretch,
    ) -> OwnPage[ComplaintData]:
        """A stretch of the complaints that meet a filter.

        Raises:
            CursorError: a cursor is damaged, or of another order.
        """
        order = Order(columns=by, descending=descending)
        return await self._page(*self._which(which), order=order, stretch=stretch)

    async def count(self, which: ComplaintFilter) -> int:
        """How many complaints meet a filter."""
        return await self._count(*self._which(which))

    async def counts(self, which: ComplaintFilter, group: ComplaintGroup) -> Counts:
        """How many of the complaints that meet a filter there are of each region, product, ..."""
        column = self._columns[group.value.lower()]
        rows = await self._session.execute(
            select(column, func.count())
            .where(self._columns.tenant == self._tenant, *self._which(which), *self._in_sight())
            .group_by(column)
        )
        return {value: many for value, many in rows}  # noqa: C416  # rows are no pairs to mypy

    def _which(self, which: ComplaintFilter) -> list[ColumnElement[bool]]:
        columns: Any = self._columns
        plain = {
            "region": which.region,
            "product": which.product,
            "line": which.line,
            "employee": which.employee,
            "assignee": which.assignee,
            "category": None if which.category is None else which.category.value,
            "severity": None if which.severity is None else which.severity.value,
        }
        conditions = [columns[name] == value for name, value in plain.items() if value is not None]
        if which.states:
            conditions.append(columns.state.in_(sorted(each.value for each in which.states)))
        return conditions
