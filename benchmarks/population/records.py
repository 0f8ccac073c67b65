"""The records that the six connectors would give for a customer of the sandbox, without asking anybody.

Each partner of the sandbox renders what it holds, and the connector's own mapping reads that, by way of the
same JSON: neither is written a second time here, only the requests between the two are left out. The folder
stands apart from both, since neither the sandbox nor a connector may know the other. A test compares with
what the connectors fetch from the sandbox's applications.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, time
from types import MappingProxyType
from typing import Any, TypeVar

import msgspec

from c360.contract import Need
from c360.records.banking import BankTransaction
from c360.records.base import Record
from c360.records.hotel import Stay
from plugins.banking import mapping as banking
from plugins.banking import payloads as cdr
from plugins.brokerage import mapping as brokerage
from plugins.brokerage.payloads import WireAccount, WirePosition, WireTransaction
from plugins.hotel import mapping as hotel
from plugins.hotel import payloads as cloudbeds
from plugins.insurance import mapping as insurance
from plugins.insurance import payloads as opin
from plugins.insurance.config import Product
from plugins.loyalty import mapping as loyalty
from plugins.loyalty import payloads as square
from plugins.rental import mapping as rental
from plugins.rental.payloads import WireBooking, WireEntry
from plugins.rental.window import charged_within, rented_within
from sandbox.partners.banking import accounts as bank
from sandbox.partners.banking.books import Books
from sandbox.partners.banking.transactions import transaction as bank_transaction
from sandbox.partners.brokerage import render as custodian
from sandbox.partners.hotel import render as houses
from sandbox.partners.hotel.bookings import bookings_in
from sandbox.partners.hotel.houses import HOUSES
from sandbox.partners.insurance import claims as insurer_claims
from sandbox.partners.insurance import policies as insurer_policies
from sandbox.partners.insurance import premiums as insurer_premiums
from sandbox.partners.insurance.products import BRAND, PRODUCTS, Api
from sandbox.partners.loyalty import render as seller
from sandbox.partners.rental import render as operator
from sandbox.partners.rental.bookings import bookings_of
from sandbox.population.model import Life, Presence

Records = Mapping[str, tuple[Record, ...]]
"""The records of one party, by kind."""

T = TypeVar("T")


class Moment(msgspec.Struct, frozen=True):
    """When a partner is asked, and for how far back."""

    now: datetime
    since: date
    """First day of what is asked for by window."""

    @classmethod
    def noon(cls, day: date, since: date) -> Moment:
        """Noon of a day in UTC, as the sandbox's standing clock has it."""
        return cls(datetime.combine(day, time(12), tzinfo=UTC), since)


def records_of(presence: Presence, life: Life, asked: Moment) -> Records:
    """What the connector to a partner gives for one of its customers.

    Args:
        presence: the customer, as that partner knows them.
        life: the customer's life as it was known when the partner is asked.
        asked: when, and for how far back.
    """
    return _PARTNERS[presence.domain](presence, life, asked)


def _banking(_presence: Presence, life: Life, asked: Moment) -> Records:
    books = Books(life, asked.now)
    start = datetime.combine(asked.since, time(), tzinfo=UTC)
    found: list[BankTransaction] = []
    for account in books.accounts:
        entries = [entry for entry in books.entries(account) if entry.effective_at >= start]
        lines = _read([bank_transaction(entry) for entry in entries], list[cdr.Transaction])
        found += map(banking.transaction, lines)
    accounts = _read([bank.account(books, each) for each in books.accounts], list[cdr.Account])
    balances = _read([bank.balance(books, each) for each in books.accounts], list[cdr.Balance])
    details = _read([bank.detail(books, each) for each in books.accounts], list[cdr.AccountDetail])
    return {
        "banking.accounts": tuple(map(banking.account, accounts)),
        "banking.balances": tuple(map(banking.balance, balances)),
        "banking.account_terms": tuple(map(banking.account_terms, details)),
        "banking.transactions": banking.newest_first(found),
    }


_APIS = MappingProxyType({Product.AUTO: Api.AUTO, Product.PERSON: Api.PERSON, Product.HOUSING: Api.HOUSING})


def _insurance(presence: Presence, life: Life, _asked: Moment) -> Records:
    policies: list[Record] = []
    premiums: list[Record] = []
    claims: list[Record] = []
    for product, api in _APIS.items():
        for policy in sorted(api.policies(life), key=lambda it: (it.start, it.id)):
            listed = opin.ListedPolicy(policy_id=policy.id, product_name=PRODUCTS[policy.line])
            info = _read(insurer_policies.policy_info(api, presence, policy), opin.PolicyInfo)
            company, _ = api.company
            policies.append(insurance.policy(product, listed, info, brand=BRAND, company=company))
            bill = _read(insurer_premiums.premium_of(api, life, presence, policy), opin.PremiumInfo)
            premiums.append(insurance.premium(policy.id, bill))
            rendered = insurer_claims.claims_of(api, life, policy)
            entries: Iterable[opin.ClaimInfo | opin.PersonClaimEntry] = (
                _read(rendered, list[opin.PersonClaimEntry])
                if product is Product.PERSON
                else _read(rendered, list[opin.ClaimInfo])
            )
            claims += insurance.claims(policy.id, entries)
    return {
        "insurance.policies": tuple(policies),
        "insurance.premiums": tuple(premiums),
        "insurance.claims": tuple(claims),
    }


def _brokerage(presence: Presence, life: Life, asked: Moment) -> Records:
    today = asked.now.date()
    positions = _read(custodian.positions(presence, life, today, today), list[WirePosition])
    lines = [
        custodian.transaction(presence, event, today)
        for event in life.at(custodian.DOMAIN)
        if asked.since <= event.at.date() <= today
    ]
    transactions = map(brokerage.transaction, _read(lines, list[WireTransaction]))
    return {
        "brokerage.accounts": tuple(
            map(brokerage.account, _read(custodian.accounts(presence), list[WireAccount]))
        ),
        "brokerage.positions": tuple(map(brokerage.position, positions)),
        "brokerage.transactions": tuple(
            sorted(transactions, key=lambda it: (it.transacted_on, it.transaction_id))
        ),
    }


def _loyalty(presence: Presence, life: Life, asked: Moment) -> Records:
    account = _read(seller.account(presence, life, asked.now), square.LoyaltyAccount)
    start = datetime.combine(asked.since, time(), tzinfo=UTC)
    entries = [entry for entry in seller.entries(presence, life) if start <= entry.at <= asked.now]
    entries.sort(key=lambda entry: -entry.at.timestamp())
    events = _read([seller.loyalty_event(entry) for entry in entries], list[square.LoyaltyEvent])
    return {
        "loyalty.memberships": (loyalty.membership(account),),
        "loyalty.activity": tuple(map(loyalty.event, events)),
    }


def _hotel(presence: Presence, life: Life, asked: Moment) -> Records:
    bookings = bookings_in(life, presence, asked.now)
    rendered = [houses.detailed_reservation(booking, guests=False) for booking in bookings]
    reservations = _read(rendered, list[cloudbeds.Reservation])
    stays: Iterable[Stay] = (hotel.stay(it, presence.party_id, _hotels()) for it in reservations)
    return {"hotel.stays": tuple(stay for stay in stays if stay.check_out >= asked.since)}


@functools.cache
def _hotels() -> hotel.Hotels:
    return hotel.hotels(_read([houses.hotel(house) for house in HOUSES], list[cloudbeds.Hotel]))


def _rental(presence: Presence, life: Life, asked: Moment) -> Records:
    window = Need(kind="rental.bookings", since=asked.since)
    bookings = list(bookings_of(life, presence))
    wires = _read([operator.booking(it, asked.now) for it in bookings], list[WireBooking])
    rentals = [rental.booking(wire, it.id) for wire, it in zip(wires, bookings, strict=True)]
    charges = (
        (rental.charge(_read(entry, WireEntry), it.id, it.leg_id), rented)
        for it, rented in zip(bookings, rentals, strict=True)
        if (entry := operator.journal_entry(it, asked.now))
    )
    return {
        "rental.bookings": tuple(it for it in rentals if rented_within(window, it)),
        "rental.charges": tuple(charge for charge, it in charges if charged_within(window, charge, it)),
    }


def _read(rendered: Any, kind: type[T]) -> T:
    """What a partner renders, as its connector decodes it."""
    return msgspec.json.decode(msgspec.json.encode(rendered), type=kind)


_PARTNERS: Mapping[str, Callable[[Presence, Life, Moment], Records]] = MappingProxyType(
    {
        "banking": _banking,
        "insurance": _insurance,
        "brokerage": _brokerage,
        "loyalty": _loyalty,
        "hotel": _hotel,
        "rental": _rental,
    }
)
