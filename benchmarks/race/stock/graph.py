"""The graph: what is resolved from what partners answer."""

# Annotations stand as they are, because Strawberry reads them.

from collections.abc import Iterable
from decimal import Decimal
from enum import Enum
from typing import Any, NewType, Self

import strawberry
from strawberry.schema.config import StrawberryConfig
from strawberry.types import Info

from benchmarks.race.stock.records import (
    Balance,
    LifetimeValue,
    LineValue,
    Membership,
    Money,
    Offer,
    Policy,
    Position,
    Product,
    RentalBooking,
    RentalBookingConnection,
    RentalBookingEdge,
    SourceStatus,
    Stay,
    StayConnection,
    StayEdge,
)

Json = Any
Duration = NewType("Duration", str)


class Key:
    """A customer as a key of loaders."""

    def __init__(self, customer: Json) -> None:
        self.customer = customer

    def __hash__(self) -> int:
        return hash(self.customer["id"])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Key) and bool(self.customer["id"] == other.customer["id"])


@strawberry.enum
class Domain(Enum):
    """What a partner is."""

    BANKING = "BANKING"
    BROKERAGE = "BROKERAGE"
    HOTEL = "HOTEL"
    INSURANCE = "INSURANCE"
    LOYALTY = "LOYALTY"
    RENTAL = "RENTAL"


@strawberry.enum
class CustomerKind(Enum):
    """What a customer is."""

    PERSON = "PERSON"
    ORGANIZATION = "ORGANIZATION"


@strawberry.input
class CustomerKey:
    """By what a customer is looked up."""

    id: strawberry.ID


@strawberry.input
class CustomerFilter:
    """Which customers are listed: those of the race, whatever it says."""

    kind: CustomerKind | None = None
    holds: list[Domain] | None = None


@strawberry.input
class Gather:
    """How fresh and how long; always live here."""

    max_age: Duration | None = None
    deadline: Duration | None = None


@strawberry.type
class Account:
    """An account."""

    customer: strawberry.Private[Json]
    account_id: str
    kind: str
    status: str
    display_name: str

    @strawberry.field
    async def balance(self, info: Info) -> Balance | None:
        """What is on it."""
        balances: dict[str, Balance] = await info.context["balances"].load(Key(self.customer))
        return balances.get(self.account_id)


@strawberry.type
class BankingTotals:
    """Sums over all accounts."""

    customer: strawberry.Private[Json]

    @strawberry.field
    async def deposits(self, info: Info) -> list[Money]:
        """What there is."""
        amounts = await _amounts(info, self.customer)
        return _sums((amount, currency) for amount, currency in amounts if amount > 0)

    @strawberry.field
    async def debts(self, info: Info) -> list[Money]:
        """What is owed."""
        amounts = await _amounts(info, self.customer)
        return _sums((-amount, currency) for amount, currency in amounts if amount < 0)


@strawberry.type
class Banking:
    """What banks hold."""

    customer: strawberry.Private[Json]

    @strawberry.field
    async def accounts(self, info: Info) -> list[Account]:
        """All accounts."""
        found: list[Account] = await info.context["accounts"].load(Key(self.customer))
        return found

    @strawberry.field
    def totals(self) -> BankingTotals:
        """Sums."""
        return BankingTotals(customer=self.customer)


@strawberry.type
class Insurance:
    """What insurers hold."""

    customer: strawberry.Private[Json]

    @strawberry.field
    async def policies(self, info: Info) -> list[Policy]:
        """All policies."""
        found: list[Policy] = await info.context["policies"].load(Key(self.customer))
        return found


@strawberry.type
class BrokerageTotals:
    """Sums over all positions."""

    customer: strawberry.Private[Json]

    @strawberry.field
    async def portfolio_value(self, info: Info) -> list[Money]:
        """What they are worth."""
        positions: list[Position] = await info.context["positions"].load(Key(self.customer))
        return _sums((Decimal(one.value.amount), one.value.currency) for one in positions)


@strawberry.type
class Brokerage:
    """What custodians hold."""

    customer: strawberry.Private[Json]

    @strawberry.field
    async def positions(self, info: Info) -> list[Position]:
        """All positions."""
        found: list[Position] = await info.context["positions"].load(Key(self.customer))
        return found

    @strawberry.field
    def totals(self) -> BrokerageTotals:
        """Sums."""
        return BrokerageTotals(customer=self.customer)


@strawberry.type
class Loyalty:
    """What programmes hold."""

    customer: strawberry.Private[Json]

    @strawberry.field
    async def memberships(self, info: Info) -> list[Membership]:
        """All memberships."""
        found: list[Membership] = await info.context["memberships"].load(self.customer["parties"]["loyalty"])
        return found


@strawberry.type
class Hotel:
    """What hotels hold."""

    customer: strawberry.Private[Json]

    @strawberry.field
    async def stays(self, info: Info, first: int) -> StayConnection:
        """Stays within a year of today, the newest first."""
        found: list[Stay] = await info.context["stays"].load(Key(self.customer))
        return StayConnection(total_count=len(found), edges=[StayEdge(node=one) for one in found[:first]])


@strawberry.type
class Rental:
    """What operators hold."""

    customer: strawberry.Private[Json]

    @strawberry.field
    async def rentals(self, info: Info, first: int) -> RentalBookingConnection:
        """Rentals within a year of today, the newest first."""
        found: list[RentalBooking] = await info.context["rentals"].load(Key(self.customer))
        edges = [RentalBookingEdge(node=one) for one in found[:first]]
        return RentalBookingConnection(total_count=len(found), edges=edges)


@strawberry.type
class Customer:
    """A customer."""

    known: strawberry.Private[Json]
    id: strawberry.ID
    kind: CustomerKind
    display_name: str | None
    country: str | None
    complete: bool
    sources: list[SourceStatus]

    @classmethod
    def of(cls, known: Json) -> Self:
        """What the hub knows of one."""
        return cls(
            known=known,
            id=known["id"],
            kind=CustomerKind(known["kind"]),
            display_name=known["displayName"],
            country=known["country"],
            complete=True,
            sources=[
                SourceStatus(connector=one["connector"], status=one["status"]) for one in known["sources"]
            ],
        )

    @strawberry.field
    def lifetime_value(self) -> LifetimeValue:
        """As c360 reckoned it."""
        told = self.known["lifetimeValue"]
        return LifetimeValue(
            months=told["months"],
            total=Money(**told["total"]) if told["total"] else None,
            value=told["value"],
            lines=[LineValue(line=one["line"], value=one["value"]) for one in told["lines"]],
        )

    @strawberry.field
    async def offers(self, info: Info, first: int) -> list[Offer]:
        """As c360 chose them, once the guest's consent is known."""
        if "hotel" in self.known["parties"]:
            await info.context["guest"].load(Key(self.known))
        return [
            Offer(
                stage=one["stage"],
                product=Product(product_id=one["product"]["productId"], name=one["product"]["name"]),
            )
            for one in self.known["offers"][:first]
        ]

    @strawberry.field
    def banking(self) -> Banking | None:
        """What banks hold."""
        return Banking(customer=self.known) if "banking" in self.known["parties"] else None

    @strawberry.field
    def insurance(self) -> Insurance | None:
        """What insurers hold."""
        return Insurance(customer=self.known) if "insurance" in self.known["parties"] else None

    @strawberry.field
    def brokerage(self) -> Brokerage | None:
        """What custodians hold."""
        return Brokerage(customer=self.known) if "brokerage" in self.known["parties"] else None

    @strawberry.field
    def loyalty(self) -> Loyalty | None:
        """What programmes hold."""
        return Loyalty(customer=self.known) if "loyalty" in self.known["parties"] else None

    @strawberry.field
    def hotel(self) -> Hotel | None:
        """What hotels hold."""
        return Hotel(customer=self.known) if "hotel" in self.known["parties"] else None

    @strawberry.field
    def rental(self) -> Rental | None:
        """What operators hold."""
        return Rental(customer=self.known) if "rental" in self.known["parties"] else None


@strawberry.type
class CustomerEdge:
    """A customer in a list."""

    node: Customer


@strawberry.type
class CustomerConnection:
    """Customers."""

    edges: list[CustomerEdge]


@strawberry.type
class Query:
    """What can be asked."""

    @strawberry.field
    def customer(self, info: Info, by: CustomerKey, gather: Gather | None = None) -> Customer | None:
        """One customer."""
        known = info.context["customers"].get(by.id)
        return Customer.of(known) if known else None

    @strawberry.field
    def customers(
        self,
        info: Info,
        first: int,
        filter: CustomerFilter | None = None,  # noqa: A002  # the argument's name in the graph
        gather: Gather | None = None,
    ) -> CustomerConnection:
        """The first customers."""
        wanted = [domain.value.lower() for domain in (filter and filter.holds) or ()]
        found = [
            one for one in info.context["told"]["customers"] if all(name in one["parties"] for name in wanted)
        ]
        return CustomerConnection(edges=[CustomerEdge(node=Customer.of(one)) for one in found[:first]])


async def _amounts(info: Info, customer: Json) -> list[tuple[Decimal, str]]:
    balances: dict[str, Balance] = await info.context["balances"].load(Key(customer))
    return [(Decimal(one.current.amount), one.current.currency) for one in balances.values()]


def _sums(amounts: Iterable[tuple[Decimal, str]]) -> list[Money]:
    found: dict[str, Decimal] = {}
    for amount, currency in amounts:
        found[currency] = found.get(currency, Decimal(0)) + amount
    return [Money(amount=str(found[currency]), currency=currency) for currency in sorted(found)]


def schema() -> strawberry.Schema:
    """The graph that the race reads."""
    scalars: dict[object, Any] = {
        Duration: strawberry.scalar(name="Duration", serialize=str, parse_value=str)
    }
    return strawberry.Schema(Query, config=StrawberryConfig(scalar_map=scalars))
