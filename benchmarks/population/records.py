"""The records that the six connectors would give for a customer of the sandbox, without asking anybody.

Each partner of the sandbox renders what it holds, and the connector's own mapping reads that, by way of the
same JSON: neither is written a second time here, only the requests between the two are left out. The folder
stands apart from both, since neither the sandbox nor a connector may know the other. A test compares with
what the connectors fetch from the sandbox's applications.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Container, Iterable, Mapping
from datetime import UTC, date, datetime, time
from types import MappingProxyType
from typing import Any, TypeVar

import msgspec

from c360.contract import Need
from c360.records.base import Record
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


def records_of(presence: Presence, life: Life, asked: Moment, kinds: Container[str] | None = None) -> Records:
    """What the connector to a partner gives for one of its customers.

    Args:
        presence: the customer, as that partner knows them.
        life: the customer's life as it was known when the partner is asked.
        asked: when, and for how far back.
        kinds: what is asked for; all that there is by default.
    """
    offered = _PARTNERS[presence.domain](presence, life, asked)
    return {kind: tuple(give()) for kind, give in offered.items() if kinds is None or kind in kinds}


Offered = Mapping[str, Callable[[], Iterable[Record]]]
"""What a partner has, by kind; made when it is asked for."""


def _banking(_presence: Presence, life: Life, asked: Moment) -> Offered:
    books = Books(life, asked.now)
    start = datetime.combine(asked.since, time(), tzinfo=UTC)

    def accounts() -> Iterable[Record]:
        rendered = [bank.account(books, each) for each in books.accounts]
        return map(banking.account, _read(rendered, list[cdr.Account]))

    def balances() -> Iterable[Record]:
        rendered = [bank.balance(books, each) for each in books.accounts]
        return map(banking.balance, _read(rendered, list[cdr.Balance]))

    def account_terms() -> Iterable[Record]:
        rendered = [bank.detail(books, each) for each in books.accounts]
        return map(banking.account_terms, _read(rendered, list[cdr.AccountDetail]))

    def transactions() -> Iterable[Record]:
        rendered = [
            bank_transaction(entry)
            for account in books.accounts
            for entry in books.entries(account)
            if entry.effective_at >= start
        ]
        return banking.newest_first(map(banking.TRANSACTION, _read(rendered, list[cdr.Transaction])))

    return {
        "banking.accounts": accounts,
        "banking.balances": balances,
        "banking.account_terms": account_terms,
        "banking.transactions": transactions,
    }


_APIS = MappingProxyType({Product.AUTO: Api.AUTO, Product.PERSON: Api.PERSON, Product.HOUSING: Api.HOUSING})


def _insurance(presence: Presence, life: Life, _asked: Moment) -> Offered:
    held = [
        (product, api, policy)
        for product, api in _APIS.items()
        for policy in sorted(api.policies(life), key=lambda it: (it.start, it.id))
    ]

    def policies() -> Iterable[Record]:
        for product, api, policy in held:
            listed = opin.ListedPolicy(policy_id=policy.id, product_name=PRODUCTS[policy.line])
            info = _read(insurer_policies.policy_info(api, presence, policy), opin.PolicyInfo)
            yield insurance.policy(product, listed, info, brand=BRAND, company=api.company[0])

    def premiums() -> Iterable[Record]:
        for _, api, policy in held:
            bill = _read(insurer_premiums.premium_of(api, life, presence, policy), opin.PremiumInfo)
            yield insurance.premium(policy.id, bill)

    def claims() -> Iterable[Record]:
        for product, api, policy in held:
            rendered = insurer_claims.claims_of(api, life, policy)
            if product is Product.PERSON:
                yield from insurance.claims(policy.id, _read(rendered, list[opin.PersonClaimEntry]))
            else:
                yield from insurance.claims(policy.id, _read(rendered, list[opin.ClaimInfo]))

    return {"insurance.policies": policies, "insurance.premiums": premiums, "insurance.claims": claims}


def _brokerage(presence: Presence, life: Life, asked: Moment) -> Offered:
    today = asked.now.date()

    def accounts() -> Iterable[Record]:
        return map(brokerage.account, _read(custodian.accounts(presence), list[WireAccount]))

    def positions() -> Iterable[Record]:
        rendered = custodian.positions(presence, life, today, today)
        return map(brokerage.position, _read(rendered, list[WirePosition]))

    def transactions() -> Iterable[Record]:
        rendered = [
            custodian.transaction(presence, event, today)
            for event in life.at(custodian.DOMAIN)
            if asked.since <= event.at.date() <= today
        ]
        found = map(brokerage.transaction, _read(rendered, list[WireTransaction]))
        return sorted(found, key=lambda it: (it.transacted_on, it.transaction_id))

    return {
        "brokerage.accounts": accounts,
        "brokerage.positions": positions,
        "brokerage.transactions": transactions,
    }


def _loyalty(presence: Presence, life: Life, asked: Moment) -> Offered:
    start = datetime.combine(asked.since, time(), tzinfo=UTC)

    def memberships() -> Iterable[Record]:
        return [loyalty.membership(_read(seller.account(presence, life, asked.now), square.LoyaltyAccount))]

    def activity() -> Iterable[Record]:
        entries = [entry for entry in seller.entries(presence, life) if start <= entry.at <= asked.now]
        entries.sort(key=lambda entry: -entry.at.timestamp())
        rendered = [seller.loyalty_event(entry) for entry in entries]
        return map(loyalty.event, _read(rendered, list[square.LoyaltyEvent]))

    return {"loyalty.memberships": memberships, "loyalty.activity": activity}


def _hotel(presence: Presence, life: Life, asked: Moment) -> Offered:
    def stays() -> Iterable[Record]:
        bookings = bookings_in(life, presence, asked.now)
        rendered = [houses.detailed_reservation(booking, guests=False) for booking in bookings]
        for reservation in _read(rendered, list[cloudbeds.Reservation]):
            stay = hotel.stay(reservation, presence.party_id, _hotels())
            if stay.check_out >= asked.since:
                yield stay

    return {"hotel.stays": stays}


@functools.cache
def _hotels() -> hotel.Hotels:
    return hotel.hotels(_read([houses.hotel(house) for house in HOUSES], list[cloudbeds.Hotel]))


def _rental(presence: Presence, life: Life, asked: Moment) -> Offered:
    window = Need(kind="rental.bookings", since=asked.since)
    bookings = list(bookings_of(life, presence))
    wires = _read([operator.booking(it, asked.now) for it in bookings], list[WireBooking])
    rentals = [rental.booking(wire, it.id) for wire, it in zip(wires, bookings, strict=True)]

    def charges() -> Iterable[Record]:
        for it, rented in zip(bookings, rentals, strict=True):
            if entry := operator.journal_entry(it, asked.now):
                charge = rental.charge(_read(entry, WireEntry), it.id, it.leg_id)
                if charged_within(window, charge, rented):
                    yield charge

    return {
        "rental.bookings": lambda: (it for it in rentals if rented_within(window, it)),
        "rental.charges": charges,
    }


def _read(rendered: Any, kind: type[T]) -> T:
    """What a partner renders, as its connector decodes it."""
    return msgspec.json.decode(msgspec.json.encode(rendered), type=kind)


_PARTNERS: Mapping[str, Callable[[Presence, Life, Moment], Offered]] = MappingProxyType(
    {
        "banking": _banking,
        "insurance": _insurance,
        "brokerage": _brokerage,
        "loyalty": _loyalty,
        "hotel": _hotel,
        "rental": _rental,
    }
)
