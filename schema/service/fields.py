"""The fields of a customer that show what people keep of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import msgspec
from strawberry.types.field import StrawberryField

from schema.answers import CustomerAnswer
from schema.declarations import Demand
from schema.derive import Deriver
from schema.hub import known
from schema.inputs import PageArguments
from schema.paging import Connection, connect, connection_type, stored_page, stretch
from schema.permissions.rules import Rule, needs
from schema.permissions.scopes import Scope
from schema.reading import taken
from schema.service import answers, reading, shapes
from schema.service.arguments import (
    AppointmentsArguments,
    CustomerTasksArguments,
    InteractionsArguments,
    ListArguments,
)
from store.data_service import OwnPage

NOTED = needs(Scope.INTERACTIONS_READ, pii=True)
"""Who may read what people keep of customers."""
_PROFILE = needs(Scope.PROFILE_READ, pii=True)


class _List(msgspec.Struct, frozen=True, kw_only=True):
    """A list of a customer's that is read page by page."""

    shape: type[msgspec.Struct]
    text: str
    """What it holds, for the descriptions of its types."""
    description: str
    arguments: type[ListArguments] = ListArguments
    show: Callable[[Any, CustomerAnswer], Any]
    rule: Rule = NOTED


_LISTS: Mapping[str, _List] = {
    reading.INTERACTIONS: _List(
        shape=shapes.Interaction,
        text="interactions, the newest first",
        description="Calls, messages, visits and web sessions, the newest first.",
        arguments=InteractionsArguments,
        show=lambda found, _: answers.interaction(found),
    ),
    reading.TASKS: _List(
        shape=shapes.Task,
        text="tasks, the latest first",
        description="What people are to do about the customer, the latest first.",
        arguments=CustomerTasksArguments,
        show=lambda found, _: answers.task(found),
    ),
    reading.NOTES: _List(
        shape=shapes.Note,
        text="notes, the latest first",
        description="What people wrote down of the customer, the latest first.",
        show=lambda found, _: answers.note(found),
    ),
    reading.COMPLAINTS: _List(
        shape=shapes.Complaint,
        text="complaints, the latest first",
        description="What the customer complained of, the latest first.",
        show=lambda found, customer: answers.complaint(found, customer.view.at),
    ),
    reading.APPOINTMENTS: _List(
        shape=shapes.Appointment,
        text="appointments, the soonest first",
        description="When the customer meets sales people from now on, the soonest first.",
        arguments=AppointmentsArguments,
        show=lambda found, _: answers.appointment(found),
    ),
    reading.BOOKINGS: _List(
        shape=shapes.Booking,
        text="bookings, the latest first",
        description="Stays, rentals and flights that other systems of the company's brought, the latest "
        "first. Those of partners are in their groups.",
        show=lambda found, _: answers.booking(found),
    ),
}


def service_fields(make: Deriver) -> dict[str, StrawberryField]:
    """The fields by name; the types that they need are made with them."""
    fields = {name: _paged(make, name, one) for name, one in _LISTS.items()}
    fields["journeys"] = make.computed(
        _journeys,
        connection_type(
            make,
            make.object(shapes.Journey),
            "Journey",
            "journeys, the latest first",
            counted="How many there are among the customer's latest thousand steps.",
        ),
        "What the customer went through, step by step, the journey with the latest step first.",
        arguments=PageArguments,
        demand=Demand(hub=reading.JOURNEYS),
        rule=NOTED,
    )
    fields["preferences"] = make.attribute(
        tuple[shapes.Preference, ...],
        "What the customer likes best, by key.",
        demand=Demand(hub=reading.PREFERENCES),
        read=lambda customer: [
            answers.preference(one) for one in known(customer.view, reading.PREFERENCES) or ()
        ],
        rule=_PROFILE,
    )
    return fields


def _paged(make: Deriver, name: str, one: _List) -> StrawberryField:
    connection = connection_type(make, make.object(one.shape), one.shape.__name__, one.text, counted=None)
    return make.computed(
        partial(_stretch, name, one),
        connection,
        one.description,
        arguments=one.arguments,
        demand=Demand(hub=name, arguments=one.arguments),
        rule=one.rule,
    )


def _stretch(name: str, one: _List, customer: CustomerAnswer, _info: object, **given: Any) -> Connection:
    asked = taken(one.arguments, given)
    page: OwnPage[Any] = known(customer.view, name, asked) or OwnPage()
    shown = (one.show(found, customer) for found in page.items)
    return stored_page(zip(shown, page.cursors, strict=True), page)


def _journeys(customer: CustomerAnswer, _info: object, **given: Any) -> Connection:
    asked = stretch(taken(PageArguments, given))
    found = known(customer.view, reading.JOURNEYS) or ()
    rows = [(_place(one), one) for one in map(answers.journey, found)]
    rows.sort(key=lambda row: row[0], reverse=True)
    return connect(rows, asked, scope="journeys", descending=True)


def _place(one: shapes.Journey) -> tuple[str, str, str]:
    return (one.ended_at.isoformat(timespec="microseconds"), one.source, one.id)
