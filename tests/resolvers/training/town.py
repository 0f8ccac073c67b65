"""A made-up town to fit every model to: small, quick, and with reasons behind what becomes of people."""

from __future__ import annotations

import functools
from datetime import date

import numpy as np

from resolvers.summaries.measures import Line, Measure
from resolvers.summaries.population import Floats, Population
from resolvers.training.learning import About, Learning, fingerprint

DAY = 738_700.0
_PRODUCTS = ("motor", "savings")


@functools.cache
def town(customers: int = 2_400, seed: int = 0) -> Learning:
    """Customers with cards, deposits and loans; buyers who leave, debtors who default, savers who insure."""
    rng = np.random.default_rng(seed)
    lines = {Line.CARDS: _cards(rng, customers), **_bank(rng, customers)}
    population = Population(
        customers=[f"customer-{number:05}" for number in range(customers)],
        day=np.full(customers, DAY),
        currency="AUD",
        lines=lines,
    )
    cards, lending = lines[Line.CARDS], lines[Line.LENDING]
    used = lending[Measure.CREDIT_USED] / lending[Measure.CREDIT_LIMIT]
    spending = cards[Measure.SPENT_12M] * rng.lognormal(0, 0.3, customers)
    outcomes = {
        "spent_cards": np.where(DAY - cards[Measure.LAST_ON] < 60, spending, 0.0),
        "defaulted": (rng.random(customers) < 0.02 + 0.4 * np.nan_to_num(used) ** 3).astype(np.float64),
    }
    outcomes["defaulted"][rng.random(customers) < 0.1] = np.nan
    balance = np.log1p(lines[Line.DEPOSITS][Measure.BALANCE])
    for product in _PRODUCTS:
        outcomes[f"held_{product}"] = (rng.random(customers) < 0.2).astype(np.float64)
        pull = 1 / (1 + np.exp(2.2 - 0.8 * (balance - balance.mean())))
        outcomes[f"taken_{product}"] = (rng.random(customers) < pull).astype(np.float64)
    groups = {"sex": rng.choice(["F", "M"], customers).tolist()}
    return Learning(
        population=population,
        kinds=["ORGANIZATION" if number % 10 == 0 else "PERSON" for number in range(customers)],
        outcomes=outcomes,
        groups=groups,
        aside=rng.random(customers) < 0.3,
        about=About(day=date.fromordinal(int(DAY)), currency="AUD", source="a made-up town", made_up=True),
        fingerprint=fingerprint(population, outcomes, groups),
    )


def _cards(rng: np.random.Generator, customers: int) -> dict[Measure, Floats]:
    """Purchases until somebody leaves, which some do early."""
    age = rng.integers(200, 1_000, customers).astype(np.float64)
    active = np.minimum(age, rng.exponential(900, customers))
    days = 1.0 + rng.poisson(active * rng.gamma(2, 0.02, customers))
    recency = np.where(days > 1, active * days / (days + 1), 0.0)
    mean = rng.gamma(4, 20, customers)
    return {
        Measure.PURCHASE_DAYS: days,
        Measure.FIRST_ON: DAY - age,
        Measure.LAST_ON: DAY - age + recency,
        Measure.SPENT: days * mean,
        Measure.SPENT_AFTER_FIRST: (days - 1) * mean,
        Measure.SPENT_12M: np.minimum(1.0, 365 / age) * days * mean,
    }


def _bank(rng: np.random.Generator, customers: int) -> dict[Line, dict[Measure, Floats]]:
    owing = rng.random(customers) < 0.7
    limit = np.where(owing, 5_000.0, np.nan)
    used = np.where(owing, 5_000.0 * rng.beta(1.5, 2, customers), np.nan)
    return {
        Line.DEPOSITS: {
            Measure.BALANCE: rng.lognormal(8, 1.5, customers),
            Measure.CONTRACTS: np.ones(customers),
            Measure.FIRST_ON: DAY - rng.integers(100, 4_000, customers),
            Measure.OVERDRAWN_DAYS_12M: np.floor(rng.exponential(3, customers)),
        },
        Line.LENDING: {
            Measure.BALANCE: np.where(owing, used + rng.lognormal(8, 1, customers), np.nan),
            Measure.CREDIT_LIMIT: limit,
            Measure.CREDIT_USED: used,
            Measure.CONTRACTS: np.where(owing, 1.0, np.nan),
        },
    }
