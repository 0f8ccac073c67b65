"""What a customer is worth: the money to come, by line of business, and why."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Any

from msgspec import Meta
from strawberry.types.field import StrawberryField

from c360.values import CurrencyCode, Money
from resolvers.lifetime_value.lines import LineValue as Valued
from resolvers.lifetime_value.lines import Unvalued
from resolvers.lifetime_value.value import MONTHS, MOST_MONTHS, CustomerValue
from resolvers.reckoned import value_of
from resolvers.segments.ranks import Ranked
from resolvers.summaries.customer import Summaries
from resolvers.summaries.measures import Line
from resolvers.view import CustomerView
from schema import hub
from schema.answers import CustomerAnswer
from schema.declarations import Demand
from schema.derive import Deriver
from schema.errors import ErrorCode, InputError
from schema.inputs import NodeId, ValueArguments
from schema.permissions.types import TYPES
from schema.scoring.answers import Reckoned, ValueRank, contributions, money, rank
from schema.scoring.shapes import (
    Assumption,
    Basis,
    Contribution,
    ModelOrigin,
    OldestFigure,
    RatesUsed,
    Unconverted,
    model_origin,
)
from schema.shapes import Shape

MOST_HORIZONS = 4
"""In one operation: an unusual one costs a full sum for each customer."""


class LineValue(Shape, frozen=True, kw_only=True):
    """What one line of business is worth over the months: of purchases, or of contracts."""

    line: Annotated[Line, Meta(description="The line of business.")]
    amount: Annotated[
        Money | None, Meta(description="Its discounted value; null where it is not known, see `reason`.")
    ]
    reason: Annotated[Unvalued | None, Meta(description="Why there is no amount, or one of 0.")]
    value: Annotated[float | None, Meta(description="The amount before rounding, in the hub's currency.")]
    p_alive: Annotated[
        float | None,
        Meta(description="Of purchases: probability that the customer still buys, from 0 to 1."),
    ]
    expected_purchases: Annotated[
        float | None, Meta(description="Of purchases: days with a purchase to be expected in the months.")
    ]
    expected_spend: Annotated[
        Money | None, Meta(description="Of purchases: what is expected to be spent on such a day.")
    ]
    retention: Annotated[
        float | None,
        Meta(description="Of contracts: share of such contracts that is left when the months are over."),
    ]
    annual_margin: Annotated[
        Money | None, Meta(description="Of contracts: what they are expected to contribute in a year.")
    ]
    baseline: Annotated[
        float,
        Meta(
            description="Of purchases: what the line's reference customer is worth, whose figures "
            "`contributions` show; of contracts 0."
        ),
    ]
    contributions: Annotated[
        tuple[Contribution, ...],
        Meta(
            description="What adds up, with the baseline, to `value`: of purchases exact Shapley values of "
            "the customer's figures, of contracts the parts of their margin."
        ),
    ]


class LifetimeValue(Shape, frozen=True, kw_only=True):
    """What a customer is expected to contribute in months to come, discounted to `asOf`.

    Spending that no contract binds (cards, stays, rentals, purchases with points) is foretold by BG/NBD and
    Gamma-Gamma, contracts by the hazard of their end; each line's margin is an assumption.
    """

    months: Annotated[int, Meta(description="How many months it looks ahead.")]
    total: Annotated[
        Money | None,
        Meta(
            description="The value over all lines that are known; null where none is, see `reason`. What is "
            "not known is left out, never taken for zero: see `partial`."
        ),
    ]
    reason: Annotated[Unvalued | None, Meta(description="Why there is no total.")]
    value: Annotated[float | None, Meta(description="The total before rounding, in the hub's currency.")]
    partial: Annotated[bool, Meta(description="Whether something that the customer has is not in the total.")]
    lines: Annotated[tuple[LineValue, ...], Meta(description="By line of business that the customer has.")]
    baseline: Annotated[
        float,
        Meta(description="What the reference customers are worth of the lines that this one has."),
    ]
    contributions: Annotated[
        tuple[Contribution, ...],
        Meta(description="Of all lines; with the baseline they add up to `value` within 1e-9."),
    ]
    versus: Annotated[ValueRank | None, Meta(description="How the value compares, over 36 months.")]
    assumptions: Annotated[
        tuple[Assumption, ...],
        Meta(description="The company's own figures that it takes for granted, of the lines shown."),
    ]
    rates: RatesUsed
    model: Annotated[ModelOrigin, Meta(description="What foretells purchases and ends of contracts.")]
    basis: Annotated[Basis, Meta(description="What it is reckoned from.")]
    as_of: OldestFigure
    missing: Annotated[
        tuple[NodeId, ...],
        Meta(
            description="Connector instances that the customer is linked to and nothing was reckoned of yet: "
            "what they hold is not in the value."
        ),
    ]
    unconverted: Unconverted


class LineAnswer:
    """A line's value, read by the fields' names; what explains is reckoned where it is selected."""

    def __init__(self, found: Valued, currency: CurrencyCode) -> None:
        self.found = found
        self._currency = currency
        self.line, self.value, self.reason = found.line, found.value, found.reason
        self.amount = money(found.value, currency)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.found, name)

    @property
    def expected_spend(self) -> Money | None:
        """On a day with a purchase."""
        return money(self.found.expected_amount, self._currency)

    @property
    def annual_margin(self) -> Money | None:
        """Of contracts."""
        return money(self.found.annual_margin, self._currency)

    @property
    def contributions(self) -> tuple[Contribution, ...]:
        """What adds up to the value."""
        return contributions(self.found.terms)


class ValueAnswer(Reckoned):
    """A customer's lifetime value, read by the fields' names."""

    def __init__(self, view: CustomerView, summaries: Summaries, months: int) -> None:
        super().__init__(view, summaries)
        self.found: CustomerValue = value_of(view, summaries, months)
        self.months = months
        self.value = self.known(self.found.value)
        self.total = money(self.value, self.currency)
        self.reason = self.why_not(self.value)
        self.partial = self.is_partial(line.value for line in self.found.lines)

    @cached_property
    def lines(self) -> tuple[LineAnswer, ...]:
        """By line."""
        return tuple(LineAnswer(line, self.currency) for line in self.found.lines)

    @property
    def baseline(self) -> float:
        """Of the reference customers."""
        return self.found.baseline

    @property
    def contributions(self) -> tuple[Contribution, ...]:
        """Of all lines."""
        return contributions(self.found.terms)

    @property
    def versus(self) -> ValueRank | None:
        """Beside the population."""
        usual = self.found if self.months == MONTHS else value_of(self.view, self.summaries)
        value = self.known(usual.value)
        return rank(self.view, Ranked.LIFETIME_VALUE, value)

    @property
    def assumptions(self) -> tuple[Assumption, ...]:
        """Of the lines that have a value."""
        valuer = self.view.models.valuer
        lines = [line.line for line in self.found.lines if line.value is not None]
        return self.assumed(["discount_rate", *(name for line in lines for name in valuer.rests_on(line))])

    @property
    def model(self) -> ModelOrigin:
        """Of purchases and ends of contracts."""
        return model_origin(self.view.models.value.origin)


def value_fields(make: Deriver) -> dict[str, StrawberryField]:
    """The fields by name."""
    return {
        "lifetime_value": make.computed(
            _value,
            LifetimeValue | None,
            "What the customer is expected to contribute in months to come, in total and by line of "
            "business, with the reasons. From the hub's summaries; asks no partner. Null only where it is "
            "withheld.",
            rule=TYPES["LifetimeValue"],
            arguments=ValueArguments,
            demand=Demand(hub=hub.SUMMARIES),
        ),
    }


def _value(customer: CustomerAnswer, info: Any, **given: Any) -> ValueAnswer:
    asked = ValueArguments(**{name: value for name, value in given.items() if value is not None})
    if not 1 <= asked.months <= MOST_MONTHS:
        message = f"Months lie between 1 and {MOST_MONTHS}."
        raise InputError(message, code=ErrorCode.BAD_USER_INPUT, argument="months")
    horizons: set[int] = info.context.horizons
    horizons.add(asked.months)
    if len(horizons) > MOST_HORIZONS:
        message = f"At most {MOST_HORIZONS} different numbers of months can be looked ahead in one operation."
        raise InputError(message, code=ErrorCode.LIMIT_EXCEEDED, argument="months")
    view = customer.view
    return ValueAnswer(view, hub.known(view, hub.SUMMARIES), asked.months)
