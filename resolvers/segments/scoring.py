"""Brings the other models' figures of a customer together for segments, from summaries alone."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from resolvers.segments.ranks import Ranked
from resolvers.segments.scores import Scores
from resolvers.serving import Models
from resolvers.summaries.customer import Summaries
from resolvers.summaries.measures import Line


class Scored(msgspec.Struct, frozen=True, kw_only=True):
    """A customer's figures, over all lines of business and of each."""

    scores: Scores = Scores()
    by_line: Mapping[Ranked, Mapping[Line, float]] = {}
    """Profit and lifetime value of each line that there is any of."""


def scored(models: Models, summaries: Summaries) -> Scored:
    """What the models say of a customer; none where a figure is not known, never zero for it."""
    if not summaries.lines and summaries.missing:
        return Scored()
    value = models.valuer.value(summaries)
    profit = models.valuer.profit(summaries)
    alive = [one for line in value.lines if (one := line.p_alive) is not None]
    scores = Scores(
        lifetime_value=value.value,
        profit=profit.value,
        points=_points(models, summaries),
        alive=max(alive, default=None),
    )
    return Scored(
        scores=scores,
        by_line={
            Ranked.PROFIT: {line.line: line.value for line in profit.lines if line.value is not None},
            Ranked.LIFETIME_VALUE: {line.line: line.value for line in value.lines if line.value is not None},
        },
    )


def _points(models: Models, summaries: Summaries) -> float | None:
    """Points of the behavioural card; none where none of its features is known."""
    card = models.risk.behavioural
    if all(row.feature.value(summaries) is None for row in card.rows):
        return None
    return card.points(summaries)
