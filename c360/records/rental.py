"""Vehicle rentals and the charges made for them."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Annotated

from msgspec import Meta

from c360.actions import ActionKind, Unfit
from c360.records.base import Kind, Record
from c360.values import Money, Percentage, Value


class RentalStatus(enum.Enum):
    """Where a booking stands."""

    NEW = "NEW"
    """Being put together; nothing is promised."""
    PENDING = "PENDING"
    """Committed by the customer; the operator has not answered."""
    CONDITIONAL_CONFIRMED = "CONDITIONAL_CONFIRMED"
    """Confirmed if the operator's conditions are met, such as a deposit."""
    CONFIRMED = "CONFIRMED"
    """Both sides are bound; it has not begun."""
    STARTED = "STARTED"
    """Under way."""
    FINISHED = "FINISHED"
    """Over."""
    CANCELLED = "CANCELLED"
    """Called off after it was confirmed."""
    REJECTED = "REJECTED"
    """Refused by the operator."""
    RELEASED = "RELEASED"
    """Let go before it was confirmed."""
    EXPIRED = "EXPIRED"
    """Not committed in time."""
    OTHER = "OTHER"
    """The operator gave no state, or one of its own."""


class LegStatus(enum.Enum):
    """Where the use of one vehicle stands."""

    NOT_STARTED = "NOT_STARTED"
    """Planned."""
    PREPARING = "PREPARING"
    """The vehicle is being made ready or unlocked."""
    IN_USE = "IN_USE"
    """The customer is using it."""
    PAUSED = "PAUSED"
    """Parked by the customer, who keeps it."""
    FINISHING = "FINISHING"
    """Being handed back."""
    FINISHED = "FINISHED"
    """Handed back."""
    ISSUE_REPORTED = "ISSUE_REPORTED"
    """Something went wrong on the way."""
    CANCELLED = "CANCELLED"
    """Called off."""
    OTHER = "OTHER"


class VehicleClass(enum.Enum):
    """Class of vehicle, after NeTEx."""

    AIR = "AIR"
    """Aircraft."""
    BICYCLE = "BICYCLE"
    BUS = "BUS"
    CABLEWAY = "CABLEWAY"
    CAR = "CAR"
    """Car or van."""
    COACH = "COACH"
    """Long-distance bus."""
    FERRY = "FERRY"
    FOOT = "FOOT"
    """Walking."""
    FUNICULAR = "FUNICULAR"
    INTERCITY_RAIL = "INTERCITY_RAIL"
    METRO = "METRO"
    MOPED = "MOPED"
    MOTORCYCLE = "MOTORCYCLE"
    PARKING = "PARKING"
    """A place to park."""
    RAIL = "RAIL"
    """Train of any kind."""
    SELF_DRIVE = "SELF_DRIVE"
    """Any vehicle that the customer drives."""
    SHUTTLE = "SHUTTLE"
    """Bus or van that goes to and fro."""
    STEP = "STEP"
    """Kick scooter, most often electric."""
    TAXI = "TAXI"
    """Taxi or private hire."""
    TRAM = "TRAM"
    TROLLEYBUS = "TROLLEYBUS"
    URBAN_RAIL = "URBAN_RAIL"
    """Suburban train."""
    WATER = "WATER"
    """Boat or ship other than a ferry."""
    OTHER = "OTHER"


class RentalLeg(Value, frozen=True, kw_only=True):
    """The use of one vehicle within a booking."""

    leg_id: Annotated[
        str | None, Meta(description="The operator's id of the leg.", extra={"personal": True})
    ] = None
    status: Annotated[LegStatus, Meta(description="Where it stands.")] = LegStatus.OTHER
    vehicle_class: Annotated[VehicleClass | None, Meta(description="Class of vehicle.")] = None
    vehicle_category: Annotated[
        str | None, Meta(description="The operator's finer division of the class, such as `cargo bike`.")
    ] = None
    vehicle: Annotated[str | None, Meta(description="The vehicle, such as its brand and model.")] = None
    from_name: Annotated[str | None, Meta(description="Where it is taken.", extra={"personal": True})] = None
    to_name: Annotated[str | None, Meta(description="Where it is returned.", extra={"personal": True})] = None
    starts_at: Annotated[datetime | None, Meta(description="Planned departure, with its zone.")] = None
    ends_at: Annotated[datetime | None, Meta(description="Planned return, with its zone.")] = None
    started_at: Annotated[datetime | None, Meta(description="Actual departure, with its zone.")] = None
    ended_at: Annotated[datetime | None, Meta(description="Actual return, with its zone.")] = None
    distance: Annotated[int | None, Meta(description="Estimated distance in metres.")] = None


class RentalBooking(Record, frozen=True, kw_only=True):
    """A booking of one vehicle or several."""

    booking_id: Annotated[
        str, Meta(description="The operator's id of the booking.", extra={"personal": True})
    ]
    status: Annotated[RentalStatus, Meta(description="Where it stands.")]
    starts_at: Annotated[datetime | None, Meta(description="Planned departure, with its zone.")] = None
    ends_at: Annotated[datetime | None, Meta(description="Planned return, with its zone.")] = None
    started_at: Annotated[datetime | None, Meta(description="Actual departure, with its zone.")] = None
    ended_at: Annotated[datetime | None, Meta(description="Actual return, with its zone.")] = None
    vehicle_class: Annotated[VehicleClass | None, Meta(description="Class of the main vehicle.")] = None
    vehicle_category: Annotated[
        str | None, Meta(description="The operator's finer division of the class, such as `cargo bike`.")
    ] = None
    vehicle: Annotated[str | None, Meta(description="The main vehicle, such as its brand and model.")] = None
    from_name: Annotated[
        str | None, Meta(description="Where the first vehicle is taken.", extra={"personal": True})
    ] = None
    to_name: Annotated[
        str | None, Meta(description="Where the last vehicle is returned.", extra={"personal": True})
    ] = None
    price: Annotated[
        Money | None,
        Meta(
            description="Price of all legs, tax included; null where it depends on the use (per hour, per "
            "kilometre) or the operator names no price or currency."
        ),
    ] = None
    price_estimated: Annotated[
        bool | None, Meta(description="Whether the price is an estimate; null without a fare.")
    ] = None
    legs: Annotated[tuple[RentalLeg, ...], Meta(description="The vehicles in the order of their use.")] = ()


class ChargeState(enum.Enum):
    """Where a charge stands."""

    TO_INVOICE = "TO_INVOICE"
    """Not on an invoice yet."""
    INVOICED = "INVOICED"
    """On an invoice."""
    OTHER = "OTHER"


class ChargeCategory(enum.Enum):
    """What is charged for."""

    FARE = "FARE"
    """The price of the use itself."""
    EXTRA_USAGE = "EXTRA_USAGE"
    """Use beyond what was booked, such as a late return."""
    OTHER_ASSET_USED = "OTHER_ASSET_USED"
    """Use of another vehicle than the one booked."""
    DEPOSIT = "DEPOSIT"
    """Security that goes back where nothing is owed."""
    DAMAGE = "DAMAGE"
    """Damage to the vehicle."""
    LOSS = "LOSS"
    """Something of the vehicle was lost."""
    STOLEN = "STOLEN"
    """The vehicle was stolen."""
    FINE = "FINE"
    """A fine, such as for parking."""
    REFUND = "REFUND"
    """Paid back to the customer."""
    CREDIT = "CREDIT"
    """Credited to the customer."""
    VOUCHER = "VOUCHER"
    """Paid by a voucher of the customer's."""
    OTHER = "OTHER"


class RentalCharge(Record, frozen=True, kw_only=True):
    """An entry of the operator's journal for a leg of a booking."""

    entry_id: Annotated[str, Meta(description="The operator's id of the entry.", extra={"personal": True})]
    booking_id: Annotated[str, Meta(description="The booking it charges.", extra={"personal": True})]
    leg_id: Annotated[str, Meta(description="The leg it charges.", extra={"personal": True})]
    category: Annotated[ChargeCategory | None, Meta(description="What is charged for.")] = None
    amount: Annotated[
        Money | None,
        Meta(
            description="Amount with tax as the operator states it, whose direction the category says; null "
            "where the operator names no currency."
        ),
    ] = None
    amount_without_tax: Annotated[Money | None, Meta(description="Amount without tax.")] = None
    tax_rate: Annotated[Percentage | None, Meta(description="Rate of the value added tax.")] = None
    state: Annotated[ChargeState | None, Meta(description="Whether it has been invoiced.")] = None
    invoice_id: Annotated[
        str | None, Meta(description="Number of the invoice.", extra={"personal": True})
    ] = None
    invoiced_at: Annotated[datetime | None, Meta(description="When it was invoiced, with its zone.")] = None
    expires_at: Annotated[
        datetime | None, Meta(description="When the operator says the entry expires, with its zone.")
    ] = None
    description: Annotated[
        str | None, Meta(description="In the operator's words.", extra={"personal": True})
    ] = None


KINDS = (
    Kind(name="rental.bookings", record=RentalBooking, identity="booking_id", windowed=True),
    Kind(name="rental.charges", record=RentalCharge, identity="entry_id", windowed=True),
)


class CancelBooking(Value, frozen=True, kw_only=True):
    """A booking to be called off."""

    booking_id: Annotated[
        str,
        Meta(
            description="The operator's id of the booking.",
            min_length=1,
            max_length=200,
            extra={"personal": True},
        ),
    ]


class BookRental(Value, frozen=True, kw_only=True):
    """A vehicle to be booked, taken and returned at the same place."""

    asset_type_id: Annotated[
        str, Meta(description="The operator's id of the type of vehicle.", min_length=1, max_length=200)
    ]
    latitude: Annotated[
        float, Meta(description="Where it is taken: degrees north.", ge=-90, le=90, extra={"personal": True})
    ]
    longitude: Annotated[
        float, Meta(description="Where it is taken: degrees east.", ge=-180, le=180, extra={"personal": True})
    ]
    starts_at: Annotated[datetime, Meta(description="When it is taken, with its zone.", tz=True)]
    ends_at: Annotated[datetime, Meta(description="When it is returned, with its zone.", tz=True)]


def _no_time(asked: BookRental, _at: datetime) -> Unfit | None:
    if asked.starts_at < asked.ends_at:
        return None
    return Unfit(field="ends_at", message="A vehicle is returned after it is taken.")


ACTIONS = (
    ActionKind(
        name="rental.book",
        input=BookRental,
        summary="Books a vehicle at once, where the operator has exactly one offer that fits.",
        unfit=_no_time,
    ),
    ActionKind(
        name="rental.cancel_booking",
        input=CancelBooking,
        summary="Calls off a booking that has not begun.",
    ),
)
