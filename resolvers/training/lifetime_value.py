"""The value of customers bound by no contract: fitted to a file, and judged by what came after."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import numpy as np
from numpy.typing import NDArray

from resolvers.lifetime_value import bgnbd, spend
from resolvers.lifetime_value.bgnbd import BgNbd
from resolvers.lifetime_value.discounted import DiscountedPurchases
from resolvers.lifetime_value.fitting import Fit, fit_bgnbd, fit_gamma_gamma
from resolvers.lifetime_value.spend import GammaGamma
from resolvers.training.histories import Histories
from resolvers.training.judging import pearson

Floats = NDArray[np.float64]

MONTHS = 12
MONTHLY_DISCOUNT = 0.01


class Value(msgspec.Struct, frozen=True, kw_only=True):
    """The discounted value of one customer's purchases to come."""

    customer: str
    p_alive: float
    purchases: float
    """Expected over the months, discounted."""
    value: float


class Holdout(msgspec.Struct, frozen=True, kw_only=True):
    """How well the customers' spending after the calibration was foretold: Pearson's correlations."""

    weeks: float
    purchases_expected: float
    purchases_actual: float
    model: float
    """With BG/NBD times Gamma-Gamma."""
    frequency: float
    recency: float
    """With the time since the last purchase, the other way round."""
    past_spend: float


class Evaluation(msgspec.Struct, frozen=True, kw_only=True):
    """What a fit to a file gave."""

    customers: int
    repeaters: int
    dropped: int
    purchases: BgNbd
    purchases_fit: Fit
    amounts: GammaGamma
    amounts_fit: Fit
    values: tuple[Value, ...]
    """Of the first customers who came back."""
    holdout: Holdout | None


def evaluate(
    histories: Histories, *, first: int = 3, decimals: int | None = None, report: Callable[[str], None]
) -> Evaluation:
    """Fit both models, value the first repeaters, and compare with the hold-out where there is one.

    Args:
        histories: the customers.
        first: how many values are shown.
        decimals: round recency, age and mean to so many places, as published summaries are.
        report: takes a line of progress.

    Raises:
        CannotFitError: the histories do not determine the parameters.
    """
    if decimals is not None:
        tens = 10.0**decimals
        rounded = {
            # Halves go up, as people round; NumPy would send every other one down.
            name: np.floor(getattr(histories, name) * tens + 0.5) / tens
            for name in ("recency", "age", "mean")
        }
        histories = msgspec.structs.replace(histories, **rounded)
    report(f"fitting BG/NBD to {len(histories.customer):,} customers")
    purchases, purchases_fit = fit_bgnbd(histories.frequency, histories.recency, histories.age)
    report(f"fitting Gamma-Gamma to {int((histories.frequency > 0).sum()):,} who came back")
    amounts, amounts_fit = fit_gamma_gamma(histories.frequency, histories.mean)
    return Evaluation(
        customers=len(histories.customer),
        repeaters=int((histories.frequency > 0).sum()),
        dropped=histories.dropped,
        purchases=purchases,
        purchases_fit=purchases_fit,
        amounts=amounts,
        amounts_fit=amounts_fit,
        values=_values(histories, purchases, amounts, first),
        holdout=_holdout(histories, purchases, amounts),
    )


def _values(histories: Histories, purchases: BgNbd, amounts: GammaGamma, first: int) -> tuple[Value, ...]:
    rows = np.flatnonzero(histories.frequency > 0)
    rows = np.array(sorted(rows, key=lambda row: _natural(histories.customer[row]))[:first], dtype=np.intp)
    stream = DiscountedPurchases(purchases, months=MONTHS, monthly_discount=MONTHLY_DISCOUNT)
    x, t_x, age = histories.frequency[rows], histories.recency[rows], histories.age[rows]
    discounted = stream.of_many(x, t_x, age)
    value = discounted * spend.expected_amount_many(amounts, x, histories.mean[rows])
    alive = bgnbd.p_alive_many(purchases, x, t_x, age)
    return tuple(
        Value(
            customer=histories.customer[row],
            p_alive=float(alive[place]),
            purchases=float(discounted[place]),
            value=float(value[place]),
        )
        for place, row in enumerate(rows)
    )


def _natural(text: str) -> tuple[int, str]:
    """Numbers by their size, then texts."""
    return (int(text), "") if text.isdecimal() else (1 << 62, text)


def _holdout(histories: Histories, purchases: BgNbd, amounts: GammaGamma) -> Holdout | None:
    if histories.holdout_end is None:
        return None
    weeks = (histories.holdout_end - histories.calibration_end).days / 7
    x, t_x, age = histories.frequency, histories.recency, histories.age
    expected = bgnbd.expected_purchases_many(purchases, x, t_x, age, weeks)
    foretold = expected * spend.expected_amount_many(amounts, x, histories.mean)
    actual = histories.held_out
    return Holdout(
        weeks=weeks,
        purchases_expected=float(expected.sum()),
        purchases_actual=float(histories.held_out_purchases.sum()),
        model=pearson(foretold, actual),
        frequency=pearson(x, actual),
        recency=pearson(t_x - age, actual),
        past_spend=pearson(histories.spent + histories.first_amount, actual),
    )
