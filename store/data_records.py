"""What other systems of the company's bring of customers: bookings and the steps of journeys."""

from __future__ import annotations

import enum
from datetime import datetime
from decimal import Decimal

import msgspec

from store.data_service import Own


class BookingKind(enum.Enum):
    """What is booked."""

    HOTEL = "HOTEL"
    """A stay."""
    RENTAL = "RENTAL"
    """A vehicle."""
    FLIGHT = "FLIGHT"
    """A flight."""


class BookingState(enum.Enum):
    """How a booking stands."""

    BOOKED = "BOOKED"
    """It is to take place."""
    COMPLETED = "COMPLETED"
    """It took place."""
    CANCELLED = "CANCELLED"
    """It does not."""
    NO_SHOW = "NO_SHOW"
    """The customer did not come."""


class BookingContent(msgspec.Struct, frozen=True, kw_only=True):
    """What names the booking to people: sealed."""

    reference: str


class BookingData(Own, frozen=True, kw_only=True):
    """A stay, rental or flight that a customer booked."""

    source: str
    external_id: str
    kind: BookingKind
    state: BookingState
    starts_at: datetime
    ends_at: datetime | None = None
    provider: str | None = None
    origin: str | None = None
    destination: str | None = None
    amount: Decimal | None = None
    currency: str | None = None
    content: BookingContent | None = None
    recorded_at: datetime


class TouchpointKind(enum.Enum):
    """What a customer met on a journey."""

    ADVERTISEMENT = "ADVERTISEMENT"
    """An advertisement, a letter or mail of the company's."""
    WEB = "WEB"
    """The web site or app."""
    STORE = "STORE"
    """A shop, branch or desk."""
    CONTACT = "CONTACT"
    """Somebody of the company, by phone, chat or mail."""
    PURCHASE = "PURCHASE"
    """Buying or booking something."""
    FLIGHT = "FLIGHT"
    """A flight."""
    STAY = "STAY"
    """A stay."""
    RENTAL = "RENTAL"
    """A rented vehicle."""
    OTHER = "OTHER"
    """Something else."""


class TouchpointContent(msgspec.Struct, frozen=True, kw_only=True):
    """What the step was, such as a flight's number: sealed."""

    label: str


class TouchpointData(Own, frozen=True, kw_only=True):
    """One step of a customer's journey."""

    source: str
    external_id: str
    journey: str
    kind: TouchpointKind
    at: datetime
    origin: str | None = None
    destination: str | None = None
    content: TouchpointContent | None = None
    recorded_at: datetime


class JourneyData(msgspec.Struct, frozen=True, kw_only=True):
    """The steps of one journey, in the order of time."""

    journey: str
    source: str
    touchpoints: tuple[TouchpointData, ...]
