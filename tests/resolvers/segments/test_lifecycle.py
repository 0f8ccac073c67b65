"""Where somebody stands follows from their own rhythm, their spending and what they hold."""

from __future__ import annotations

import pytest

from c360.errors import ConfigError
from resolvers.segments.dimensions import Lifecycle
from resolvers.segments.lifecycle import LifecycleRules, check, find
from resolvers.segments.scores import Subject
from resolvers.summaries.measures import Line, Measure
from tests.resolvers.segments.subjects import ago, bought, subject

RULES = LifecycleRules()
YEARLY = {"first": 2190.0, "days": 7.0}
"""Once a year, six years long."""


def stage(asked: Subject) -> tuple[Lifecycle, str, str | None]:
    label, why = find(asked, RULES)
    assert why.label == label.value
    return label, why.figure, why.cut


def test_who_holds_nothing_and_never_bought_is_a_prospect() -> None:
    assert stage(subject()) == (Lifecycle.PROSPECT, "CONTRACTS_AND_PURCHASES", "below 1")
    member = subject({Line.LOYALTY: {Measure.CONTRACTS: 1.0, Measure.POINTS: 200.0}})
    assert stage(member)[0] is Lifecycle.PROSPECT


def test_where_a_partner_is_missing_nothing_known_is_not_nothing() -> None:
    label, why = find(subject(missing=("bank-a", "hotels")), RULES)
    assert label is Lifecycle.UNKNOWN
    assert why.value is None
    assert why.note == "nothing is known yet of what bank-a, hotels may hold"


@pytest.mark.parametrize(
    ("silent", "expected"),
    [(300.0, Lifecycle.MATURE), (730.0, Lifecycle.DECLINING), (1100.0, Lifecycle.LAPSED)],
)
def test_silence_is_told_in_ones_own_rhythm(silent: float, expected: Lifecycle) -> None:
    found = subject({Line.HOTEL: bought(first=silent + 2190, last=silent, days=7)})
    assert stage(found)[0] is expected


def test_a_daily_buyer_is_not_lapsed_after_a_week() -> None:
    daily = bought(first=1000, last=7, days=994)
    assert stage(subject({Line.CARDS: daily}))[0] is Lifecycle.MATURE
    silent = bought(first=1000, last=91, days=910)
    assert stage(subject({Line.CARDS: silent})) == (
        Lifecycle.DECLINING, "SILENT_RHYTHMS", "at least 2",
    )  # fmt: skip
    gone = bought(first=1500, last=366, days=1100)
    assert stage(subject({Line.CARDS: gone})) == (Lifecycle.LAPSED, "SILENT_RHYTHMS", "at least 3")


def test_who_bought_once_is_lapsed_only_after_long() -> None:
    assert stage(subject({Line.RENTAL: bought(first=729, last=729, days=1)}))[0] is Lifecycle.MATURE
    assert stage(subject({Line.RENTAL: bought(first=730, last=730, days=1)})) == (
        Lifecycle.LAPSED, "SILENT_DAYS", "at least 730",
    )  # fmt: skip


def test_the_model_may_give_somebody_up_before_their_rhythm_does() -> None:
    lines = {Line.HOTEL: bought(first=1200, last=400, days=5)}
    assert stage(subject(lines, alive=0.5))[0] is Lifecycle.DECLINING
    assert stage(subject(lines, alive=0.05)) == (Lifecycle.LAPSED, "ALIVE", "below 0.1")


def test_a_contract_in_force_holds_somebody_who_is_silent() -> None:
    lines = {
        Line.HOTEL: bought(first=3000, last=1500, days=7),
        Line.LIFE: {Measure.FIRST_ON: ago(4000), Measure.CONTRACTS: 1.0},
    }
    assert stage(subject(lines))[0] is Lifecycle.DECLINING
    ended = {Line.LIFE: {Measure.FIRST_ON: ago(4000), Measure.CONTRACTS_ENDED: 1.0}}
    assert stage(subject(ended)) == (Lifecycle.LAPSED, "CONTRACTS", "below 1")


@pytest.mark.parametrize(
    ("lately", "expected"),
    [(140.0, Lifecycle.GROWING), (100.0, Lifecycle.MATURE), (60.0, Lifecycle.DECLINING)],
)
def test_spending_is_compared_with_a_year_before(lately: float, expected: Lifecycle) -> None:
    lines = {
        Line.CARDS: bought(first=3 * 365, last=1, days=300, spent=200 + lately, spent_12m=lately),
    }
    label, why = find(subject(lines), RULES)
    assert (label, why.figure) == (expected, "SPEND_CHANGE")
    assert why.value == pytest.approx(lately / 100)


def test_less_than_half_a_year_is_nothing_to_compare_with() -> None:
    short = bought(first=365 + 179, last=1, days=300, spent=1000.0, spent_12m=999.0)
    assert stage(subject({Line.CARDS: short})) == (Lifecycle.MATURE, "TENURE_DAYS", "at least 365")


def test_new_is_who_came_within_the_year_and_declining_who_gives_up_contracts() -> None:
    assert stage(subject({Line.MOTOR: {Measure.FIRST_ON: ago(364), Measure.CONTRACTS: 1.0}})) == (
        Lifecycle.NEW, "TENURE_DAYS", "below 365",
    )  # fmt: skip
    giving_up = {Measure.FIRST_ON: ago(900), Measure.CONTRACTS: 1.0, Measure.CONTRACTS_ENDED: 2.0}
    assert stage(subject({Line.MOTOR: giving_up})) == (
        Lifecycle.DECLINING, "CONTRACTS_ENDED", "at least 2",
    )  # fmt: skip


def test_cuts_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(ConfigError, match="declining_spend"):
        check(LifecycleRules(declining_spend=2.0), "rules")
    with pytest.raises(ConfigError, match="lapsed_rhythms"):
        check(LifecycleRules(lapsed_rhythms=1.0), "rules")
