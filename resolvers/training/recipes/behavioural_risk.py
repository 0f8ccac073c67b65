"""The behavioural scorecard, fitted to who defaulted in the year after; nobody's attributes are looked at."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from sklearn.metrics import roc_auc_score

from resolvers.artefacts import Origin
from resolvers.registry import ModelName
from resolvers.risk.bands import LIMITS
from resolvers.risk.behavioural import BehaviouralModel, score_many
from resolvers.risk.features import FEATURES, columns_of
from resolvers.serving import Models
from resolvers.summaries.population import Floats
from resolvers.training.cards import UNAVAILABLE, Card, FeatureSource, Protection
from resolvers.training.challenger import Challenger
from resolvers.training.fairness import fairness
from resolvers.training.judging import Judged, Judgement, chances
from resolvers.training.learning import Learning, Report
from resolvers.training.recipes.protection import protection
from resolvers.training.risk import fit_behavioural

OUTCOME = "defaulted"
FAVOURED_BELOW = LIMITS[1]
"""Probability of default below which nothing goes against a customer: the bands up to LOW."""


class BehaviouralRecipe:
    """Weight of evidence, with LightGBM fitted beside it to see what the card leaves on the table."""

    name = ModelName.BEHAVIOURAL_RISK
    kind = BehaviouralModel

    def __init__(self) -> None:
        self._challenger: Challenger | None = None

    def fit(self, seen: Learning, origin: Origin, report: Report) -> BehaviouralModel:
        """Of those of whom it is known whether they defaulted."""
        known = _known(seen)
        features, defaulted = columns_of(known.population), known.outcome(OUTCOME) > 0.5
        report(f"{int(defaulted.sum()):,} of {len(known):,} defaulted")
        model = fit_behavioural(features, defaulted, origin=origin)
        report("fitting LightGBM beside it, to compare")
        self._challenger = Challenger.fit(features, defaulted)
        return model

    def judge(self, model: BehaviouralModel, unseen: Learning) -> Judgement:
        """Order, calibration, and what becomes of the groups of protected attributes."""
        known = _known(unseen)
        _, probability = score_many(model, known.population)
        defaulted = known.outcome(OUTCOME)
        metrics = chances(probability, defaulted)
        features = columns_of(known.population)
        if self._challenger is not None and 0 < defaulted.sum() < len(defaulted):
            foretold = self._challenger.probability(features)
            metrics["auc_of_lightgbm"] = float(roc_auc_score(defaulted, foretold))
        read = _read(model, features)
        metrics |= fairness(read, probability < FAVOURED_BELOW, known.groups)
        return Judgement(metrics=metrics, judged={OUTCOME: Judged(foretold=probability, came=defaulted)})

    def card(self, model: BehaviouralModel, unseen: Learning) -> Card:
        """Every feature with its source, those that nobody tells among them."""
        known = _known(unseen)
        _, probability = score_many(model, known.population)
        used = {row.feature.name for row in model.rows}
        return Card(
            purpose="How likely a customer is to default within a year, by behaviour: a points scorecard by "
            "weight of evidence, 600 points at odds of 50 to 1, 20 more for twice the odds.",
            features=tuple(
                FeatureSource(
                    feature=each.name,
                    source="; ".join(str(source) for source in each.sources) or UNAVAILABLE,
                    meaning=each.title + ("" if each.name in used or not each.sources else " (not used)"),
                )
                for each in FEATURES
            ),
            protection=_protection(model, known, probability),
            assumptions=(
                "In default is who misses three monthly payments in a row or stays overdrawn for 90 days.",
                "Customers who were in default on the day, or bank nowhere, are left out.",
                f"A probability below {100 * FAVOURED_BELOW:g} % counts as the favourable answer.",
            ),
            notes=(
                "A feature that is not known takes points that are neutral, not those of the worst bin.",
                "LightGBM is fitted beside it to compare, and not served: it cannot say what cost what.",
            ),
        )


def _protection(model: BehaviouralModel, known: Learning, probability: Floats) -> Protection:
    return protection(
        _read(model, columns_of(known.population)),
        probability < FAVOURED_BELOW,
        known.groups,
        probability=probability,
        came=known.outcome(OUTCOME),
    )


def _read(model: BehaviouralModel, features: Mapping[str, Floats]) -> dict[str, Floats]:
    return {row.feature.name: features[row.feature.name] for row in model.rows}


def _known(learning: Learning) -> Learning:
    return learning.take(np.flatnonzero(~np.isnan(learning.outcome(OUTCOME))))


def recipe(_models: Models) -> BehaviouralRecipe:
    """The recipe."""
    return BehaviouralRecipe()
