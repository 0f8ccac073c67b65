"""Risk as the graph shows it: both methods, what they say together, and what follows for a loan."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from msgspec import Meta

from c360.values import CurrencyCode, Money
from resolvers.risk.balance_sheet import DebtTerm
from resolvers.risk.bands import Interval, RiskBand
from resolvers.risk.combined import ReviewCause
from resolvers.risk.credit_line import CreditDecision, CreditReasonCode
from resolvers.risk.features import Worse
from resolvers.risk.markets import AssetClass
from resolvers.risk.merton import Position
from resolvers.summaries.measures import Line, Measure
from schema.inputs import NodeId
from schema.scoring.shapes import (
    Assumption,
    Basis,
    Contribution,
    ModelOrigin,
    RatesUsed,
)
from schema.shapes import Shape

_MISSING = Meta(
    description="Connector instances whose part is not known. It is never taken for zero: the interval says "
    "between what the figure lies."
)
_UNCONVERTED = Meta(
    description="Currencies that the hub has no rate of: amounts in them are left out, and the interval says "
    "so."
)


class RiskInterval(Shape, frozen=True, kw_only=True):
    """Between what and what a figure lies, whatever the missing partners would tell."""

    low: Annotated[float, Meta(description="The lower end.")]
    high: Annotated[float, Meta(description="The upper end.")]


class KeptFigure(Shape, frozen=True, kw_only=True):
    """A figure that the hub keeps of a customer, over all their partners."""

    line: Annotated[Line, Meta(description="The line of business.")]
    measure: Annotated[Measure, Meta(description="What is measured.")]
    value: Annotated[
        float, Meta(description="The figure: an amount in the hub's currency, a count, days, a share.")
    ]


class RiskReason(Shape, frozen=True, kw_only=True):
    """Why a score is not higher."""

    feature: Annotated[str, Meta(description="Name of the feature, for programs.")]
    title: Annotated[str, Meta(description="The feature in words.")]
    bin: Annotated[str, Meta(description="Where the customer's figure lies, such as `0.33 to 0.58`.")]
    given: Annotated[float, Meta(description="The customer's own figure.")]
    points_lost: Annotated[float, Meta(description="Points below what the feature gives at its best.")]
    notice: Annotated[str, Meta(description="The reason as a notice of adverse action gives it.")]
    rests_on: Annotated[tuple[KeptFigure, ...], Meta(description="The kept figures that it rests on.")]


class RiskFeature(Shape, frozen=True, kw_only=True):
    """A feature of the behavioural score, and what is known of it."""

    name: Annotated[str, Meta(description="Name, for programs.")]
    title: Annotated[str, Meta(description="The feature in words.")]
    unit: Annotated[str, Meta(description="What its figure counts.")]
    worse: Annotated[Worse, Meta(description="Which way it speaks against somebody.")]
    available: Annotated[
        bool,
        Meta(description="Whether any published API tells it; otherwise it is neutral for everybody."),
    ]
    sources: Annotated[tuple[str, ...], Meta(description="Fields of the published APIs that it rests on.")]
    given: Annotated[
        float | None,
        Meta(description="The customer's own figure; null where it is not known or has no meaning."),
    ]
    uncertain: Annotated[
        bool, Meta(description="Whether a missing partner could tell otherwise; it widens the interval.")
    ]


class BehaviouralRisk(Shape, frozen=True, kw_only=True):
    """Points for how somebody behaves: 600 are odds of 50 to 1, and 20 more double them."""

    points: Annotated[
        float | None, Meta(description="The score; null where nothing is known of the customer's behaviour.")
    ]
    probability: Annotated[
        float | None, Meta(description="Of default within a year, from 0 to 1; null with the points.")
    ]
    band: Annotated[RiskBand | None, Meta(description="Of the probability.")]
    interval: Annotated[RiskInterval, Meta(description="Between which points the score lies.")]
    probabilities: Annotated[RiskInterval, Meta(description="The same as probabilities of default.")]
    reasons: Annotated[
        tuple[RiskReason, ...],
        Meta(description="What costs the most points, at most four, the dearest first."),
    ]
    baseline: Annotated[float, Meta(description="Points of somebody of whom nothing is known.")]
    contributions: Annotated[
        tuple[Contribution, ...],
        Meta(description="Points of each feature above the baseline; together they are the score."),
    ]
    features: Annotated[tuple[RiskFeature, ...], Meta(description="Every feature, with where it comes from.")]
    model: Annotated[ModelOrigin, Meta(description="The points card that was used.")]
    basis: Annotated[Basis, Meta(description="What it is reckoned from.")]
    as_of: Annotated[dt.datetime | None, Meta(description="When the oldest figure was reckoned.")]
    missing: Annotated[tuple[NodeId, ...], _MISSING]
    unconverted: Annotated[tuple[CurrencyCode, ...], _UNCONVERTED]


class BalanceItem(Shape, frozen=True, kw_only=True):
    """A line of a customer's balance sheet."""

    connector: Annotated[NodeId, Meta(description="Id of the connector instance that tells it.")]
    record: Annotated[str, Meta(description="Kind of the record that it comes from.")]
    amount: Annotated[Money, Meta(description="In the hub's own currency; negative where it is owed.")]
    asset_class: Annotated[AssetClass | None, Meta(description="What it is, where it is owned.")]
    due: Annotated[DebtTerm | None, Meta(description="When it is due, where it is owed.")]


class DistanceSensitivity(Shape, frozen=True, kw_only=True):
    """How the distance to default moves."""

    assets: Annotated[float, Meta(description="For each per cent more assets.")]
    debt: Annotated[float, Meta(description="For each per cent more debt.")]
    volatility: Annotated[float, Meta(description="For each percentage point more volatility.")]


class OptionPricing(Shape, frozen=True, kw_only=True):
    """A customer's debts as an option: whether what they own covers what falls due (Merton, KMV).

    Figures are of what is known; `interval` says what else is possible.
    """

    position: Annotated[
        Position | None,
        Meta(description="Where they stand; null where that depends on what is not known."),
    ]
    assets: Annotated[Money, Meta(description="Deposits, securities and reserves of policies in force.")]
    volatility: Annotated[float, Meta(description="Of the assets, a year: 0.1 is 10 per cent.")]
    default_point: Annotated[
        Money, Meta(description="What assets have to cover: short-term debts and half of the later ones.")
    ]
    short_term: Annotated[Money, Meta(description="Debts that are due at any time or within a year.")]
    long_term: Annotated[Money, Meta(description="Debts that are due later, mortgages included.")]
    mortgages: Annotated[
        Money,
        Meta(
            description="Of these, what a home secures. No published API tells what homes are worth: the "
            "better end of the interval takes them for covered."
        ),
    ]
    distance: Annotated[
        float | None,
        Meta(description="Distance to default in standard deviations; null without debts or assets."),
    ]
    probability: Annotated[
        float | None,
        Meta(
            description="Share of such households that default within a year, by the mapping that was "
            "learnt; null where the position is."
        ),
    ]
    risk_neutral: Annotated[
        float,
        Meta(description="N(−distance): what the assets' movements alone say. No forecast of defaults."),
    ]
    band: Annotated[RiskBand | None, Meta(description="Of the probability.")]
    interval: Annotated[
        RiskInterval, Meta(description="Between which probabilities it lies, whatever is not known.")
    ]
    expected_loss: Annotated[
        Money, Meta(description="The put on the assets: what lenders would pay to be rid of the risk.")
    ]
    sensitivity: Annotated[
        DistanceSensitivity | None, Meta(description="How the distance moves; null where there is none.")
    ]
    baseline: Annotated[
        float | None,
        Meta(description="Distance of the typical household with debts; null where there is no distance."),
    ]
    contributions: Annotated[
        tuple[Contribution, ...],
        Meta(
            description="Exact Shapley values of assets, debt and volatility: with the baseline they add up "
            "to the distance. Empty where there is none."
        ),
    ]
    items: Annotated[tuple[BalanceItem, ...], Meta(description="The balance sheet, line by line.")]
    assumptions: Annotated[tuple[Assumption, ...], Meta(description="What is taken for granted of markets.")]
    rates: RatesUsed
    model: Annotated[ModelOrigin, Meta(description="The mapping from distance to probability.")]
    basis: Annotated[Basis, Meta(description="What it is reckoned from.")]
    as_of: Annotated[dt.datetime | None, Meta(description="When the oldest record used was fetched.")]
    missing: Annotated[tuple[NodeId, ...], _MISSING]
    unconverted: Annotated[tuple[CurrencyCode, ...], _UNCONVERTED]


class CombinedRisk(Shape, frozen=True, kw_only=True):
    """What both methods say together."""

    probability: Annotated[
        float | None,
        Meta(
            description="The mean of both in log-odds, the surer one weighing more; null where neither knows "
            "anything."
        ),
    ]
    band: Annotated[RiskBand | None, Meta(description="Of the probability.")]
    interval: Annotated[RiskInterval, Meta(description="Between which probabilities it lies.")]
    behavioural_weight: Annotated[
        float, Meta(description="Share of the behavioural score in it, from 0 to 1.")
    ]
    disagreement: Annotated[
        float | None,
        Meta(
            description="How far the two are apart in log-odds: 0.69 is twice the odds. Null with one alone."
        ),
    ]
    human_review: Annotated[
        bool, Meta(description="Whether a person has to look before anybody decides by it.")
    ]
    review_causes: Annotated[tuple[ReviewCause, ...], Meta(description="Why.")]
    notice: Annotated[
        tuple[str, ...],
        Meta(
            description="The specific reasons that a notice of adverse action gives, at most four; empty "
            "where the band is not adverse."
        ),
    ]
    missing: Annotated[tuple[NodeId, ...], _MISSING]


class CreditReason(Shape, frozen=True, kw_only=True):
    """What stands against a loan."""

    code: Annotated[CreditReasonCode, Meta(description="What it is, from a closed list.")]
    text: Annotated[str, Meta(description="In words that may be told to the customer.")]


class CreditLine(Shape, frozen=True, kw_only=True):
    """Whether a loan can be offered, how much at most, and why not more."""

    decision: Annotated[CreditDecision, Meta(description="What becomes of the request.")]
    eligible: Annotated[bool, Meta(description="Whether nothing stands against the loan as asked for.")]
    human_review: Annotated[
        bool,
        Meta(
            description="Whether a person has to look before this is told: nobody is refused by a program "
            "alone where the risk decides."
        ),
    ]
    limit: Annotated[Money, Meta(description="Most that can be lent for that time; 0 where nothing can.")]
    rate: Annotated[
        float | None,
        Meta(description="Interest a year: 0.08 is 8 per cent; null where nothing can be lent."),
    ]
    instalment: Annotated[
        Money | None, Meta(description="A month, of the amount asked for; null without a rate.")
    ]
    monthly_income: Annotated[
        Money | None, Meta(description="What accounts show, a twelfth of the last year; null if unknown.")
    ]
    monthly_instalments: Annotated[
        Money | None, Meta(description="Of the debts that there are; null where a bank did not tell them.")
    ]
    loan_to_value: Annotated[
        float | None, Meta(description="Against a policy: the amount by the policy's reserve.")
    ]
    reasons: Annotated[
        tuple[CreditReason, ...], Meta(description="What stands against it; empty if nothing.")
    ]
    notice: Annotated[
        tuple[str, ...],
        Meta(description="Reasons behind a risk that is too high, as a notice of adverse action gives them."),
    ]
    missing: Annotated[tuple[NodeId, ...], _MISSING]


def interval(found: Interval) -> RiskInterval:
    """An interval as the graph shows it."""
    return RiskInterval(low=found.low, high=found.high)
