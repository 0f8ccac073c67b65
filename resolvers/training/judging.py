"""How good a model is on customers it has not seen: figures, and what pictures are drawn from."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score, roc_curve

from resolvers.artefacts import CalibrationBin
from resolvers.summaries.population import Floats

BINS = 20
"""Of the calibration that papers and pictures show."""
ERROR_BINS = 10
"""Of the calibration error; the fewer customers a bin has, the more of the error is chance alone.

Equally many customers are in each: rare outcomes do not all fall into one bin, as with bins of equal width.
"""


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """What was foretold of customers, and what became of them; arrays of the same length."""

    foretold: Floats
    """Probabilities, or amounts."""
    came: Floats
    """0 or 1, or amounts."""
    chance: bool = True
    """Whether it is about probabilities."""


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """A model on the customers kept aside."""

    metrics: Mapping[str, float]
    """By name."""
    judged: Mapping[str, Judged] = {}
    """By what is foretold, in words; the first one is the one whose calibration the papers show."""

    @property
    def calibration(self) -> tuple[CalibrationBin, ...]:
        """Of what is foretold first."""
        first = next(iter(self.judged.values()), None)
        return () if first is None else calibration(first.foretold, first.came)


def calibration(foretold: Floats, came: Floats, *, bins: int = BINS) -> tuple[CalibrationBin, ...]:
    """Customers by what was foretold, equally many in each bin; equal values always share one."""
    return tuple(
        CalibrationBin(
            predicted=float(foretold[rows].mean()), observed=float(came[rows].mean()), count=len(rows)
        )
        for rows in _binned(foretold, bins)
    )


def _binned(values: Floats, bins: int) -> list[NDArray[np.intp]]:
    order = np.argsort(values, kind="stable")
    places = np.arange(len(values)) * min(bins, max(1, len(values))) // max(1, len(values))
    # Whoever has the value of the one before goes into the same bin.
    ranked = values[order]
    first = np.searchsorted(ranked, ranked, side="left")
    places = places[first]
    return [order[places == place] for place in np.unique(places)]


def calibration_error(foretold: Floats, came: Floats, *, bins: int = ERROR_BINS) -> float:
    """Expected calibration error: Σ n/N · |predicted − observed| over bins of equally many customers.

    Naeini, Cooper and Hauskrecht, "Obtaining Well Calibrated Probabilities Using Bayesian Binning" (2015).
    """
    found = calibration(foretold, came, bins=bins)
    return sum(each.count * abs(each.predicted - each.observed) for each in found) / max(1, len(foretold))


def chances(foretold: Floats, came: Floats) -> dict[str, float]:
    """The figures of probabilities: area under the curve, Kolmogorov–Smirnov, calibration error, log loss.

    ``auc`` and ``ks`` are left out where only one outcome is seen.
    """
    clipped = np.clip(foretold, 1e-12, 1 - 1e-12)
    loss = -np.mean(came * np.log(clipped) + (1 - came) * np.log1p(-clipped))
    found = {
        "ece": calibration_error(foretold, came),
        "log_loss": float(loss),
        "brier": float(np.mean((foretold - came) ** 2)),
        "rate": float(came.mean()),
        "mean_predicted": float(foretold.mean()),
    }
    event = came > 0.5
    if event.any() and not event.all():
        false, true, _ = roc_curve(event, foretold)
        found |= {"auc": float(roc_auc_score(event, foretold)), "ks": float(np.max(true - false))}
    return found


def gain(foretold: Floats, came: Floats) -> tuple[Floats, Floats]:
    """Share of the customers addressed, the best first, and share of all that came which they hold.

    Where values are equal the curve is straight: their order is nobody's merit.
    """
    order = np.argsort(-foretold, kind="stable")
    total = came.sum()
    held = np.cumsum(came[order]) / (total or 1.0)
    last = np.flatnonzero(np.diff(foretold[order], append=-np.inf) != 0)
    addressed = (last + 1) / len(order)
    return np.concatenate([[0.0], addressed]), np.concatenate([[0.0], held[last]])


def lift(foretold: Floats, came: Floats, *, parts: int = 10) -> Floats:
    """How many times the average each tenth holds, the best first; ties shared in proportion."""
    addressed, held = gain(foretold, came)
    return np.diff(np.interp(np.arange(parts + 1) / parts, addressed, held)) * parts


def pearson(one: Floats, other: Floats) -> float:
    """Pearson's correlation; 0 where one of them does not vary."""
    if not len(one) or not one.std() or not other.std():
        return 0.0
    return float(np.corrcoef(one, other)[0, 1])
