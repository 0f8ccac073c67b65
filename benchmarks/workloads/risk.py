"""What risk costs: both methods for one customer, with and without their reasons, and for a million.

Customers, figures and live records are the sandbox's own. What the hub gathers is at hand: asking partners is
measured elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from benchmarks.figures import Figure
from benchmarks.population.command import DAY
from benchmarks.population.customers import customer_of, rates_on, town
from benchmarks.population.records import Moment, records_of
from benchmarks.workloads.models import COMPANIES, MANY, PEOPLE, each_of, million, seconds
from c360.records.base import Record
from resolvers import serving
from resolvers.risk.balance_sheet import KINDS, balance_sheet
from resolvers.risk.behavioural import BehaviouralScore, score_many
from resolvers.risk.combined import combined, notice
from resolvers.risk.households import households, probabilities
from resolvers.risk.models import RiskModels
from resolvers.risk.option_pricing import Gaps, OptionPrice
from resolvers.summaries.customer import Convert, Summaries
from resolvers.summaries.figures import PartyRecords

NAME = "risk"
PROMISED = 30.0
"""Microseconds for both methods without reasons."""
_WHOLE = Gaps()


class Known(NamedTuple):
    """What the hub has of one customer."""

    summaries: Summaries
    records: PartyRecords


def run() -> list[Figure]:
    """Processor time for one customer and for a million."""
    risk = serving.shipped().risk
    convert = rates_on(DAY).convert
    customers = _customers()
    reckon = _Reckoning(risk, convert)
    held = sum(sum(map(len, one.records.kinds.values())) for one in customers) / len(customers)
    population = million([one.summaries for one in customers])
    found = households(population, risk.market)
    return [
        each_of(NAME, "behavioural score of one", customers, reckon.conduct),
        each_of(NAME, "option price of one", customers, reckon.means, note=f"{held:.1f} records on average"),
        each_of(NAME, "both of one", customers, reckon.both, bound=PROMISED),
        each_of(NAME, "both of one, combined and explained", customers, reckon.explained),
        seconds(NAME, f"behavioural scores of {MANY:,}", lambda: score_many(risk.behavioural, population)),
        seconds(NAME, f"option prices of {MANY:,}", lambda: probabilities(found, risk.mapping, risk.market)),
    ]


class _Reckoning:
    """The steps that are timed."""

    def __init__(self, risk: RiskModels, convert: Convert) -> None:
        self._risk = risk
        self._convert = convert

    def conduct(self, one: Known) -> BehaviouralScore:
        return BehaviouralScore(self._risk.behavioural, one.summaries, {})

    def means(self, one: Known) -> OptionPrice:
        sheet = balance_sheet(one.records, self._convert)
        return OptionPrice(sheet, _WHOLE, self._risk.mapping, self._risk.market)

    def both(self, one: Known) -> tuple[float, float | None]:
        return self.conduct(one).probability, self.means(one).probability

    def explained(self, one: Known) -> object:
        score, price = self.conduct(one), self.means(one)
        found = combined(score, price)
        return (
            found,
            notice(score, price, found),
            score.contributions,
            score.reasons,
            score.interval,
            price.contributions,
            price.interval,
            price.sensitivity,
        )


def _customers() -> Sequence[Known]:
    population = town(PEOPLE, COMPANIES, DAY)
    asked = Moment.noon(DAY, DAY)
    found = []
    for member in population.members:
        customer = customer_of(population, member.id, DAY)
        if customer is None or not customer.figures:
            continue
        life, _ = population.life_around(member.id, DAY)
        kinds: dict[str, tuple[Record, ...]] = {}
        for presence in population.member_presences(member.id).values():
            if presence.since <= DAY:
                kinds |= records_of(presence, life, asked, KINDS)
        summaries = Summaries(day=DAY, currency=serving.HOME, lines=customer.figures)
        found.append(Known(summaries, PartyRecords(today=DAY, kinds=kinds)))
    return found
