"""Interpolated sums are the sums, and cost what they are meant to."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest

from resolvers.lifetime_value.bgnbd import BgNbd, History, p_alive, p_alive_many, purchases_if_alive
from resolvers.lifetime_value.discounted import OLDEST, WEEKS_PER_MONTH, DiscountedPurchases

MODELS = (
    BgNbd(r=0.2426, alpha=4.4135, a=0.7929, b=2.4258),
    BgNbd(r=3, alpha=40, a=1.0, b=0.2),
    BgNbd(r=0.05, alpha=0.5, a=5, b=20),
)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("months", [1, 36, 600])
def test_the_interpolation_is_the_sum(model: BgNbd, months: int) -> None:
    stream = DiscountedPurchases(model, months=months, monthly_discount=0.01)
    ages = np.array([0.0, 0.4, 3.0, 38.86, 300.0, 2000.0, 5200.0])
    for frequency in (0.0, 1.0, 7.0, 32.0):
        sums = stream.summed(frequency, ages)
        found = [stream.if_alive(frequency, float(age)) for age in ages]
        np.testing.assert_allclose(found, sums, rtol=1e-9)


def test_the_sum_is_month_by_month() -> None:
    model, history = MODELS[0], History(frequency=2, recency=30.43, age=38.86)
    stream = DiscountedPurchases(model, months=12, monthly_discount=0.01)
    until = [purchases_if_alive(model, 2, 38.86, month * WEEKS_PER_MONTH) for month in range(1, 13)]
    steps = [until[0], *(later - before for before, later in pairwise(until))]
    by_hand = math.fsum(step / 1.01**month for month, step in enumerate(steps, 1))
    assert stream.of(history) == pytest.approx(p_alive(model, history) * by_hand, rel=1e-9)


def test_many_are_answered_as_one() -> None:
    stream = DiscountedPurchases(MODELS[0], months=36, monthly_discount=0.01)
    rng = np.random.default_rng(360)
    age = rng.uniform(0, 600, 2_000)
    frequency = np.minimum(rng.geometric(0.1, 2_000) - 1.0, 400)
    recency = np.where(frequency > 0, age * rng.uniform(0, 1, 2_000), 0.0)
    many = stream.of_many(frequency, recency, age)
    one = [
        stream.of(History(frequency=int(x), recency=t, age=a))
        for x, t, a in zip(frequency, recency, age, strict=True)
    ]
    np.testing.assert_allclose(many, one, rtol=1e-12)


@pytest.mark.parametrize(("months", "discount"), [(0, 0.01), (601, 0.01), (12, -1.0)])
def test_what_cannot_be_discounted(months: int, discount: float) -> None:
    with pytest.raises(ValueError, match=r"months|discount"):
        DiscountedPurchases(MODELS[0], months=months, monthly_discount=discount)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("months", [1, 36])
def test_high_frequencies_are_interpolated(model: BgNbd, months: int) -> None:
    stream = DiscountedPurchases(model, months=months, monthly_discount=0.006)
    ages = np.array([0.0, 3.0, 60.0, 900.0])
    for frequency in (32, 33, 47, 63, 64, 65, 257, 999, 1_000):
        x = np.full(len(ages), float(frequency))
        assert stream.of_many(x, ages, ages) == pytest.approx(
            p_alive_many(model, x, ages, ages) * stream.summed(float(frequency), ages), rel=1e-9
        )


def test_without_a_table_it_is_the_same_sum() -> None:
    made = [
        DiscountedPurchases(MODELS[0], months=36, monthly_discount=0.006, tabulated=tabulated)
        for tabulated in (True, False)
    ]
    for age in (0.0, 77.0, 2 * OLDEST):
        one, other = (stream.if_alive(5, age) for stream in made)
        assert one == pytest.approx(other, rel=1e-9)
