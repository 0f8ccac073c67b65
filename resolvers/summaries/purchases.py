"""How recently, how often and how much somebody buys: the figures of dated amounts. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

import msgspec

from c360.values import Money
from resolvers.summaries.figures import YEAR, Figures, amounts, count, day, joined, within
from resolvers.summaries.measures import Figure, Line, Measure

FREQUENCY = (Measure.FIRST_ON, Measure.LAST_ON, Measure.PURCHASE_DAYS, Measure.PURCHASE_DAYS_12M)
SPENDING = (Measure.SPENT, Measure.SPENT_AFTER_FIRST, Measure.SPENT_12M)


class Purchase(msgspec.Struct, frozen=True, kw_only=True):
    """Something that was bought, or given back."""

    on: date
    amount: Money | None = None
    """Negative where it was given back; none where the partner does not name it."""

    @property
    def given_back(self) -> bool:
        """Whether money came back: that is no purchase, and lessens what was spent."""
        return self.amount is not None and self.amount.amount < 0


def frequency(line: Line, found: Iterable[Purchase], today: date) -> Figures:
    """When there were purchases. Days to come do not count."""
    days = {each.on for each in found if each.on <= today and not each.given_back}
    return joined(
        day(line, Measure.FIRST_ON, min(days, default=None)),
        day(line, Measure.LAST_ON, max(days, default=None)),
        count(line, Measure.PURCHASE_DAYS, len(days)),
        count(line, Measure.PURCHASE_DAYS_12M, sum(within(each, today, YEAR) for each in days)),
    )


def spending(line: Line, found: Iterable[Purchase], today: date) -> Figures:
    """What was spent, in each currency, and of that after the first day and in the last year.

    Where more was given back than bought, nothing was spent.
    """
    past = [each for each in found if each.on <= today]
    first = min((each.on for each in past if not each.given_back), default=None)
    zeros = [
        msgspec.structs.replace(each.amount, amount=Decimal(0)) for each in past if each.amount is not None
    ]

    def spent(measure: Measure, some: Sequence[Purchase]) -> Figures:
        return tuple(map(_nothing_less, amounts(line, measure, [*zeros, *(each.amount for each in some)])))

    return joined(
        spent(Measure.SPENT, past),
        spent(Measure.SPENT_AFTER_FIRST, [each for each in past if first is None or each.on > first]),
        spent(Measure.SPENT_12M, [each for each in past if within(each.on, today, YEAR)]),
    )


def purchases(line: Line, found: Iterable[Purchase], today: date) -> Figures:
    """All figures of purchases whose amounts a partner names."""
    every = tuple(found)
    return joined(frequency(line, every, today), spending(line, every, today))


def _nothing_less(figure: Figure) -> Figure:
    return figure if figure.value >= 0 else msgspec.structs.replace(figure, value=0.0)
