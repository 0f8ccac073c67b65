"""The rules of a product as data: a small closed vocabulary, which says why when it is not met.

A condition is met, not met, or not known, because a partner's figures are missing; combinations follow
Kleene's logic of three values. What is not known does not let a product pass, and is told as such.

As JSON, each rule is an object whose ``is`` names it::

    {
        "is": "ALL",
        "of": [
            {"is": "HELD", "line": "DEPOSITS"},
            {"is": "FIGURE", "line": "DEPOSITS", "measure": "BALANCE", "at_least": 5000},
            {"is": "NOT", "of": {"is": "HELD", "line": "BROKERAGE"}},
        ],
    }
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from msgspec import Meta

from resolvers.offers.conditions import (
    AgentRule,
    ChannelRule,
    Condition,
    CountryRule,
    DaysSince,
    DoingRule,
    Failure,
    FigureRule,
    Held,
    Income,
    KindRule,
    RiskBandRule,
    Test,
    TotalRule,
    ValueRule,
)
from resolvers.offers.facts import Facts


class AllOf(Condition, frozen=True, kw_only=True, tag="ALL"):
    """Every condition is met; met where there is none."""

    of: tuple[Rule, ...]

    def compiled(self) -> Test:
        """Not met as soon as one is not."""
        tests = tuple(rule.compiled() for rule in self.of)
        if len(tests) == 1:
            return tests[0]

        def test(facts: Facts) -> bool | None:
            met: bool | None = True
            for each in tests:
                found = each(facts)
                if found is False:
                    return False
                if found is None:
                    met = None
            return met

        return test

    def wanted(self) -> str:
        """All of them."""
        return " and ".join(f"({rule.wanted()})" for rule in self.of)

    def failures(self, facts: Facts) -> Iterator[Failure]:
        """Of each that is not met."""
        for rule in self.of:
            yield from rule.failures(facts)


class AnyOf(Condition, frozen=True, kw_only=True, tag="ANY"):
    """At least one condition is met."""

    of: Annotated[tuple[Rule, ...], Meta(min_length=1)]

    def compiled(self) -> Test:
        """Met as soon as one is."""
        tests = tuple(rule.compiled() for rule in self.of)

        def test(facts: Facts) -> bool | None:
            met: bool | None = False
            for each in tests:
                found = each(facts)
                if found:
                    return True
                if found is None:
                    met = None
            return met

        return test

    def wanted(self) -> str:
        """Any of them."""
        return " or ".join(f"({rule.wanted()})" for rule in self.of)


class Not(Condition, frozen=True, kw_only=True, tag="NOT"):
    """A condition is not met."""

    of: Rule

    def compiled(self) -> Test:
        """The opposite; what is not known stays so."""
        inner = self.of.compiled()

        def test(facts: Facts) -> bool | None:
            met = inner(facts)
            return None if met is None else not met

        return test

    def wanted(self) -> str:
        """Its opposite."""
        return f"not ({self.of.wanted()})"

    def _failure(self, facts: Facts, *, known: bool) -> Failure:
        inner = self.of
        line = getattr(inner, "line", None)
        return Failure(rule="NOT", wanted=self.wanted(), known=known, line=line)


Rule = (
    Held
    | FigureRule
    | TotalRule
    | DaysSince
    | Income
    | ValueRule
    | CountryRule
    | KindRule
    | RiskBandRule
    | DoingRule
    | ChannelRule
    | AgentRule
    | AllOf
    | AnyOf
    | Not
)
"""Every rule that there is."""

ALWAYS = AllOf(of=())
"""Met by everybody."""


def uses(rule: Rule, kind: type[Condition]) -> bool:
    """Whether a condition of a kind occurs in a rule."""
    if isinstance(rule, kind):
        return True
    inner = rule.of if isinstance(rule, AllOf | AnyOf) else (rule.of,) if isinstance(rule, Not) else ()
    return any(uses(each, kind) for each in inner)
