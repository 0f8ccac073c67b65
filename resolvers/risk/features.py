"""What the behavioural score reads: each feature with its meaning, its direction and where it comes from.

The table is data: the model's card and ``docs/risk.md`` print it. Which fields of the published APIs a
feature rests on follows from the kept figures it is made of (:mod:`resolvers.summaries.sources`). One that no
published API tells is ``UNAVAILABLE``: it stands in the table so that everybody sees what the score does not
know, and has no points.

No attribute of the person is read: no age, sex, nationality, language, marital state, address or name. What
insurers tell of drivers is left alone for the same reason.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from functools import cached_property
from types import MappingProxyType
from typing import NamedTuple

import msgspec

from resolvers.risk.figures import Formula, Term
from resolvers.summaries.customer import Summaries
from resolvers.summaries.measures import Line, Measure, Unit
from resolvers.summaries.population import Floats, Population
from resolvers.summaries.sources import summarisers

INSURANCE = (Line.MOTOR, Line.LIFE, Line.PENSION, Line.HOME, Line.OTHER_INSURANCE)


class Worse(enum.Enum):
    """Which way a feature speaks against somebody."""

    HIGHER = "HIGHER"
    """The higher its figure, the fewer points."""
    LOWER = "LOWER"
    """The lower its figure, the fewer points."""


class Source(NamedTuple):
    """Where a published API tells what a feature is made of."""

    domain: str
    fields: str
    """Of the API that the shipped connector of that domain speaks."""

    def __str__(self) -> str:
        return f"{self.domain}: {self.fields}"


class Feature(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """One property of how somebody behaves."""

    name: str
    title: str
    unit: Unit | str
    """What its figure counts; ``years``, ``months`` and ``a year`` where a measure's units do not fit."""
    worse: Worse
    adverse: str
    """The reason as a notice of adverse action gives it: specific, and about conduct (Regulation B, 12 CFR
    1002.9(b)(2))."""
    formula: Formula | None = None
    """None where it is unavailable."""

    @property
    def available(self) -> bool:
        """Whether any published API tells it."""
        return self.formula is not None

    @cached_property
    def sources(self) -> tuple[Source, ...]:
        """What it rests on; nothing where it is unavailable."""
        return tuple(dict.fromkeys(source for term in self.terms for source in _sources(term)))

    @cached_property
    def domains(self) -> frozenset[str]:
        """Business domains whose partners tell it."""
        return frozenset(source.domain for source in self.sources)

    @property
    def terms(self) -> tuple[Term, ...]:
        """The kept figures that it is made of."""
        return () if self.formula is None else self.formula.terms

    @property
    def is_of_money(self) -> bool:
        """Whether amounts are in it, so that a currency without a rate makes it uncertain."""
        return any(term.measure.unit is Unit.MONEY for term in self.terms)

    def value(self, summaries: Summaries) -> float | None:
        """The feature of one customer; none where it is not known, or has no meaning for them."""
        return None if self.formula is None else self.formula.value(summaries)


def _sources(term: Term) -> Iterator[Source]:
    for summariser in summarisers():
        for told in summariser.told:
            if term.measure in told.measures and not set(told.lines).isdisjoint(term.lines):
                yield Source(summariser.domain, told.source)


def _term(measure: Measure, *lines: Line) -> Term:
    return Term(measure=measure, lines=lines)


_INCOME = _term(Measure.INCOME_12M, Line.DEPOSITS)

FEATURES: tuple[Feature, ...] = (
    Feature(
        name="utilisation",
        title="Share of credit limits in use",
        unit=Unit.RATIO,
        worse=Worse.HIGHER,
        adverse="Proportion of balances to credit limits on cards and overdrafts is too high",
        formula=Formula(
            of=_term(Measure.CREDIT_USED, Line.LENDING), per=_term(Measure.CREDIT_LIMIT, Line.LENDING)
        ),
    ),
    Feature(
        name="overdrawn_days",
        title="Days overdrawn without an agreed limit in the last year",
        unit=Unit.DAYS,
        worse=Worse.HIGHER,
        adverse="Accounts were overdrawn without an agreed limit on too many days",
        formula=Formula(of=_term(Measure.OVERDRAWN_DAYS_12M, Line.DEPOSITS)),
    ),
    Feature(
        name="loan_arrears_days",
        title="Days that the oldest loan or card payment due is outstanding",
        unit=Unit.DAYS,
        worse=Worse.HIGHER,
        adverse="Delinquent past or present credit obligations with others",
        formula=Formula(of=_term(Measure.ARREARS_DAYS, Line.LENDING)),
    ),
    Feature(
        name="premium_arrears_days",
        title="Days that the oldest premium due is outstanding",
        unit=Unit.DAYS,
        worse=Worse.HIGHER,
        adverse="Insurance premiums due are outstanding",
        formula=Formula(of=_term(Measure.ARREARS_DAYS, *INSURANCE)),
    ),
    Feature(
        name="returned_payments",
        title="Payments returned for lack of funds in the last year, where the partner marks them",
        unit=Unit.COUNT,
        worse=Worse.HIGHER,
        adverse="Payments were returned for lack of funds",
        formula=Formula(of=_term(Measure.RETURNED_12M, Line.DEPOSITS, *INSURANCE)),
    ),
    Feature(
        name="buffer_months",
        title="Deposits, in months of income",
        unit="months",
        worse=Worse.LOWER,
        adverse="Insufficient deposits in proportion to income",
        formula=Formula(of=_term(Measure.BALANCE, Line.DEPOSITS), per=_INCOME, times=12.0),
    ),
    Feature(
        name="debt_to_income",
        title="What is owed at banks, in years of income",
        unit="years",
        worse=Worse.HIGHER,
        adverse="Excessive obligations in relation to income",
        formula=Formula(of=_term(Measure.BALANCE, Line.LENDING), per=_INCOME),
    ),
    Feature(
        name="balance_volatility",
        title="Swing of the month-end balances of the last year, by their mean",
        unit=Unit.RATIO,
        worse=Worse.HIGHER,
        adverse="Account balances fluctuate too much",
        formula=Formula(of=_term(Measure.BALANCE_VOLATILITY, Line.DEPOSITS)),
    ),
    Feature(
        name="claims_frequency",
        title="Insurance claims a year, over the last three",
        unit="a year",
        worse=Worse.HIGHER,
        adverse="Number of insurance claims in the last three years is too high",
        formula=Formula(of=_term(Measure.CLAIMS_36M, *INSURANCE), times=1 / 3),
    ),
    Feature(
        name="claims_severity",
        title="Claimed in the last three years, in annual premiums",
        unit=Unit.RATIO,
        worse=Worse.HIGHER,
        adverse="Amount of insurance claims in relation to premiums is too high",
        formula=Formula(
            of=_term(Measure.CLAIMED_36M, *INSURANCE), per=_term(Measure.ANNUAL_PREMIUM, *INSURANCE)
        ),
    ),
    Feature(
        name="no_shows",
        title="Share of stays in the last three years that nobody turned up for",
        unit=Unit.RATIO,
        worse=Worse.HIGHER,
        adverse="Too many reservations were not kept",
        formula=Formula(of=_term(Measure.NO_SHOWS_36M, Line.HOTEL), per=_term(Measure.TRIPS_36M, Line.HOTEL)),
    ),
    Feature(
        name="cancellations",
        title="Share of stays and rentals in the last three years that were cancelled",
        unit=Unit.RATIO,
        worse=Worse.HIGHER,
        adverse="Too many reservations were cancelled",
        formula=Formula(
            of=_term(Measure.CANCELLED_36M, Line.HOTEL, Line.RENTAL),
            per=_term(Measure.TRIPS_36M, Line.HOTEL, Line.RENTAL),
        ),
    ),
    Feature(
        name="damages",
        title="Charges for damage to rented vehicles and for fines in the last three years",
        unit=Unit.COUNT,
        worse=Worse.HIGHER,
        adverse="Charges for damage to rented vehicles or for fines",
        formula=Formula(of=_term(Measure.DAMAGES_36M, Line.RENTAL)),
    ),
    Feature(
        name="tenure",
        title="Years since the first contract or purchase that a partner tells",
        unit="years",
        worse=Worse.LOWER,
        adverse="Length of the relationship is too short",
        formula=Formula(of=_term(Measure.FIRST_ON, *Line), since=True),
    ),
    Feature(
        name="credit_enquiries",
        title="Recent applications for credit elsewhere",
        unit=Unit.COUNT,
        worse=Worse.HIGHER,
        adverse="Number of recent applications for credit is too high",
    ),
    Feature(
        name="hardship",
        title="Agreed relief from repayments",
        unit=Unit.COUNT,
        worse=Worse.HIGHER,
        adverse="Repayments were deferred by agreement",
    ),
    Feature(
        name="employment",
        title="Years with the present employer",
        unit="years",
        worse=Worse.LOWER,
        adverse="Length of employment is too short",
    ),
)
"""All features, in the order in which they are shown."""

BY_NAME: Mapping[str, Feature] = MappingProxyType({feature.name: feature for feature in FEATURES})

PROTECTED = frozenset(
    {"age", "sex", "gender", "nationality", "language", "marital_status", "religion", "ethnicity", "country"}
)
"""What no feature may be: what a score must not read, and its fairness is reported against."""


def values_of(summaries: Summaries) -> dict[str, float | None]:
    """Every available feature of one customer."""
    return {feature.name: feature.value(summaries) for feature in FEATURES if feature.formula is not None}


def columns_of(population: Population) -> dict[str, Floats]:
    """Every available feature of many customers; NaN where one is not known."""
    return {
        feature.name: feature.formula.values(population)
        for feature in FEATURES
        if feature.formula is not None
    }
