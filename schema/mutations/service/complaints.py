"""``openComplaint``, ``assignComplaint``, ``resolveComplaint``, ``reopenComplaint`` and ``compensate``."""

from __future__ import annotations

import datetime as dt
import enum
from decimal import Decimal
from typing import Annotated

from msgspec import Meta

from c360.currencies import is_currency, minor_digits
from c360.values import CurrencyCode
from schema.errors import ErrorCode, InputError
from schema.inputs import NodeId
from schema.mutations.service.base import (
    LONGEST_TEXT,
    OnCustomer,
    ReferenceInput,
    RowMutation,
    RowOutcome,
    RowPayload,
    Versioned,
    line,
    maybe_line,
    reference,
    refused_input,
    text,
)
from schema.permissions.rules import needs
from schema.permissions.scopes import Scope
from schema.ports import Unit
from schema.service.answers import COMPLAINT
from schema.service.shapes import Complaint
from store.data_service import ComplaintCategory, Severity, TaskKind

_MOST = Decimal("1e12")


class OpenComplaintInput(OnCustomer, frozen=True, kw_only=True):
    """Something that a customer complains of."""

    category: Annotated[ComplaintCategory, Meta(description="What it is about.")]
    text: Annotated[
        str,
        Meta(description=f"In the customer's or your words; up to {LONGEST_TEXT:,} characters. Kept sealed."),
    ]
    severity: Annotated[Severity, Meta(description="How much it weighs.")] = Severity.NORMAL
    line: Annotated[str | None, Meta(description="Line of business.")] = None
    product_id: Annotated[NodeId | None, Meta(description="Id of a product in the catalogue.")] = None
    region: Annotated[
        str | None, Meta(description="Where it happened, as the company names its regions.")
    ] = None
    employee: Annotated[str | None, Meta(description="Who was involved.")] = None
    about: Annotated[
        ReferenceInput | None, Meta(description="The record that it is about, such as a flight or a stay.")
    ] = None
    due_at: Annotated[
        dt.datetime | None, Meta(description="Until when it is to be settled; by its severity unless told.")
    ] = None


class AssignComplaintInput(Versioned, frozen=True, kw_only=True):
    """Who is to look at a complaint."""

    id: Annotated[NodeId, Meta(description="Id of the complaint.")]
    assignee: Annotated[str, Meta(description="Who is to look at it.")]


class ComplaintVerdict(enum.Enum):
    """What became of a complaint."""

    UPHELD = "UPHELD"
    """The customer was right."""
    REJECTED = "REJECTED"
    """There was nothing to mend."""


class ResolveComplaintInput(Versioned, frozen=True, kw_only=True):
    """What became of a complaint."""

    id: Annotated[NodeId, Meta(description="Id of the complaint.")]
    verdict: Annotated[ComplaintVerdict, Meta(description="Whether the customer was right.")]
    resolution: Annotated[
        str, Meta(description=f"What was done, or why nothing; up to {LONGEST_TEXT:,} characters.")
    ]


class ReopenComplaintInput(Versioned, frozen=True, kw_only=True):
    """A complaint that is not settled after all."""

    id: Annotated[NodeId, Meta(description="Id of the complaint.")]


class CompensateInput(Versioned, frozen=True, kw_only=True):
    """What a customer is promised: money or points."""

    id: Annotated[NodeId, Meta(description="Id of the complaint.")]
    amount: Annotated[Decimal, Meta(description="The amount, or points; more than 0.")]
    currency: Annotated[CurrencyCode | None, Meta(description="Of money: its currency.")] = None
    programme: Annotated[
        NodeId | None, Meta(description="Of points: connector instance of the loyalty programme.")
    ] = None


class _ComplaintPayload(RowPayload, frozen=True, kw_only=True):
    complaint: Annotated[Complaint | None, Meta(description="The complaint as it is now.")] = None


class OpenComplaintPayload(_ComplaintPayload, frozen=True, kw_only=True):
    """What opening a complaint did."""


class AssignComplaintPayload(_ComplaintPayload, frozen=True, kw_only=True):
    """What assigning a complaint did."""


class ResolveComplaintPayload(_ComplaintPayload, frozen=True, kw_only=True):
    """What resolving a complaint did."""


class ReopenComplaintPayload(_ComplaintPayload, frozen=True, kw_only=True):
    """What opening a complaint again did."""


class CompensatePayload(_ComplaintPayload, frozen=True, kw_only=True):
    """What promising something did."""


class _ComplaintMutation(RowMutation):
    row_type = COMPLAINT
    field = "complaint"


class OpenComplaint(_ComplaintMutation):
    """Opens a complaint."""

    name = "openComplaint"
    description = (
        "Keeps what a customer complains of. It is `OPEN` until somebody is assigned, `ASSIGNED` until it is "
        "resolved, and `UPHELD` or `REJECTED` then."
    )
    input_type = OpenComplaintInput
    payload_type = OpenComplaintPayload

    def check(self) -> None:
        """Read the id, the texts and the moment."""
        asked = self.asked
        self._customer = self.customer_id()
        self._text = text(asked.text, "text")
        self._fields = {
            "line": maybe_line(asked.line, "line"),
            "product": maybe_line(asked.product_id, "productId"),
            "region": maybe_line(asked.region, "region"),
            "employee": maybe_line(asked.employee, "employee"),
        }
        self._about = None if asked.about is None else reference(asked.about, "about")
        if asked.due_at is not None and asked.due_at <= self.at:
            message = "A complaint is due in the future."
            raise InputError(message, code=ErrorCode.BAD_USER_INPUT, argument="input.dueAt")
        self._due = asked.due_at or self.service.complaints.due(asked.severity, self.at)

    async def decide(self, unit: Unit) -> RowOutcome:
        """Keep it."""
        product = self._fields["product"]
        if product is not None and product not in {one.id for one in await unit.products.current()}:
            raise refused_input("The catalogue has no such product: list `products`.", "productId")
        made = await unit.complaints.open(
            self._customer,
            by=self.actor,
            text=self._text,
            category=self.asked.category,
            severity=self.asked.severity,
            due_at=self._due,
            about=self._about,
            **self._fields,
        )
        return RowOutcome(customer=made.customer_id, row=made.id)


class AssignComplaint(_ComplaintMutation):
    """Assigns a complaint."""

    name = "assignComplaint"
    description = "Gives a complaint that is not settled to somebody who looks at it."
    input_type = AssignComplaintInput
    payload_type = AssignComplaintPayload

    def check(self) -> None:
        """Read the id and the name."""
        self._complaint = self.row_id()
        self._assignee = line(self.asked.assignee, "assignee")

    async def decide(self, unit: Unit) -> RowOutcome:
        """Assign it."""
        made = await unit.complaints.assign(self._complaint, self._assignee, expected=self.expected)
        return RowOutcome(customer=made.customer_id, row=made.id)


class ResolveComplaint(_ComplaintMutation):
    """Resolves a complaint."""

    name = "resolveComplaint"
    description = (
        "Says what became of a complaint that is not settled. Tasks about it are done with it, but for those "
        "of paying out what was promised."
    )
    input_type = ResolveComplaintInput
    payload_type = ResolveComplaintPayload

    def check(self) -> None:
        """Read the id and the text."""
        self._complaint = self.row_id()
        self._resolution = text(self.asked.resolution, "resolution")

    async def decide(self, unit: Unit) -> RowOutcome:
        """Settle it."""
        made = await unit.complaints.resolve(
            self._complaint,
            upheld=self.asked.verdict is ComplaintVerdict.UPHELD,
            resolution=self._resolution,
            by=self.actor,
            expected=self.expected,
        )
        await unit.tasks.close_about(COMPLAINT, made.id, kind=TaskKind.COMPLAINT, by=self.actor)
        return RowOutcome(customer=made.customer_id, row=made.id)


class ReopenComplaint(_ComplaintMutation):
    """Opens a complaint again."""

    name = "reopenComplaint"
    description = "Opens a settled complaint again, with a new date until when it is to be settled."
    input_type = ReopenComplaintInput
    payload_type = ReopenComplaintPayload

    def check(self) -> None:
        """Read the id."""
        self._complaint = self.row_id()

    async def decide(self, unit: Unit) -> RowOutcome:
        """Open it again."""
        found = (await unit.complaints.get([self._complaint])).get(self._complaint)
        severity = Severity.NORMAL if found is None else found.severity
        made = await unit.complaints.reopen(
            self._complaint, due_at=self.service.complaints.due(severity, self.at), expected=self.expected
        )
        return RowOutcome(customer=made.customer_id, row=made.id)


class Compensate(_ComplaintMutation):
    """Promises a compensation."""

    name = "compensate"
    rule = needs(Scope.INTERACTIONS_WRITE, Scope.ACTIONS_CORRECT)
    description = (
        "Notes what a customer is promised for a complaint that was not rejected: money of a currency, or "
        "points of a programme. It pays nothing out: a task of kind `COMPENSATION` waits until somebody, or "
        "an action at the partner, has."
    )
    input_type = CompensateInput
    payload_type = CompensatePayload

    def check(self) -> None:
        """Read the id and the amount."""
        asked = self.asked
        self._complaint = self.row_id()
        if (asked.currency is None) is (asked.programme is None):
            message = "Give a currency for money, or a programme for points."
            raise InputError(message, code=ErrorCode.BAD_USER_INPUT, argument="input.currency")
        if asked.currency is not None and not is_currency(asked.currency):
            message = "Give a code of ISO 4217, such as EUR."
            raise InputError(message, code=ErrorCode.BAD_USER_INPUT, argument="input.currency")
        if asked.programme is not None and asked.programme not in self.domains_of:
            message = "There is no such connector: see `connectors`."
            raise InputError(message, code=ErrorCode.BAD_USER_INPUT, argument="input.programme")
        digits = 0 if asked.currency is None else minor_digits(asked.currency)
        if not 0 < asked.amount < _MOST or asked.amount != round(asked.amount, digits):
            message = f"Give an amount above 0, with at most {digits} decimals."
            raise InputError(message, code=ErrorCode.BAD_USER_INPUT, argument="input.amount")

    async def decide(self, unit: Unit) -> RowOutcome:
        """Note it, and have it paid out."""
        made = await unit.complaints.compensate(
            self._complaint,
            self.asked.amount,
            currency=self.asked.currency,
            programme=self.asked.programme,
            by=self.actor,
            expected=self.expected,
        )
        await unit.tasks.open(
            made.customer_id, TaskKind.COMPENSATION, by=self.actor, about=(COMPLAINT, made.complaint_id)
        )
        return RowOutcome(customer=made.customer_id, row=made.complaint_id)
