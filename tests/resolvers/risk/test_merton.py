"""Merton's equations, and what is defined where they have nothing to say."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resolvers.risk.merton import NoSolutionError, Position, default, implied, normal, sensitivity


def test_the_published_figures() -> None:
    found = implied(equity=3, equity_volatility=0.8, debt=10, rate=0.05, years=1)
    assert found.assets == pytest.approx(12.3954, abs=0.001)
    assert found.volatility == pytest.approx(0.2123, abs=0.001)
    assert found.distance == pytest.approx(1.1408, abs=0.001)
    assert found.probability == pytest.approx(0.1270, abs=0.001)


@settings(max_examples=200)
@given(st.floats(0.5, 100), st.floats(0.05, 0.7), st.floats(0.5, 60), st.floats(0, 0.1), st.floats(0.25, 3))
def test_the_assets_are_found_again(
    assets: float, volatility: float, debt: float, rate: float, years: float
) -> None:
    spread = volatility * math.sqrt(years)
    d1 = (math.log(assets / debt) + (rate + volatility**2 / 2) * years) / spread
    equity = assets * normal(d1) - debt * math.exp(-rate * years) * normal(d1 - spread)
    if equity < 1e-3 * assets:
        return
    found = implied(
        equity=equity,
        equity_volatility=normal(d1) * volatility * assets / equity,
        debt=debt,
        rate=rate,
        years=years,
    )
    assert found.assets == pytest.approx(assets, rel=1e-6)
    assert found.volatility == pytest.approx(volatility, rel=1e-4)


@pytest.mark.parametrize(
    ("assets", "debt", "position", "probability"),
    [
        (100.0, 0.0, Position.NO_DEBT, 0.0),
        (0.0, 0.0, Position.NO_DEBT, 0.0),
        (0.0, 10.0, Position.NO_ASSETS, 1.0),
        (-5.0, 10.0, Position.NO_ASSETS, 1.0),
    ],
)
def test_without_debt_or_assets(assets: float, debt: float, position: Position, probability: float) -> None:
    found = default(assets=assets, volatility=0.1, debt=debt)
    assert (found.position, found.probability, found.distance) == (position, probability, None)
    assert sensitivity(found) is None


def test_under_water_is_more_likely_than_not() -> None:
    found = default(assets=50, volatility=0.1, debt=100)
    assert found.position is Position.UNDER_WATER
    assert found.probability > 0.5
    assert found.expected_loss == pytest.approx(50, rel=0.01)


@given(st.floats(1, 1e6), st.floats(0.01, 1), st.floats(1, 1e6))
def test_sensitivities_are_derivatives(assets: float, volatility: float, debt: float) -> None:
    found = default(assets=assets, volatility=volatility, debt=debt)
    slopes = sensitivity(found)
    assert slopes is not None
    assert found.distance is not None

    def moved(**change: float) -> float:
        other = default(**{"assets": assets, "volatility": volatility, "debt": debt, **change})
        assert other.distance is not None
        assert found.distance is not None
        return other.distance - found.distance

    step = 1e-6
    scale = 1 + abs(found.distance)
    assert moved(assets=assets * (1 + step)) / step * 0.01 == pytest.approx(
        slopes.assets, rel=1e-3, abs=1e-7 * scale / volatility
    )
    assert moved(debt=debt * (1 + step)) / step * 0.01 == pytest.approx(
        slopes.debt, rel=1e-3, abs=1e-7 * scale / volatility
    )
    assert moved(volatility=volatility * (1 + step)) / (volatility * step) * 0.01 == pytest.approx(
        slopes.volatility, rel=1e-3, abs=1e-7 * scale / volatility
    )


@pytest.mark.parametrize("name", ["equity", "equity_volatility", "debt", "years"])
def test_a_figure_without_a_solution_is_named(name: str) -> None:
    figures = {"equity": 3.0, "equity_volatility": 0.8, "debt": 10.0, "years": 1.0, name: -1.0}
    with pytest.raises(NoSolutionError, match=name.replace("_volatility", "-vol")):
        implied(**figures)
