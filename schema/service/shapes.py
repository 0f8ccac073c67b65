"""What people keep of customers, each written once as an object of the graph."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Annotated

from msgspec import Meta

from c360.values import CurrencyCode, Money
from resolvers.service.preferences import PreferenceType
from schema.identity.shapes import CustomerNode
from schema.inputs import NodeId
from schema.shapes import Shape
from store.data_offers import OfferEventKind
from store.data_records import BookingKind, BookingState, TouchpointKind
from store.data_service import (
    AppointmentKind,
    AppointmentState,
    ComplaintCategory,
    ComplaintState,
    Direction,
    InteractionChannel,
    Sentiment,
    Severity,
    TaskKind,
    TaskState,
)

_VERSION = Annotated[
    str, Meta(description="Changes with every change: give it to a mutation as `expectedVersion`.")
]
_CUSTOMER_ID = Annotated[NodeId, Meta(description="Id of the customer whose it is.")]


class RecordReference(Shape, frozen=True, kw_only=True):
    """A record that something is about."""

    connector: Annotated[
        NodeId | None, Meta(description="Connector instance of a partner's; null for one of the hub's own.")
    ] = None
    kind: Annotated[str, Meta(description="Kind of record, such as `hotel.stays` or `Complaint`.")]
    id: Annotated[str, Meta(description="Its id there.")]


class Task(Shape, frozen=True, kw_only=True):
    """Something that a person is to do about a customer."""

    id: Annotated[NodeId, Meta(description="Id, to change it by.")]
    kind: Annotated[TaskKind, Meta(description="What is to be done.")]
    state: Annotated[TaskState, Meta(description="How it stands.")]
    text: Annotated[str | None, Meta(description="What exactly, in a person's words.")] = None
    about: Annotated[RecordReference | None, Meta(description="What it is about.")] = None
    assignee: Annotated[str | None, Meta(description="Who is to do it; null: whoever takes it.")] = None
    due_at: Annotated[dt.datetime | None, Meta(description="Until when.")] = None
    opened_at: Annotated[dt.datetime, Meta(description="Since when it waits.")]
    opened_by: Annotated[str, Meta(description="Who wants it done: a person, or a program.")]
    closed_at: Annotated[dt.datetime | None, Meta(description="When it was done or cancelled.")] = None
    closed_by: Annotated[str | None, Meta(description="By whom.")] = None
    customer_id: _CUSTOMER_ID
    version: _VERSION


class QueuedTask(Shape, frozen=True, kw_only=True):
    """A task with its customer: what whoever takes it needs to see."""

    task: Annotated[Task, Meta(description="What is to be done.")]
    customer: Annotated[CustomerNode, Meta(description="About whom.")]


class PageView(Shape, frozen=True, kw_only=True):
    """A page that a customer looked at."""

    url: Annotated[str, Meta(description="Its address; without scheme and host on the company's own site.")]
    title: Annotated[str | None, Meta(description="Its title.")] = None
    at: Annotated[dt.datetime, Meta(description="When.")]


class Interaction(Shape, frozen=True, kw_only=True):
    """A call, message, visit or the like between a customer and the company."""

    id: Annotated[NodeId, Meta(description="Id, to change it by.")]
    channel: Annotated[InteractionChannel, Meta(description="Through what they met.")]
    direction: Annotated[Direction, Meta(description="Who began.")]
    started_at: Annotated[dt.datetime, Meta(description="When it began.")]
    ended_at: Annotated[dt.datetime | None, Meta(description="When it ended; null while it goes on.")] = None
    agent: Annotated[str | None, Meta(description="Who of the company took part.")] = None
    subject: Annotated[str | None, Meta(description="What it was about, in a few words.")] = None
    summary: Annotated[str | None, Meta(description="What was said.")] = None
    sentiment: Annotated[Sentiment | None, Meta(description="How the customer seemed to feel.")] = None
    pages: Annotated[
        tuple[PageView, ...], Meta(description="Of a web session: the pages seen, the earliest first.")
    ] = ()
    references: Annotated[
        tuple[RecordReference, ...],
        Meta(description="What it was about: a policy, a flight, a stay."),
    ] = ()
    recorded_at: Annotated[dt.datetime, Meta(description="When the hub learnt of it.")]
    recorded_by: Annotated[str, Meta(description="From whom.")]
    source: Annotated[str | None, Meta(description="The system that it was uploaded from.")] = None
    customer_id: _CUSTOMER_ID
    version: _VERSION


class Note(Shape, frozen=True, kw_only=True):
    """What somebody wrote down of a customer."""

    id: Annotated[NodeId, Meta(description="Id, to change it by.")]
    text: Annotated[str, Meta(description="What was written.")]
    written_at: Annotated[dt.datetime, Meta(description="When.")]
    written_by: Annotated[str, Meta(description="By whom.")]
    changed_at: Annotated[dt.datetime | None, Meta(description="When it was last changed.")] = None
    changed_by: Annotated[str | None, Meta(description="By whom.")] = None
    customer_id: _CUSTOMER_ID
    version: _VERSION


class PreferenceKey(Shape, frozen=True, kw_only=True):
    """Something that a customer can prefer."""

    key: Annotated[str, Meta(description="By what it is set.")]
    type: Annotated[PreferenceType, Meta(description="How its value is written.")]
    description: Annotated[str, Meta(description="What it says.")]
    choices: Annotated[tuple[str, ...], Meta(description="What can be chosen.")] = ()


class Preference(Shape, frozen=True, kw_only=True):
    """What a customer likes best."""

    key: Annotated[str, Meta(description="Key in the catalogue; see `preferenceKeys`.")]
    value: Annotated[str, Meta(description="What they like, as its type writes it.")]
    set_at: Annotated[dt.datetime, Meta(description="When it was said.")]
    set_by: Annotated[str, Meta(description="By whom.")]


class Compensation(Shape, frozen=True, kw_only=True):
    """What a customer was promised for a complaint. Paying it out is a task, or an action at a partner."""

    id: Annotated[NodeId, Meta(description="Id.")]
    money: Annotated[Money | None, Meta(description="The amount; null where points were promised.")] = None
    points: Annotated[Decimal | None, Meta(description="Points; null where money was promised.")] = None
    programme: Annotated[NodeId | None, Meta(description="Of points: instance of the programme.")] = None
    granted_at: Annotated[dt.datetime, Meta(description="When.")]
    granted_by: Annotated[str, Meta(description="By whom.")]


class Complaint(Shape, frozen=True, kw_only=True):
    """What a customer complained of, and what became of it."""

    id: Annotated[NodeId, Meta(description="Id, to change it by.")]
    state: Annotated[ComplaintState, Meta(description="How it stands.")]
    category: Annotated[ComplaintCategory, Meta(description="What it is about.")]
    severity: Annotated[Severity, Meta(description="How much it weighs.")]
    text: Annotated[str, Meta(description="In the customer's words or an agent's.")]
    line: Annotated[str | None, Meta(description="Line of business.")] = None
    product_id: Annotated[NodeId | None, Meta(description="Id of the product that it is about.")] = None
    region: Annotated[str | None, Meta(description="Where it happened.")] = None
    employee: Annotated[str | None, Meta(description="Who was involved.")] = None
    about: Annotated[
        RecordReference | None, Meta(description="The record that it is about, such as a flight or a stay.")
    ] = None
    assignee: Annotated[str | None, Meta(description="Who looks at it.")] = None
    due_at: Annotated[dt.datetime, Meta(description="Until when it is to be settled.")]
    overdue: Annotated[bool, Meta(description="Whether it should have been settled by now.")]
    opened_at: Annotated[dt.datetime, Meta(description="When it was noted.")]
    opened_by: Annotated[str, Meta(description="By whom.")]
    resolution: Annotated[str | None, Meta(description="What became of it.")] = None
    closed_at: Annotated[dt.datetime | None, Meta(description="When it was settled.")] = None
    closed_by: Annotated[str | None, Meta(description="By whom.")] = None
    compensations: Annotated[tuple[Compensation, ...], Meta(description="What was promised for it.")] = ()
    customer_id: _CUSTOMER_ID
    version: _VERSION


class QueuedComplaint(Shape, frozen=True, kw_only=True):
    """A complaint with its customer."""

    complaint: Annotated[Complaint, Meta(description="What was complained of.")]
    customer: Annotated[CustomerNode, Meta(description="By whom.")]


class ComplaintCount(Shape, frozen=True, kw_only=True):
    """How many complaints there are of something."""

    value: Annotated[str | None, Meta(description="The region, product, …; null where none was given.")]
    count: Annotated[int, Meta(description="How many.")]


class Appointment(Shape, frozen=True, kw_only=True):
    """When a customer meets a sales person."""

    id: Annotated[NodeId, Meta(description="Id, to change it by.")]
    employee: Annotated[str, Meta(description="The sales person.")]
    kind: Annotated[AppointmentKind, Meta(description="How they meet.")]
    state: Annotated[AppointmentState, Meta(description="How it stands.")]
    starts_at: Annotated[dt.datetime, Meta(description="When it begins.")]
    ends_at: Annotated[dt.datetime, Meta(description="When it ends.")]
    time_zone: Annotated[str, Meta(description="By whose clock it was agreed.")]
    text: Annotated[str | None, Meta(description="What it is about.")] = None
    booked_at: Annotated[dt.datetime, Meta(description="When it was booked.")]
    booked_by: Annotated[str, Meta(description="By whom.")]
    customer_id: _CUSTOMER_ID
    version: _VERSION


class QueuedAppointment(Shape, frozen=True, kw_only=True):
    """An appointment with its customer."""

    appointment: Annotated[Appointment, Meta(description="When they meet.")]
    customer: Annotated[CustomerNode, Meta(description="Who comes.")]


class Booking(Shape, frozen=True, kw_only=True):
    """A stay, rental or flight that a customer booked, as another system of the company's holds it."""

    id: Annotated[NodeId, Meta(description="Id.")]
    source: Annotated[str, Meta(description="The system that it was uploaded from.")]
    external_id: Annotated[str, Meta(description="Its id there.")]
    kind: Annotated[BookingKind, Meta(description="What is booked.")]
    state: Annotated[BookingState, Meta(description="How it stands.")]
    starts_at: Annotated[dt.datetime, Meta(description="When it begins.")]
    ends_at: Annotated[dt.datetime | None, Meta(description="When it ends.")] = None
    provider: Annotated[str | None, Meta(description="Hotel, rental company or airline.")] = None
    origin: Annotated[str | None, Meta(description="From where: airport, station or city.")] = None
    destination: Annotated[str | None, Meta(description="To where.")] = None
    price: Annotated[Money | None, Meta(description="What it costs.")] = None
    reference: Annotated[str | None, Meta(description="Number that the customer knows it by.")] = None


class Touchpoint(Shape, frozen=True, kw_only=True):
    """One step of a customer's journey."""

    id: Annotated[NodeId, Meta(description="Id.")]
    kind: Annotated[TouchpointKind, Meta(description="What the customer met.")]
    at: Annotated[dt.datetime, Meta(description="When.")]
    label: Annotated[str | None, Meta(description="What exactly, such as a flight's number.")] = None
    origin: Annotated[str | None, Meta(description="From where.")] = None
    destination: Annotated[str | None, Meta(description="To where.")] = None


class Journey(Shape, frozen=True, kw_only=True):
    """What a customer went through, step by step."""

    id: Annotated[str, Meta(description="Its id in the system that it was uploaded from.")]
    source: Annotated[str, Meta(description="That system.")]
    started_at: Annotated[dt.datetime, Meta(description="When the first step was.")]
    ended_at: Annotated[dt.datetime, Meta(description="When the last step was.")]
    touchpoints: Annotated[tuple[Touchpoint, ...], Meta(description="The steps, in the order of time.")]


class OfferAnswer(Shape, frozen=True, kw_only=True):
    """What became of an offer."""

    id: Annotated[NodeId, Meta(description="Its id.")]
    product_id: Annotated[NodeId, Meta(description="Id of the product in the catalogue.")]
    event: Annotated[OfferEventKind, Meta(description="What became of it.")]
    channel: Annotated[str | None, Meta(description="Through what it was offered.")] = None
    agent: Annotated[str, Meta(description="Who told it.")]


class PartnerRecord(Shape, frozen=True, kw_only=True):
    """A partner's record on the timeline; `node` finds it in full."""

    connector: Annotated[NodeId, Meta(description="Connector instance that gave it.")]
    kind: Annotated[str, Meta(description="Kind of record, such as `hotel.stays`.")]
    type_name: Annotated[str, Meta(description="Type of the object that `node` finds.")]
    id: Annotated[NodeId | None, Meta(description="Its global id; null where the kind has none.")] = None


def money(amount: Decimal | None, currency: str | None) -> Money | None:
    """An amount, where there is one."""
    if amount is None or currency is None:
        return None
    return Money(amount=amount, currency=CurrencyCode(currency))
