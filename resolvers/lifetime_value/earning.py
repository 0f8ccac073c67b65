"""How each line of business earns: its parts, by the company's own assumptions."""

from __future__ import annotations

from resolvers.lifetime_value.assumptions import Assumptions
from resolvers.lifetime_value.margins import LineMargin, Part, Span
from resolvers.summaries.measures import Line, Measure


def margins(assumed: Assumptions, *, credibility: float) -> dict[Line, LineMargin]:
    """How each line contributes.

    Args:
        assumed: the company's own figures.
        credibility: weight of a customer's own claims against the line's loss ratio; 1 for what has been.
    """
    insured = {
        Line.MOTOR: ("motor", assumed.motor_expenses, assumed.motor_loss_ratio),
        Line.HOME: ("home", assumed.home_expenses, assumed.home_loss_ratio),
        Line.LIFE: ("life", assumed.life_expenses, assumed.life_loss_ratio),
        Line.OTHER_INSURANCE: (
            "other_insurance",
            assumed.other_insurance_expenses,
            assumed.other_insurance_loss_ratio,
        ),
    }
    return {
        Line.CARDS: _bought(assumed.card_margin, "card_margin"),
        Line.HOTEL: _bought(assumed.hotel_margin, "hotel_margin"),
        Line.RENTAL: _bought(assumed.rental_margin, "rental_margin"),
        Line.LOYALTY: _loyalty(assumed),
        **{
            line: _insured(name, expenses, losses, credibility, assumed.policy_cost)
            for line, (name, expenses, losses) in insured.items()
        },
        Line.PENSION: _pension(assumed),
        Line.DEPOSITS: LineMargin(
            parts=(
                Part(
                    name="spread",
                    label="Margin on money deposited",
                    measure=Measure.BALANCE,
                    factor=assumed.deposit_spread,
                    rests_on=("deposit_spread",),
                ),
                _service(assumed.account_cost, "account_cost"),
            ),
            needed=(Measure.BALANCE,),
        ),
        Line.LENDING: _lending(assumed),
        Line.BROKERAGE: _brokerage(assumed),
    }


def _bought(margin: float, name: str) -> LineMargin:
    return LineMargin(
        parts=(
            Part(
                name="margin",
                label="Margin on what was spent",
                measure=Measure.SPENT_12M,
                factor=margin,
                span=Span.YEAR,
                rests_on=(name,),
            ),
        ),
        needed=(Measure.SPENT_12M,),
        bought=True,
    )


def _loyalty(assumed: Assumptions) -> LineMargin:
    """Programmes tell points and days, and the till alone what was paid: that is an assumption."""
    return LineMargin(
        parts=(
            Part(
                name="margin",
                label="Margin on purchases",
                measure=Measure.PURCHASE_DAYS_12M,
                factor=assumed.retail_purchase * assumed.retail_margin,
                span=Span.YEAR,
                rests_on=("retail_purchase", "retail_margin"),
            ),
            Part(
                name="points",
                label="Cost of the points given",
                measure=Measure.PURCHASE_DAYS_12M,
                factor=-assumed.retail_purchase
                * assumed.points_per_unit
                * assumed.point_redemption
                * assumed.point_cost,
                span=Span.YEAR,
                rests_on=("retail_purchase", "points_per_unit", "point_redemption", "point_cost"),
            ),
        ),
        needed=(Measure.PURCHASE_DAYS_12M,),
        bought=True,
    )


def _insured(name: str, expenses: float, losses: float, credibility: float, cost: float) -> LineMargin:
    return LineMargin(
        parts=(
            Part(name="premiums", label="Premiums", measure=Measure.ANNUAL_PREMIUM, factor=1.0),
            Part(
                name="expenses",
                label="Commission and running costs",
                measure=Measure.ANNUAL_PREMIUM,
                factor=-expenses,
                rests_on=(f"{name}_expenses",),
            ),
            Part(
                name="expected_claims",
                label="Claims to be expected of anybody",
                measure=Measure.ANNUAL_PREMIUM,
                factor=-losses,
                rests_on=(f"{name}_loss_ratio",),
                if_told=Measure.CLAIMED_36M,
                told_factor=-losses * (1 - credibility),
                none_of=Measure.CLAIMS_36M,
            ),
            Part(
                name="claims",
                label="The customer's own claims",
                measure=Measure.CLAIMED_36M,
                factor=-credibility,
                span=Span.THREE_YEARS,
                rests_on=() if credibility == 1 else ("claims_credibility",),
                none_of=Measure.CLAIMS_36M,
            ),
            _service(cost, "policy_cost"),
        ),
        needed=(Measure.ANNUAL_PREMIUM,),
    )


def _pension(assumed: Assumptions) -> LineMargin:
    return LineMargin(
        parts=(
            Part(
                name="fee",
                label="Fee on the reserve",
                measure=Measure.RESERVE,
                factor=assumed.pension_fee,
                rests_on=("pension_fee",),
            ),
            Part(
                name="charge",
                label="Charge on contributions",
                measure=Measure.ANNUAL_PREMIUM,
                factor=assumed.pension_charge,
                rests_on=("pension_charge",),
            ),
            _service(assumed.policy_cost, "policy_cost"),
        ),
        needed=(Measure.RESERVE, Measure.ANNUAL_PREMIUM),
    )


def _lending(assumed: Assumptions) -> LineMargin:
    return LineMargin(
        parts=(
            Part(
                name="interest",
                label="Interest",
                measure=Measure.BALANCE,
                factor=1.0,
                rate=Measure.INTEREST_RATE,
                usual=assumed.lending_rate,
                usual_rests_on=("lending_rate",),
            ),
            Part(
                name="funding",
                label="Cost of the money lent",
                measure=Measure.BALANCE,
                factor=-assumed.funding_rate,
                rests_on=("funding_rate",),
            ),
            Part(
                name="losses",
                label="Losses to be expected",
                measure=Measure.BALANCE,
                factor=-assumed.credit_cost,
                rests_on=("credit_cost",),
            ),
            _service(assumed.account_cost, "account_cost"),
        ),
        needed=(Measure.BALANCE,),
    )


def _brokerage(assumed: Assumptions) -> LineMargin:
    return LineMargin(
        parts=(
            Part(
                name="fee",
                label="Fee on what is held",
                measure=Measure.BALANCE,
                factor=assumed.brokerage_fee,
                rests_on=("brokerage_fee",),
            ),
            Part(
                name="trades",
                label="Fees for trades",
                measure=Measure.TRADES_12M,
                factor=assumed.trade_fee,
                span=Span.YEAR,
                rests_on=("trade_fee",),
            ),
            _service(assumed.custody_cost, "custody_cost"),
        ),
        needed=(Measure.BALANCE,),
    )


def _service(cost: float, name: str) -> Part:
    return Part(
        name="service",
        label="Cost of serving the contracts",
        measure=Measure.CONTRACTS,
        factor=-cost,
        rests_on=(name,),
    )
