"""BG/NBD: how often somebody will buy who is bound by no contract, and whether they are still there.

Fader, Hardie, Lee (2005), "Counting Your Customers" the Easy Way. While alive, a customer buys as a
Poisson process whose rate is Gamma(r, α) over customers; after each purchase they leave with a probability
that is Beta(a, b) over customers. What is known of one is ``x`` (repeat purchases), ``t_x`` (the time from
the first purchase to the last) and ``T`` (the time from the first purchase to now), all in one unit of time.

The textbook's expectation overflows beyond some 250 purchases. Here it is taken apart into

    E[Y(t)] = P(alive) · N(t),  N(t) = ∫₀ᵗ E[rate of purchases τ from now, given alive] dτ

of which only P(alive) depends on ``t_x``. N has a closed form whose terms cancel where ``a`` is near 1 or the
horizon is short; there, and where the library's hypergeometric function fails, it is integrated.
"""

from __future__ import annotations

import importlib
import math
from typing import Annotated

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_CANCELS = 1e-4
"""Size of the closed form's bracket below which it has lost too many digits: its error is some 1e-15."""
_NEAR_ONE, _DEGENERATE = 0.9, 0.01
"""Beyond that argument the library's ₂F₁ breaks down where r − a is near a whole number."""
_FIRST, _LAST, _STEP = -60.0, 36.0, 0.25
_NARROW = 0.1
"""Variance of the logit of the probability of leaving, below which the grid of that step is too coarse."""
_WIDTHS, _FINE = 15.0, 0.5
"""Half of the finer grid and its step, in standard deviations."""
"""Of the integral, in the logit of the probability of leaving."""

Positive = Annotated[float, Meta(gt=0)]


class BgNbd(msgspec.Struct, frozen=True, kw_only=True):
    """Parameters; ``alpha`` in the unit of time that the customers' histories are counted in."""

    r: Positive
    alpha: Positive
    a: Positive
    b: Positive


class History(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one customer's purchases."""

    frequency: int
    """Repeat purchases, ``x``: periods with a purchase, less the first."""
    recency: float
    """Time from the first purchase to the last, ``t_x``; 0 without a repeat purchase."""
    age: float
    """Time from the first purchase to now, ``T``."""


def p_alive(model: BgNbd, history: History) -> float:
    """Probability that a customer still buys; 1 for who never came back: they had no chance to leave."""
    return alive_given(
        model, history.frequency, math.log((model.alpha + history.age) / (model.alpha + history.recency))
    )


def alive_given(model: BgNbd, frequency: int, spread: float) -> float:
    """:func:`p_alive` by the silence since the last purchase, ``ln((α+T)/(α+t_x))``."""
    if frequency == 0:
        return 1.0
    log_odds_gone = math.log(model.a / (model.b + frequency - 1)) + (model.r + frequency) * spread
    return _logistic(-log_odds_gone)


def p_alive_many(model: BgNbd, frequency: Floats, recency: Floats, age: Floats) -> Floats:
    """:func:`p_alive` of many customers."""
    repeats = np.maximum(frequency, 1.0)
    log_odds = np.log(model.a / (model.b + repeats - 1)) + (model.r + repeats) * (
        np.log(model.alpha + age) - np.log(model.alpha + recency)
    )
    alive: Floats = np.where(frequency > 0, logistic_many(-log_odds), 1.0)
    return alive


def purchases_if_alive(model: BgNbd, frequency: float, age: float, horizon: float) -> float:
    """Expected purchases until ``horizon`` from now of somebody who is alive now, N(t)."""
    return float(purchases_if_alive_at(model, frequency, np.array([age]), np.array([horizon]))[0])


def expected_purchases(model: BgNbd, history: History, horizon: float) -> float:
    """Expected purchases until ``horizon`` from now, E[Y(t) | x, t_x, T]."""
    return p_alive(model, history) * purchases_if_alive(model, history.frequency, history.age, horizon)


def expected_purchases_many(
    model: BgNbd, frequency: Floats, recency: Floats, age: Floats, horizon: float
) -> Floats:
    """:func:`expected_purchases` of many customers until one horizon."""
    found = p_alive_many(model, frequency, recency, age)
    horizons = np.array([horizon])
    for each in np.unique(frequency):
        rows = frequency == each
        found[rows] *= purchases_if_alive_at(model, float(each), age[rows], horizons)
    return found


def purchases_if_alive_at(model: BgNbd, frequency: float, ages: Floats, horizons: Floats) -> Floats:
    """:func:`purchases_if_alive` at many ages and horizons, which are broadcast against each other.

    In Euler's form, with z = t/(α+T+t) and c = a+b+x−1:
    N = c/(a−1) · [1 − (1−z)^(a−1) · ₂F₁(a+b−1−r, a−1; c; z)].
    """
    r, alpha, a, b = model.r, model.alpha, model.a, model.b
    c = a + b + frequency - 1
    ages, horizons = np.broadcast_arrays(ages, horizons)
    if _is_narrow(model, frequency):
        return _averaged(model, frequency, horizons / (alpha + ages))
    from scipy.special import hyp2f1  # 27 MiB: what serves by the shipped models never comes here

    z = horizons / (alpha + ages + horizons)
    with np.errstate(invalid="ignore", over="ignore"):  # where it is no number it is integrated below
        bracket = 1 - (1 - z) ** (a - 1) * hyp2f1(a + b - 1 - r, a - 1, c, z)
    found: Floats = bracket * (c / (a - 1)) if a != 1 else np.zeros_like(bracket)
    poor = ~(np.abs(bracket) > _CANCELS)
    if abs(r - a - round(r - a)) < _DEGENERATE:
        poor |= z > _NEAR_ONE
    if poor.any():
        found[poor] = _integrated(model, frequency, horizons[poor] / (alpha + ages[poor]))
    return found


def prepare(model: BgNbd) -> None:
    """Load what a model takes that is slow to load, before anybody waits for it."""
    if not _is_narrow(model, 0.0):
        importlib.import_module("scipy.special")


def _is_narrow(model: BgNbd, frequency: float) -> bool:
    """Whether everybody leaves with about the same probability, so that it is averaged over that."""
    return 1 / model.a + 1 / (model.b + frequency) < _NARROW


def _integrated(model: BgNbd, frequency: float, times: Floats) -> Floats:
    """N as the mean of [1 − (1+p·w)^(−r−x)]/p over the probability p of leaving, which is Beta(a, b+x).

    In the logit of p the integrand is analytic in a strip and falls off like e^(a·y) and e^(−(b+x)·y), so
    that the trapezoidal rule converges exponentially; what lies beyond its ends is a geometric series.

    Args:
        model: the parameters.
        frequency: repeat purchases x.
        times: w = t/(α+T).
    """
    from scipy.special import betaln

    a, beta, k = model.a, model.b + frequency, model.r + frequency
    y = np.arange(_FIRST, _LAST, _STEP)
    p = logistic_many(y)
    norm = betaln(a, beta)
    density = np.exp(a * _log_logistic(y) + beta * _log_logistic(-y) - norm)
    chance = -np.expm1(-k * np.log1p(np.multiply.outer(times, p))) / p
    left = k * times * np.exp(a * (_FIRST - _STEP) - norm) / -np.expm1(-a * _STEP)
    last = y[-1] + _STEP
    right = -np.expm1(-k * np.log1p(times)) * np.exp(-beta * last - norm) / -np.expm1(-beta * _STEP)
    integral: Floats = _STEP * (chance @ density + left + right)
    return integral


def _averaged(model: BgNbd, frequency: float, times: Floats) -> Floats:
    """:func:`_integrated` where everybody leaves with about the same probability p.

    The density is then a narrow peak, which takes a grid of its own; far from it there is nothing.
    """
    a, beta, k = model.a, model.b + frequency, model.r + frequency
    width = math.sqrt(1 / a + 1 / beta)
    y = math.log(a / beta) + width * np.arange(-_WIDTHS, _WIDTHS + _FINE, _FINE)
    p = logistic_many(y)
    logs = a * _log_logistic(y) + beta * _log_logistic(-y)
    density = np.exp(logs - logs.max())
    chance = -np.expm1(-k * np.log1p(np.multiply.outer(times, p))) / p
    found: Floats = chance @ (density / density.sum())
    return found


def log_likelihood(model: BgNbd, frequency: Floats, recency: Floats, age: Floats) -> Floats:
    """Log-likelihood of each customer's history (equation 6 of the paper)."""
    from scipy.special import gammaln

    r, alpha, a, b = model.r, model.alpha, model.a, model.b
    x = frequency
    common = (
        gammaln(r + x)
        - gammaln(r)
        + r * math.log(alpha)
        + gammaln(a + b)
        + gammaln(b + x)
        - gammaln(b)
        - gammaln(a + b + x)
    )
    alive = -(r + x) * np.log(alpha + age)
    gone = math.log(a) - np.log(b + np.maximum(x, 1) - 1) - (r + x) * np.log(alpha + recency)
    found: Floats = common + np.where(x > 0, np.logaddexp(alive, gone), alive)
    return found


def logistic_many(log_odds: Floats) -> Floats:
    """The probabilities of log-odds, to the last digit where they are close to 0 too."""
    odds = np.exp(-np.abs(log_odds))
    found: Floats = np.where(log_odds >= 0, 1.0, odds) / (1 + odds)
    return found


def _log_logistic(log_odds: Floats) -> Floats:
    found: Floats = -np.logaddexp(0.0, -log_odds)
    return found


def _logistic(log_odds: float) -> float:
    if log_odds >= 0:
        return 1 / (1 + math.exp(-log_odds))
    odds = math.exp(log_odds)
    return odds / (1 + odds)
