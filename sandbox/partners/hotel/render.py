"""Guests, reservations and notes as Cloudbeds writes them."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.partners.hotel.bookings import Booking
from sandbox.partners.hotel.houses import House
from sandbox.population.model import Presence

Json = dict[str, Any]

_PREFERENCES = (
    ("Floor", ("high floor", "ground floor", "away from the lift")),
    ("Pillow", ("feather", "foam", "two pillows")),
    ("Newspaper", ("none", "local", "international")),
)
_REQUESTS = (
    "",
    "",
    "",
    "Late arrival after 22:00.",
    "A cot for a baby.",
    "A quiet room, please.",
    "Vegetarian breakfast.",
)
_NOTES = (
    "Prefers a {floor}.",
    "Asked for a {pillow} pillow.",
    "Left an umbrella; posted it on.",
    "Thanked the kitchen for breakfast.",
    "Complained about noise from the street; moved to another room.",
)
_CLERKS = ("A. Reid", "M. Costa", "J. Weber")
_ARRIVAL = time(14)
_DEPARTURE = time(10)


def guest(presence: Presence) -> Json:
    """Answer of ``getGuest``."""
    phone, cell = phones(presence)
    given, family = names(presence)
    return {
        "firstName": given,
        "lastName": family,
        "gender": gender(presence),
        "email": presence.email or "",
        "phone": phone,
        "cellPhone": cell,
        "country": presence.address.country,
        "address": street(presence),
        "address2": "",
        "city": presence.address.city,
        "zip": presence.address.postal_code,
        "state": presence.address.region,
        "birthDate": _birth_date(presence),
        "documentType": "",
        "documentNumber": "",
        "documentIssueDate": "",
        "documentIssuingCountry": "",
        "documentExpirationDate": "",
        "customFields": custom_fields(presence),
        "specialRequests": _REQUESTS[_pick(presence.party_id, "request", len(_REQUESTS))],
        "taxID": presence.tax_id or None,
        "companyName": presence.organization_name,
        "isAnonymized": False,
        "guestOptIn": _pick(presence.party_id, "opt-in", 3) > 0,
        "isMerged": False,
    }


def listed_guest(presence: Presence, booking: Booking | None, *, details: bool) -> Json:
    """An entry of ``getGuestList``."""
    given, family = names(presence)
    moments = (booking.booked_at, booking.modified_at) if booking else (presence.updated_at,) * 2
    zone = booking.house.zone if booking else UTC
    entry = {
        "reservationID": booking.id if booking else "",
        "guestName": f"{given} {family}".strip() or presence.organization_name or "",
        "guestEmail": presence.email or "",
        "guestID": presence.party_id,
        "dateCreated": moments[0].astimezone(zone).isoformat(timespec="seconds"),
        "dateModified": moments[1].astimezone(zone).isoformat(timespec="seconds"),
        "isMainGuest": True,
        "isAnonymized": False,
        "isMerged": False,
    }
    if not details:
        return entry
    birth_date = presence.birth_date.isoformat() if presence.birth_date else None
    return (
        entry
        | _contact(presence)
        | {
            "guestBirthDate": birth_date,
            "companyName": presence.organization_name,
            "guestNotes": [],
            **({"status": booking.status} if booking else {}),
        }
    )


def modified_guest(presence: Presence, booking: Booking | None) -> Json:
    """An entry of ``getGuestsModified``."""
    stay = (
        {
            "reservationID": booking.id,
            "roomTypeID": _room_type_id(booking),
            "startDate": _at(booking, arriving=True),
            "endDate": _at(booking, arriving=False),
        }
        if booking
        else {}
    )
    born = {"guestBirthDate": presence.birth_date.isoformat()} if presence.birth_date else {}
    return {
        "guestID": presence.party_id,
        **stay,
        **_contact(presence),
        **born,
        "guestEmail": presence.email or "",
        "customFields": custom_fields(presence),
        "dateModified": presence.updated_at.isoformat(timespec="seconds"),
        "companyName": presence.organization_name,
        "isAnonymized": False,
        "isMerged": False,
    }


def hotel(house: House) -> Json:
    """An entry of ``getHotels``."""
    return {
        "propertyID": house.id,
        "organizationID": "1",
        "propertyName": house.name,
        "propertyImage": "",
        "propertyDescription": f"{house.name}, {house.city}",
        "propertyTimezone": house.zone.key,
        "propertyCurrency": [
            {"currencyCode": house.currency, "currencySymbol": house.currency, "currencyPosition": "before"}
        ],
    }


def reservation(booking: Booking) -> Json:
    """An entry of ``getReservations``."""
    given, family = names(booking.guest)
    return {
        "propertyID": booking.house.id,
        "reservationID": booking.id,
        "dateCreated": _local(booking, booking.booked_at),
        "dateModified": _local(booking, booking.modified_at),
        "status": booking.status,
        "guestID": booking.guest.party_id,
        "profileID": booking.guest.party_id,
        "guestName": f"{given} {family}".strip() or booking.guest.organization_name or "",
        "startDate": booking.check_in.isoformat(),
        "endDate": booking.check_out.isoformat(),
        "adults": str(booking.people("adults")),
        "children": str(booking.people("children")),
        "balance": _number(booking.total - booking.paid),
        "sourceName": _source(booking),
        "sourceID": _source_id(booking),
        "thirdPartyIdentifier": booking.event.detail.get("reservation", ""),
    }


def detailed_reservation(booking: Booking, *, guests: bool) -> Json:
    """An entry of ``getReservationsWithRateDetails``."""
    rates = {night: _number(rate) for night, rate in booking.rates().items()}
    total, paid = booking.total, booking.paid
    cancelled = booking.modified_at if booking.status == "canceled" else None
    return {
        "propertyID": booking.house.id,
        "reservationID": booking.id,
        "isDeleted": False,
        "dateCreated": _local(booking, booking.booked_at),
        "dateCreatedUTC": _utc(booking.booked_at),
        "dateModified": _local(booking, booking.modified_at),
        "dateModifiedUTC": _utc(booking.modified_at),
        "dateCancelled": _local(booking, cancelled) if cancelled else None,
        "dateCancelledUTC": _utc(cancelled) if cancelled else None,
        "status": booking.status,
        "reservationCheckIn": _at(booking, arriving=True),
        "reservationCheckOut": _at(booking, arriving=False),
        "guestID": booking.guest.party_id,
        "profileID": booking.guest.party_id,
        "guestCountry": booking.guest.address.country,
        "sourceName": _source(booking),
        "source": {
            "name": _source(booking),
            "paymentCollect": "hotel",
            "sourceID": _source_id(booking),
            "category": "direct",
        },
        "propertyCurrency": booking.event.currency,
        "balanceDetailed": {
            "suggestedDeposit": "0.00",
            "subTotal": _number(total),
            "additionalItems": 0,
            "taxesFees": 0,
            "grandTotal": _number(total),
            "paid": _number(paid),
        },
        "detailedRates": rates,
        "rooms": [_room(booking, rates)],
        "mealPlans": "Breakfast",
        "total": _number(total),
        "balance": _number(total - paid),
        **({"guestList": {booking.guest.party_id: _companion(booking)}} if guests else {}),
    }


def notes(booking: Booking) -> list[Json]:
    """What the house noted on a reservation: on one stay in three, once or twice."""
    count = max(0, _pick(booking.id, "notes", 6) - 3)
    wishes = {name.lower(): value for name, value in _wishes(booking.guest)}
    found = []
    for index in range(count):
        written = min(booking.booked_at + timedelta(hours=3 + index), booking.modified_at)
        text = _NOTES[(_pick(booking.id, "note", len(_NOTES)) + index) % len(_NOTES)].format(**wishes)
        found.append(
            {
                "reservationNoteID": f"{booking.id}{index}",
                "userName": _CLERKS[_pick(booking.id, f"clerk {index}", len(_CLERKS))],
                "dateCreated": _local(booking, written),
                "dateModified": _local(booking, written),
                "reservationNote": text,
            }
        )
    return found


def names(presence: Presence) -> tuple[str, str]:
    """First and last name; a company has none."""
    return ("", "") if presence.organization else (presence.given_name, presence.family_name)


def phones(presence: Presence) -> tuple[str, str]:
    """Phone and cell phone: every guest has left the one number they have as either."""
    number = presence.phone or ""
    return (number, "") if _pick(presence.party_id, "phone", 2) else ("", number)


def gender(presence: Presence) -> str:
    """As the hotel notes it."""
    return presence.sex if presence.sex in {"M", "F"} and not presence.organization else "N/A"


def street(presence: Presence) -> str:
    """First line of the address."""
    return f"{presence.address.number} {presence.address.street}".strip()


def custom_fields(presence: Presence) -> list[Json]:
    """The house's own questions that the guest answered."""
    return [{"customFieldName": name, "customFieldValue": value} for name, value in _wishes(presence)]


def _wishes(presence: Presence) -> list[tuple[str, str]]:
    return [(name, answers[_pick(presence.party_id, name, len(answers))]) for name, answers in _PREFERENCES]


def _birth_date(presence: Presence) -> str:
    """With a time: the published schema wants exactly one of "a date" and "a text", and a date is both."""
    return f"{presence.birth_date.isoformat()} 00:00:00" if presence.birth_date else ""


def _contact(presence: Presence) -> Json:
    phone, cell = phones(presence)
    given, family = names(presence)
    return {
        "guestFirstName": given,
        "guestLastName": family,
        "guestGender": gender(presence),
        "guestPhone": phone,
        "guestCellPhone": cell,
        "guestAddress1": street(presence),
        "guestAddress2": "",
        "guestCity": presence.address.city,
        "guestState": presence.address.region,
        "guestCountry": presence.address.country,
        "guestZip": presence.address.postal_code,
    }


def _companion(booking: Booking) -> Json:
    given, family = names(booking.guest)
    return {
        "guestID": booking.guest.party_id,
        "guestName": f"{given} {family}".strip(),
        "guestFirstName": given,
        "guestLastName": family,
        "guestEmail": booking.guest.email or "",
        "isMainGuest": True,
    }


def _room(booking: Booking, rates: dict[str, float]) -> Json:
    here = booking.status in {"checked_in", "checked_out"}
    state = {"checked_in": "in_house", "checked_out": "checked_out", "canceled": "cancelled"}
    return {
        "roomTypeID": _room_type_id(booking),
        "roomTypeIsVirtual": False,
        "roomTypeName": booking.event.detail.get("room_type") or "Standard",
        "subReservationID": booking.id,
        "isRoomLocked": False,
        "guestID": booking.guest.party_id,
        "guestName": " ".join(names(booking.guest)).strip(),
        "rateID": "1",
        "rateName": "Flexible",
        "adults": str(booking.people("adults")),
        "children": str(booking.people("children")),
        "reservationRoomID": f"{booking.id}1",
        "roomID": f"{booking.house.id}-{_pick(booking.id, 'room', 40)}" if here else "",
        "roomName": str(101 + _pick(booking.id, "room", 40)) if here else None,
        "roomCheckIn": booking.check_in.isoformat(),
        "roomCheckOut": booking.check_out.isoformat(),
        "roomStatus": state.get(booking.status, "not_checked_in"),
        "detailedRoomRates": rates,
    }


def _room_type_id(booking: Booking) -> str:
    return str(_pick(booking.event.detail.get("room_type", ""), "type", 9000) + 1000)


def _source(booking: Booking) -> str:
    return booking.event.detail.get("channel") or "Website"


def _source_id(booking: Booking) -> str:
    return f"s-{_pick(_source(booking), 'source', 900)}"


def _at(booking: Booking, *, arriving: bool) -> str:
    day, hour = (booking.check_in, _ARRIVAL) if arriving else (booking.check_out, _DEPARTURE)
    return datetime.combine(day, hour, booking.house.zone).isoformat()


def _local(booking: Booking, moment: datetime) -> str:
    return moment.astimezone(booking.house.zone).isoformat(timespec="seconds")


def _utc(moment: datetime) -> str:
    return moment.astimezone(ZoneInfo("UTC")).strftime("%Y-%m-%dT%H:%M:%SZ")


def _number(amount: Decimal) -> float:
    return float(amount)


def _pick(key: str, what: str, count: int) -> int:
    """A choice that is always the same for the same key."""
    return int.from_bytes(hashlib.sha256(f"{what}/{key}".encode()).digest()[:4], "big") % count
