"""Balance sheets of many from kept figures: the same volatilities and distances as for one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolvers.risk.households import CLASSES, distances, households, probabilities
from resolvers.risk.markets import MarketAssumptions, volatility
from resolvers.risk.merton import default
from resolvers.risk.models import shipped_risk
from resolvers.summaries.measures import Line, Measure
from resolvers.summaries.population import Floats, Population

MARKET = MarketAssumptions()
AMOUNT = st.one_of(st.just(0.0), st.floats(1, 1e7))


def population(figures: dict[tuple[Line, Measure], list[float]]) -> Population:
    size = len(next(iter(figures.values())))
    lines: dict[Line, dict[Measure, Floats]] = {}
    for (line, measure), values in figures.items():
        lines.setdefault(line, {})[measure] = np.array(values)
    return Population(
        customers=[str(row) for row in range(size)], day=np.zeros(size), currency="AUD", lines=lines
    )


@given(st.lists(st.tuples(AMOUNT, AMOUNT, AMOUNT, AMOUNT, AMOUNT), min_size=1, max_size=5))
def test_many_are_reckoned_as_one(rows: list[tuple[float, float, float, float, float]]) -> None:
    deposits, custody, reserves, used, later = (list(column) for column in zip(*rows, strict=True))
    found = households(
        population(
            {
                (Line.DEPOSITS, Measure.BALANCE): deposits,
                (Line.BROKERAGE, Measure.BALANCE): custody,
                (Line.PENSION, Measure.RESERVE): reserves,
                (Line.LENDING, Measure.BALANCE): [
                    one + other for one, other in zip(used, later, strict=True)
                ],
                (Line.LENDING, Measure.CREDIT_USED): used,
            }
        ),
        MARKET,
    )
    away, chance = distances(found, MARKET), probabilities(found, shipped_risk().mapping, MARKET)
    for row, amounts in enumerate(zip(deposits, custody, reserves, strict=True)):
        moving = volatility(dict(zip(CLASSES, amounts, strict=True)))
        assert found.volatility[row] == pytest.approx(moving, rel=1e-9)
        assert found.assets[row] == pytest.approx(sum(amounts))
        assert found.debt[row] == pytest.approx(used[row] + MARKET.long_term_share * later[row], abs=1e-3)
        one = default(
            assets=sum(amounts),
            volatility=moving,
            debt=float(found.debt[row]),
            drift=MARKET.drift,
            rate=MARKET.rate,
            years=MARKET.years,
        )
        assert away[row] == pytest.approx(
            np.nan if one.distance is None else one.distance, nan_ok=True, rel=1e-6
        )
        assert 0 <= chance[row] <= 1


def test_what_nobody_told_is_not_known() -> None:
    nan = np.nan
    found = households(
        population(
            {
                (Line.DEPOSITS, Measure.BALANCE): [nan, 5.0, nan],
                (Line.LENDING, Measure.BALANCE): [nan, nan, 7.0],
                (Line.HOTEL, Measure.SPENT): [9.0, 9.0, 9.0],
            }
        ),
        MARKET,
    )
    np.testing.assert_equal(found.assets, [nan, 5.0, 0.0])
    np.testing.assert_equal(found.debt, [nan, 0.0, 3.5])
    mapping = shipped_risk().mapping
    np.testing.assert_equal(probabilities(found, mapping, MARKET), [nan, mapping.no_debt, mapping.no_assets])
