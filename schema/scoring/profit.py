"""What a customer contributed in the last 12 months, by line of business and by assumption."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from msgspec import Meta
from strawberry.types.field import StrawberryField

from c360.values import CurrencyCode, Money
from resolvers.lifetime_value.lines import LineProfit as LineFound
from resolvers.lifetime_value.lines import Term, Unvalued
from resolvers.lifetime_value.value import CustomerProfit
from resolvers.reckoned import profit_of
from resolvers.segments.ranks import Ranked, decile_of
from resolvers.summaries.customer import Summaries
from resolvers.summaries.measures import Line
from resolvers.view import CustomerView
from schema import hub
from schema.answers import CustomerAnswer
from schema.declarations import Demand
from schema.derive import Deriver
from schema.inputs import NodeId
from schema.permissions.types import TYPES
from schema.scoring.answers import Reckoned, ValueRank, contributions, money, rank
from schema.scoring.shapes import (
    Assumption,
    Basis,
    Contribution,
    OldestFigure,
    RatesUsed,
    Unconverted,
)
from schema.shapes import Shape


class LineProfit(Shape, frozen=True, kw_only=True):
    """What one line of business contributed."""

    line: Annotated[Line, Meta(description="The line of business.")]
    amount: Annotated[
        Money | None, Meta(description="Its contribution; null where it is not known, see `reason`.")
    ]
    reason: Annotated[Unvalued | None, Meta(description="Why there is no amount, or one of 0.")]
    value: Annotated[float | None, Meta(description="The amount before rounding, in the hub's currency.")]
    contributions: Annotated[
        tuple[Contribution, ...], Meta(description="The parts of it; they add up to `value`.")
    ]


class Profit(Shape, frozen=True, kw_only=True):
    """What a customer contributed in the last 12 months, by what partners tell and the company assumes.

    What was spent times its margin; premiums less expenses and claims; fees; interest less the cost of money
    and expected losses; the cost of points and of service. Contracts count from the day that they began. Of
    claims of three years a third is taken, since no partner tells what is owed for one.
    """

    total: Annotated[
        Money | None,
        Meta(
            description="Over all lines that are known; null where none is, see `reason`. What is not known "
            "is left out, never taken for zero: see `partial`."
        ),
    ]
    reason: Annotated[Unvalued | None, Meta(description="Why there is no total.")]
    value: Annotated[float | None, Meta(description="The total before rounding, in the hub's currency.")]
    partial: Annotated[bool, Meta(description="Whether something that the customer has is not in the total.")]
    lines: Annotated[tuple[LineProfit, ...], Meta(description="By line of business that the customer has.")]
    baseline: Annotated[float, Meta(description="0: a customer without any line contributes nothing.")]
    contributions: Annotated[
        tuple[Contribution, ...],
        Meta(description="By line and part; they add up to `value` within 1e-9."),
    ]
    by_assumption: Annotated[
        tuple[Contribution, ...],
        Meta(
            description="The same parts by the assumptions that they rest on; `TOLD` is what rests on "
            "none. They add up to `value` likewise."
        ),
    ]
    decile: Annotated[
        int | None,
        Meta(
            description="The tenth of the population of the same kind that the customer is in: 10 "
            "contributes the most, 1 the least. Null where no population was ranked, see `versus`."
        ),
    ]
    versus: Annotated[ValueRank | None, Meta(description="How the profit compares.")]
    assumptions: Annotated[
        tuple[Assumption, ...],
        Meta(description="The company's own figures that it takes for granted."),
    ]
    rates: RatesUsed
    basis: Annotated[Basis, Meta(description="What it is reckoned from.")]
    as_of: OldestFigure
    missing: Annotated[
        tuple[NodeId, ...],
        Meta(
            description="Connector instances that the customer is linked to and nothing was reckoned of yet: "
            "what they hold is not in the profit."
        ),
    ]
    unconverted: Unconverted


class ProfitAnswer(Reckoned):
    """A customer's profit, read by the fields' names."""

    baseline = 0.0

    def __init__(self, view: CustomerView, summaries: Summaries) -> None:
        super().__init__(view, summaries)
        self.found: CustomerProfit = profit_of(view, summaries)
        self.value = self.known(self.found.value)
        self.total = money(self.value, self.currency)
        self.reason = self.why_not(self.value)
        self.partial = self.is_partial(line.value for line in self.found.lines)

    @property
    def lines(self) -> tuple[LineProfit, ...]:
        """By line."""
        return tuple(_line(line, self.currency) for line in self.found.lines)

    @property
    def contributions(self) -> tuple[Contribution, ...]:
        """By line and part."""
        return contributions(self.found.terms)

    @property
    def by_assumption(self) -> tuple[Contribution, ...]:
        """By what they rest on."""
        return _by_assumption(self.found.terms)

    @property
    def versus(self) -> ValueRank | None:
        """Beside the population."""
        return rank(self.view, Ranked.PROFIT, self.value)

    @property
    def decile(self) -> int | None:
        """Of the population."""
        versus = self.versus
        return None if versus is None or versus.percentile is None else decile_of(versus.percentile)

    @property
    def assumptions(self) -> tuple[Assumption, ...]:
        """Of the parts that there are."""
        return self.assumed([name for term in self.found.terms for name in term.rests_on])


def profit_fields(make: Deriver) -> dict[str, StrawberryField]:
    """The fields by name."""
    return {
        "profit": make.attribute(
            Profit | None,
            "What the customer contributed in the last 12 months, in total and by line of business, with the "
            "reasons. From the hub's summaries; asks no partner. Null only where it is withheld.",
            rule=TYPES["Profit"],
            demand=Demand(hub=hub.SUMMARIES),
            read=_profit,
        ),
    }


def _profit(customer: CustomerAnswer) -> ProfitAnswer:
    view = customer.view
    return ProfitAnswer(view, hub.known(view, hub.SUMMARIES))


def _line(found: LineFound, currency: CurrencyCode) -> LineProfit:
    return LineProfit(
        line=found.line,
        amount=money(found.value, currency),
        reason=found.reason,
        value=found.value,
        contributions=contributions(found.terms),
    )


_TOLD = "What partners tell"


def _by_assumption(terms: Iterable[Term]) -> tuple[Contribution, ...]:
    sums: dict[tuple[str, ...], float] = {}
    for term in terms:
        sums[term.rests_on] = sums.get(term.rests_on, 0.0) + term.value
    return tuple(
        Contribution(
            feature=" × ".join(names) or "TOLD",
            label=" × ".join(name.replace("_", " ") for name in names) or _TOLD,
            value=value,
        )
        for names, value in sums.items()
    )
