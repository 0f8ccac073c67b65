"""A population in a batch is scored as each of its customers alone."""

from __future__ import annotations

import numpy as np
import pytest

from resolvers import batch
from resolvers.batch import ranked_figures, scores
from resolvers.risk.behavioural import BehaviouralScore
from resolvers.segments.ranks import Ranked
from resolvers.serving import shipped
from resolvers.summaries.customer import Summaries
from resolvers.summaries.measures import Line, Measure
from resolvers.summaries.population import gathered
from tests.resolvers.training.town import town


def test_many_are_scored_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "ROWS", 70)
    models, population = shipped(), town().population.take(slice(0, 200))
    found = scores(models, population)
    for row in range(0, 200, 9):
        one = population.one(row)
        value, profit = models.valuer.value(one).value, models.valuer.profit(one).value
        risk = BehaviouralScore(models.risk.behavioural, one, {})
        expected = {
            "lifetime_value": value,
            "profit": profit,
            "behavioural_points": risk.points,
            "behavioural_probability": risk.probability,
            "spent": one.total(Measure.SPENT),
        }
        for name, figure in expected.items():
            assert figure is not None
            assert found[name][row] == pytest.approx(figure, rel=1e-9), name
    for name in (each for each in found if each.startswith("propensity.")):
        assert ((found[name] > 0) & (found[name] < 1)).all()


def test_parts_add_up() -> None:
    found = scores(shipped(), town().population)
    for whole in ("lifetime_value", "profit"):
        parts = [values for name, values in found.items() if name.startswith(f"{whole}.")]
        np.testing.assert_allclose(np.nansum(parts, axis=0), found[whole], rtol=1e-9)


def test_a_line_that_only_some_have_is_not_known_of_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "ROWS", 1)
    everybody = town().population
    one, other = everybody.one(0), everybody.one(1)
    lines = dict(other.lines)
    del lines[Line.CARDS]
    without = Summaries(day=other.day, currency=other.currency, lines=lines)
    found = scores(shipped(), gathered({"one": one, "other": without}, currency="AUD"))
    assert not np.isnan(found["lifetime_value.cards"][0])
    assert np.isnan(found["lifetime_value.cards"][1])


def test_nobody_is_scored_as_nobody() -> None:
    assert all(not len(values) for values in scores(shipped(), gathered({}, currency="AUD")).values())


def test_every_figure_that_is_ranked_is_scored() -> None:
    assert set(ranked_figures(shipped(), town().population)) == set(Ranked)
