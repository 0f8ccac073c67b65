"""The models' parameters from many customers' histories, by maximum likelihood."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from c360.errors import C360Error
from resolvers.lifetime_value import bgnbd, spend
from resolvers.lifetime_value.bgnbd import BgNbd
from resolvers.lifetime_value.spend import GammaGamma

Floats = NDArray[np.float64]

_STARTS = (-1.0, 0.0, 1.0)
"""Logarithms that every parameter is started from; the best end counts."""
_BOUND = 12.0
"""No parameter leaves e^±12: beyond, the likelihood is flat and the customers are all alike."""


class CannotFitError(C360Error):
    """The histories do not determine the parameters; the message says why and what would help."""


class Fit(msgspec.Struct, frozen=True, kw_only=True):
    """How a fit ended."""

    log_likelihood: float
    customers: int
    """Customers it rests on."""
    at_bound: tuple[str, ...] = ()
    """Parameters that ran to the end of their range: the data do not tell them."""


def fit_bgnbd(frequency: Floats, recency: Floats, age: Floats) -> tuple[BgNbd, Fit]:
    """Fit BG/NBD.

    Raises:
        CannotFitError: nobody ever came back.
    """
    if not (frequency > 0).any():
        raise CannotFitError("no customer bought more than once; give a longer history")
    rows, counts = np.unique(np.column_stack([frequency, recency, age]), axis=0, return_counts=True)
    x, t_x, age_ = (np.ascontiguousarray(column) for column in rows.T)
    # In units of the mean age the parameters are near 1 whatever unit the histories come in.
    unit = float(np.average(age_, weights=counts)) or 1.0

    def loss(logs: Floats) -> float:
        r, alpha, a, b = np.exp(logs)
        model = BgNbd(r=r, alpha=alpha * unit, a=a, b=b)
        return -float(counts @ bgnbd.log_likelihood(model, x, t_x, age_))

    logs, value = _best(loss, 4)
    r, alpha, a, b = (float(each) for each in np.exp(logs))
    names = ("r", "alpha", "a", "b")
    fit = Fit(log_likelihood=-value, customers=int(counts.sum()), at_bound=_at_bound(names, logs))
    return BgNbd(r=r, alpha=alpha * unit, a=a, b=b), fit


def fit_gamma_gamma(frequency: Floats, mean: Floats) -> tuple[GammaGamma, Fit]:
    """Fit Gamma-Gamma on the customers who came back and spent something.

    Raises:
        CannotFitError: there are too few of them.
    """
    usable = (frequency > 0) & (mean > 0)
    x, m = frequency[usable], mean[usable]
    if len(x) < 3:
        raise CannotFitError(
            "fewer than three customers came back and spent something; give a longer history"
        )
    unit = float(np.mean(m))

    def loss(logs: Floats) -> float:
        p, excess, gamma = np.exp(logs)
        model = GammaGamma(p=p, q=1 + excess, gamma=gamma)
        return -float(spend.log_likelihood(model, x, m / unit).sum())

    logs, value = _best(loss, 3)
    p, excess, gamma = (float(each) for each in np.exp(logs))
    log_likelihood = -value - len(m) * float(np.log(unit))
    names = ("p", "q", "gamma")
    fit = Fit(log_likelihood=log_likelihood, customers=len(x), at_bound=_at_bound(names, logs))
    return GammaGamma(p=p, q=1 + excess, gamma=gamma * unit), fit


def _best(loss: Callable[[Floats], float], size: int) -> tuple[Floats, float]:
    bounds = [(-_BOUND, _BOUND)] * size
    ends = [minimize(loss, np.full(size, start), method="L-BFGS-B", bounds=bounds) for start in _STARTS]
    best = min(ends, key=lambda end: float(end.fun))
    # A second search from the best end, without gradients, settles the last digits.
    options = {"xatol": 1e-6, "fatol": 1e-8, "maxiter": 400 * size}
    last = minimize(loss, best.x, method="Nelder-Mead", bounds=bounds, options=options)
    end = last if last.fun <= best.fun else best
    return np.asarray(end.x, dtype=np.float64), float(end.fun)


def _at_bound(names: tuple[str, ...], logs: Floats) -> tuple[str, ...]:
    return tuple(name for name, log in zip(names, logs, strict=True) if abs(log) > _BOUND - 1e-3)
