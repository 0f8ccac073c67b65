"""Journeys: nights at the hotel, rented cars, what the card and the loyalty programme see of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from sandbox.population.chronicle import Chronicle
from sandbox.population.model import EventKind
from sandbox.population.numbers import number, short_id
from sandbox.population.origins import pick
from sandbox.population.rates import convert, money, rate
from sandbox.population.routines.shopping import earn

HOTELS = (
    ("Hotel Bellavista", "Lisboa"),
    ("Grand Hotel Limmat", "Zürich"),
    ("Residenz am Park", "Berlin"),
    ("Hôtel du Lac", "Genève"),
    ("Casa Alameda", "Madrid"),
    ("Herengracht House", "Amsterdam"),
    ("Pousada da Serra", "Porto"),
    ("Aegean View", "Athina"),
)
"""Houses and their towns; a house's number is its place here, from 1."""
ROOMS = (("Single", 0.8), ("Double", 1.0), ("Superior", 1.4), ("Suite", 2.4))
CARS = (
    ("Fiat 500", "SMALL", 3_400),
    ("Renault Clio", "SMALL", 3_900),
    ("Škoda Octavia", "MEDIUM", 5_200),
    ("VW Golf", "MEDIUM", 4_900),
    ("Volvo V60", "LARGE", 7_800),
    ("VW Transporter", "VAN", 8_900),
)
"""Vehicles, their class and the price of a day in EUR cents."""


@dataclass(frozen=True, slots=True)
class _Journey:
    """When and where to, and what becomes of it."""

    deed: str
    start: datetime
    end: datetime
    booked: datetime
    city: str
    fate: float
    """A draw: what becomes of the booking."""
    cancelled: datetime


@dataclass(frozen=True, slots=True)
class _Bill:
    """What is to be paid abroad, in EUR cents, to whom."""

    cents: int
    text: str
    category: str
    city: str


def travels(life: Chronicle) -> bool:
    """Whether the member may set out this month."""
    return life.month.month in life.temper.trip_months and ("hotel" in life.held or "rental" in life.held)


def plan(life: Chronicle, rng: Random) -> None:
    """Book the journeys that begin this month, and put what follows from them on the calendar.

    Takes a source of chance of its own: months to come are planned as they will be planned once
    they are lived.
    """
    temper = life.temper
    times = (rng.random() < 0.7) + (rng.random() < 0.25) if temper.on_business else rng.random() < 0.85
    for _ in range(times):
        _set_out(life, rng)


def _set_out(life: Chronicle, rng: Random) -> None:
    month, temper = life.month, life.temper
    nights = 1 + int((2.5 if temper.on_business else 8) * rng.random() ** 1.5)
    start = month.at(1 + int(month.days * rng.random()), 15, int(60 * rng.random()))
    lead = int((20 if temper.on_business else 110) * rng.random()) + 1
    booked = start - timedelta(days=lead, hours=int(8 * rng.random()))
    favourite = number(life.member.id, "hotel", digits=6) % len(HOTELS)
    house = favourite if rng.random() < 0.6 else int(len(HOTELS) * rng.random())
    journey = _Journey(
        deed=life.deed("Z", start),
        start=start,
        end=start.replace(hour=10, minute=0) + timedelta(days=nights),
        booked=booked,
        city=HOTELS[house][1],
        fate=rng.random(),
        cancelled=booked + (start - booked) * rng.random(),
    )
    wants_car, room_draw, car = rng.random(), rng.random(), pick(rng, CARS)
    if life.quiet and journey.end >= life.quiet:
        return
    if life.knows("hotel", booked):
        _stay(life, journey, house, nights, room_draw)
    if life.knows("rental", booked) and (wants_car < temper.drives or "hotel" not in life.held):
        _rent(life, journey, nights, car)


def _fate(life: Chronicle, journey: _Journey) -> str:
    """What has become of a booking by now: kept, cancelled or no-show."""
    if journey.fate < life.temper.fickle:
        return "cancelled" if journey.cancelled <= life.now else "kept"
    if journey.fate > 0.975 and not life.member.organization:
        return "no-show" if journey.start.replace(hour=23) <= life.now else "kept"
    return "kept"


def _stay(life: Chronicle, journey: _Journey, house: int, nights: int, draw: float) -> None:
    if journey.booked > life.now:
        return
    comfort = life.temper.comfort
    room, factor = ROOMS[min(3, int(comfort * 1.2 + draw * 1.3))]
    nightly = (
        int(9_500 * comfort**0.5 * factor * (1.25 if journey.start.month in {7, 8, 12} else 1.0)) // 50 * 50
    )
    party = 1 if life.temper.on_business else 1 + (draw < 0.7)
    detail = {
        "property": str(house + 1),
        "room_type": room,
        "adults": str(party),
        "children": str(int(draw * 10) % 3 if party == 2 and draw < 0.3 else 0),
        "channel": ("Website", "Phone", "Walk-In", "Booking portal")[int(draw * 97) % 4],
        "booked_at": journey.booked.isoformat(),
        "nightly_rate": str(money(nightly)),
        "reservation": f"{number(journey.deed, 'stay', digits=13):013d}",
    }
    fate = _fate(life, journey)
    kind = {"kept": EventKind.STAY, "cancelled": EventKind.STAY_CANCELLED, "no-show": EventKind.NO_SHOW}[fate]
    if fate == "cancelled":
        detail["cancelled_at"] = journey.cancelled.isoformat()
    cents = nightly * nights
    life.enter(
        journey.deed,
        kind,
        "hotel",
        journey.start,
        until=journey.end,
        cents=cents,
        currency="EUR",
        text=HOTELS[house][0],
        place=journey.city,
        quantity=nights,
        detail=detail,
    )
    if kind is EventKind.STAY:
        bill = _Bill(cents, HOTELS[house][0], "7011", journey.city)
        life.plan(journey.end, _pay_abroad, journey.deed, bill)


def _rent(life: Chronicle, journey: _Journey, nights: int, car: tuple[str, str, int]) -> None:
    if journey.booked > life.now:
        return
    name, asset_class, daily = car
    days = max(1, nights)
    start = journey.start.replace(hour=12)
    end = start + timedelta(days=days - 1, hours=6)
    detail = {
        "asset_class": asset_class,
        "booking": short_id("rental", journey.deed),
        "from_place": f"{journey.city} Central",
        "to_place": f"{journey.city} {'Airport' if journey.fate > 0.6 else 'Central'}",
        "distance_km": str(int(40 + 160 * journey.fate) * days),
        "booked_at": journey.booked.isoformat(),
        "daily_rate": str(money(daily)),
    }
    cancelled = journey.fate < life.temper.fickle and journey.cancelled <= life.now
    if cancelled:
        detail["cancelled_at"] = journey.cancelled.isoformat()
    cents = daily * days
    # Another deed than the stay on the same journey: it is paid for by itself.
    deed = f"{journey.deed}r"
    life.enter(
        deed,
        EventKind.RENTAL_CANCELLED if cancelled else EventKind.RENTAL,
        "rental",
        start,
        until=end,
        cents=cents,
        currency="EUR",
        text=name,
        place=journey.city,
        quantity=days,
        detail=detail,
    )
    if not cancelled:
        life.plan(end, _pay_abroad, deed, _Bill(cents, f"Velomobil {name}", "7512", journey.city))


def _pay_abroad(life: Chronicle, at: datetime, deed: str, bill: _Bill) -> None:
    """Pay at the end of a stay or a rental, and earn points for it."""
    on = at.date()
    aud = convert(bill.cents, "EUR", "AUD", on)
    account = life.card if life.card and life.card.opened <= on else None
    detail = {
        "mcc": bill.category,
        "original_amount": str(money(bill.cents)),
        "original_currency": "EUR",
        "rate": str(rate("EUR", "AUD", on)),
    }
    life.pay(
        deed, EventKind.CARD_PURCHASE, at, aud, bill.text, account=account, place=bill.city, detail=detail
    )
    earn(life, deed, at, bill.cents // 100, bill.text, always=True)
