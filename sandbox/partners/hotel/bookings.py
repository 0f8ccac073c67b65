"""The stays of the population as reservations of the hotel group."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from sandbox.framework import World
from sandbox.partners.hotel.houses import House, house_of
from sandbox.partners.scanning import scanned
from sandbox.population.model import Event, EventKind, Life, Presence

DOMAIN = "hotel"
_DIGITS = 8
"""A reservation's id is its guest's, followed by this many digits of the booking's own number."""


@dataclass(frozen=True, slots=True)
class Booking:
    """A reservation."""

    id: str
    guest: Presence
    event: Event
    house: House
    status: str
    booked_at: datetime
    modified_at: datetime

    @property
    def check_in(self) -> date:
        """Day of arrival at the hotel."""
        return self.event.at.astimezone(self.house.zone).date()

    @property
    def check_out(self) -> date:
        """Day of departure at the hotel."""
        leaves = self.event.until.astimezone(self.house.zone).date() if self.event.until else self.check_in
        return max(leaves, self.check_in + timedelta(days=1))

    @property
    def nights(self) -> tuple[date, ...]:
        """The nights, by the day they begin."""
        count = (self.check_out - self.check_in).days
        return tuple(self.check_in + timedelta(days=night) for night in range(count))

    @property
    def total(self) -> Decimal:
        """What it costs; a cancelled one costs nothing."""
        return Decimal(0) if self.status == "canceled" else self.event.amount or Decimal(0)

    @property
    def paid(self) -> Decimal:
        """What was paid: all of it on departure, a no-show by card."""
        return self.total if self.status in {"checked_out", "no_show"} else Decimal(0)

    def people(self, who: str) -> int:
        """Number of ``adults`` or ``children``."""
        return int(self.event.detail.get(who) or (1 if who == "adults" else 0))

    def rates(self) -> dict[str, Decimal]:
        """The rate of each night; they add up to the total, the last night takes the cents."""
        nights = self.nights
        each = (self.total / len(nights)).quantize(Decimal("0.01"))
        rates = {night.isoformat(): each for night in nights}
        rates[nights[-1].isoformat()] = self.total - each * (len(nights) - 1)
        return rates


def bookings_of(world: World, guest: Presence) -> list[Booking]:
    """A guest's reservations that were made by now, the oldest stay first."""
    return bookings_in(world.population.life(guest.member_id), guest, world.now())


def bookings_in(life: Life, guest: Presence, now: datetime) -> list[Booking]:
    """The reservations in a guest's life that were made by a moment, the oldest stay first."""
    found = (_booking(now, guest, event) for event in life.at(DOMAIN))
    return [booking for booking in found if booking is not None]


async def all_bookings(world: World) -> list[Booking]:
    """Every guest's reservations that were made by now."""

    def of_one(guest: Presence) -> Iterable[tuple[Presence, Event]]:
        return ((guest, event) for event in world.population.life(guest.member_id).at(DOMAIN))

    now = world.now()
    minute = now.replace(second=0, microsecond=0)
    kept: tuple[datetime, list[Booking]] | None = world.state.get("bookings")
    if kept is None or kept[0] != minute:
        events = await scanned(world, DOMAIN, of_one)
        found = (_booking(now, guest, event) for guest, event in events)
        kept = minute, [booking for booking in found if booking is not None]
        world.state["bookings"] = kept
    return kept[1]


def booking_by_id(world: World, reservation_id: str) -> Booking | None:
    """A reservation by its number."""
    guest = world.population.presence(DOMAIN, reservation_id[:-_DIGITS])
    if guest is None:
        return None
    return next((it for it in bookings_of(world, guest) if it.id == reservation_id), None)


def _booking(now: datetime, guest: Presence, event: Event) -> Booking | None:
    status = _status(event, now)
    booked_at = datetime.fromisoformat(event.detail["booked_at"])
    if status is None or booked_at > now:
        return None
    cancelled = event.detail.get("cancelled_at")
    changed = {
        "canceled": datetime.fromisoformat(cancelled) if cancelled else booked_at,
        "checked_in": event.at,
        "checked_out": event.until or event.at,
        "no_show": event.at + timedelta(hours=8),
    }
    return Booking(
        id=f"{guest.party_id}{event.detail['reservation'][-_DIGITS:]}",
        guest=guest,
        event=event,
        house=house_of(event),
        status=status,
        booked_at=booked_at,
        modified_at=min(changed.get(status, booked_at), now),
    )


def _status(event: Event, now: datetime) -> str | None:
    match event.kind:
        case EventKind.STAY_CANCELLED:
            return "canceled"
        case EventKind.NO_SHOW:
            return "no_show"
        case EventKind.STAY if event.at > now:
            return "confirmed"
        case EventKind.STAY:
            return "checked_in" if event.until and event.until > now else "checked_out"
        case _:
            return None
