"""Figures are of what was known on the day, and the next year's are of what was then done."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest

from benchmarks.population.customers import SEED, asked_kinds, customer_of, rates_on, town
from benchmarks.population.outcomes import YEAR
from benchmarks.population.records import Moment, records_of
from benchmarks.population.tables import Customer
from resolvers.summaries.customer import combined
from resolvers.summaries.figures import THREE_YEARS
from resolvers.summaries.measures import Line, Measure
from resolvers.summaries.reckoning import reckon
from sandbox.partners.banking.books import POSTING_DELAY
from sandbox.population import Population
from sandbox.population.model import EventKind

DAY = date(2025, 7, 1)
PEOPLE, COMPANIES = 40, 5


@pytest.fixture(scope="module")
def later() -> Population:
    return town(PEOPLE, COMPANIES, DAY)


@pytest.fixture(scope="module")
def customers(later: Population) -> list[Customer]:
    found = [customer_of(later, member.id, DAY) for member in later.members]
    return [customer for customer in found if customer is not None]


def test_the_future_has_no_part_in_the_figures(customers: list[Customer]) -> None:
    then = Population(PEOPLE, COMPANIES, SEED, today=DAY)
    asked = Moment.noon(DAY, DAY - timedelta(THREE_YEARS - 1))
    for customer in customers:
        life = then.life(customer.member.id)
        figures = [
            figure
            for presence in then.member_presences(customer.member.id).values()
            for figure in reckon(records_of(presence, life, asked, asked_kinds(presence.domain)), DAY)
        ]
        assert customer.figures == combined(figures, rates_on(DAY).convert)[0]


def test_the_next_year_is_what_was_bought_in_it(later: Population, customers: list[Customer]) -> None:
    now = datetime.combine(DAY + YEAR, time(12), tzinfo=UTC)
    bought = 0
    for customer in customers:
        life = later.life(customer.member.id)
        events = [
            event
            for event in life.at("banking")
            if event.kind is EventKind.CARD_PURCHASE
            and event.at.date() > DAY
            and event.at + POSTING_DELAY <= now
        ]
        known = customer.later.get(Line.CARDS, {})
        assert known.get(Measure.PURCHASE_DAYS_12M, 0) == len({event.at.date() for event in events})
        spent = float(sum(event.amount or 0 for event in events))
        assert known.get(Measure.SPENT_12M, 0) == pytest.approx(spent)
        bought += spent > 0
    assert bought > 15


def test_who_no_partner_knew_is_no_customer_yet() -> None:
    early = date(2024, 7, 1)
    population = town(400, 0, early)
    unknown = [
        member.id
        for member in population.members
        if all(it.since > early for it in population.member_presences(member.id).values())
    ]
    assert unknown
    assert [customer_of(population, member_id, early) for member_id in unknown] == [None] * len(unknown)
