"""Conditions of the rules: each is met, not met, or not known, and says why it is not met."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Annotated

import msgspec
from msgspec import Meta

from c360.records.party import PartyKind
from resolvers.offers.facts import UNKNOWN_IF_ABSENT, Facts
from resolvers.offers.situation import Agent, Channel, Doing
from resolvers.risk.bands import RiskBand
from resolvers.summaries.measures import Combine, Line, Measure, Unit

Test = Callable[[Facts], bool | None]
"""Whether a condition is met; none where that is not known."""


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """A condition that is not met."""

    rule: str
    """Name of the condition, such as ``HELD``."""
    wanted: str
    """What was asked, in words."""
    known: bool
    """False where it may be met, and a partner's figures are missing to say so."""
    line: Line | None = None
    measure: Measure | None = None
    found: float | None = None
    """The figure that there is."""


class Condition(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="is", forbid_unknown_fields=True, omit_defaults=True
):
    """Base of the conditions."""

    def compiled(self) -> Test:
        """What says whether it is met, to be kept where it is asked often."""
        raise NotImplementedError

    def test(self, facts: Facts) -> bool | None:
        """Whether it is met; none where that is not known."""
        return self.compiled()(facts)

    def wanted(self) -> str:
        """What it asks, in words."""
        raise NotImplementedError

    def failures(self, facts: Facts) -> Iterator[Failure]:
        """Why it is not met; nothing where it is."""
        met = self.test(facts)
        if met is not True:
            yield self._failure(facts, known=met is False)

    def _failure(self, facts: Facts, *, known: bool) -> Failure:
        return Failure(rule=_name(self), wanted=self.wanted(), known=known)


class _Bounds(Condition, frozen=True, kw_only=True):
    """A figure within bounds, both included."""

    at_least: float | None = None
    at_most: float | None = None

    def __post_init__(self) -> None:
        if self.at_least is None and self.at_most is None:
            raise ValueError("give at_least, at_most, or both")
        if self.at_least is not None and self.at_most is not None and self.at_least > self.at_most:
            raise ValueError("at_least is more than at_most")

    def figure(self, facts: Facts) -> float | None:
        """The figure; none where it is not known."""
        raise NotImplementedError

    def what(self) -> str:
        """The figure in words."""
        raise NotImplementedError

    def compiled(self) -> Test:
        """Whether the figure lies within."""
        figure = self.figure
        least = -math.inf if self.at_least is None else self.at_least
        most = math.inf if self.at_most is None else self.at_most

        def test(facts: Facts) -> bool | None:
            found = figure(facts)
            return None if found is None else least <= found <= most

        return test

    def wanted(self) -> str:
        """The figure and its bounds."""
        least = "" if self.at_least is None else f" at least {self.at_least:,g}"
        most = "" if self.at_most is None else f" at most {self.at_most:,g}"
        return f"{self.what()}{least}{' and' if least and most else ''}{most}"

    def _failure(self, facts: Facts, *, known: bool) -> Failure:
        return Failure(
            rule=_name(self),
            wanted=self.wanted(),
            known=known,
            line=getattr(self, "line", None),
            measure=getattr(self, "measure", None),
            found=self.figure(facts),
        )


class Held(Condition, frozen=True, kw_only=True, tag="HELD"):
    """Something is held in a line of business, at any partner."""

    line: Line

    def compiled(self) -> Test:
        """Whether it is."""
        line = self.line
        return lambda facts: facts.holds.get(line, False)

    def wanted(self) -> str:
        """The line."""
        return f"holds {self.line.value}"

    def _failure(self, facts: Facts, *, known: bool) -> Failure:
        return Failure(rule="HELD", wanted=self.wanted(), known=known, line=self.line)


class FigureRule(_Bounds, frozen=True, kw_only=True, tag="FIGURE"):
    """A figure of a line of business; zero where the line is not held."""

    line: Line
    measure: Measure

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.measure.unit is Unit.DAY:
            raise ValueError(f"{self.measure.value} is a day; use DAYS_SINCE")

    def figure(self, facts: Facts) -> float | None:
        """The figure."""
        return facts.figure(self.line, self.measure)

    def compiled(self) -> Test:
        """The same as of any figure, in one step: most of a catalogue's rules are of this kind."""
        line, measure = self.line, self.measure
        absent = None if measure in UNKNOWN_IF_ABSENT else 0.0
        least = -math.inf if self.at_least is None else self.at_least
        most = math.inf if self.at_most is None else self.at_most

        def test(facts: Facts) -> bool | None:
            figures = facts.lines.get(line)
            if figures is None:
                return None if line in facts.unknown else least <= 0.0 <= most
            found = figures.get(measure, absent)
            return None if found is None else least <= found <= most

        return test

    def what(self) -> str:
        """Measure and line."""
        return f"{self.measure.value} of {self.line.value}"


class TotalRule(_Bounds, frozen=True, kw_only=True, tag="TOTAL"):
    """A figure over all lines of business."""

    measure: Measure

    def figure(self, facts: Facts) -> float | None:
        """The figure over the lines that are known."""
        found = facts.total(self.measure)
        return 0.0 if found is None else found

    def compiled(self) -> Test:
        """Whether it lies within, whatever the lines hold that are not known."""
        within, sums = super().compiled(), self.measure.combine is Combine.SUM

        def test(facts: Facts) -> bool | None:
            met = within(facts)
            if not facts.unknown:
                return met
            # What is not known can only add to a sum: enough stays enough, too much stays too much.
            if sums and self.at_most is None:
                return met or None
            return False if sums and self.at_least is None and not met else None

        return test

    def what(self) -> str:
        """The measure."""
        return f"{self.measure.value} over all lines"


class DaysSince(_Bounds, frozen=True, kw_only=True, tag="DAYS_SINCE"):
    """How long ago something first or last happened in a line of business."""

    line: Line
    measure: Measure

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.measure.unit is not Unit.DAY:
            raise ValueError(f"{self.measure.value} is no day; use FIGURE")

    def figure(self, facts: Facts) -> float | None:
        """Days; none where it never happened."""
        day = facts.figure(self.line, self.measure)
        return None if not day else facts.summaries.age(day)

    def compiled(self) -> Test:
        """Whether it lies within; not so where it never happened."""
        within, line = super().compiled(), self.line

        def test(facts: Facts) -> bool | None:
            met = within(facts)
            return False if met is None and line not in facts.unknown else met

        return test

    def what(self) -> str:
        """The event."""
        return f"days since {self.measure.value} of {self.line.value}"


class Income(_Bounds, frozen=True, kw_only=True, tag="INCOME"):
    """Money that came in on accounts in the last year."""

    def figure(self, facts: Facts) -> float | None:
        """The income; none where no bank tells."""
        return facts.total(Measure.INCOME_12M)

    def what(self) -> str:
        """In words."""
        return "income of the last year"


class ValueRule(_Bounds, frozen=True, kw_only=True, tag="VALUE"):
    """The customer's lifetime value."""

    def figure(self, facts: Facts) -> float | None:
        """The value; none where no model said."""
        return facts.value

    def what(self) -> str:
        """In words."""
        return "lifetime value"


class _Among(Condition, frozen=True, kw_only=True):
    """Something is one of several."""

    def found(self, facts: Facts) -> object:
        """What it is; none where it is not known."""
        raise NotImplementedError

    def compiled(self) -> Test:
        """Whether it is one of them."""
        of, among = self.found, self.among  # type: ignore[attr-defined]  # of each subclass

        def test(facts: Facts) -> bool | None:
            found = of(facts)
            return None if found is None else found in among

        return test

    def wanted(self) -> str:
        """What, and which."""
        each = ", ".join(str(getattr(one, "value", one)) for one in self.among)  # type: ignore[attr-defined]  # of each subclass
        return f"{_name(self).lower().replace('_', ' ')} among {each}"


Country = Annotated[str, Meta(pattern=r"^[A-Z]{2}$")]


class CountryRule(_Among, frozen=True, kw_only=True, tag="COUNTRY"):
    """The customer lives in one of some countries (ISO 3166-1 alpha-2)."""

    among: Annotated[tuple[Country, ...], Meta(min_length=1)]

    def found(self, facts: Facts) -> object:
        """The country."""
        return facts.country


class KindRule(_Among, frozen=True, kw_only=True, tag="KIND"):
    """The customer is a person, or an organisation."""

    among: Annotated[tuple[PartyKind, ...], Meta(min_length=1)]

    def found(self, facts: Facts) -> object:
        """The kind."""
        return facts.kind


class RiskBandRule(_Among, frozen=True, kw_only=True, tag="RISK_BAND"):
    """The customer's risk of default lies in one of some bands."""

    among: Annotated[tuple[RiskBand, ...], Meta(min_length=1)]

    def found(self, facts: Facts) -> object:
        """The band."""
        return facts.risk_band


class DoingRule(_Among, frozen=True, kw_only=True, tag="DOING"):
    """The customer is doing one of some things."""

    among: Annotated[tuple[Doing, ...], Meta(min_length=1)]

    def found(self, facts: Facts) -> object:
        """The thing."""
        return facts.situation.doing


class ChannelRule(_Among, frozen=True, kw_only=True, tag="CHANNEL"):
    """The offer is made through one of some channels; met where the channel is not said."""

    among: Annotated[tuple[Channel, ...], Meta(min_length=1)]

    def found(self, facts: Facts) -> object:
        """The channel."""
        return facts.situation.channel or self.among[0]


class AgentRule(_Among, frozen=True, kw_only=True, tag="AGENT"):
    """The offer is made by one of some; met where it is not said by whom."""

    among: Annotated[tuple[Agent, ...], Meta(min_length=1)]

    def found(self, facts: Facts) -> object:
        """Who."""
        return facts.situation.agent or self.among[0]


def _name(rule: Condition) -> str:
    return str(rule.__struct_config__.tag)
