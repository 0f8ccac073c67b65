"""From distance to default to how often such households defaulted, learnt from who did in the year after."""

from __future__ import annotations

import numpy as np

from resolvers.artefacts import Origin
from resolvers.registry import ModelName
from resolvers.risk.households import distances, households, probabilities
from resolvers.risk.mapping import DefaultMapping
from resolvers.risk.markets import MarketAssumptions
from resolvers.serving import Models
from resolvers.summaries.measures import Line, Measure
from resolvers.training.cards import Card
from resolvers.training.judging import Judged, Judgement, chances
from resolvers.training.learning import Learning, Report
from resolvers.training.recipes.behavioural_risk import OUTCOME
from resolvers.training.recipes.sources import sources
from resolvers.training.risk import fit_mapping

_FIGURES = (
    (Line.DEPOSITS, Measure.BALANCE),
    (Line.BROKERAGE, Measure.BALANCE),
    (Line.LIFE, Measure.RESERVE),
    (Line.PENSION, Measure.RESERVE),
    (Line.LENDING, Measure.BALANCE),
    (Line.LENDING, Measure.CREDIT_USED),
)


class MappingRecipe:
    """Isotonic regression of defaults on distances.

    Args:
        market: what distances are reckoned by.
    """

    name = ModelName.OPTION_PRICING
    kind = DefaultMapping

    def __init__(self, market: MarketAssumptions) -> None:
        self._market = market

    def fit(self, seen: Learning, origin: Origin, report: Report) -> DefaultMapping:
        """Of households with a balance sheet, of whom it is known whether they defaulted."""
        known = self._known(seen)
        found = households(known.population, self._market)
        defaulted = known.outcome(OUTCOME) > 0.5
        report(f"{int(defaulted.sum()):,} of {len(known):,} defaulted")
        return fit_mapping(
            found.assets, found.debt, found.volatility, defaulted, origin=origin, market=self._market
        )

    def judge(self, model: DefaultMapping, unseen: Learning) -> Judgement:
        """Calibration, likelihood and order of the probabilities, and the order of the distances alone."""
        known = self._known(unseen)
        found = households(known.population, self._market)
        probability = probabilities(found, model, self._market)
        defaulted = known.outcome(OUTCOME)
        metrics = chances(probability, defaulted)
        distance = distances(found, self._market)
        there = ~np.isnan(distance)
        metrics["with_distance"] = float(there.mean())
        return Judgement(metrics=metrics, judged={OUTCOME: Judged(foretold=probability, came=defaulted)})

    def card(self, model: DefaultMapping, unseen: Learning) -> Card:
        """What balance sheets are made of here."""
        return Card(
            purpose="How often households at a distance to default did default within a year: from Merton's "
            "distance, which is no forecast itself, to a probability.",
            features=sources(_FIGURES),
            assumptions=(
                "What a custodian holds is taken as funds: figures do not tell its classes, live records do.",
                "What is owed beyond cards and overdrafts counts half, as due after the horizon.",
                f"Assets grow by {self._market.drift:g} a year; the horizon is {self._market.years:g} year.",
                "No published API tells what a home is worth: it is no asset here; its mortgage is a debt.",
            ),
            notes=("Households without debts, and those without assets, have a probability of their own.",),
        )

    def _known(self, learning: Learning) -> Learning:
        found = households(learning.population, self._market)
        told = ~np.isnan(learning.outcome(OUTCOME)) & ~np.isnan(found.debt)
        return learning.take(np.flatnonzero(told))


def recipe(models: Models) -> MappingRecipe:
    """The recipe."""
    return MappingRecipe(models.risk.market)
