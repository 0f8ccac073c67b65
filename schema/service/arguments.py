"""Arguments of the lists of what people keep of customers."""

from __future__ import annotations

import datetime as dt
import enum
from typing import Annotated

from msgspec import Meta

from schema.inputs import (
    DEFAULT_PAGE,
    MAX_PAGE,
    Arguments,
    Gather,
    NodeId,
    OrderDirection,
    PageArguments,
)
from store.data_service import (
    ComplaintCategory,
    ComplaintGroup,
    ComplaintState,
    InteractionChannel,
    Severity,
    TaskKind,
    TaskState,
)


class ListArguments(Arguments, frozen=True, kw_only=True):
    """Which stretch of a customer's list is wanted."""

    first: Annotated[
        int | None, Meta(description=f"Elements, 1 to {MAX_PAGE}; {DEFAULT_PAGE} unless told.")
    ] = None
    after: Annotated[str | None, Meta(description="Cursor after which the stretch begins.")] = None


class InteractionsArguments(ListArguments, frozen=True, kw_only=True):
    """Arguments of a customer's ``interactions``."""

    channels: Annotated[
        tuple[InteractionChannel, ...], Meta(description="Through these channels alone; all unless told.")
    ] = ()


class CustomerTasksArguments(ListArguments, frozen=True, kw_only=True):
    """Arguments of a customer's ``tasks``."""

    state: Annotated[TaskState | None, Meta(description="How they stand; all unless told.")] = None


class AppointmentsArguments(ListArguments, frozen=True, kw_only=True):
    """Arguments of a customer's ``appointments``."""

    since: Annotated[
        dt.datetime | None, Meta(description="Those that end after this moment; the present unless told.")
    ] = None


class TimelineKind(enum.Enum):
    """What stands on a customer's timeline."""

    APPOINTMENT = "APPOINTMENT"
    """An appointment with a sales person."""
    BOOKING = "BOOKING"
    """A stay, rental or flight that another system of the company's brought."""
    COMPLAINT = "COMPLAINT"
    """A complaint, when it was opened."""
    CONSENT = "CONSENT"
    """A consent, an objection or a restriction, when the customer decided; for who may read consents."""
    INTERACTION = "INTERACTION"
    """A call, message, visit or the like."""
    OFFER_RESPONSE = "OFFER_RESPONSE"
    """An offer that was presented, accepted or declined."""
    PARTNER_RECORD = "PARTNER_RECORD"
    """Something that happened at a partner: a stay, a rental, a payment, points earned or spent."""


class TimelineArguments(ListArguments, frozen=True, kw_only=True):
    """Arguments of a customer's ``timeline``."""

    kinds: Annotated[
        tuple[TimelineKind, ...], Meta(description="Of these kinds alone; all unless told.")
    ] = ()
    since: Annotated[
        dt.date | None, Meta(description="First day, included; 90 days before the last unless told.")
    ] = None
    until: Annotated[dt.date | None, Meta(description="Last day, included; 90 days ahead unless told.")] = (
        None
    )


class TaskFilter(Arguments, frozen=True, kw_only=True):
    """Which tasks are listed: those that meet every condition given."""

    state: Annotated[TaskState, Meta(description="How they stand.")] = TaskState.OPEN
    assignee: Annotated[str | None, Meta(description="Whose they are.")] = None
    unassigned: Annotated[bool, Meta(description="Those alone that nobody has.")] = False
    kind: Annotated[TaskKind | None, Meta(description="What is to be done.")] = None


class TasksArguments(PageArguments, frozen=True, kw_only=True):
    """Arguments of ``tasks``."""

    filter: Annotated[TaskFilter | None, Meta(description="Which tasks are listed; open ones.")] = None
    gather: Annotated[Gather | None, Meta(description="How fresh and how long.")] = None


class ComplaintFilter(Arguments, frozen=True, kw_only=True):
    """Which complaints are listed: those that meet every condition given."""

    states: Annotated[
        tuple[ComplaintState, ...], Meta(description="How they stand: any of these; all unless told.")
    ] = ()
    region: Annotated[str | None, Meta(description="Where it happened.")] = None
    product_id: Annotated[NodeId | None, Meta(description="Id of the product that it is about.")] = None
    line: Annotated[str | None, Meta(description="Line of business.")] = None
    employee: Annotated[str | None, Meta(description="Who was involved.")] = None
    assignee: Annotated[str | None, Meta(description="Who looks at it.")] = None
    category: Annotated[ComplaintCategory | None, Meta(description="What it is about.")] = None
    severity: Annotated[Severity | None, Meta(description="How much it weighs.")] = None


class ComplaintOrderField(enum.Enum):
    """What complaints are ordered by."""

    OPENED_AT = "OPENED_AT"
    """When they were opened."""
    DUE_AT = "DUE_AT"
    """Until when they are to be settled."""


class ComplaintOrder(Arguments, frozen=True, kw_only=True):
    """The order of complaints."""

    field: Annotated[ComplaintOrderField, Meta(description="What they are ordered by.")]
    direction: Annotated[OrderDirection, Meta(description="Which end comes first.")] = OrderDirection.ASC


class ComplaintsArguments(PageArguments, frozen=True, kw_only=True):
    """Arguments of ``complaints``."""

    filter: Annotated[ComplaintFilter | None, Meta(description="Which complaints; all unless told.")] = None
    order_by: Annotated[
        ComplaintOrder | None, Meta(description="Their order; the latest first unless told.")
    ] = None
    gather: Annotated[Gather | None, Meta(description="How fresh and how long.")] = None


class ComplaintCountsArguments(Arguments, frozen=True, kw_only=True):
    """Arguments of ``complaintCounts``."""

    by: Annotated[ComplaintGroup, Meta(description="By what they are counted.")]
    filter: Annotated[ComplaintFilter | None, Meta(description="Which complaints; all unless told.")] = None


class CalendarArguments(PageArguments, frozen=True, kw_only=True):
    """Arguments of ``appointments``."""

    employee: Annotated[str, Meta(description="The sales person.")]
    since: Annotated[dt.datetime, Meta(description="Those that end after this moment.")]
    until: Annotated[dt.datetime, Meta(description="Those that begin before this moment.")]
    gather: Annotated[Gather | None, Meta(description="How fresh and how long.")] = None
