"""What segments are told of a customer beside the summaries: what the other models found."""

from __future__ import annotations

import msgspec

from c360.records.party import PartyKind
from resolvers.segments.ranks import Ranked
from resolvers.summaries.customer import Summaries
from resolvers.summaries.measures import Measure

TOLD = frozenset(Ranked) - {Ranked.DISTANCE_TO_DEFAULT}
"""Figures that segments can ask for. The distance to default rests on balances that are asked for live."""


class Scores(msgspec.Struct, frozen=True, kw_only=True):
    """The models' figures of one customer; amounts in the currency of the summaries."""

    lifetime_value: float | None = None
    profit: float | None = None
    points: float | None = None
    """Of the behavioural scorecard."""
    alive: float | None = None
    """Probability that the customer still buys, of the line of business where it is greatest."""


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """A customer as segments see them."""

    kind: PartyKind
    summaries: Summaries
    scores: Scores = Scores()

    def figure(self, figure: Ranked) -> float | None:
        """A figure that customers are put in order by; none where it is not known."""
        match figure:
            case Ranked.PROFIT:
                return self.scores.profit
            case Ranked.LIFETIME_VALUE:
                return self.scores.lifetime_value
            case Ranked.BEHAVIOURAL_POINTS:
                return self.scores.points
            case Ranked.SPENT:
                return self.summaries.total(Measure.SPENT)
            case Ranked.DISTANCE_TO_DEFAULT:
                return None
