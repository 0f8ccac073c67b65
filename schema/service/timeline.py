"""A customer's timeline: what people noted and what happened at partners, in one order."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import UTC
from functools import partial
from typing import Annotated, Any

import msgspec
from msgspec import Meta
from strawberry.types.field import StrawberryField

from c360.contract import Need
from c360.kinds import kind as kind_of
from resolvers.references import Referrer
from resolvers.timeline import Timeline
from schema import cursors, ids
from schema.answers import CustomerAnswer
from schema.consents.answers import decision
from schema.consents.shapes import READ as CONSENTS
from schema.consents.shapes import ConsentDecision
from schema.declarations import Demand
from schema.derive import Deriver
from schema.hub import known
from schema.paging import Connection, Edge, PageInfo, connection_type, page_size
from schema.permissions.permit import Permit
from schema.permissions.rules import needs
from schema.permissions.scopes import Scope
from schema.reading import taken
from schema.service import answers, shapes
from schema.service.arguments import TimelineArguments, TimelineKind
from schema.service.reading import TIMELINE, HubEntries, timeline_place, timeline_window
from schema.shapes import Shape
from store.data_consents import DecisionData

_RULE = needs(Scope.INTERACTIONS_READ, pii=True)
_PARTNER = TimelineKind.PARTNER_RECORD.value
_Place = tuple[str, str, str]


class TimelineEntry(Shape, frozen=True, kw_only=True):
    """Something that happened; of the fields behind its kind that one is not null."""

    at: Annotated[dt.datetime, Meta(description="When.")]
    kind: Annotated[TimelineKind, Meta(description="What it is.")]
    interaction: Annotated[shapes.Interaction | None, Meta(description="Of an interaction.")] = None
    complaint: Annotated[shapes.Complaint | None, Meta(description="Of a complaint.")] = None
    appointment: Annotated[shapes.Appointment | None, Meta(description="Of an appointment.")] = None
    consent: Annotated[
        ConsentDecision | None,
        Meta(description="Of a consent, an objection or a restriction.", extra={"rule": CONSENTS}),
    ] = None
    booking: Annotated[shapes.Booking | None, Meta(description="Of a booking.")] = None
    offer_response: Annotated[
        shapes.OfferAnswer | None, Meta(description="Of an offer: what became of it.")
    ] = None
    record: Annotated[
        shapes.PartnerRecord | None,
        Meta(description="Of a partner's record; there are those of the domains that the caller may read."),
    ] = None


class Lines(msgspec.Struct, frozen=True):
    """How partners' records lie in time, and which of them are nodes, by their types' names."""

    timelines: Mapping[str, Timeline]
    references: Mapping[str, Referrer]


def timeline_field(make: Deriver, lines: Lines) -> StrawberryField:
    """The field; the types that it needs are made with it."""
    connection = connection_type(
        make,
        make.object(TimelineEntry),
        "Timeline",
        "what happened, the newest first",
        counted=None,
        more={
            "since": make.attribute(dt.date, "First day of the window, included."),
            "until": make.attribute(dt.date, "Last day of the window, included."),
        },
    )
    return make.computed(
        partial(_timeline, lines),
        connection,
        "Everything that happened with the customer within a window, the newest first: interactions, "
        "complaints, appointments, bookings, answers to offers, consents, and what partners tell of. What a "
        "source did not give is missing here too; `sources` says which.",
        arguments=TimelineArguments,
        demand=Demand(hub=TIMELINE, arguments=TimelineArguments, windows=partial(_windows, lines)),
        rule=_RULE,
    )


class TimelineConnection(Connection, frozen=True, kw_only=True):
    """A stretch of it, with its window."""

    since: dt.date
    until: dt.date


def _windows(lines: Lines, asked: TimelineArguments, today: dt.date) -> Collection[Need]:
    """The windows of partners' records that the field needs."""
    if asked.kinds and TimelineKind.PARTNER_RECORD not in asked.kinds:
        return ()
    since, until = timeline_window(asked, today)
    return [Need(kind=kind, since=since, until=until) for kind in lines.timelines]


def _timeline(lines: Lines, customer: CustomerAnswer, info: Any, **given: Any) -> Connection:
    asked = taken(TimelineArguments, given)
    size = page_size(asked.first, "first")
    since, until = timeline_window(asked, customer.view.today)
    after = timeline_place(asked.after)
    found: HubEntries = known(customer.view, TIMELINE, asked) or HubEntries()
    rows = [
        *_own(found, customer, info.context.permit),
        *_partners(lines, customer, asked, info.context.permit),
    ]
    behind = sorted(
        (row for row in rows if after is None or row[0] < after), key=lambda row: row[0], reverse=True
    )
    edges = [Edge(node=entry, cursor=cursors.encode(TIMELINE, place)) for place, entry in behind[:size]]
    return TimelineConnection(
        edges=edges,
        page_info=PageInfo(
            has_next_page=len(behind) > size,
            has_previous_page=after is not None,
            start_cursor=edges[0].cursor if edges else None,
            end_cursor=edges[-1].cursor if edges else None,
        ),
        since=since,
        until=until,
    )


def _own(
    found: HubEntries, customer: CustomerAnswer, permit: Permit
) -> Iterator[tuple[_Place, TimelineEntry]]:
    """What the hub itself holds; to who may not read consents not even that there is one."""
    consents = permit.of(TimelineEntry.__name__, "consent") is None
    show: Mapping[TimelineKind, tuple[str, Callable[[Any], Any]]] = {
        TimelineKind.INTERACTION: ("interaction", answers.interaction),
        TimelineKind.COMPLAINT: (
            "complaint",
            lambda one: answers.complaint(one, customer.view.at),
        ),
        TimelineKind.APPOINTMENT: ("appointment", answers.appointment),
        TimelineKind.BOOKING: ("booking", answers.booking),
        TimelineKind.CONSENT: ("consent", decision),
        TimelineKind.OFFER_RESPONSE: ("offer_response", answers.offer_answer),
    }
    for entry in found.entries:
        detail = found.details.get((entry.kind, entry.id))
        if detail is None or (isinstance(detail, DecisionData) and not consents):
            continue  # the first: deleted between the two statements that read it
        kind = TimelineKind(entry.kind)
        field, shown = show[kind]
        place = (_instant(entry.at), entry.kind, entry.id)
        yield place, TimelineEntry(at=entry.at, kind=kind, **{field: shown(detail)})


def _partners(
    lines: Lines, customer: CustomerAnswer, asked: TimelineArguments, permit: Permit
) -> Iterator[tuple[_Place, TimelineEntry]]:
    """What partners tell of, in the domains that the caller may read; what has no moment has no place."""
    for need in _windows(lines, asked, customer.view.today):
        if not permit.reads(need.kind):
            continue
        line = lines.timelines[need.kind]
        for place, record in line.placed(line.within(customer.view.joined(need.kind), need)):
            moment = line.moment(record)
            if moment is None:
                continue
            at = moment if isinstance(moment, dt.datetime) else dt.datetime.combine(moment, dt.time(), UTC)
            at = at if at.tzinfo else at.replace(tzinfo=UTC)
            type_name = kind_of(need.kind).record.__name__
            referrer = lines.references.get(type_name)
            shown = shapes.PartnerRecord(
                connector=record.connector,
                kind=need.kind,
                type_name=type_name,
                id=None if referrer is None else ids.encode(type_name, str(referrer.of(record))),
            )
            mine = (_instant(at), _PARTNER, "/".join((need.kind, *place[1:])))
            yield mine, TimelineEntry(at=at, kind=TimelineKind.PARTNER_RECORD, record=shown)


def _instant(at: dt.datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")
