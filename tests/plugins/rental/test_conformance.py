"""The suite over the sandbox's rental operator, and payloads generated from the published API."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta

import pytest

from c360.http import Transport
from c360.records.rental import BookRental, CancelBooking
from c360.testing import ConnectorSuite, Known, SampleAction
from plugins.rental.connector import TompRental
from sandbox.framework import World
from sandbox.partners import rental
from sandbox.partners.rental.bookings import type_id
from sandbox.population import Population
from sandbox.population.model import Event, EventKind, Presence
from tests.conftest import InProcess
from tests.fixtures.specifications import SPECIFICATIONS
from tests.fixtures.standings import missing
from tests.plugins.rental.conftest import BASE

TODAY = date(2026, 6, 15)
NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
WINDOW = (TODAY - timedelta(days=3 * 365), TODAY + timedelta(days=180))
"""Days that show what was rented and what is booked ahead."""


@functools.cache
def population() -> Population:
    return Population(people=20, companies=2, seed=360, today=TODAY)


def rentals(customer: Presence) -> Sequence[Event]:
    """What a customer booked and has in the window."""
    kinds = {EventKind.RENTAL, EventKind.RENTAL_CANCELLED}
    return [event for event in population().life(customer.member_id).at("rental") if event.kind in kinds]


def booking_id(customer: Presence, event: Event) -> str:
    return f"{customer.party_id}.{event.id}"


def within(event: Event) -> bool:
    return event.at.date() <= WINDOW[1] and (event.until or event.at).date() >= WINDOW[0]


def ahead(customer: Presence) -> Iterator[str]:
    """Ids of the bookings that can be called off."""
    for event in rentals(customer):
        if event.kind is EventKind.RENTAL and event.at > NOW:
            yield booking_id(customer, event)


def known(customer: Presence, indexed: Sequence[Event]) -> Known:
    """A customer with those of their bookings that the hub has indexed, and what those cost."""
    events = [event for event in indexed if within(event)]
    return Known(
        party_id=customer.party_id,
        objects={"rental.bookings": tuple(booking_id(customer, event) for event in indexed)},
        records={"party.profile": 1, "rental.bookings": len(events)},
    )


def chosen() -> tuple[Presence, Presence]:
    """Who has a booking ahead and another one, and somebody else with several."""
    several = [each for each in population().presences("rental") if len(rentals(each)) > 1]
    first = next(each for each in several if any(ahead(each)))
    return first, next(each for each in several if each != first and _is_over(each))


def _is_over(customer: Presence) -> bool:
    """Whether one of the bookings in the window is over."""
    return any(
        event.kind is EventKind.RENTAL and within(event) and (event.until or event.at) < NOW
        for event in rentals(customer)
    )


FIRST, SECOND = chosen()


def one_over(customer: Presence) -> Sequence[Event]:
    """A single booking that is over: its journal is the one list that is read page by page."""
    over = (event for event in rentals(customer) if event.kind is EventKind.RENTAL and within(event))
    return [next(event for event in over if (event.until or event.at) < NOW)]


class TestTompRentalConformance(ConnectorSuite):
    connector = TompRental
    config = {"base_url": BASE, "page_size": 1, "window_days": 120, **rental.CREDENTIALS}  # noqa: RUF012  # the suite's own way
    now = NOW
    window = WINDOW
    unknown = "nobody"
    customers = (known(FIRST, rentals(FIRST)), known(SECOND, one_over(SECOND)))
    actions = (
        SampleAction(
            kind="rental.cancel_booking",
            party_id=FIRST.party_id,
            input=CancelBooking(booking_id=next(ahead(FIRST))),
        ),
        SampleAction(
            kind="rental.book",
            party_id=FIRST.party_id,
            input=BookRental(
                asset_type_id=type_id(rentals(FIRST)[0]),
                latitude=52.25,
                longitude=6.17,
                starts_at=NOW + timedelta(days=30),
                ends_at=NOW + timedelta(days=32),
            ),
        ),
    )
    openapi = SPECIFICATIONS / "rental-tomp-v1.6.1.yaml"

    def partner(self) -> Transport:
        """The operator of a world of its own."""
        self.world = World(population())
        return InProcess(rental.app(self.world), BASE)

    def effects(self, transport: Transport) -> int | None:
        """How many vehicles were booked and bookings called off."""
        return sum(self.world.effects.as_dict().values())


@pytest.mark.thorough  # each of its checks has run, and the kept standing is held to the code
def test_it_is_gold() -> None:
    assert not missing(TestTompRentalConformance)
