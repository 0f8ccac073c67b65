"""The operator's bookings, as the lives of its customers have them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sandbox.framework import World
from sandbox.partners.scanning import scanned
from sandbox.population.model import Event, EventKind, Life, Presence

DOMAIN = "rental"
_INVOICED_AFTER = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Booking:
    """A rental, with the customer who booked it."""

    id: str
    customer: Presence
    event: Event
    cancelled: bool = False
    """Whether a client called it off."""

    @property
    def leg_id(self) -> str:
        """Id of the only leg."""
        return f"{self.id}-1"

    @property
    def start(self) -> datetime:
        """When the vehicle is taken."""
        return self.event.at

    @property
    def end(self) -> datetime:
        """When the vehicle is returned."""
        return self.event.until or self.event.at

    @property
    def invoiced_at(self) -> datetime:
        """When the operator writes the invoice."""
        return self.end + _INVOICED_AFTER

    def state(self, now: datetime) -> str:
        """Where it stands, as the API says it."""
        if self.cancelled or self.event.kind is EventKind.RENTAL_CANCELLED:
            return "CANCELLED"
        if now < self.start:
            return "CONFIRMED"
        return "STARTED" if now < self.end else "FINISHED"


class Bookings:
    """All bookings of the operator.

    One is found by its id from its customer's life alone. Only a list needs the lives of all
    customers; those are gone through once.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._population = world.population
        self._all: Sequence[Booking] | None = None
        self._cancelled: set[str] = set()

    def cancel(self, booking: Booking) -> Booking:
        """Call off a booking; the booking as it is then."""
        self._cancelled.add(booking.id)
        self._world.effects.count("cancel_booking")
        return self._present(booking)

    def _present(self, booking: Booking) -> Booking:
        return replace(booking, cancelled=True) if booking.id in self._cancelled else booking

    def find(self, booking_id: str) -> Booking | None:
        """A booking by its id."""
        party_id, _, number = booking_id.rpartition(".")
        presence = self._population.presence(DOMAIN, party_id)
        if presence is None or not number:
            return None
        found = (item for item in self._of(presence) if item.id == booking_id)
        booking = next(found, None)
        return booking and self._present(booking)

    def find_leg(self, leg_id: str) -> Booking | None:
        """A booking by the id of its leg."""
        booking = self.find(leg_id.rpartition("-")[0])
        return booking if booking and booking.leg_id == leg_id else None

    async def everything(self) -> Sequence[Booking]:
        """All bookings by the time they start."""
        if self._all is None:
            found = await scanned(self._world, DOMAIN, self._of)
            self._all = sorted(found, key=lambda item: (item.start, item.id))
        return [self._present(booking) for booking in self._all] if self._cancelled else self._all

    def _of(self, presence: Presence) -> Iterator[Booking]:
        return bookings_of(self._population.life(presence.member_id), presence)


def bookings_of(life: Life, presence: Presence) -> Iterator[Booking]:
    """A customer's bookings, the oldest first."""
    for event in life.at(DOMAIN):
        if event.kind in {EventKind.RENTAL, EventKind.RENTAL_CANCELLED}:
            yield Booking(f"{presence.party_id}.{event.id}", presence, event)
