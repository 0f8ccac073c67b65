"""Brings the other models' figures of a customer together for segments, from summaries alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from resolvers.lifetime_value.value import CustomerProfit, CustomerValue
from resolvers.risk.behavioural import BehaviouralScore
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
    return brought_together(
        summaries,
        value=lambda: models.valuer.value(summaries),
        profit=lambda: models.valuer.profit(summaries),
        score=lambda: BehaviouralScore(models.risk.behavioural, summaries, {}),
    )


def brought_together(
    summaries: Summaries,
    *,
    value: Callable[[], CustomerValue],
    profit: Callable[[], CustomerProfit],
    score: Callable[[], BehaviouralScore],
) -> Scored:
    """:func:`scored` by models that may have been asked already.

    Args:
        summaries: what is kept of the customer.
        value: reckons lifetime value over the usual horizon.
        profit: reckons profit.
        score: reckons the behavioural score.
    """
    if not summaries.lines and summaries.missing:
        return Scored()
    worth, brought, conduct = value(), profit(), score()
    alive = [one for line in worth.lines if (one := line.p_alive) is not None]
    scores = Scores(
        lifetime_value=worth.value,
        profit=brought.value,
        points=conduct.points if conduct.known else None,
        alive=max(alive, default=None),
    )
    return Scored(
        scores=scores,
        by_line={
            Ranked.PROFIT: {line.line: line.value for line in brought.lines if line.value is not None},
            Ranked.LIFETIME_VALUE: {line.line: line.value for line in worth.lines if line.value is not None},
        },
    )
