"""Who takes which product in the year after, of those who do not have it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

import numpy as np

from resolvers.artefacts import Origin
from resolvers.offers.features import FEATURES, Form, matrix
from resolvers.offers.propensity import ProductModel, Propensities, scorer
from resolvers.registry import ModelName
from resolvers.serving import Models
from resolvers.summaries.measures import Measure
from resolvers.summaries.population import Floats
from resolvers.training.cards import Card, FeatureSource
from resolvers.training.judging import Judged, Judgement, chances
from resolvers.training.learning import Learning, Report
from resolvers.training.propensities import fit_product
from resolvers.training.recipes.sources import source_of
from resolvers.training.weights import CannotJudgeError

OUTCOMES: Mapping[str, str] = MappingProxyType(
    {
        "brokerage-account": "custody",
        "credit-card": "credit_card",
        "everyday-account": "everyday",
        "home-insurance": "home",
        "home-loan": "mortgage",
        "hotel-first-stay": "hotel",
        "loyalty-membership": "membership",
        "motor-insurance": "motor",
        "pension-plan": "pension",
        "personal-loan": "personal_loan",
        "savings-account": "savings",
        "term-life": "life",
    }
)
"""Products of the shipped catalogue, and the outcome that tells who holds and who takes them; the others have
no model until there are responses."""
FEWEST = 20
"""Takers kept aside, below which a product's figures are not reported: they would be of chance alone."""


class PropensityRecipe:
    """A calibrated logistic model for each product."""

    name = ModelName.PROPENSITY
    kind = Propensities

    def fit(self, seen: Learning, origin: Origin, report: Report) -> Propensities:
        """Of every product that enough customers took.

        Raises:
            CannotJudgeError: there is none.
        """
        features = matrix(seen.population)
        products: dict[str, ProductModel] = {}
        for product, rows, taken in _open_to(seen):
            try:
                products[product] = fit_product(features[rows], taken > 0, learnt_from="TAKEN")
            except CannotJudgeError as error:
                report(f"{product}: left out: {error}")
            else:
                report(f"{product}: {products[product].takers:,} of {products[product].customers:,} took it")
        if not products:
            raise CannotJudgeError("no product was taken by enough customers")
        return Propensities(origin=origin, products=products)

    def judge(self, model: Propensities, unseen: Learning) -> Judgement:
        """For each product order and calibration, and of all of them the mean, with the worst calibration."""
        features = matrix(unseen.population)
        judged: dict[str, Judged] = {}
        metrics: dict[str, float] = {}
        for product, rows, taken in _open_to(unseen):
            log_odds = scorer(model, product).log_odds_many(features[rows])
            found = Judged(foretold=1 / (1 + np.exp(-log_odds)), came=taken)
            if taken.sum() >= FEWEST:
                judged[product] = found
                metrics |= {f"{name}.{product}": value for name, value in _told(found).items()}
        if judged:
            every = [_told(each) for each in judged.values()]
            metrics |= {name: float(np.mean([each[name] for each in every])) for name in every[0]}
            metrics["worst_ece"] = max(each["ece"] for each in every)
        return Judgement(metrics=metrics, judged=judged)

    def card(self, model: Propensities, unseen: Learning) -> Card:
        """Features with their sources, and how the groups of protected attributes are served."""
        return Card(
            purpose="How likely a customer is to take a product within a year that they do not have: a "
            "calibrated logistic model for each product.",
            features=tuple(
                FeatureSource(
                    feature=each.name,
                    source=source_of(each.line, each.measure or Measure.CONTRACTS),
                    meaning=f"{each.label}{_FORMS[each.form]}",
                )
                for each in FEATURES
            ),
            assumptions=(
                "Learnt from who took a product within a year, whether it was offered or not.",
                "A product without a model counts as likely as any other until there are responses.",
            ),
            notes=tuple(
                f"{product}: {each.takers:,} of {each.customers:,} who did not have it took it"
                for product, each in model.products.items()
            ),
        )


_FORMS: Mapping[Form, str] = MappingProxyType(
    {Form.HELD: " (0 or 1)", Form.LOG: " (ln(1 + x))", Form.YEARS: " (years)"}
)


def _told(found: Judged) -> dict[str, float]:
    told = chances(found.foretold, found.came)
    return {name: told[name] for name in ("auc", "ece", "log_loss")}


def _open_to(learning: Learning) -> Iterator[tuple[str, np.ndarray[tuple[int], np.dtype[np.intp]], Floats]]:
    """Each product with the customers who do not have it, and whether each took it."""
    for product, outcome in OUTCOMES.items():
        held, taken = (learning.outcomes.get(f"{what}_{outcome}") for what in ("held", "taken"))
        if held is not None and taken is not None:
            rows = np.flatnonzero((held == 0) & ~np.isnan(taken))
            yield product, rows, (taken[rows] > 0).astype(np.float64)


def recipe(_models: Models) -> PropensityRecipe:
    """The recipe."""
    return PropensityRecipe()
