"""BG/NBD against the formula in forty digits, where the textbook's own overflows."""

from __future__ import annotations

import math

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resolvers.lifetime_value.bgnbd import (
    BgNbd,
    History,
    expected_purchases,
    expected_purchases_many,
    p_alive,
    p_alive_many,
    purchases_if_alive,
)

CDNOW = BgNbd(r=0.2426, alpha=4.4135, a=0.7929, b=2.4258)
WEEKS = 600 * 4.345


def exact(model: BgNbd, frequency: int, age: float, horizon: float) -> float:
    """N(t) as published, in forty digits."""
    with mpmath.workdps(40):
        r, alpha, a, b = (mpmath.mpf(each) for each in (model.r, model.alpha, model.a, model.b))
        if a == 1:
            a += mpmath.mpf(10) ** -20
        t, c = mpmath.mpf(horizon), a + b + frequency - 1
        z = t / (alpha + age + t)
        inner = ((alpha + age) / (alpha + age + t)) ** (r + frequency)
        inner *= mpmath.hyp2f1(r + frequency, b + frequency, c, z, maxterms=10**6)
        return float(c / (a - 1) * (1 - inner))


shapes = st.floats(0.02, 12)
models = st.builds(
    BgNbd,
    r=shapes,
    alpha=st.floats(0.1, 300),
    a=st.one_of(shapes, st.floats(0.999, 1.001), st.just(1.0)),
    b=st.floats(0.1, 25),
)
frequencies = st.sampled_from([0, 1, 2, 5, 20, 100, 245, 300, 1000])
ages = st.floats(0, 1500)


@settings(max_examples=150, deadline=None)
@given(models, frequencies, ages, st.floats(0.5, WEEKS))
def test_purchases_to_come_are_right_to_nine_digits(
    model: BgNbd, frequency: int, age: float, horizon: float
) -> None:
    found = purchases_if_alive(model, frequency, age, horizon)
    assert found == pytest.approx(exact(model, frequency, age, horizon), rel=1e-9)


@settings(max_examples=300, deadline=None)
@given(models, frequencies, ages, st.floats(0, 1), st.floats(0.5, WEEKS))
def test_nothing_is_ever_no_number(
    model: BgNbd, frequency: int, age: float, share: float, horizon: float
) -> None:
    history = History(frequency=frequency, recency=age * share if frequency else 0.0, age=age)
    alive, expected = p_alive(model, history), expected_purchases(model, history, horizon)
    assert 0 <= alive <= 1
    assert 0 <= expected < math.inf


@settings(max_examples=50, deadline=None)
@given(models, frequencies, ages, st.floats(0, 1), st.floats(1, WEEKS))
def test_many_are_answered_as_one(
    model: BgNbd, frequency: int, age: float, share: float, horizon: float
) -> None:
    history = History(frequency=frequency, recency=age * share if frequency else 0.0, age=age)
    columns = (np.array([float(frequency), 0.0]), np.array([history.recency, 0.0]), np.array([age, age]))
    assert np.isclose(p_alive_many(model, *columns)[0], p_alive(model, history), rtol=1e-12, atol=1e-300)
    many = expected_purchases_many(model, *columns, horizon)
    assert np.isclose(many[0], expected_purchases(model, history, horizon), rtol=1e-12, atol=1e-300)


def averaged(model: BgNbd, frequency: int, time: float) -> float:
    """N(t) as the mean over the probability of leaving, Beta(a, b+x): here no series converges soon."""
    with mpmath.workdps(30):
        a, beta = mpmath.mpf(model.a), mpmath.mpf(model.b) + frequency
        mode = (a - 1) / (a + beta - 2)
        width = mpmath.sqrt(mode * (1 - mode) / (a + beta))
        steps = (-14, -10, -6, -3, 0, 3, 6, 10, 14, 20, 28)
        ends = sorted({min(max(mode + step * width, mpmath.mpf(0)), mpmath.mpf(1)) for step in steps})

        def density(p: mpmath.mpf) -> mpmath.mpf:
            return (p / mode) ** (a - 1) * ((1 - p) / (1 - mode)) ** (beta - 1)

        def bought(p: mpmath.mpf) -> mpmath.mpf:
            return density(p) * (1 - (1 + p * time) ** -(mpmath.mpf(model.r) + frequency)) / p if p else 0

        return float(mpmath.quad(bought, ends) / mpmath.quad(density, ends))


@pytest.mark.parametrize("a", [13.0, 14.9, 154.4, 5_000.0])
@pytest.mark.parametrize("b", [5.0, 14.0, 2_500.0, 162_755.0])
@pytest.mark.parametrize("frequency", [0, 300])
def test_where_all_leave_with_the_same_chance_nothing_is_lost(a: float, b: float, frequency: int) -> None:
    model = BgNbd(r=1.112, alpha=25.64, a=a, b=b)
    found = purchases_if_alive(model, frequency, 156.0, WEEKS / 3)
    assert found == pytest.approx(averaged(model, frequency, WEEKS / 3 / 181.64), rel=1e-9)


def test_the_published_example() -> None:
    history = History(frequency=2, recency=30.43, age=38.86)
    assert abs(expected_purchases(CDNOW, history, 39) - 1.226) < 0.001


def test_who_never_came_back_had_no_chance_to_leave() -> None:
    assert p_alive(CDNOW, History(frequency=0, recency=0, age=1000)) == 1
