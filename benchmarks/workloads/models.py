"""What the models cost: for one customer with summaries at hand, and for a million in a batch.

Customers are the sandbox's own, as the hub would keep them; the million are these, over and over, each with
amounts and days of its own.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from benchmarks.figures import Figure, Sample
from benchmarks.population.command import DAY
from benchmarks.population.customers import customer_of, town
from benchmarks.punctual import quiet_collector
from resolvers import serving
from resolvers.batch import scores
from resolvers.lifetime_value.value import Valuer
from resolvers.summaries.customer import Summaries
from resolvers.summaries.measures import Unit
from resolvers.summaries.population import Floats, Population, gathered

KnownT = TypeVar("KnownT")

NAME = "models"
PEOPLE, COMPANIES = 240, 12
MANY = 1_000_000
MANY_PROMISED = 2.0
"""Seconds of processor time for the lifetime values of all."""
ALL_PROMISED = 30.0
"""Seconds of processor time for all models of all."""
ROUNDS = 20
SPREAD = 0.2
"""By how much amounts of the million differ from those of the customer that they are made of."""


def run() -> list[Figure]:
    """Processor time for one customer and for a million."""
    models = serving.shipped()
    customers = _customers()
    valuer = models.valuer
    lines = sum(len(one.lines) for one in customers) / len(customers)
    return [
        each_of(NAME, "lifetime value of one", customers, valuer.value, note=f"{lines:.1f} lines on average"),
        each_of(NAME, "the same, explained", customers, lambda one: valuer.value(one).terms),
        each_of(NAME, "profit of one, explained", customers, lambda one: valuer.profit(one).terms),
        *_many(customers, Valuer(valuer.model, valuer.assumptions)),
        _all(customers, models),
    ]


def each_of(
    workload: str,
    name: str,
    customers: Sequence[KnownT],
    step: Callable[[KnownT], object],
    *,
    note: str = "",
    bound: float | None = None,
) -> Figure:
    """Microseconds of processor time for each customer, of the median round over all of them."""
    took = []
    with quiet_collector():
        for one in customers:
            step(one)
        for _ in range(ROUNDS):
            started = time.process_time()
            for one in customers:
                step(one)
            took.append((time.process_time() - started) / len(customers))
    value = round(Sample.of(took).p50 * 1e6, 1)
    return Figure(workload=workload, name=name, value=value, unit="µs CPU", note=note, bound=bound)


def _many(customers: Sequence[Summaries], valuer: Valuer) -> list[Figure]:
    population = million(customers)
    many = f"of {MANY:,}"
    values = partial(valuer.values_many, population)
    return [
        seconds(NAME, f"lifetime values {many}", values, bound=MANY_PROMISED),
        seconds(NAME, f"the same, tables made {many}", values),
        seconds(NAME, f"profits {many}", partial(valuer.profits_many, population)),
    ]


def _all(customers: Sequence[Summaries], models: serving.Models) -> Figure:
    population = million(customers)
    return seconds(NAME, f"all models of {MANY:,}", partial(scores, models, population), bound=ALL_PROMISED)


def seconds(workload: str, name: str, step: Callable[[], object], *, bound: float | None = None) -> Figure:
    """Seconds of processor time of one step."""
    started = time.process_time()
    step()
    value = round(time.process_time() - started, 2)
    return Figure(workload=workload, name=name, value=value, unit="s CPU", bound=bound)


def _customers() -> list[Summaries]:
    population = town(PEOPLE, COMPANIES, DAY)
    found = [customer_of(population, member.id, DAY) for member in population.members]
    return [
        Summaries(day=DAY, currency=serving.HOME, lines=one.figures) for one in found if one and one.figures
    ]


def million(customers: Sequence[Summaries]) -> Population:
    """A million customers made of a few, each with amounts and days of its own."""
    few = gathered({str(place): one for place, one in enumerate(customers)}, currency=serving.HOME)
    rng = np.random.default_rng(360)
    rows: NDArray[np.intp] = np.arange(MANY) % len(few)

    def spread(column: Floats, unit: Unit) -> Floats:
        taken: Floats = column[rows]
        if unit is Unit.MONEY:
            taken *= rng.uniform(1 - SPREAD, 1 + SPREAD, MANY)
        elif unit is Unit.DAY:
            taken -= rng.integers(0, 90, MANY)
        elif unit is Unit.COUNT:
            taken = np.maximum(taken + rng.integers(-3, 4, MANY) * (taken > 5), 0)
        return taken

    return Population(
        customers=[""] * MANY,
        day=few.day[rows],
        currency=few.currency,
        lines={
            line: {measure: spread(column, measure.unit) for measure, column in figures.items()}
            for line, figures in few.lines.items()
        },
    )
