"""What partners and the hub hold, as the graph shows it."""

import strawberry


@strawberry.type
class Money:
    """An amount in a currency."""

    amount: str
    currency: str


@strawberry.type
class SourceStatus:
    """How a source answered."""

    connector: strawberry.ID
    status: str


@strawberry.type
class LineValue:
    """A line of business."""

    line: str
    value: float | None


@strawberry.type
class LifetimeValue:
    """What is expected of a customer."""

    months: int
    total: Money | None
    value: float | None
    lines: list[LineValue]


@strawberry.type
class Product:
    """What is offered."""

    product_id: strawberry.ID
    name: str


@strawberry.type
class Offer:
    """An offer."""

    stage: str
    product: Product


@strawberry.type
class Balance:
    """What is on an account."""

    current: Money


@strawberry.type
class Policy:
    """A policy."""

    policy_id: str
    line: str
    product_name: str | None
    insurer: str | None
    starts_on: str | None
    ends_on: str | None
    sum_insured: Money | None


@strawberry.type
class Position:
    """A position."""

    isin: str | None
    name: str
    instrument: str
    value: Money


@strawberry.type
class Membership:
    """A membership."""

    membership_id: str
    points: int | None
    lifetime_points: int | None


@strawberry.type
class Stay:
    """A stay."""

    reservation_id: str
    property_name: str | None
    status: str
    check_in: str
    check_out: str
    total: Money | None


@strawberry.type
class StayEdge:
    """A stay in its list."""

    node: Stay


@strawberry.type
class StayConnection:
    """Stays."""

    total_count: int
    edges: list[StayEdge]


@strawberry.type
class RentalBooking:
    """A rental."""

    departed: strawberry.Private[str]
    booking_id: str
    status: str
    starts_at: str | None
    price: Money | None


@strawberry.type
class RentalBookingEdge:
    """A rental in its list."""

    node: RentalBooking


@strawberry.type
class RentalBookingConnection:
    """Rentals."""

    total_count: int
    edges: list[RentalBookingEdge]
