"""The parts of Cloudbeds' answers that are used. Fields it adds are ignored.

Ids and counts come as strings here and as numbers there, dates with and without a time: such fields
take both, and :mod:`plugins.hotel.mapping` reads them. An empty map is written ``[]``.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Generic, TypeVar

import msgspec

T = TypeVar("T")

Loose = str | int | float | None
"""A text or a number, whichever was sent."""


class Envelope(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What every answer says first, also with HTTP 200: whether it is one."""

    success: bool
    message: str | None = None


class Answer(Envelope, Generic[T], frozen=True, kw_only=True):
    """An answer about one thing, which only one with success has."""

    data: T | msgspec.UnsetType = msgspec.UNSET


class Page(Envelope, Generic[T], frozen=True, kw_only=True):
    """A page of an answer: things in a list, or in a map by their id. Only one with success has any."""

    data: list[T] | dict[str, T] | msgspec.UnsetType = msgspec.UNSET
    total: Loose = None

    @property
    def items(self) -> list[T]:
        """The things themselves."""
        if isinstance(self.data, list):
            return self.data
        return list(self.data.values()) if isinstance(self.data, dict) else []


class CustomField(
    msgspec.Struct, frozen=True, gc=False, rename={"name": "customFieldName", "value": "customFieldValue"}
):
    """A question of the house's own and its answer."""

    name: str | None = None
    value: Loose = None


class Guest(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """Answer of ``getGuest``."""

    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    phone: str | None = None
    cell_phone: str | None = None
    address: str | None = None
    address2: str | None = None
    city: str | None = None
    state: str | None = None
    zip: str | None = None
    country: str | None = None
    birth_date: str | None = None
    document_type: str | None = None
    document_number: str | None = None
    document_issuing_country: str | None = None
    tax_id: str | None = msgspec.field(name="taxID", default=None)
    company_tax_id: str | None = msgspec.field(name="companyTaxID", default=None)
    company_name: str | None = None
    special_requests: str | None = None
    custom_fields: list[CustomField] | None = None
    guest_opt_in: bool | None = None
    is_anonymized: bool | None = None
    is_merged: bool | None = None
    new_guest_id: Loose = msgspec.field(name="newGuestID", default=None)


class ListedGuest(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """An entry of ``getGuestList`` and ``getGuestsModified``."""

    guest_id: str | int = msgspec.field(name="guestID")
    guest_first_name: str | None = None
    guest_last_name: str | None = None
    guest_name: str | None = None
    guest_email: str | None = None
    guest_phone: str | None = None
    guest_cell_phone: str | None = None
    guest_address1: str | None = None
    guest_address2: str | None = None
    guest_city: str | None = None
    guest_state: str | None = None
    guest_zip: str | None = None
    guest_country: str | None = None
    guest_birth_date: str | None = None
    guest_document_type: str | None = None
    guest_document_number: str | None = None
    guest_document_issuing_country: str | None = None
    tax_id: str | None = msgspec.field(name="taxID", default=None)
    company_tax_id: str | None = msgspec.field(name="companyTaxID", default=None)
    company_name: str | None = None
    is_anonymized: bool | None = None
    is_merged: bool | None = None


class Currency(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """The currency of a hotel."""

    currency_code: str | None = None


class Hotel(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """An entry of ``getHotels``."""

    property_id: str | int = msgspec.field(name="propertyID")
    property_name: str | None = None
    property_timezone: str | None = None
    property_currency: list[Currency] | Currency | None = None


class ListedReservation(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """An entry of ``getReservations``."""

    reservation_id: str | int = msgspec.field(name="reservationID")
    property_id: Loose = msgspec.field(name="propertyID", default=None)
    start_date: str | None = None


class BalanceDetails(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """What a reservation's balance is made of."""

    paid: Decimal | None = None


class Room(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """A room of a reservation."""

    room_type_name: str | None = None
    room_name: str | None = None
    rate_name: str | None = None
    adults: Loose = None
    children: Loose = None


class Reservation(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """An entry of ``getReservationsWithRateDetails``."""

    reservation_id: str | int = msgspec.field(name="reservationID")
    property_id: Loose = msgspec.field(name="propertyID", default=None)
    guest_id: Loose = msgspec.field(name="guestID", default=None)
    is_deleted: bool | None = None
    status: str | None = None
    reservation_check_in: str | None = None
    reservation_check_out: str | None = None
    date_created: str | None = None
    date_created_utc: str | None = msgspec.field(name="dateCreatedUTC", default=None)
    date_modified: str | None = None
    date_modified_utc: str | None = msgspec.field(name="dateModifiedUTC", default=None)
    date_cancelled: str | None = None
    date_cancelled_utc: str | None = msgspec.field(name="dateCancelledUTC", default=None)
    source_name: str | None = None
    property_currency: str | None = None
    total: Decimal | None = None
    balance: Decimal | None = None
    balance_detailed: BalanceDetails | list[BalanceDetails] | None = None
    detailed_rates: dict[str, Decimal] | list[Decimal] | None = None
    rooms: list[Room] | None = None
    meal_plans: str | None = None
    guest_list: dict[str, msgspec.Raw] | list[msgspec.Raw] | None = None
    """Everybody who comes along, by guest id; only where it was asked for."""


class Note(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """An entry of ``getReservationNotes``."""

    reservation_note_id: str | int = msgspec.field(name="reservationNoteID")
    reservation_note: str | None = None
    user_name: str | None = None
    date_created: str | None = None
    date_modified: str | None = None
