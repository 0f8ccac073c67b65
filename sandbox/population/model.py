"""The vocabulary of the population: people and companies, their presence at partners, their life.

The truth (:class:`Member`) is never served. A partner serves its own :class:`Presence` of a member,
which differs from the truth as real records do: maiden names, typos, old addresses, shared phones.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

import msgspec


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address."""

    street: str
    number: str
    city: str
    region: str
    postal_code: str
    country: str


@dataclass(frozen=True, slots=True)
class Member:
    """A person or a company as they really are."""

    id: str
    organization: bool
    given_name: str
    family_name: str
    organization_name: str | None
    birth_date: date
    sex: str
    email: str
    phone: str
    address: Address
    language: str
    household: str
    quiet_since: date | None
    """From this day on the member does nothing any more (moved away, left for a competitor)."""
    origin: str = ""
    """Country the name comes from, which is not always where the member lives."""
    native_given_name: str = ""
    native_family_name: str = ""
    """The name in its own script; the other names are in Latin letters."""
    birth_family_name: str = ""
    """The family name before marriage; the same as ``family_name`` where it never changed."""
    married_on: date | None = None
    previous_address: Address | None = None
    moved_on: date | None = None
    tax_id: str = ""
    """CPF or CNPJ at home in Brazil, else a number of the country's own."""
    household_email: str = ""
    household_phone: str = ""
    """Shared with the rest of the household."""


@dataclass(frozen=True, slots=True)
class Presence:
    """A member as one partner knows them."""

    domain: str
    member_id: str
    party_id: str
    organization: bool
    given_name: str
    family_name: str
    organization_name: str | None
    birth_date: date | None
    sex: str
    email: str | None
    phone: str | None
    """In E.164."""
    address: Address
    language: str
    tax_id: str
    since: date
    updated_at: datetime
    token: str | None
    """The consent token, at the partners that are asked by grant."""


class AccountType(enum.Enum):
    """What a member holds at the bank."""

    # There is one of each, so that identity tells them apart; an enum's own hash is much slower.
    __hash__ = object.__hash__

    EVERYDAY = "EVERYDAY"
    SAVINGS = "SAVINGS"
    TERM_DEPOSIT = "TERM_DEPOSIT"
    CREDIT_CARD = "CREDIT_CARD"
    MORTGAGE = "MORTGAGE"
    PERSONAL_LOAN = "PERSONAL_LOAN"


@dataclass(frozen=True, slots=True)
class BankAccount:
    """An account, card or loan at the bank."""

    id: str
    type: AccountType
    number: str
    opened: date
    closed: date | None
    limit: Decimal | None
    principal: Decimal | None
    rate: Decimal
    """Per year, as a fraction: 0.0415 is 4.15 %."""
    term_end: date | None
    joint: bool


class Line(enum.Enum):
    """Line of business of a policy."""

    AUTO = "AUTO"
    LIFE = "LIFE"
    PENSION = "PENSION"
    HOUSING = "HOUSING"


@dataclass(frozen=True, slots=True)
class InsurancePolicy:
    """A policy at the insurer."""

    id: str
    line: Line
    start: date
    end: date
    monthly_premium: Decimal
    sum_insured: Decimal
    reserve: Decimal | None
    """Mathematical reserve of a life or pension policy."""
    thing: str
    """What is insured: ``Volkswagen Gol 2019``, an address, a person."""


@dataclass(frozen=True, slots=True)
class Security:
    """An instrument held at the custodian."""

    name: str
    isin: str
    type: str
    """``equity``, ``bond`` or ``fund``."""
    currency: str
    price: Decimal


class EventKind(enum.Enum):
    """What happened."""

    __hash__ = object.__hash__

    SALARY = "SALARY"
    PREMIUM_PAID = "PREMIUM_PAID"
    PREMIUM_MISSED = "PREMIUM_MISSED"
    CLAIM = "CLAIM"
    CARD_PURCHASE = "CARD_PURCHASE"
    CARD_PAYMENT = "CARD_PAYMENT"
    RENT_OR_BILL = "RENT_OR_BILL"
    LOAN_INSTALMENT = "LOAN_INSTALMENT"
    TRANSFER = "TRANSFER"
    FEE = "FEE"
    INTEREST = "INTEREST"
    TRADE = "TRADE"
    DIVIDEND = "DIVIDEND"
    STAY = "STAY"
    STAY_CANCELLED = "STAY_CANCELLED"
    NO_SHOW = "NO_SHOW"
    RENTAL = "RENTAL"
    RENTAL_CANCELLED = "RENTAL_CANCELLED"
    POINTS_EARNED = "POINTS_EARNED"
    POINTS_REDEEMED = "POINTS_REDEEMED"


class Event(msgspec.Struct, frozen=True, gc=False):
    """Something a member did or that happened to them.

    One deed has one event per partner that sees it: a stay is a STAY at the hotel, a CARD_PURCHASE at
    the bank and POINTS_EARNED at the programme, tied together by ``deed``.
    """

    id: str
    deed: str
    kind: EventKind
    domain: str
    """The partner that sees it."""
    at: datetime
    until: datetime | None = None
    """End of a stay or rental."""
    amount: Decimal | None = None
    """Always positive; the kind says which way it goes."""
    currency: str = "AUD"
    holding: str | None = None
    """Account, policy or ISIN concerned."""
    counter_holding: str | None = None
    """Second account, of a transfer or a card payment."""
    text: str = ""
    """Merchant, hotel, vehicle, instrument."""
    quantity: Decimal | None = None
    """Units of a trade (negative: sold), points, or nights."""
    place: str = ""
    """City."""
    detail: dict[str, str] = msgspec.field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Life:
    """What a member holds and did, up to today and (bookings) beyond."""

    member_id: str
    accounts: tuple[BankAccount, ...]
    policies: tuple[InsurancePolicy, ...]
    securities: tuple[tuple[Security, Decimal], ...]
    """Instruments with the units held today."""
    custody_cash: Decimal
    events: tuple[Event, ...]
    """Oldest first."""
    since: date = date.min
    """First day of the events."""
    openings: dict[str, Decimal] = field(default_factory=dict)
    """What was there before that day, by account id, ISIN, ``custody-cash`` or ``points``."""

    def at(self, domain: str) -> tuple[Event, ...]:
        """The events one partner sees, oldest first."""
        return tuple(event for event in self.events if event.domain == domain)
