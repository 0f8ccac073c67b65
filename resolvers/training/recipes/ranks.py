"""The quantiles of a population, of every figure that customers are put in order by."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
import numpy as np

from c360.records.party import PartyKind
from c360.values import CurrencyCode
from resolvers.artefacts import Origin
from resolvers.batch import ranked_figures
from resolvers.registry import ModelName
from resolvers.segments.ranks import STEPS, Quantiles, Ranked, Ranks, quantiles
from resolvers.serving import Models
from resolvers.training.cards import Card
from resolvers.training.judging import Judgement
from resolvers.training.learning import Learning, Report

_FEWEST = STEPS
"""Customers whose figure is known, below which hundredths say nothing."""


class RanksRecipe:
    """Counts; there is nothing to be learnt, but what is counted can be compared with others."""

    name = ModelName.RANKS
    kind = Ranks

    def __init__(self, models: Models) -> None:
        self._models = models

    def fit(self, seen: Learning, origin: Origin, report: Report) -> Ranks:
        """Quantiles by figure and kind of customer; none of a kind with fewer than a hundred."""
        return Ranks(
            origin=origin,
            currency=CurrencyCode(seen.population.currency),
            figures=self._counted(seen),
        )

    def _counted(self, seen: Learning) -> dict[Ranked, dict[PartyKind, Quantiles]]:
        found: dict[Ranked, dict[PartyKind, Quantiles]] = {}
        for figure, values in ranked_figures(self._models, seen.population).items():
            for kind, rows in _kinds(seen).items():
                if np.count_nonzero(~np.isnan(values[rows])) >= _FEWEST:
                    found.setdefault(figure, {})[kind] = quantiles(values[rows])
        return found

    def judge(self, model: Ranks, unseen: Learning) -> Judgement:
        """Largest distance between a customer's percentile by the model and among those kept aside.

        By figure, over both kinds: the two-sample statistic of Kolmogorov and Smirnov.
        """
        own = msgspec.structs.replace(model, figures=self._counted(unseen))
        metrics: dict[str, float] = {}
        for figure, values in ranked_figures(self._models, unseen.population).items():
            for kind, rows in _kinds(unseen).items():
                known = values[rows][~np.isnan(values[rows])]
                told, among = model.percentiles(figure, kind, known), own.percentiles(figure, kind, known)
                if told is not None and among is not None:
                    name = f"distance_{figure.value.lower()}"
                    metrics[name] = max(metrics.get(name, 0.0), float(np.abs(told - among).max()))
        return Judgement(metrics=metrics)

    def card(self, model: Ranks, unseen: Learning) -> Card:
        """Which figures are ranked."""
        return Card(
            purpose="Places a customer among all others: percentiles and deciles from quantiles of the "
            "population, persons and organisations each for themselves.",
            assumptions=tuple(
                f"{figure.value}, {kind.value}: counted over {found.customers:,} whose figure is known"
                for figure, kinds in model.figures.items()
                for kind, found in kinds.items()
            ),
            notes=(
                "Equal values share the middle of the places that they take.",
                "The metrics are the largest distance between a percentile here and among those kept aside.",
            ),
        )


def _kinds(learning: Learning) -> Mapping[PartyKind, np.ndarray[tuple[int], np.dtype[np.intp]]]:
    named = np.array([str(kind) for kind in learning.kinds])
    return {kind: np.flatnonzero(named == kind.value) for kind in PartyKind}


def recipe(models: Models) -> RanksRecipe:
    """The recipe."""
    return RanksRecipe(models)
