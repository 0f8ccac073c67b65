"""Stays at hotels, what the house noted and what a guest prefers."""

from __future__ import annotations

import enum
from datetime import date, datetime
from typing import Annotated

from msgspec import Meta

from c360.records.base import Kind, Record
from c360.values import Money, Value


class StayStatus(enum.Enum):
    """Where a reservation stands."""

    NOT_CONFIRMED = "NOT_CONFIRMED"
    """Asked for; the hotel has not confirmed it."""
    CONFIRMED = "CONFIRMED"
    """Booked; the guest has not arrived."""
    CHECKED_IN = "CHECKED_IN"
    """The guest is in the house."""
    CHECKED_OUT = "CHECKED_OUT"
    """The guest has left."""
    CANCELLED = "CANCELLED"
    """Cancelled before arrival."""
    NO_SHOW = "NO_SHOW"
    """The guest never came."""
    OTHER = "OTHER"


class RoomNight(Value, frozen=True, kw_only=True):
    """What one night costs, over all rooms of the reservation."""

    night: Annotated[date, Meta(description="The night.")]
    rate: Annotated[Money, Meta(description="Rate of that night.")]


class StayRoom(Value, frozen=True, kw_only=True):
    """A room of a reservation."""

    room_type: Annotated[str | None, Meta(description="Type of the room, such as a suite.")] = None
    room_name: Annotated[str | None, Meta(description="The room itself, once it is assigned.")] = None
    rate_plan: Annotated[str | None, Meta(description="Name of the rate it was booked at.")] = None
    adults: Annotated[int | None, Meta(description="Adults in the room.")] = None
    children: Annotated[int | None, Meta(description="Children in the room.")] = None


class Stay(Record, frozen=True, kw_only=True):
    """A reservation at a hotel, past or to come."""

    reservation_id: Annotated[
        str, Meta(description="The hotel's id of the reservation.", extra={"personal": True})
    ]
    property_id: Annotated[str | None, Meta(description="The hotel's id.")] = None
    property_name: Annotated[str | None, Meta(description="Name of the hotel.")] = None
    status: Annotated[StayStatus, Meta(description="Where it stands.")]
    check_in: Annotated[date, Meta(description="Day of arrival, in the hotel's own time.")]
    check_out: Annotated[date, Meta(description="Day of departure, in the hotel's own time.")]
    booked_at: Annotated[datetime | None, Meta(description="When it was booked.")] = None
    updated_at: Annotated[datetime | None, Meta(description="When it last changed.")] = None
    cancelled_at: Annotated[datetime | None, Meta(description="When it was cancelled.")] = None
    main_guest: Annotated[
        bool | None, Meta(description="Whether this customer booked it, rather than coming along.")
    ] = None
    adults: Annotated[int | None, Meta(description="Adults, over all rooms.")] = None
    children: Annotated[int | None, Meta(description="Children, over all rooms.")] = None
    channel: Annotated[str | None, Meta(description="Where it was booked, such as the hotel's website.")] = (
        None
    )
    meal_plans: Annotated[str | None, Meta(description="Meals that are included.")] = None
    total: Annotated[Money | None, Meta(description="Grand total.")] = None
    paid: Annotated[Money | None, Meta(description="Paid so far.")] = None
    balance: Annotated[Money | None, Meta(description="Still to be paid.")] = None
    rooms: Annotated[tuple[StayRoom, ...], Meta(description="Rooms booked.")] = ()
    nights: Annotated[tuple[RoomNight, ...], Meta(description="Rates night by night.")] = ()


class GuestNote(Record, frozen=True, kw_only=True):
    """Something the house noted on a reservation."""

    note_id: Annotated[str, Meta(description="The hotel's id of the note.", extra={"personal": True})]
    reservation_id: Annotated[
        str, Meta(description="The reservation it was made on.", extra={"personal": True})
    ]
    text: Annotated[str, Meta(description="The note.", extra={"personal": True})]
    author: Annotated[
        str | None, Meta(description="Who of the house wrote it.", extra={"personal": True})
    ] = None
    noted_at: Annotated[datetime | None, Meta(description="When it was made.")] = None
    updated_at: Annotated[datetime | None, Meta(description="When it was last changed.")] = None


class GuestField(Value, frozen=True, kw_only=True):
    """A question of the house's own and the guest's answer."""

    name: Annotated[str, Meta(description="What the house asks, such as a favourite pillow.")]
    value: Annotated[str, Meta(description="What the guest answered.", extra={"personal": True})]


class GuestPreferences(Record, frozen=True, kw_only=True):
    """What a guest likes and asked for."""

    guest_id: Annotated[str, Meta(description="The hotel's id of the guest.", extra={"personal": True})]
    special_requests: Annotated[
        str | None, Meta(description="Asked for when booking, in words.", extra={"personal": True})
    ] = None
    marketing_opt_in: Annotated[
        bool | None, Meta(description="Whether the guest agreed to marketing by this hotel.")
    ] = None
    fields: Annotated[tuple[GuestField, ...], Meta(description="Answers to the house's own questions.")] = ()


KINDS = (
    Kind(name="hotel.stays", record=Stay, identity="reservation_id", windowed=True),
    Kind(name="hotel.notes", record=GuestNote, identity="note_id", ttl=60),
    Kind(name="hotel.preferences", record=GuestPreferences, identity="guest_id", ttl=300),
)
