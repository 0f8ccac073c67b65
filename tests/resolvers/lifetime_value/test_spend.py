"""Gamma-Gamma believes little of who bought little."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolvers.lifetime_value.fitting import CannotFitError, fit_bgnbd, fit_gamma_gamma
from resolvers.lifetime_value.spend import GammaGamma, expected_amount, expected_amount_many, log_likelihood

CDNOW = GammaGamma(p=6.25, q=3.74, gamma=15.44)


def test_who_never_came_back_spends_like_the_others() -> None:
    assert expected_amount(CDNOW, 0, 0) == pytest.approx(CDNOW.mean)


@given(st.integers(1, 1000), st.floats(0.01, 1e6))
def test_the_expectation_lies_between_the_customer_and_the_others(frequency: int, mean: float) -> None:
    found = expected_amount(CDNOW, frequency, mean)
    low, high = sorted((mean, CDNOW.mean))
    assert low * (1 - 1e-12) <= found <= high * (1 + 1e-12)
    many = expected_amount_many(CDNOW, np.array([float(frequency)]), np.array([mean]))
    assert many[0] == pytest.approx(found, rel=1e-14)


def test_a_fit_finds_what_customers_were_drawn_from() -> None:
    rng = np.random.default_rng(360)
    x = rng.integers(1, 30, 20_000).astype(float)
    rate = rng.gamma(CDNOW.q, 1 / CDNOW.gamma, 20_000)
    mean = rng.gamma(CDNOW.p * x, 1 / (rate * x))
    found, fit = fit_gamma_gamma(x, mean)
    assert found.mean == pytest.approx(CDNOW.mean, rel=0.03)
    assert found.q == pytest.approx(CDNOW.q, rel=0.05)
    assert found.p == pytest.approx(CDNOW.p, rel=0.15)  # p and gamma hang together, and vary together
    assert fit.log_likelihood >= log_likelihood(CDNOW, x, mean).sum()
    assert not fit.at_bound


def test_nobody_came_back() -> None:
    nothing = np.zeros(5)
    with pytest.raises(CannotFitError, match="more than once"):
        fit_bgnbd(nothing, nothing, np.ones(5))
    with pytest.raises(CannotFitError, match="fewer than three"):
        fit_gamma_gamma(nothing, nothing)
