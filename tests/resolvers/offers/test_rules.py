"""Rules as data: three values, and why one is not met."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from c360.records.party import PartyKind
from resolvers.offers.conditions import Held, RiskBandRule
from resolvers.offers.facts import Facts, unknown_lines
from resolvers.offers.rules import AllOf, AnyOf, Not, Rule, uses
from resolvers.offers.situation import Agent, Doing, Situation
from resolvers.risk.bands import RiskBand
from resolvers.summaries.customer import Summaries
from resolvers.summaries.measures import Line, Measure

DAY = date(2026, 11, 26)
LINES = {
    Line.DEPOSITS: {Measure.CONTRACTS: 2.0, Measure.BALANCE: 5_000.0, Measure.INCOME_12M: 40_000.0},
    Line.HOTEL: {Measure.LAST_ON: float(DAY.toordinal() - 30), Measure.TRIPS_36M: 4.0},
    Line.MOTOR: {Measure.CONTRACTS: 0.0, Measure.CONTRACTS_ENDED: 1.0},
}


def facts(*, unknown: frozenset[Line] = frozenset(), **more: Any) -> Facts:
    return Facts(Summaries(day=DAY, currency="AUD", lines=LINES), unknown=unknown, **more)


def rule(**fields: Any) -> Rule:
    found: Rule = msgspec.convert({name.rstrip("_"): value for name, value in fields.items()}, Rule)
    return found


BROKING = frozenset({Line.BROKERAGE})
CASES = [
    (rule(is_="HELD", line="DEPOSITS"), facts(), True),
    (rule(is_="HELD", line="HOTEL"), facts(), True),
    (rule(is_="HELD", line="MOTOR"), facts(), False),
    (rule(is_="HELD", line="BROKERAGE"), facts(), False),
    (rule(is_="HELD", line="BROKERAGE"), facts(unknown=BROKING), None),
    (rule(is_="FIGURE", line="DEPOSITS", measure="BALANCE", at_least=5_000), facts(), True),
    (rule(is_="FIGURE", line="DEPOSITS", measure="BALANCE", at_most=4_999), facts(), False),
    (rule(is_="FIGURE", line="DEPOSITS", measure="RETURNED_12M", at_most=0), facts(), True),
    (rule(is_="FIGURE", line="DEPOSITS", measure="INTEREST_RATE", at_least=0), facts(), None),
    (rule(is_="FIGURE", line="BROKERAGE", measure="BALANCE", at_most=10), facts(), True),
    (rule(is_="FIGURE", line="BROKERAGE", measure="BALANCE", at_most=10), facts(unknown=BROKING), None),
    (rule(is_="TOTAL", measure="TRIPS_36M", at_least=4), facts(unknown=BROKING), True),
    (rule(is_="TOTAL", measure="TRIPS_36M", at_least=5), facts(unknown=BROKING), None),
    (rule(is_="TOTAL", measure="TRIPS_36M", at_most=3), facts(unknown=BROKING), False),
    (rule(is_="TOTAL", measure="TRIPS_36M", at_most=9), facts(unknown=BROKING), None),
    (rule(is_="TOTAL", measure="TRIPS_36M", at_most=9), facts(), True),
    (rule(is_="DAYS_SINCE", line="HOTEL", measure="LAST_ON", at_most=30), facts(), True),
    (rule(is_="DAYS_SINCE", line="RENTAL", measure="LAST_ON", at_most=30), facts(), False),
    (
        rule(is_="DAYS_SINCE", line="RENTAL", measure="LAST_ON", at_most=30),
        facts(unknown=frozenset({Line.RENTAL})),
        None,
    ),
    (rule(is_="INCOME", at_least=40_000), facts(), True),
    (rule(is_="VALUE", at_least=1), facts(), None),
    (rule(is_="VALUE", at_least=1), facts(value=2.0), True),
    (rule(is_="COUNTRY", among=["AU"]), facts(country="NZ"), False),
    (rule(is_="COUNTRY", among=["AU"]), facts(), None),
    (rule(is_="KIND", among=["PERSON"]), facts(kind=PartyKind.ORGANIZATION), False),
    (rule(is_="RISK_BAND", among=["LOW"]), facts(risk_band=RiskBand.LOW), True),
    (rule(is_="DOING", among=["BROWSING"]), facts(), True),
    (rule(is_="DOING", among=["CLAIMING"]), facts(situation=Situation(doing=Doing.BORROWING)), False),
    (rule(is_="AGENT", among=["ADVISER"]), facts(), True),
    (rule(is_="AGENT", among=["ADVISER"]), facts(situation=Situation(agent=Agent.CLERK)), False),
    (rule(is_="CHANNEL", among=["EMAIL"]), facts(), True),
    (rule(is_="ALL", of=[]), facts(), True),
]


@pytest.mark.parametrize(
    ("asked", "known", "met"), CASES, ids=lambda value: "" if isinstance(value, Facts) else repr(value)[:60]
)
def test_a_condition_is_met_not_met_or_not_known(asked: Rule, known: Facts, met: bool | None) -> None:
    assert asked.test(known) is met
    failures = list(asked.failures(known))
    assert bool(failures) is (met is not True)
    assert all(failure.known is (met is False) for failure in failures)
    assert all(failure.wanted for failure in failures)


LEAVES = {
    True: Held(line=Line.DEPOSITS),
    False: Held(line=Line.LOYALTY),
    None: Held(line=Line.BROKERAGE),
}
TREES: st.SearchStrategy[Rule] = st.recursive(
    st.sampled_from(list(LEAVES.values())),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda of: AllOf(of=tuple(of))),
        st.lists(inner, min_size=1, max_size=3).map(lambda of: AnyOf(of=tuple(of))),
        inner.map(lambda of: Not(of=of)),
    ),
    max_leaves=12,
)


def kleene(tree: Rule) -> bool | None:
    """The three values as numbers: false 0, not known ½, true 1; and, or, not are min, max and 1 − x."""

    def number(one: Rule) -> float:
        if isinstance(one, AllOf):
            return min(map(number, one.of), default=1.0)
        if isinstance(one, AnyOf):
            return max(map(number, one.of))
        if isinstance(one, Not):
            return 1.0 - number(one.of)
        return {True: 1.0, False: 0.0, None: 0.5}[one.test(facts(unknown=BROKING))]

    return {1.0: True, 0.0: False, 0.5: None}[number(tree)]


@given(TREES)
def test_combinations_follow_kleene_and_fail_with_reasons(tree: Rule) -> None:
    known = facts(unknown=BROKING)
    assert tree.test(known) is kleene(tree)
    failures = list(tree.failures(known))
    assert bool(failures) is (kleene(tree) is not True)
    # A rule that is met but for what is not known says so and nothing else.
    if kleene(tree) is None:
        assert any(not failure.known for failure in failures)
    assert msgspec.json.decode(msgspec.json.encode(tree), type=Rule) == tree


def test_every_failing_part_of_a_rule_is_told() -> None:
    asked = AllOf(of=(LEAVES[True], LEAVES[False], Not(of=LEAVES[True]), LEAVES[None]))
    told = [(each.rule, each.wanted, each.known) for each in asked.failures(facts(unknown=BROKING))]
    assert told == [
        ("HELD", "holds LOYALTY", True),
        ("NOT", "not (holds DEPOSITS)", True),
        ("HELD", "holds BROKERAGE", False),
    ]


def test_what_a_rule_asks_for_is_found_however_deep() -> None:
    deep = AnyOf(of=(LEAVES[True], Not(of=AllOf(of=(RiskBandRule(among=(RiskBand.LOW,)),)))))
    assert uses(deep, RiskBandRule)
    assert not uses(AllOf(of=(LEAVES[True],)), RiskBandRule)


def test_lines_are_not_known_where_their_partner_is_missing_and_nobody_else_tells_of_them() -> None:
    missing = Summaries(day=DAY, currency="AUD", lines=LINES, missing=("broker-1", "bank-2", "gone"))
    domains = {"broker-1": "brokerage", "bank-2": "banking"}
    assert unknown_lines(missing, domains) == {Line.BROKERAGE, Line.CARDS, Line.LENDING}
