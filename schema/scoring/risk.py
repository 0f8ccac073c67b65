"""A customer's risk: by conduct, by what they own and owe, both together, and what follows for a loan."""

from __future__ import annotations

import datetime as dt
from functools import cached_property
from typing import Any

from strawberry.types.field import StrawberryField

from c360.values import CurrencyCode
from resolvers.lifetime_value.assumptions import Assumption as Assumed
from resolvers.money import rounded
from resolvers.reckoned import score_of
from resolvers.risk.balance_sheet import BALANCES, KINDS, POLICIES, POSITIONS, Item, balance_sheet
from resolvers.risk.behavioural import BehaviouralScore, Reason
from resolvers.risk.combined import combined, notice
from resolvers.risk.features import FEATURES
from resolvers.risk.option_pricing import OptionPrice, gaps_in
from resolvers.summaries.customer import Summaries
from resolvers.summaries.measures import Unit
from resolvers.view import CustomerView
from schema import hub
from schema.declarations import Demand
from schema.derive import Deriver
from schema.inputs import CreditLineArguments
from schema.permissions.types import TYPES
from schema.scoring import risk_shapes as shapes
from schema.scoring.contests import ScoreContest, contest
from schema.scoring.credit_line import credit_line
from schema.scoring.risk_shapes import interval
from schema.scoring.shapes import (
    Assumption,
    Basis,
    Contribution,
    ExchangeRates,
    ModelOrigin,
    assumptions,
    exchange_rates,
    model_origin,
)
from store.data_contests import ContestState

_TOLD = (BALANCES, POSITIONS, POLICIES)


def risk_fields(make: Deriver) -> dict[str, StrawberryField]:
    """The fields by name; the types that they need are made with them."""
    live = Demand(kinds=KINDS)
    both = Demand(kinds=KINDS, hub=hub.CONTESTS)
    risk = make.build(
        "Risk",
        "How likely a customer is to default, by two methods that know nothing of each other.",
        {
            "behavioural": make.attribute(
                shapes.BehaviouralRisk, "By how they behave: a card of points over kept figures."
            ),
            "option_pricing": make.attribute(
                shapes.OptionPricing,
                "By what they own and owe, from the partners' records of this operation.",
                demand=live,
            ),
            "combined": make.attribute(
                shapes.CombinedRisk, "Both together, and whether a person has to look.", demand=both
            ),
            "credit_line": make.computed(
                credit_line,
                shapes.CreditLine,
                "Whether a loan can be offered, without security or against a policy, and why not.",
                arguments=CreditLineArguments,
                demand=both,
            ),
            "contests": make.attribute(
                tuple[ScoreContest, ...],
                "Who contested the score and what became of it, the latest first.",
                demand=Demand(hub=hub.CONTESTS),
            ),
        },
    )
    return {
        "risk": make.attribute(
            risk | None,
            "How likely the customer is to default, and what it rests on. No protected attribute is read. "
            "`contestScore` puts it before a person. Null only where it is withheld.",
            demand=Demand(hub=hub.SUMMARIES),
            rule=TYPES["Risk"],
            read=lambda customer: risk_of(customer.view),
        )
    }


def risk_of(view: CustomerView) -> RiskAnswer:
    """The risk of a customer, reckoned once for an operation."""
    return view.once("risk", lambda: RiskAnswer(view))


class RiskAnswer:
    """A customer's risk, read by the fields' names; each part is reckoned where it is selected."""

    def __init__(self, view: CustomerView) -> None:
        self.view = view
        self.models = view.models.risk
        self.summaries: Summaries = hub.known(view, hub.SUMMARIES)

    @cached_property
    def score(self) -> BehaviouralScore:
        """By conduct."""
        return score_of(self.view, self.summaries)

    @cached_property
    def price(self) -> OptionPrice:
        """By means."""
        view = self.view
        told = any(view.knows((kind,)) for kind in _TOLD)
        sheet = balance_sheet(view, view.models.rates.convert)
        return OptionPrice(sheet, gaps_in(view.missing, told=told), self.models.mapping, self.models.market)

    @property
    def behavioural(self) -> BehaviouralAnswer:
        """By conduct, as the graph shows it."""
        return BehaviouralAnswer(self)

    @property
    def option_pricing(self) -> PriceAnswer:
        """By means, as the graph shows it."""
        return PriceAnswer(self)

    @cached_property
    def combined(self) -> CombinedAnswer:
        """Both."""
        return CombinedAnswer(self)

    @property
    def contests(self) -> tuple[ScoreContest, ...]:
        """Who contested it."""
        return tuple(map(contest, hub.known(self.view, hub.CONTESTS) or ()))

    @property
    def missing(self) -> tuple[str, ...]:
        """Of either method."""
        return tuple(sorted({*self.summaries.missing, *self.price.gaps.connectors}))


class BehaviouralAnswer:
    """The behavioural score, read by the fields' names."""

    basis = Basis.SUMMARIES

    def __init__(self, risk: RiskAnswer) -> None:
        score = self._score = risk.score
        self._known = score.known
        self.points = score.points if self._known else None
        self.probability = score.probability if self._known else None
        self.band = score.band if self._known else None
        self.baseline = score.model.baseline
        self.as_of: dt.datetime | None = score.summaries.as_of
        self.missing = score.summaries.missing
        self.unconverted = score.summaries.unconverted

    @property
    def interval(self) -> shapes.RiskInterval:
        """Of the points."""
        return interval(self._score.interval)

    @property
    def probabilities(self) -> shapes.RiskInterval:
        """Of the probability."""
        return interval(self._score.probabilities)

    @property
    def reasons(self) -> tuple[shapes.RiskReason, ...]:
        """Points lost."""
        return tuple(map(_reason, self._score.reasons))

    @property
    def contributions(self) -> tuple[Contribution, ...]:
        """Points above the baseline."""
        return tuple(
            Contribution(
                feature=part.feature.name, label=part.feature.title, value=part.value, given=part.given
            )
            for part in self._score.contributions
        )

    @property
    def features(self) -> tuple[shapes.RiskFeature, ...]:
        """All of them, those of no published API too."""
        return tuple(
            shapes.RiskFeature(
                name=feature.name,
                title=feature.title,
                unit=feature.unit.value if isinstance(feature.unit, Unit) else feature.unit,
                worse=feature.worse,
                available=feature.available,
                sources=tuple(map(str, feature.sources)),
                given=feature.value(self._score.summaries),
                uncertain=feature.available and self._score.is_uncertain(feature),
            )
            for feature in FEATURES
        )

    @property
    def model(self) -> ModelOrigin:
        """The card."""
        return model_origin(self._score.model.origin)


def _reason(found: Reason) -> shapes.RiskReason:
    return shapes.RiskReason(
        feature=found.feature.name,
        title=found.feature.title,
        bin=found.label,
        given=found.given,
        points_lost=found.lost,
        notice=found.feature.adverse,
        rests_on=tuple(
            shapes.KeptFigure(line=one.line, measure=one.measure, value=one.value) for one in found.rests_on
        ),
    )


class PriceAnswer:
    """The option price, read by the fields' names."""

    basis = Basis.LIVE

    def __init__(self, risk: RiskAnswer) -> None:
        self._view = risk.view
        price = self._price = risk.price
        self.position, self.band = price.position, price.band
        self.distance, self.probability = price.distance, price.probability
        self.risk_neutral = price.found.probability
        self.volatility = price.found.volatility
        self.baseline = price.baseline
        self.missing = price.gaps.connectors
        self.unconverted = tuple(sorted({*price.sheet.assets_unconverted, *price.sheet.debts_unconverted}))

    def __getattr__(self, name: str) -> Any:
        amounts = {
            "assets": self._price.sheet.assets,
            "default_point": self._price.debt,
            "short_term": self._price.sheet.short_term,
            "long_term": self._price.sheet.long_term,
            "mortgages": self._price.sheet.mortgages,
            "expected_loss": self._price.found.expected_loss,
        }
        if name not in amounts:
            raise AttributeError(name)
        return rounded(amounts[name], self._view.models.rates.base)

    @property
    def interval(self) -> shapes.RiskInterval:
        """Of the probability."""
        return interval(self._price.interval)

    @property
    def sensitivity(self) -> shapes.DistanceSensitivity | None:
        """Of the distance."""
        found = self._price.sensitivity
        if found is None:
            return None
        return shapes.DistanceSensitivity(assets=found.assets, debt=found.debt, volatility=found.volatility)

    @property
    def contributions(self) -> tuple[Contribution, ...]:
        """To the distance."""
        return tuple(
            Contribution(
                feature=part.name,
                label=part.title,
                value=part.value,
                given=part.given,
                reference=part.reference,
            )
            for part in self._price.contributions
        )

    @property
    def items(self) -> tuple[shapes.BalanceItem, ...]:
        """The balance sheet."""
        currency = self._view.models.rates.base
        return tuple(_item(item, currency) for item in self._price.sheet.items)

    @property
    def assumptions(self) -> tuple[Assumption, ...]:
        """Of markets."""
        market = self._price.market
        return assumptions(
            Assumed(name=name, value=getattr(market, name), description=text)
            for name, text in market.descriptions().items()
        )

    @property
    def rates(self) -> ExchangeRates:
        """The hub's."""
        return exchange_rates(self._view.models.rates)

    @property
    def model(self) -> ModelOrigin:
        """The mapping."""
        return model_origin(self._price.mapping.origin)

    @property
    def as_of(self) -> dt.datetime | None:
        """Of the oldest record."""
        results = (source.kinds.get(kind) for source in self._view.sources for kind in KINDS)
        fetched = (result.fetched_at for result in results if result is not None)
        return min((moment for moment in fetched if moment is not None), default=None)


def _item(item: Item, currency: CurrencyCode) -> shapes.BalanceItem:
    return shapes.BalanceItem(
        connector=item.connector,
        record=item.kind,
        amount=rounded(item.amount, currency),
        asset_class=item.asset if item.amount > 0 else None,
        due=item.due if item.amount < 0 else None,
    )


class CombinedAnswer:
    """Both methods, read by the fields' names."""

    def __init__(self, risk: RiskAnswer) -> None:
        self._risk = risk
        contested = any(one.state is ContestState.OPEN for one in risk.contests)
        found = self.found = combined(risk.score, risk.price, contested=contested)
        self.probability, self.band = found.probability, found.band
        self.behavioural_weight, self.disagreement = found.behavioural_weight, found.disagreement
        self.review_causes = found.review
        self.human_review = bool(found.review)
        self.missing = risk.missing

    @property
    def interval(self) -> shapes.RiskInterval:
        """Of the probability."""
        return interval(self.found.interval)

    @property
    def notice(self) -> tuple[str, ...]:
        """For a notice of adverse action."""
        return notice(self._risk.score, self._risk.price, self.found)
