"""Bookings, customers and journal entries in the words of TOMP-API."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sandbox.partners.rental.bookings import Booking, type_id
from sandbox.population.model import Address, Presence

_VAT_RATE = Decimal(10)
_PAYABLE_WITHIN = timedelta(days=30)
_METRES = 1000

# The schema admits no southern latitude and no western longitude, so the operator tells none.
_NOWHERE = {"lng": 0, "lat": 0}

Json = dict[str, Any]


def customer(presence: Presence) -> Json:
    """A ``customerAccount``. The operator knows people only: a company books under its name."""
    account: Json = {
        **_identity(presence),
        "address": _address(presence.address),
        "creationDate": datetime.combine(presence.since, datetime.min.time(), UTC).strftime(
            "%Y-%m-%dT%H:%M:%SZ"
        ),
        "modificationDate": presence.updated_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "status": "ACTIVE",
    }
    if presence.birth_date:
        account["birthDate"] = presence.birth_date.isoformat()
    return account


def booking(item: Booking, now: datetime) -> Json:
    """A ``booking`` with its one leg."""
    state = item.state(now)
    rendered: Json = {
        "id": item.id,
        "state": state,
        "customer": _identity(item.customer),
        "from": _place(item, "from_place"),
        "to": _place(item, "to_place"),
        "departureTime": _time(item.start),
        "arrivalTime": _time(item.end),
        **_actual_times(item, state),
        "mainAssetType": asset_type(item),
        "legs": [_leg(item, state)],
    }
    if item.event.amount is not None:
        rendered["pricing"] = _fare(item, estimated=state in {"PENDING", "CONFIRMED", "STARTED"})
    return rendered


def asset_type(item: Booking) -> Json:
    """The ``assetType`` of a booking's vehicle."""
    category = item.event.detail.get("asset_class", "").lower()
    return {
        "id": type_id(item.event),
        "assetClass": "CAR",
        "assetSubClass": category,
        "sharedProperties": {"name": item.event.text},
    }


def journal_entry(item: Booking, now: datetime) -> Json | None:
    """The ``journalEntry`` of a booking, once the vehicle is back."""
    amount = item.event.amount
    if item.state(now) != "FINISHED" or amount is None:
        return None
    entry: Json = {
        "journalId": item.leg_id,
        "journalSequenceId": "1",
        "category": "FARE",
        "amount": float(amount),
        "amountExVat": float((amount / (1 + _VAT_RATE / 100)).quantize(Decimal("0.01"))),
        "vatRate": float(_VAT_RATE),
        "currencyCode": item.event.currency,
        "usedTime": int((item.end - item.start).total_seconds()),
        "state": "TO_INVOICE",
        "comment": item.event.text,
        "details": _fare(item, estimated=False),
    }
    if distance := item.event.detail.get("distance_km"):
        entry |= {"distance": float(distance), "distanceType": "KM"}
    if item.invoiced_at <= now:
        entry |= {
            "state": "INVOICED",
            "invoiceId": f"INV-{item.id}",
            "invoiceDate": _time(item.invoiced_at),
            "expirationDate": _time(item.invoiced_at + _PAYABLE_WITHIN),
        }
    return entry


def _leg(item: Booking, state: str) -> Json:
    states = {
        "PENDING": "NOT_STARTED",
        "EXPIRED": "CANCELLED",
        "CONFIRMED": "NOT_STARTED",
        "STARTED": "IN_USE",
        "FINISHED": "FINISHED",
        "CANCELLED": "CANCELLED",
    }
    leg: Json = {
        "id": item.leg_id,
        "state": states[state],
        "legSequenceNumber": 1,
        "from": _place(item, "from_place"),
        "to": _place(item, "to_place"),
        "departureTime": _time(item.start),
        "arrivalTime": _time(item.end),
        **_actual_times(item, state),
        "assetType": asset_type(item),
    }
    if distance := item.event.detail.get("distance_km"):
        leg["distance"] = int(Decimal(distance) * _METRES)
    return leg


def _actual_times(item: Booking, state: str) -> Json:
    times: Json = {}
    if state in {"STARTED", "FINISHED"}:
        times["actualDepartureTime"] = _time(item.start)
    if state == "FINISHED":
        times["actualArrivalTime"] = _time(item.end)
    return times


def _fare(item: Booking, *, estimated: bool) -> Json:
    part = {
        "type": "FIXED",
        "kind": "DEFAULT",
        "class": "FARE",
        "amount": float(item.event.amount or 0),
        "currencyCode": item.event.currency,
        "vatRate": float(_VAT_RATE),
    }
    return {"estimated": estimated, "parts": [part]}


def _identity(presence: Presence) -> Json:
    identity: Json = {"id": presence.party_id}
    if presence.organization:
        identity["lastName"] = presence.organization_name
    else:
        identity |= {"firstName": presence.given_name, "lastName": presence.family_name}
    if presence.email:
        identity["email"] = presence.email
    if presence.phone:
        identity["phones"] = [{"number": presence.phone, "kind": "MOBILE", "preferred": True}]
    return identity


def _address(address: Address) -> Json:
    return {
        "streetAddress": f"{address.street} {address.number}",
        "areaReference": f"{address.city}, {address.region}",
        "city": address.city,
        "province": address.region,
        "postalCode": address.postal_code,
        "country": address.country,
    }


def _place(item: Booking, which: str) -> Json:
    return {"name": item.event.detail.get(which) or item.event.place, "coordinates": _NOWHERE}


def _time(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
