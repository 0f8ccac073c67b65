"""Products made ready to be weighed, and weighed by what is known of a customer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import date
from typing import NamedTuple

from resolvers.lifetime_value.assumptions import Assumptions
from resolvers.offers.catalogue import CatalogueError, Lever, Product
from resolvers.offers.catalogue import product as decoded
from resolvers.offers.conditions import Condition, RiskBandRule, ValueRule
from resolvers.offers.contact_policy import CONTEXTS
from resolvers.offers.facts import Facts
from resolvers.offers.features import vector
from resolvers.offers.propensity import Propensities, Scorer, Scorers, probability, scorer
from resolvers.offers.rules import uses
from resolvers.offers.situation import Doing, Situation
from resolvers.rates import Rates
from store.data_offers import ProductData, ProductState


class Ready:
    """A product made ready to be weighed often."""

    __slots__ = (
        "_annuity",
        "_fixed",
        "_margins",
        "approach",
        "contexts",
        "data",
        "eligible",
        "open_ended",
        "product",
        "scorer",
        "suits",
        "unrated",
    )

    def __init__(self, data: ProductData, scorer: Scorer, *, assumptions: Assumptions, rates: Rates) -> None:
        """Make a product ready: what does not depend on the customer is reckoned here."""
        self.data = data
        self.product = decoded(data)
        self.scorer = scorer
        worth = self.product.worth
        kept = worth.retention / (1 + assumptions.discount_rate)
        self._annuity = sum(kept**year for year in range(worth.years))
        self._margins = [
            (share.line, share.measure, share.share * getattr(assumptions, share.margin))
            for share in worth.shares
        ]
        self.unrated = rates.convert(1.0, self.product.currency) is None
        self.approach = f"{self.product.purpose.value} {self.product.domain}"
        """What a consent depends on."""
        self.eligible = self.product.eligibility.compiled()
        self.suits = self.product.suitability.compiled()
        self.contexts = dict.fromkeys(Doing, 1.0) | {**CONTEXTS, **self.product.contexts}
        dates = (self.product.valid_from, self.product.valid_until)
        self.open_ended = (
            self.product.state is ProductState.ACTIVE and dates == (None, None) and not self.unrated
        )
        self._fixed = (
            rates.convert(worth.a_year, self.product.currency) or 0.0,
            rates.convert(worth.acquisition, self.product.currency) or 0.0,
        )

    def open_on(self, today: date) -> bool:
        """Whether it is offered on a day at all."""
        product = self.product
        return self.open_ended or (
            product.state is ProductState.ACTIVE
            and _within(product.valid_from, product.valid_until, today)
            and not self.unrated
        )

    def context(self, situation: Situation) -> float:
        """C: how well it fits what the customer is doing, and the channel."""
        weight = self.contexts[situation.doing]
        if situation.channel is None:
            return weight
        return weight * self.product.channels.get(situation.channel, 1.0)

    def lever(self, facts: Facts, today: date) -> float:
        """L = 1 + the sum of the percentages that hold, never below zero."""
        if not self.product.levers:
            return 1.0
        percent = sum(lever.percent for lever in levers(self.product, facts, today))
        return max(0.0, 1.0 + percent / 100)

    def value(self, facts: Facts) -> float:
        """What it brings with this customer over its life, in the hub's own currency."""
        a_year, acquisition = self._fixed
        for line, measure, margin in self._margins:
            a_year += margin * (facts.figure(line, measure) or 0.0)
        return a_year * self._annuity - acquisition


class Catalogue:
    """Products made ready, with what has to be known to weigh them.

    A product that this release cannot read, because a later one wrote it, is left out.
    """

    __slots__ = ("needs_risk", "needs_value", "ready", "scorers")

    def __init__(
        self,
        products: Iterable[ProductData],
        *,
        propensities: Propensities,
        assumptions: Assumptions,
        rates: Rates,
    ) -> None:
        found = []
        for each in products:
            if each.state is not ProductState.DRAFT:
                with suppress(CatalogueError):
                    model = scorer(propensities, each.id)
                    found.append(Ready(each, model, assumptions=assumptions, rates=rates))
        self.ready = tuple(found)
        self.scorers = Scorers([each.scorer for each in self.ready])
        self.needs_risk = self._uses(RiskBandRule)
        self.needs_value = self._uses(ValueRule)

    @property
    def by_id(self) -> Mapping[str, Ready]:
        """The products by their ids."""
        return {each.product.id: each for each in self.ready}

    def _uses(self, kind: type[Condition]) -> bool:
        return any(
            uses(rule, kind)
            for each in self.ready
            for rule in (
                each.product.eligibility,
                each.product.suitability,
                *(lever.when for lever in each.product.levers),
            )
        )


class Weighed(NamedTuple):
    """How a product stands with a customer, but for what they said and how often they were approached."""

    ready: Ready
    eligible: bool
    suits: bool
    """Also whether it fits the moment."""
    log_odds: float
    value: float = 0.0
    """What it would bring, where it is eligible and suits."""
    priority: float = 0.0
    """P x C x V x L."""


class Weighing:
    """Products, weighed by what is known of a customer in a situation; holds as long as that stays the same.

    Args:
        facts: what is known of the customer and the moment.
        today: the day.
    """

    __slots__ = ("_found", "facts", "features", "today")

    def __init__(self, facts: Facts, today: date) -> None:
        self.facts = facts
        self.today = today
        self.features = vector(facts)
        self._found: tuple[Catalogue, Sequence[Weighed]] | None = None

    def of(self, catalogue: Catalogue) -> Sequence[Weighed]:
        """All products of a catalogue, in its order."""
        known = self._found
        if known is None or known[0] is not catalogue:
            odds = catalogue.scorers.log_odds(self.features)
            found = [self._of(ready, each) for ready, each in zip(catalogue.ready, odds, strict=True)]
            known = self._found = (catalogue, found)
        return known[1]

    def is_eligible(self, ready: Ready) -> bool:
        """Whether the customer can have a product, and it is offered at this time."""
        return (ready.open_ended or ready.open_on(self.today)) and ready.eligible(self.facts) is True

    def is_suitable(self, ready: Ready) -> bool:
        """Whether a product serves the customer at this moment."""
        return bool(ready.context(self.facts.situation)) and ready.suits(self.facts) is True

    def _of(self, ready: Ready, log_odds: float) -> Weighed:
        if not self.is_eligible(ready):
            return Weighed(ready, False, False, log_odds)
        if not self.is_suitable(ready):
            return Weighed(ready, True, False, log_odds)
        facts, value, priority = self.facts, ready.value(self.facts), 0.0
        if value > 0:
            fit = ready.context(facts.situation) * ready.lever(facts, self.today)
            priority = probability(log_odds) * fit * value
        return Weighed(ready, True, True, log_odds, value, priority)


def levers(product: Product, facts: Facts, today: date) -> tuple[Lever, ...]:
    """Those levers that hold for a customer today."""
    return tuple(
        lever
        for lever in product.levers
        if _within(lever.valid_from, lever.valid_until, today) and lever.when.test(facts) is True
    )


def _within(since: date | None, until: date | None, today: date) -> bool:
    return (since is None or since <= today) and (until is None or today <= until)
