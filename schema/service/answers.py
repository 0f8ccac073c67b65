"""What the store keeps, as the graph shows it."""

from __future__ import annotations

from datetime import datetime

from schema import ids
from schema.identity.answers import CUSTOMER
from schema.service import shapes
from schema.service.reading import Settled
from store import data_records, data_service
from store.data_offers import OfferEvent
from store.data_service import ComplaintState

TASK, INTERACTION, NOTE = "Task", "Interaction", "Note"
COMPLAINT, COMPENSATION, APPOINTMENT = "Complaint", "Compensation", "Appointment"
BOOKING, TOUCHPOINT, OFFER_RESPONSE = "Booking", "Touchpoint", "OfferResponse"
"""Names of types, as global ids have them."""
_UNSETTLED = frozenset({ComplaintState.OPEN, ComplaintState.ASSIGNED})


def task(found: data_service.TaskData) -> shapes.Task:
    """A task."""
    return shapes.Task(
        id=ids.encode(TASK, found.id),
        kind=found.kind,
        state=found.state,
        text=None if found.content is None else found.content.text,
        about=_about(None, found.about_kind, found.about_id),
        assignee=found.assignee,
        due_at=found.due_at,
        opened_at=found.opened_at,
        opened_by=found.opened_by,
        closed_at=found.closed_at,
        closed_by=found.closed_by,
        customer_id=ids.encode(CUSTOMER, found.customer_id),
        version=str(found.version),
    )


def interaction(found: data_service.InteractionData) -> shapes.Interaction:
    """An interaction."""
    content = found.content or data_service.InteractionContent()
    return shapes.Interaction(
        id=ids.encode(INTERACTION, found.id),
        channel=found.channel,
        direction=found.direction,
        started_at=found.started_at,
        ended_at=found.ended_at,
        agent=found.agent,
        subject=content.subject,
        summary=content.summary,
        sentiment=found.sentiment,
        pages=tuple(shapes.PageView(url=page.url, title=page.title, at=page.at) for page in content.pages),
        references=tuple(map(reference, content.references)),
        recorded_at=found.recorded_at,
        recorded_by=found.recorded_by,
        source=found.source,
        customer_id=ids.encode(CUSTOMER, found.customer_id),
        version=str(found.version),
    )


def note(found: data_service.NoteData) -> shapes.Note:
    """A note."""
    return shapes.Note(
        id=ids.encode(NOTE, found.id),
        text="" if found.content is None else found.content.text,
        written_at=found.written_at,
        written_by=found.written_by,
        changed_at=found.changed_at,
        changed_by=found.changed_by,
        customer_id=ids.encode(CUSTOMER, found.customer_id),
        version=str(found.version),
    )


def preference(found: data_service.PreferenceData) -> shapes.Preference:
    """A preference."""
    return shapes.Preference(key=found.key, value=found.value, set_at=found.set_at, set_by=found.set_by)


def complaint(found: Settled, at: datetime) -> shapes.Complaint:
    """A complaint, as it stands at a moment."""
    one = found.complaint
    content = one.content or data_service.ComplaintContent()
    return shapes.Complaint(
        id=ids.encode(COMPLAINT, one.id),
        state=one.state,
        category=one.category,
        severity=one.severity,
        text=content.text,
        line=one.line,
        product_id=one.product,
        region=one.region,
        employee=one.employee,
        about=_about(one.about_connector, one.about_kind, one.about_id),
        assignee=one.assignee,
        due_at=one.due_at,
        overdue=one.state in _UNSETTLED and one.due_at < at,
        opened_at=one.opened_at,
        opened_by=one.opened_by,
        resolution=content.resolution,
        closed_at=one.closed_at,
        closed_by=one.closed_by,
        compensations=tuple(map(_compensation, found.compensations)),
        customer_id=ids.encode(CUSTOMER, one.customer_id),
        version=str(one.version),
    )


def appointment(found: data_service.AppointmentData) -> shapes.Appointment:
    """An appointment."""
    return shapes.Appointment(
        id=ids.encode(APPOINTMENT, found.id),
        employee=found.employee,
        kind=found.kind,
        state=found.state,
        starts_at=found.starts_at,
        ends_at=found.ends_at,
        time_zone=found.time_zone,
        text=None if found.content is None else found.content.text,
        booked_at=found.booked_at,
        booked_by=found.booked_by,
        customer_id=ids.encode(CUSTOMER, found.customer_id),
        version=str(found.version),
    )


def booking(found: data_records.BookingData) -> shapes.Booking:
    """A booking."""
    return shapes.Booking(
        id=ids.encode(BOOKING, found.id),
        source=found.source,
        external_id=found.external_id,
        kind=found.kind,
        state=found.state,
        starts_at=found.starts_at,
        ends_at=found.ends_at,
        provider=found.provider,
        origin=found.origin,
        destination=found.destination,
        price=shapes.money(found.amount, found.currency),
        reference=None if found.content is None else found.content.reference,
    )


def journey(found: data_records.JourneyData) -> shapes.Journey:
    """A journey."""
    return shapes.Journey(
        id=found.journey,
        source=found.source,
        started_at=found.touchpoints[0].at,
        ended_at=found.touchpoints[-1].at,
        touchpoints=tuple(map(_touchpoint, found.touchpoints)),
    )


def offer_answer(found: OfferEvent) -> shapes.OfferAnswer:
    """What became of an offer."""
    return shapes.OfferAnswer(
        id=ids.encode(OFFER_RESPONSE, found.id),
        product_id=found.product_id,
        event=found.event,
        channel=found.channel,
        agent=found.agent,
    )


def reference(found: data_service.Reference) -> shapes.RecordReference:
    """A record that something is about."""
    return shapes.RecordReference(connector=found.connector, kind=found.kind, id=found.id)


def _about(connector: str | None, kind: str | None, row_id: str | None) -> shapes.RecordReference | None:
    if kind is None or row_id is None:
        return None
    return shapes.RecordReference(connector=connector, kind=kind, id=row_id)


def _compensation(found: data_service.CompensationData) -> shapes.Compensation:
    return shapes.Compensation(
        id=ids.encode(COMPENSATION, found.id),
        money=shapes.money(found.amount, found.currency),
        points=found.amount if found.programme is not None else None,
        programme=found.programme,
        granted_at=found.granted_at,
        granted_by=found.granted_by,
    )


def _touchpoint(found: data_records.TouchpointData) -> shapes.Touchpoint:
    return shapes.Touchpoint(
        id=ids.encode(TOUCHPOINT, found.id),
        kind=found.kind,
        at=found.at,
        label=None if found.content is None else found.content.label,
        origin=found.origin,
        destination=found.destination,
    )
