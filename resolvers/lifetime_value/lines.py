"""What the lines of one customer are worth, each explaining itself.

What explains is reckoned when it is asked for.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence
from functools import cached_property

import msgspec

from resolvers.lifetime_value.contractual import Annuity
from resolvers.lifetime_value.margins import Figures, LineMargin, Part, nothing
from resolvers.lifetime_value.model import PURCHASES
from resolvers.lifetime_value.purchases import Bought, PurchaseStream
from resolvers.summaries.measures import Line


class Unvalued(enum.Enum):
    """Why there is no value, or a value of 0."""

    NOTHING_HELD = "NOTHING_HELD"
    """Nothing was ever bought in the line, or no contract is in force: there is nothing to come. The value is
    0, and known to be."""
    FIGURE_UNKNOWN = "FIGURE_UNKNOWN"
    """No partner tells what it would be reckoned from, or only in a currency without a rate."""
    NO_MODEL = "NO_MODEL"
    """No model was fitted for the line: too few customers had it."""
    NO_RATE = "NO_RATE"
    """The model's amounts are of a currency that the hub has no rate of."""
    NO_SUMMARIES = "NO_SUMMARIES"
    """Nothing was reckoned of the customer yet: no partner tells, or the worker has not come to them."""


class Term(msgspec.Struct, frozen=True, kw_only=True):
    """One summand of a value."""

    line: Line
    name: str
    label: str
    value: float
    given: float | None = None
    """The customer's own figure."""
    reference: float | None = None
    """That of the reference customer, where there is one."""
    rests_on: tuple[str, ...] = ()
    """Assumptions in it, by name."""


class LineValue:
    """What a line is worth over the horizon: here, one that cannot be valued."""

    def __init__(self, line: Line, value: float | None, reason: Unvalued | None = None) -> None:
        self.line = line
        self.value = value
        self.reason = reason

    @property
    def baseline(self) -> float:
        """What the value is explained against; with the terms it adds up to the value."""
        return 0.0

    @property
    def terms(self) -> tuple[Term, ...]:
        """What makes the difference."""
        return ()

    @property
    def p_alive(self) -> float | None:
        """Probability that the customer still buys."""
        return None

    @property
    def expected_purchases(self) -> float | None:
        """Purchases to be expected over the horizon."""
        return None

    @property
    def expected_amount(self) -> float | None:
        """Expected amount of each."""
        return None

    @property
    def retention(self) -> float | None:
        """Share of such contracts that is left at the end of the horizon."""
        return None

    @property
    def annual_margin(self) -> float | None:
        """What the contracts contribute in a year."""
        return None


class PurchaseValue(LineValue):
    """Of a line without a contract."""

    def __init__(self, line: Line, stream: PurchaseStream, one: Bought) -> None:
        value = stream.value(one)
        reason = None
        if value is None:
            reason = Unvalued.FIGURE_UNKNOWN if stream.priced else Unvalued.NO_RATE
        super().__init__(line, value, reason)
        self._stream = stream
        self._one = one

    @property
    def p_alive(self) -> float:
        """Probability that the customer still buys."""
        return self._stream.p_alive(self._one)

    @property
    def expected_purchases(self) -> float:
        """Purchases to be expected over the horizon."""
        return self._stream.expected_purchases(self._one)

    @property
    def expected_amount(self) -> float | None:
        """Expected amount of each."""
        return self._stream.expected_amount(self._one)

    @property
    def baseline(self) -> float:
        """What the line's reference customer is worth."""
        return self._explained[0]

    @property
    def terms(self) -> tuple[Term, ...]:
        """What each property of the customer's purchases adds to that."""
        return self._explained[1]

    @cached_property
    def _explained(self) -> tuple[float, tuple[Term, ...]]:
        if self.value is None:
            return 0.0, ()
        found = self._stream.explain(self._one, self.value)
        reference, history, mean = self._stream.model.reference, self._one.history, self._one.mean
        share = history.recency / history.age if history.frequency and history.age else None
        own = (float(history.frequency), share, history.age, mean)
        theirs = (float(reference.frequency), reference.recency_share, reference.age, reference.mean)
        added = (found.frequency, found.recency, found.age, found.mean)
        # Where every purchase is taken to be worth the same, amounts make no difference.
        properties = _PROPERTIES[:-1] if self._stream.fixed else _PROPERTIES
        return found.baseline, tuple(
            Term(line=self.line, name=name, label=label, value=value, given=given, reference=other)
            for (name, label), value, given, other in zip(properties, added, own, theirs, strict=False)
        )


_PROPERTIES = (
    ("frequency", "Repeat purchases"),
    ("recency", "Time to the last purchase, as a share of the time known"),
    ("age", "Weeks since the first purchase"),
    ("spend", "Mean amount of a repeat purchase"),
)


class ContractValue(LineValue):
    """Of a line of contracts."""

    def __init__(
        self,
        line: Line,
        *,
        parts: Sequence[Part],
        amounts: Sequence[float | None],
        figures: Figures,
        annuity: Annuity,
        month: int,
    ) -> None:
        """Value the contracts.

        Args:
            line: their line.
            parts: of a year's margin.
            amounts: of the parts, in a year to come.
            figures: of the customer, in the line.
            annuity: of the line.
            month: tenure in months.
        """
        self._margin = added(amounts)
        super().__init__(line, self._margin * annuity.factor(month))
        self._parts, self._amounts, self._figures = parts, amounts, figures
        self._annuity, self._month = annuity, month

    @property
    def retention(self) -> float:
        """Share of such contracts that is left at the end of the horizon."""
        return self._annuity.kept(self._month)

    @property
    def annual_margin(self) -> float:
        """What the contracts contribute in a year."""
        return self._margin

    @property
    def terms(self) -> tuple[Term, ...]:
        """What each part of the margin adds."""
        factor = self._annuity.factor(self._month)
        return terms_of(self.line, self._parts, self._amounts, self._figures, factor)


class LineProfit:
    """What a line contributed in the last 12 months.

    Args:
        line: the line.
        margin: of a year that has gone.
        figures: of the customer, in the line.
        days: since its oldest contract began, where that is told.
    """

    def __init__(self, line: Line, margin: LineMargin, figures: Figures, days: float | None) -> None:
        self.line = line
        self._parts, self._figures = margin.parts, figures
        self._amounts: Sequence[float | None] = ()
        self.value: float | None = None
        """None where it is not known."""
        self.reason: Unvalued | None = None
        if margin.known(figures):
            self._amounts = margin.of_one(figures, days, past=True)
            self.value = added(self._amounts)
        elif nothing(figures, bought=line in PURCHASES, past=True):
            self.value, self.reason = 0.0, Unvalued.NOTHING_HELD
        else:
            self.reason = Unvalued.FIGURE_UNKNOWN

    @property
    def terms(self) -> tuple[Term, ...]:
        """What it adds up from; empty where it is not known."""
        return terms_of(self.line, self._parts, self._amounts, self._figures, 1.0) if self._amounts else ()


def added(amounts: Iterable[float | None]) -> float:
    """The sum of what is known."""
    return sum(amount for amount in amounts if amount is not None)


def terms_of(
    line: Line, parts: Iterable[Part], amounts: Iterable[float | None], figures: Figures, factor: float
) -> tuple[Term, ...]:
    """The known parts of a margin as terms, each times a factor."""
    return tuple(
        Term(
            line=line,
            name=part.name,
            label=part.label,
            value=amount * factor,
            given=figures.get(part.measure, 0.0),
            rests_on=part.assumed(figures),
        )
        for part, amount in zip(parts, amounts, strict=True)
        if amount is not None
    )
