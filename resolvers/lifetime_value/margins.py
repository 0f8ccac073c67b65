"""What a line of business contributes in a year: a sum of parts, each a figure times a factor.

One definition for one customer and for many. Every part says which assumption it rests on, so that a
contribution can be shown by line and by assumption, and adds up both ways.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from resolvers.lifetime_value.assumptions import Assumptions
from resolvers.summaries.measures import Line, Measure

Floats = NDArray[np.float64]
Figures = Mapping[Measure, float]
Columns = Mapping[Measure, Floats]
"""Of many customers; a figure that is not known is NaN."""

DAYS_PER_YEAR = 365.25
CLAIM_YEARS = 3.0
"""Years that the claims of a summary are of."""


class Span(enum.Enum):
    """What time a figure stands for."""

    STANDING = 0
    """What there is now, such as a balance: of a year that began before the contract it counts in part."""
    YEAR = 1
    """What happened in a year."""
    THREE_YEARS = 2
    """What happened in three years, or since the contract began: a year has its share."""


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a line's contribution: ``measure`` × ``factor``, and × ``rate`` where it has one."""

    name: str
    label: str
    measure: Measure
    factor: float
    span: Span = Span.STANDING
    rests_on: tuple[str, ...] = ()
    """Assumptions in it, by name."""
    rate: Measure | None = None
    """A rate that multiplies it; where nobody tells it, ``usual`` does."""
    usual: float = 0.0
    usual_rests_on: tuple[str, ...] = ()
    if_told: Measure | None = None
    """Where this figure is told, ``told_factor`` takes the place of ``factor``."""
    none_of: Measure | None = None
    """A count: where it is told to be 0, ``if_told`` counts as told, and this part as 0 if it is missing."""
    told_factor: float = 0.0

    @property
    def special(self) -> Part | None:
        """The part itself, where it is more than a figure times a factor."""
        return None if self.rate is None and self.if_told is None and self.none_of is None else self

    def special_amount(self, figure: float | None, figures: Figures) -> float | None:
        """The figure times what it is multiplied by for one customer."""
        nothing = self.none_of is not None and figures.get(self.none_of) == 0
        if figure is None:
            return 0.0 if nothing else None
        told = self.if_told is not None and (nothing or self.if_told in figures)
        amount = figure * (self.told_factor if told else self.factor)
        if self.rate is not None:
            rate = figures.get(self.rate)
            amount *= self.usual if rate is None else rate
        return amount

    def assumed(self, figures: Figures) -> tuple[str, ...]:
        """The assumptions that it rests on for one customer."""
        if self.rate is not None and self.rate not in figures:
            return (*self.rests_on, *self.usual_rests_on)
        return self.rests_on


class LineMargin:
    """How a line's contribution is put together.

    Args:
        parts: what it is the sum of.
        needed: figures of which one at least must be told, for anything to be known of it.
    """

    def __init__(self, parts: Sequence[Part], *, needed: Sequence[Measure]) -> None:
        self.parts = tuple(parts)
        self.needed = tuple(needed)
        self._steps = [(part.measure, part.factor, part.span.value, part.special) for part in parts]

    def known(self, figures: Figures) -> bool:
        """Whether a customer's figures tell what the line contributes."""
        return not figures.keys().isdisjoint(self.needed)

    def share(self, unit: float) -> float:
        """What is left of an amount spent, where a unit of the figures stands for so much spending."""
        return sum(part.factor for part in self.parts) / unit if unit else 0.0

    def of_one(self, figures: Figures, days: float | None, *, past: bool) -> list[float | None]:
        """Each part of one customer's contribution; none where its figure is not told.

        Args:
            figures: of the line.
            days: since the line's oldest contract began, where that is told.
            past: of the year that has gone, else of a year to come: a contract that is younger than a year
                contributed for its days alone.
        """
        years = CLAIM_YEARS if days is None else days / DAYS_PER_YEAR
        share = years if past and years < 1 else 1.0
        per_year = 1.0 if years < 1 else 1 / years if years < CLAIM_YEARS else 1 / CLAIM_YEARS
        scales = (share if share > 0 else 0.0, 1.0, per_year)
        found: list[float | None] = []
        for measure, factor, span, special in self._steps:
            figure = figures.get(measure)
            if special is not None:
                figure = special.special_amount(figure, figures)
                found.append(None if figure is None else figure * scales[span])
            else:
                found.append(None if figure is None else figure * factor * scales[span])
        return found


def of_many(margin: LineMargin, columns: Columns, days: Floats, *, past: bool) -> Floats:
    """The contributions of many customers, NaN where nothing is known; see :meth:`LineMargin.of_one`.

    Args:
        margin: of the line.
        columns: of the line.
        days: since the line's oldest contract began; NaN where that is not told.
        past: of the year that has gone, else of a year to come.
    """
    years = np.clip(np.where(np.isnan(days), np.inf, days) / DAYS_PER_YEAR, 1.0, CLAIM_YEARS)
    share = np.clip(np.where(np.isnan(days), np.inf, days) / DAYS_PER_YEAR, 0.0, 1.0) if past else 1.0
    total = np.zeros(len(days))
    for part in margin.parts:
        column = columns.get(part.measure)
        if column is None:
            continue
        factor: Floats | float = part.factor
        if part.if_told is not None:
            told = ~np.isnan(columns[part.if_told]) if part.if_told in columns else np.zeros(len(days), bool)
            if part.none_of is not None and part.none_of in columns:
                told |= columns[part.none_of] == 0
            factor = np.where(told, part.told_factor, part.factor)
        amount = column * factor
        if part.rate is not None:
            rate = columns.get(part.rate)
            amount = amount * (part.usual if rate is None else np.where(np.isnan(rate), part.usual, rate))
        if part.span is Span.STANDING:
            amount = amount * share
        elif part.span is Span.THREE_YEARS:
            amount = amount / years
        total += np.where(np.isnan(amount), 0.0, amount)
    known = np.zeros(len(days), dtype=np.bool_)
    for measure in margin.needed:
        if measure in columns:
            known |= ~np.isnan(columns[measure])
    total[~known] = np.nan
    return total


def nothing(figures: Figures, *, bought: bool, past: bool) -> bool:
    """Whether a customer certainly has nothing in a line, so that it is worth, or was worth, nothing.

    Args:
        figures: of the line.
        bought: whether it is a line of purchases, else of contracts.
        past: in the year that has gone, in which a contract may have ended, else from now on.
    """
    if bought:
        return figures.get(Measure.PURCHASE_DAYS_12M if past else Measure.PURCHASE_DAYS) == 0
    return figures.get(Measure.CONTRACTS) == 0 and not (past and figures.get(Measure.CONTRACTS_ENDED))


def nothing_many(columns: Columns, size: int, *, bought: bool, past: bool) -> NDArray[np.bool_]:
    """:func:`nothing` of many customers."""
    unknown = np.full(size, np.nan)
    if bought:
        none: NDArray[np.bool_] = (
            columns.get(Measure.PURCHASE_DAYS_12M if past else Measure.PURCHASE_DAYS, unknown) == 0
        )
        return none
    none = columns.get(Measure.CONTRACTS, unknown) == 0
    return none & ~(columns.get(Measure.CONTRACTS_ENDED, unknown) > 0) if past else none


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
