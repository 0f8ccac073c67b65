"""The artefact from a population: parameters found again, thin lines left out, unseen ends no proof."""

from __future__ import annotations

import numpy as np
import pytest

from resolvers.lifetime_value.fitting import CannotFitError
from resolvers.lifetime_value.model import ValueModel
from resolvers.lifetime_value.training import USUAL, fit_value_model
from resolvers.registry import decode, encode
from resolvers.summaries.measures import Line, Measure
from resolvers.summaries.population import Floats, Population
from tests.resolvers.lifetime_value.customers import AUD, DAY, ORIGIN

SIZE = 1_500
TODAY = float(DAY.toordinal())
WEEKS = 150.0


def only(rows: int, column: Floats) -> Floats:
    """The figures of the first rows alone."""
    return np.where(np.arange(SIZE) < rows, column, np.nan)


def purchases(rng: np.random.Generator, rows: int) -> dict[Measure, Floats]:
    """Customers who buy as BG/NBD with r 1, α 10, a 0.5, b 4 and Gamma-Gamma with mean 100 say."""
    figures = {
        measure: np.zeros(SIZE)
        for measure in (Measure.PURCHASE_DAYS, Measure.FIRST_ON, Measure.LAST_ON, Measure.SPENT_AFTER_FIRST)
    }
    for row in range(SIZE):
        rate, leaves = rng.gamma(1.0, 1 / 10), rng.beta(0.5, 4)
        age = rng.uniform(50, WEEKS)
        at, bought, last = 0.0, 0, 0.0
        while True:
            at += rng.exponential(1 / rate)
            if at > age:
                break
            bought, last = bought + 1, at
            if rng.random() < leaves:
                break
        nu = rng.gamma(4.0, 1 / 300.0)
        spent = rng.gamma(4.0 * bought, 1 / nu) if bought else 0.0
        figures[Measure.PURCHASE_DAYS][row] = bought + 1
        figures[Measure.FIRST_ON][row] = TODAY - 7 * age
        figures[Measure.LAST_ON][row] = TODAY - 7 * (age - last)
        figures[Measure.SPENT_AFTER_FIRST][row] = spent
    return {measure: only(rows, column) for measure, column in figures.items()}


@pytest.fixture(scope="module")
def everybody() -> Population:
    rng = np.random.default_rng(5)
    bought = purchases(rng, SIZE)
    tenure = rng.uniform(0, 8, SIZE) * 365.25
    ended = (rng.random(SIZE) < 0.2).astype(np.float64)
    points: dict[Measure, Floats] = {**bought}
    del points[Measure.SPENT_AFTER_FIRST]
    return Population(
        customers=[str(row) for row in range(SIZE)],
        day=np.full(SIZE, TODAY),
        currency=AUD,
        lines={
            Line.CARDS: bought,
            Line.LOYALTY: points,
            Line.HOTEL: {measure: only(29, column) for measure, column in bought.items()},
            Line.MOTOR: {
                Measure.CONTRACTS: 1 - ended,
                Measure.CONTRACTS_ENDED: ended,
                Measure.FIRST_ON: TODAY - tenure,
            },
            Line.DEPOSITS: {Measure.CONTRACTS: np.ones(SIZE), Measure.FIRST_ON: TODAY - tenure},
            Line.LIFE: {Measure.CONTRACTS: only(29, np.ones(SIZE))},
        },
    )


@pytest.fixture(scope="module")
def fitted(everybody: Population) -> ValueModel:
    said: list[str] = []
    model = fit_value_model(everybody, ORIGIN, report=said.append)
    assert "hotel: left out: 29 customers have it, of 30 that it takes" in said
    return model


def test_the_parameters_are_found_again(fitted: ValueModel) -> None:
    cards = fitted.purchases[Line.CARDS]
    assert cards.purchases.r / cards.purchases.alpha == pytest.approx(0.1, rel=0.1)
    assert cards.purchases.a / (cards.purchases.a + cards.purchases.b) == pytest.approx(1 / 9, rel=0.35)
    assert cards.spend is not None
    assert cards.spend.mean == pytest.approx(4 * 300 / 3, rel=0.1)
    assert cards.customers == SIZE
    assert 0 < cards.reference.recency_share <= 1
    assert cards.reference.mean > 0


def test_points_have_no_amounts_and_thin_lines_no_model(fitted: ValueModel) -> None:
    assert fitted.purchases[Line.LOYALTY].spend is None
    assert fitted.purchases[Line.LOYALTY].purchases == fitted.purchases[Line.CARDS].purchases
    assert Line.HOTEL not in fitted.purchases
    assert Line.LIFE not in fitted.retention


def test_ends_that_are_seen_make_the_hazard_and_those_that_are_not_leave_it(fitted: ValueModel) -> None:
    bands = fitted.retention[Line.MOTOR].bands
    assert [band.from_years for band in bands] == [0.0, 1.0, 3.0]
    old = bands[2].hazard  # a fifth of three years' contracts ended, half-way
    assert old == pytest.approx(0.2 / (0.8 * 3 + 0.2 * 1.5), rel=0.15)
    assert bands[0].hazard > old  # the same share of contracts that were watched for less than a year
    (deposits,) = fitted.retention[Line.DEPOSITS].bands
    assert deposits.hazard == USUAL[Line.DEPOSITS]
    assert fitted.retention[Line.MOTOR].tenure == pytest.approx(4, rel=0.1)


def test_the_artefact_is_read_back(fitted: ValueModel) -> None:
    assert decode(encode(fitted), ValueModel, "here") == fitted


def test_nobody_cannot_be_fitted(everybody: Population) -> None:
    with pytest.raises(CannotFitError, match="no line has 30 customers"):
        fit_value_model(everybody.take(slice(0, 20)), ORIGIN)
