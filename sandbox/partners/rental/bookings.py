"""The operator's bookings, as the lives of its customers have them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import msgspec

from sandbox.framework import World
from sandbox.partners.scanning import scanned
from sandbox.population.model import Event, EventKind, Life, Presence

DOMAIN = "rental"
_INVOICED_AFTER = timedelta(days=2)
_WAITS = timedelta(minutes=15)
"""For how long a vehicle is reserved that nobody commits to."""


@dataclass(frozen=True, slots=True)
class Booking:
    """A rental, with the customer who booked it."""

    id: str
    customer: Presence
    event: Event
    cancelled: bool = False
    """Whether a client called it off."""
    committed: bool = True
    """Whether the customer is bound by it; otherwise it only waits for that."""
    expires: datetime | None = None
    """Until when it waits."""

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
        if not self.committed:
            return "EXPIRED" if self.expires and now > self.expires else "PENDING"
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
        self._made: dict[str, Booking] = {}
        """Those that clients made, by id."""

    async def propose(
        self, customer: Presence, asset_type: str, start: datetime, end: datetime
    ) -> Booking | None:
        """Reserve a vehicle of a type until it is committed; none where the operator has no such type."""
        known = await self.everything()
        like = next((each.event for each in reversed(known) if type_id(each.event) == asset_type), None)
        if like is None:
            return None
        number = f"new-{len(self._made) + 1}"
        event = msgspec.structs.replace(
            like, id=number, deed=number, kind=EventKind.RENTAL, at=start, until=end
        )
        waits = self._world.now() + _WAITS
        made = Booking(f"{customer.party_id}.{number}", customer, event, committed=False, expires=waits)
        self._made[made.id] = made
        return made

    def commit(self, booking: Booking) -> Booking:
        """Bind the customer; the booking as it is then."""
        bound = self._made[booking.id] = replace(booking, committed=True, expires=None)
        self._world.effects.count("book_rental")
        return bound

    def cancel(self, booking: Booking) -> Booking:
        """Call off a booking; the booking as it is then."""
        self._cancelled.add(booking.id)
        self._world.effects.count("cancel_booking")
        return self._present(booking)

    def _present(self, booking: Booking) -> Booking:
        return replace(booking, cancelled=True) if booking.id in self._cancelled else booking

    def find(self, booking_id: str) -> Booking | None:
        """A booking by its id."""
        if booking_id in self._made:
            return self._present(self._made[booking_id])
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
        every = [*self._all, *self._made.values()]
        return [self._present(booking) for booking in every] if self._cancelled or self._made else self._all

    def _of(self, presence: Presence) -> Iterator[Booking]:
        return bookings_of(self._population.life(presence.member_id), presence)


def type_id(event: Event) -> str:
    """The id of the type of vehicle of a rental."""
    category = event.detail.get("asset_class", "").lower()
    return f"{category}-{event.text}".lower().replace(" ", "-")


def bookings_of(life: Life, presence: Presence) -> Iterator[Booking]:
    """A customer's bookings, the oldest first."""
    for event in life.at(DOMAIN):
        if event.kind in {EventKind.RENTAL, EventKind.RENTAL_CANCELLED}:
            yield Booking(f"{presence.party_id}.{event.id}", presence, event)
