"""What value and profit take for granted: margins, costs and the discount, each with its name and meaning.

They are a company's own figures, which no partner tells. Every answer that rests on them says so and shows
them. Amounts are in the hub's own currency.
"""

from __future__ import annotations

import typing
from typing import Annotated

import msgspec
from msgspec import Meta


class Assumption(msgspec.Struct, frozen=True, kw_only=True):
    """One of them, to be shown."""

    name: str
    value: float
    description: str


class Assumptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All of them. The defaults are of the order that annual reports of such companies show."""

    discount_rate: Annotated[
        float, Meta(ge=0, le=1, description="Discount of money to come, for a year: 0.08 is 8 per cent.")
    ] = 0.08
    card_margin: Annotated[
        float, Meta(ge=0, le=1, description="Share of card spending kept: interchange less scheme fees.")
    ] = 0.009
    hotel_margin: Annotated[
        float, Meta(ge=0, le=1, description="Share of spending on stays left after their costs.")
    ] = 0.22
    rental_margin: Annotated[
        float, Meta(ge=0, le=1, description="Share of spending on rentals left after their costs.")
    ] = 0.18
    retail_margin: Annotated[
        float,
        Meta(ge=0, le=1, description="Share left of purchases that give points, before the points' cost."),
    ] = 0.06
    retail_purchase: Annotated[
        float,
        Meta(ge=0, description="What is spent on a day with purchases that give points; no programme tells."),
    ] = 45.0
    points_per_unit: Annotated[
        float, Meta(ge=0, description="Points given for one unit of the hub's currency.")
    ] = 1.0
    point_cost: Annotated[float, Meta(ge=0, description="What a point costs that is redeemed.")] = 0.005
    point_redemption: Annotated[
        float, Meta(ge=0, le=1, description="Share of the points given that is ever redeemed.")
    ] = 0.7
    motor_expenses: Annotated[
        float, Meta(ge=0, le=1, description="Share of motor premiums spent on commission and running.")
    ] = 0.25
    motor_loss_ratio: Annotated[
        float, Meta(ge=0, description="Share of motor premiums paid out as claims.")
    ] = 0.65
    home_expenses: Annotated[
        float, Meta(ge=0, le=1, description="Share of home premiums spent on commission and running.")
    ] = 0.3
    home_loss_ratio: Annotated[
        float, Meta(ge=0, description="Share of home premiums paid out as claims.")
    ] = 0.52
    life_expenses: Annotated[
        float, Meta(ge=0, le=1, description="Share of life premiums spent on commission and running.")
    ] = 0.25
    life_loss_ratio: Annotated[
        float, Meta(ge=0, description="Share of life premiums paid out as benefits.")
    ] = 0.5
    other_insurance_expenses: Annotated[
        float, Meta(ge=0, le=1, description="Share of other premiums spent on commission and running.")
    ] = 0.3
    other_insurance_loss_ratio: Annotated[
        float, Meta(ge=0, description="Share of other premiums paid out as claims.")
    ] = 0.55
    claims_credibility: Annotated[
        float,
        Meta(
            ge=0,
            le=1,
            description="Weight of a customer's own claims, against the line's loss ratio, in what is "
            "expected of the future.",
        ),
    ] = 0.2
    pension_fee: Annotated[float, Meta(ge=0, le=1, description="Fee on pension reserves, for a year.")] = (
        0.009
    )
    pension_charge: Annotated[float, Meta(ge=0, le=1, description="Share of pension contributions kept.")] = (
        0.02
    )
    deposit_spread: Annotated[
        float,
        Meta(ge=-1, le=1, description="What deposits earn above the interest paid on them, for a year."),
    ] = 0.014
    lending_rate: Annotated[
        float, Meta(ge=0, le=1, description="Interest on loans where the bank tells none, for a year.")
    ] = 0.085
    funding_rate: Annotated[
        float, Meta(ge=0, le=1, description="What money that is lent costs, for a year.")
    ] = 0.045
    credit_cost: Annotated[
        float, Meta(ge=0, le=1, description="Share of what is lent that is lost, for a year.")
    ] = 0.011
    brokerage_fee: Annotated[
        float, Meta(ge=0, le=1, description="Fee on securities and cash held, for a year.")
    ] = 0.005
    trade_fee: Annotated[float, Meta(ge=0, description="Fee for a purchase or sale of securities.")] = 8.0
    policy_cost: Annotated[
        float, Meta(ge=0, description="Cost of serving an insurance policy for a year.")
    ] = 30.0
    account_cost: Annotated[
        float, Meta(ge=0, description="Cost of serving a bank account or loan for a year.")
    ] = 45.0
    custody_cost: Annotated[
        float, Meta(ge=0, description="Cost of serving a brokerage account for a year.")
    ] = 60.0

    @property
    def monthly_discount(self) -> float:
        """The discount for a month that amounts to that of a year."""
        monthly: float = (1 + self.discount_rate) ** (1 / 12) - 1
        return monthly

    def named(self, *names: str) -> tuple[Assumption, ...]:
        """Some of them, to be shown, in the order given."""
        return tuple(
            Assumption(name=name, value=getattr(self, name), description=_DESCRIPTIONS[name])
            for name in names
        )


_DESCRIPTIONS = {
    name: next(meta.description for meta in hint.__metadata__ if isinstance(meta, Meta)) or ""
    for name, hint in typing.get_type_hints(Assumptions, include_extras=True).items()
}
