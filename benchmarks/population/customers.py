"""A customer of the sandbox, as the hub would have known them on a day and knows them a year later."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Any

from benchmarks.population.outcomes import YEAR, outcome_of
from benchmarks.population.records import Moment, records_of
from benchmarks.population.tables import CURRENCY, Customer, Lines
from c360.contract import Connector
from c360.values import CurrencyCode
from plugins.banking.connector import CdsAuBanking
from plugins.brokerage.connector import OpenWealthCustody
from plugins.hotel.connector import CloudbedsHotel
from plugins.insurance.connector import OpinBrInsurance
from plugins.loyalty.connector import SquareLoyalty
from plugins.rental.connector import TompRental
from resolvers.rates import Rates
from resolvers.summaries.customer import combined
from resolvers.summaries.measures import Figure
from resolvers.summaries.reckoning import days_of, kinds_for, needs_for, reckon
from sandbox.population import Population
from sandbox.population.living import first_day
from sandbox.population.model import Life, Presence
from sandbox.population.rates import table

SEED = 360
CONNECTORS: Mapping[str, type[Connector[Any]]] = MappingProxyType(
    {
        "banking": CdsAuBanking,
        "insurance": OpinBrInsurance,
        "brokerage": OpenWealthCustody,
        "loyalty": SquareLoyalty,
        "hotel": CloudbedsHotel,
        "rental": TompRental,
    }
)
"""The connector to each partner."""
SPENDING = frozenset(
    {"banking.accounts", "banking.transactions", "loyalty.activity", "hotel.stays", "rental.bookings"}
)
"""Kinds of record that purchases are reckoned from."""


def town(people: int, companies: int, day: date) -> Population:
    """Everybody, with lives that begin as they would for the day and go on for a year after it.

    Raises:
        ValueError: the day is too early or a number out of range.
    """
    return Population(people, companies, SEED, today=day + YEAR, start=first_day(day))


def customer_of(population: Population, member_id: str, day: date) -> Customer | None:
    """One customer; none where no partner knew them on the day."""
    presences = population.member_presences(member_id)
    known = {domain: presence for domain, presence in presences.items() if presence.since <= day}
    if not known:
        return None
    member = population.member(member_id)
    then, whole = population.life_around(member_id, day)
    rates = rates_on(day)
    return Customer(
        member=member,
        figures=_figures(known, then, day, rates),
        later=_figures(presences, whole, day + YEAR, rates, since=day, kinds=SPENDING),
        outcome=outcome_of(member, presences, whole, day),
    )


def rates_on(day: date) -> Rates:
    """The sandbox's exchange rates; one set for both days, so that amounts differ by what was spent alone."""
    return Rates(base=CurrencyCode(CURRENCY), source="sandbox", date=day, rates=table(CURRENCY, day))


def _figures(
    known: Mapping[str, Presence],
    life: Life,
    day: date,
    rates: Rates,
    *,
    since: date | None = None,
    kinds: frozenset[str] | None = None,
) -> Lines:
    """Figures on a day; for those of a window and of some kinds, no more is read than they need."""
    figures: list[Figure] = []
    for domain, presence in known.items():
        asked = Moment.noon(day, since or _first_asked(domain, day))
        wanted = asked_kinds(domain) if kinds is None else kinds
        figures += reckon(records_of(presence, life, asked, wanted), day)
    lines, unconverted = combined(figures, rates.convert)
    if unconverted:
        raise ValueError(f"there is no rate of {', '.join(unconverted)}")
    return lines


@functools.cache
def asked_kinds(domain: str) -> tuple[str, ...]:
    """Kinds of record that the hub reckons figures from in the background, at the connector of a domain."""
    fetches = CONNECTORS[domain].describe().fetches
    offered = [
        fetch.kind for fetch in fetches if fetch.cheap_days is None or days_of(fetch.kind) <= fetch.cheap_days
    ]
    return kinds_for(domain, offered)


def _first_asked(domain: str, day: date) -> date:
    """The first day that the hub asks a partner of a domain for."""
    needs = needs_for(asked_kinds(domain), day)
    return min((need.since for need in needs if need.since is not None), default=day)
