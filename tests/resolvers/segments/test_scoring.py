"""What segments are told of one customer is what the batch says of everybody, and unknown is not zero."""

from __future__ import annotations

import math

import pytest

from resolvers.batch import scores
from resolvers.segments.ranks import Ranked
from resolvers.segments.scoring import scored
from resolvers.serving import shipped
from resolvers.summaries.measures import Line, Measure
from resolvers.summaries.population import gathered
from tests.resolvers.segments.subjects import ago, bought, subject

CUSTOMERS = {
    "buyer": subject(
        {
            Line.CARDS: bought(
                first=1500, last=3, days=300, spent=30_000.0, spent_after_first=29_900.0, spent_12m=9_000.0
            )
        }
    ),
    "owner": subject(
        {
            Line.MOTOR: {
                Measure.FIRST_ON: ago(900),
                Measure.CONTRACTS: 1.0,
                Measure.ANNUAL_PREMIUM: 900.0,
                Measure.CLAIMS_36M: 1.0,
                Measure.CLAIMED_36M: 1_500.0,
            },
            Line.DEPOSITS: {Measure.FIRST_ON: ago(3000), Measure.CONTRACTS: 2.0, Measure.BALANCE: 9_000.0},
        }
    ),
    "stranger": subject(),
}


def test_one_customer_has_the_figures_of_the_batch() -> None:
    models = shipped()
    population = gathered({name: each.summaries for name, each in CUSTOMERS.items()}, currency="AUD")
    batch = scores(models, population)
    for row, each in enumerate(CUSTOMERS.values()):
        found = scored(models, each.summaries)
        if not each.summaries.lines:
            continue
        assert found.scores.profit == pytest.approx(batch["profit"][row], rel=1e-9)
        assert found.scores.lifetime_value == pytest.approx(batch["lifetime_value"][row], rel=1e-9)
        assert found.scores.points == pytest.approx(batch["behavioural_points"][row])
        for line in each.summaries.lines:
            for figure, name in ((Ranked.PROFIT, "profit"), (Ranked.LIFETIME_VALUE, "lifetime_value")):
                told = found.by_line[figure].get(line, math.nan)
                column = batch[f"{name}.{line.value.lower()}"][row]
                assert told == pytest.approx(column, rel=1e-9, nan_ok=True)


def test_who_buys_is_alive_and_of_contracts_nothing_is_said() -> None:
    buyer = scored(shipped(), CUSTOMERS["buyer"].summaries).scores.alive
    assert buyer is not None
    assert 0.5 < buyer <= 1
    assert scored(shipped(), CUSTOMERS["owner"].summaries).scores.alive is None


def test_where_a_partner_is_missing_and_nothing_known_nothing_is_said() -> None:
    found = scored(shipped(), subject(missing=("bank-a",)).summaries)
    assert found.by_line == {}
    assert {found.scores.profit, found.scores.lifetime_value, found.scores.points} == {None}
    nobody = scored(shipped(), CUSTOMERS["stranger"].summaries).scores
    assert (nobody.profit, nobody.points) == (0.0, None)
