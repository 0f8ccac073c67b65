"""What propensities are reckoned from: what a customer holds and does, defined once for one and for many.

Amounts enter by their logarithm, because what the next thousand says depends on how many there are already.
A feature of a line that is not held is zero; one of a line that is not known is not a number, and a model
takes its centre for it, so that it speaks neither for nor against.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Callable, Mapping
from types import MappingProxyType

import msgspec
import numpy as np
from numpy.typing import NDArray

from resolvers.offers.facts import Facts
from resolvers.summaries.measures import Line, Measure
from resolvers.summaries.population import Population

Floats = NDArray[np.float64]
UNKNOWN = math.nan


class Form(enum.Enum):
    """How a figure becomes a feature."""

    HELD = "HELD"
    """1 where the line is held."""
    LOG = "LOG"
    """ln(1 + x) of an amount or a count, nothing below zero."""
    YEARS = "YEARS"
    """Years since a day."""


class Feature(msgspec.Struct, frozen=True):
    """A feature."""

    line: Line
    form: Form
    measure: Measure | None = None

    @property
    def name(self) -> str:
        """As models and answers name it, such as ``DEPOSITS.BALANCE``."""
        return f"{self.line.value}.{self.measure.value if self.measure else self.form.value}"

    @property
    def label(self) -> str:
        """In words."""
        line = _LABELS[self.line]
        if self.measure is None:
            return f"has {line}"
        return f"{_MEASURES[self.measure]}: {line}"


_LABELS: Mapping[Line, str] = MappingProxyType(
    {
        Line.CARDS: "cards",
        Line.DEPOSITS: "deposits",
        Line.LENDING: "loans",
        Line.BROKERAGE: "securities",
        Line.HOTEL: "stays",
        Line.RENTAL: "rentals",
        Line.LOYALTY: "loyalty membership",
        Line.MOTOR: "motor insurance",
        Line.LIFE: "life insurance",
        Line.PENSION: "pension",
        Line.HOME: "home insurance",
        Line.OTHER_INSURANCE: "other insurance",
    }
)
_MEASURES: Mapping[Measure, str] = MappingProxyType(
    {
        Measure.BALANCE: "balance",
        Measure.INCOME_12M: "income of the last year",
        Measure.SPENT_12M: "spent in the last year",
        Measure.PURCHASE_DAYS_12M: "days with a purchase in the last year",
        Measure.OVERDRAWN_DAYS_12M: "days overdrawn in the last year",
        Measure.CREDIT_USED: "credit used",
        Measure.ANNUAL_PREMIUM: "premium of a year",
        Measure.RESERVE: "reserve",
        Measure.CLAIMS_36M: "claims of the last three years",
        Measure.POINTS: "points",
        Measure.TRADES_12M: "trades of the last year",
        Measure.FIRST_ON: "years known",
    }
)
_LOGS = (
    (Line.CARDS, Measure.SPENT_12M),
    (Line.CARDS, Measure.PURCHASE_DAYS_12M),
    (Line.DEPOSITS, Measure.BALANCE),
    (Line.DEPOSITS, Measure.INCOME_12M),
    (Line.DEPOSITS, Measure.OVERDRAWN_DAYS_12M),
    (Line.LENDING, Measure.BALANCE),
    (Line.LENDING, Measure.CREDIT_USED),
    (Line.BROKERAGE, Measure.BALANCE),
    (Line.BROKERAGE, Measure.TRADES_12M),
    (Line.HOTEL, Measure.SPENT_12M),
    (Line.HOTEL, Measure.PURCHASE_DAYS_12M),
    (Line.RENTAL, Measure.SPENT_12M),
    (Line.RENTAL, Measure.PURCHASE_DAYS_12M),
    (Line.LOYALTY, Measure.POINTS),
    (Line.LOYALTY, Measure.SPENT_12M),
    (Line.MOTOR, Measure.ANNUAL_PREMIUM),
    (Line.MOTOR, Measure.CLAIMS_36M),
    (Line.LIFE, Measure.RESERVE),
    (Line.PENSION, Measure.RESERVE),
    (Line.HOME, Measure.ANNUAL_PREMIUM),
)
_YEARS = (Line.DEPOSITS, Line.MOTOR, Line.HOTEL, Line.LOYALTY)
FEATURES: tuple[Feature, ...] = (
    *(Feature(line, Form.HELD) for line in Line),
    *(Feature(line, Form.LOG, measure) for line, measure in _LOGS),
    *(Feature(line, Form.YEARS, Measure.FIRST_ON) for line in _YEARS),
)
"""All of them, in the order of every vector."""
BY_NAME: Mapping[str, Feature] = MappingProxyType({feature.name: feature for feature in FEATURES})

_DAYS_A_YEAR = 365.25
_One = Callable[[float, float], float]
"""From a figure and the ordinal of the summaries' day."""


def _log(value: float, _: float) -> float:
    return math.log1p(value) if value > 0 else 0.0


def _years(value: float, today: float) -> float:
    return max(0.0, today - value) / _DAYS_A_YEAR


def _plan() -> Mapping[Line, tuple[tuple[int, ...], int, tuple[tuple[int, Measure, _One], ...]]]:
    """For each line: all of its places, the place of HELD, and the others with their figures."""
    found = {}
    for line in Line:
        mine = [(place, each) for place, each in enumerate(FEATURES) if each.line is line]
        held = next(place for place, each in mine if each.form is Form.HELD)
        rest = tuple(
            (place, each.measure, _log if each.form is Form.LOG else _years)
            for place, each in mine
            if each.measure is not None
        )
        found[line] = (tuple(place for place, _ in mine), held, rest)
    return MappingProxyType(found)


_PLAN = _plan()
_ZEROS = [0.0] * len(FEATURES)


def vector(facts: Facts) -> list[float]:
    """All features of one customer."""
    found = _ZEROS.copy()
    today = facts.summaries.day.toordinal()
    for line, figures in facts.summaries.lines.items():
        _, held, rest = _PLAN[line]
        if facts.holds[line]:
            found[held] = 1.0
        for place, measure, form in rest:
            value = figures.get(measure)
            if value is not None:
                found[place] = form(value, today)
    for line in facts.unknown:
        for place in _PLAN[line][0]:
            found[place] = UNKNOWN
    return found


def matrix(population: Population) -> Floats:
    """All features of many customers, a row each. A line that one of them lacks is not held."""
    found = np.zeros((len(population), len(FEATURES)))
    for place, feature in enumerate(FEATURES):
        found[:, place] = _column(population, feature)
    return found


def _column(population: Population, feature: Feature) -> Floats:
    if feature.measure is None:
        contracts = population.get(feature.line, Measure.CONTRACTS)
        any_figure = population.holds(feature.line)
        held: Floats = np.where(np.isnan(contracts), any_figure, contracts > 0).astype(np.float64)
        return held
    value = population.get(feature.line, feature.measure)
    with np.errstate(invalid="ignore"):
        if feature.form is Form.LOG:
            made: Floats = np.log1p(np.maximum(value, 0.0))
        else:
            made = np.maximum(0.0, population.age(value)) / _DAYS_A_YEAR
    return np.where(np.isnan(value), 0.0, made)
