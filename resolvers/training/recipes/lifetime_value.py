"""How customers buy and stay, fitted to figures of a day and judged by what was spent in the year after."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from resolvers.artefacts import Origin
from resolvers.lifetime_value.discounted import DiscountedPurchases
from resolvers.lifetime_value.model import PURCHASES, PurchaseModel, ValueModel
from resolvers.lifetime_value.purchases import BoughtMany, bought_many
from resolvers.lifetime_value.spend import expected_amount_many
from resolvers.lifetime_value.training import fit_value_model
from resolvers.registry import ModelName
from resolvers.serving import Models
from resolvers.summaries.measures import Line, Measure
from resolvers.summaries.population import Floats
from resolvers.training.cards import Card
from resolvers.training.judging import Judged, Judgement, pearson
from resolvers.training.learning import Learning, Report
from resolvers.training.recipes.sources import sources

_MONTHS = 12


class ValueRecipe:
    """BG/NBD and Gamma-Gamma by line, and the hazard of contracts."""

    name = ModelName.LIFETIME_VALUE
    kind = ValueModel

    def fit(self, seen: Learning, origin: Origin, report: Report) -> ValueModel:
        """By maximum likelihood; no outcome is looked at."""
        return fit_value_model(seen.population, origin, report=report)

    def judge(self, model: ValueModel, unseen: Learning) -> Judgement:
        """Pearson's correlations of what was foretold with what was spent, in all and by line.

        Beside it those of frequency, recency and past spend alone, over customers who have ever bought.
        """
        metrics: dict[str, float] = {}
        judged: dict[str, Judged] = {}
        size = len(unseen)
        expected, came, known = np.zeros(size), np.zeros(size), np.zeros(size, dtype=np.bool_)
        frequency, spent = np.zeros(size), np.zeros(size)
        last = np.full(size, -np.inf)
        for line, one, spending in self._lines(model, unseen):
            columns = unseen.population.lines.get(line, {})
            many = bought_many(columns, unseen.population.day)
            rows = many.rows
            foretold = next_year(one, many)
            since = many.recency - many.age
            past = np.nan_to_num(columns[Measure.SPENT][rows])
            alone = {"frequency": many.frequency, "recency": since, "past_spend": past}
            metrics |= _beside(foretold, alone, spending[rows], f".{line.value.lower()}")
            judged[line.value.lower()] = Judged(foretold=foretold, came=spending[rows], chance=False)
            expected[rows] += foretold
            came[rows] += spending[rows]
            known[rows] = True
            frequency[rows] += many.frequency
            spent[rows] += past
            last[rows] = np.maximum(last[rows], since)
        if known.any():
            whole = Judged(foretold=expected[known], came=came[known], chance=False)
            judged = {"all lines": whole, **judged}
            alone = {"frequency": frequency[known], "recency": last[known], "past_spend": spent[known]}
            metrics |= _beside(whole.foretold, alone, whole.came, "")
        return Judgement(metrics=metrics, judged=judged)

    def _lines(self, model: ValueModel, learning: Learning) -> Iterator[tuple[Line, PurchaseModel, Floats]]:
        for line in PURCHASES:
            one = model.purchases.get(line)
            spending = learning.outcomes.get(f"spent_{line.value.lower()}")
            if one is not None and one.spend is not None and spending is not None:
                yield line, one, np.nan_to_num(spending)

    def card(self, model: ValueModel, unseen: Learning) -> Card:
        """What is read, and what is taken for granted."""
        bought = (Measure.PURCHASE_DAYS, Measure.FIRST_ON, Measure.LAST_ON, Measure.SPENT_AFTER_FIRST)
        kept = (Measure.CONTRACTS, Measure.CONTRACTS_ENDED, Measure.FIRST_ON)
        return Card(
            purpose="What a customer will be worth: purchases to come by BG/NBD and Gamma-Gamma in lines "
            "without a contract, margins until the end of a contract by a hazard in the others.",
            features=(
                sources(
                    (line, measure)
                    for lines, measures in ((model.purchases, bought), (model.retention, kept))
                    for line in lines
                    for measure in measures
                )
            ),
            assumptions=(
                "Margins, costs and the discount are the company's own: settings, not part of this model.",
                "A contract that ended is taken to have ended in the middle of the time it was watched.",
                "Where no partner tells of a contract that ended, the hazard usual in the field stands.",
            ),
            notes=(
                "Correlations are over customers who had bought before; what was foretold is undiscounted.",
            ),
        )


def next_year(model: PurchaseModel, many: BoughtMany) -> Floats:
    """What customers are expected to spend in the next twelve months, undiscounted."""
    stream = DiscountedPurchases(model.purchases, months=_MONTHS, monthly_discount=0.0)
    purchases = stream.of_many(many.frequency, many.recency, many.age)
    if model.spend is None:
        raise ValueError("a model without amounts foretells no spending")
    found: Floats = purchases * expected_amount_many(model.spend, many.frequency, many.mean)
    return found


def _beside(foretold: Floats, alone: Mapping[str, Floats], came: Floats, suffix: str) -> Mapping[str, float]:
    """The model's correlation beside those of single figures, and what was foretold by what came."""
    return {
        f"pearson{suffix}": pearson(foretold, came),
        f"expected_by_seen{suffix}": float(foretold.sum() / came.sum()) if came.sum() else 0.0,
        **{f"pearson_of_{name}{suffix}": pearson(figure, came) for name, figure in alone.items()},
    }


def recipe(_models: Models) -> ValueRecipe:
    """The recipe."""
    return ValueRecipe()
