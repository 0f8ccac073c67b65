import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from resolvers.training.judging import (
    calibration,
    calibration_error,
    chances,
    gain,
    lift,
    pearson,
)

SIZES = st.integers(1, 200)
CHANCES = SIZES.flatmap(
    lambda size: st.tuples(
        arrays(np.float64, size, elements=st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.9, 1.0])),
        arrays(np.float64, size, elements=st.sampled_from([0.0, 1.0])),
    )
)


@given(pair=CHANCES)
def test_bins_hold_every_customer_once_and_equal_values_share_one(
    pair: tuple[np.ndarray, np.ndarray],
) -> None:
    foretold, came = pair
    bins = calibration(foretold, came)
    assert sum(each.count for each in bins) == len(foretold)
    assert sum(each.count * each.observed for each in bins) == pytest.approx(came.sum())
    assert sum(each.count * each.predicted for each in bins) == pytest.approx(foretold.sum())
    edges = [each.predicted for each in bins]
    assert edges == sorted(edges)
    assert len(bins) <= len(np.unique(foretold))


@given(pair=CHANCES)
def test_lift_is_by_lot_on_average_and_gain_never_falls(pair: tuple[np.ndarray, np.ndarray]) -> None:
    foretold, came = pair
    addressed, held = gain(foretold, came)
    assert (np.diff(addressed) > 0).all()
    assert (np.diff(held) >= 0).all()
    if came.any():
        assert (addressed[-1], held[-1]) == pytest.approx((1, 1))
        assert lift(foretold, came).mean() == pytest.approx(1)


def test_calibration_error_sees_what_bins_of_equal_width_would_hide() -> None:
    # All foretold chances are below a tenth: one bin of equal width, right on average and wrong everywhere.
    foretold = np.repeat([0.01, 0.05], 1_000)
    came = np.concatenate([np.arange(1_000) % 20 == 0, np.arange(1_000) % 100 == 0]).astype(float)
    assert calibration_error(foretold, came) == pytest.approx(0.04)
    assert foretold.mean() == pytest.approx(came.mean())
    assert calibration_error(came * 1.0, came) == 0


def test_figures_of_chances() -> None:
    foretold = np.array([0.1, 0.4, 0.35, 0.8])
    came = np.array([0.0, 0.0, 1.0, 1.0])
    found = chances(foretold, came)
    assert found["auc"] == pytest.approx(0.75)
    assert found["ks"] == pytest.approx(0.5)
    assert found["brier"] == pytest.approx((0.01 + 0.16 + 0.65**2 + 0.04) / 4)
    assert found["log_loss"] == pytest.approx(-np.log([0.9, 0.6, 0.35, 0.8]).mean())
    assert "auc" not in chances(foretold, np.zeros(4))


def test_lift_shares_ties() -> None:
    # Nothing tells the customers apart: each tenth holds what it would by lot, whatever their order.
    came = np.concatenate([np.ones(20), np.zeros(80)])
    assert lift(np.full(100, 0.2), came) == pytest.approx(np.ones(10))
    assert lift(came, came)[0] == pytest.approx(5)


def test_correlation_of_what_does_not_vary_is_nothing() -> None:
    assert pearson(np.ones(3), np.arange(3.0)) == 0
    assert pearson(np.arange(3.0), -np.arange(3.0)) == pytest.approx(-1)
