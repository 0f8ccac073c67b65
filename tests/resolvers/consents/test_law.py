"""The law of consents, against what it says, for every order of decisions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from c360.access import Purpose
from resolvers.consents.law import POSITIVE, ConsentStatus, Scope, scope_of, standing
from store.data_consents import ConsentSource, DecisionData, DecisionKind, DecisionState

START = datetime(2026, 1, 1, tzinfo=UTC)
NOW = START + timedelta(days=100)
CHANNELS = (None, "EMAIL", "POST")
CONNECTORS = (None, "bank", "inn")
STATES = (DecisionState.GIVEN, DecisionState.REFUSED, DecisionState.WITHDRAWN)
SCOPES = tuple(Scope(channel, connector) for channel in CHANNELS for connector in CONNECTORS)
EVERYTHING = Scope()
NEGATIVE = {ConsentStatus.REFUSED, ConsentStatus.WITHDRAWN}


def decision(
    state: DecisionState,
    day: int,
    scope: Scope = EVERYTHING,
    *,
    home: str = "ada",
    others: tuple[str, ...] = (),
    lasts: int | None = None,
    purpose: Purpose = Purpose.MARKETING,
) -> DecisionData:
    at = START + timedelta(days=day)
    return DecisionData(
        id=f"{day:04}-{state.value}-{scope.channel}-{scope.connector}-{home}-{lasts}",
        customer_id="ada",
        home_id=home,
        others=others,
        kind=DecisionKind.CONSENT,
        state=state,
        purpose=purpose,
        channel=scope.channel,
        connector=scope.connector,
        at=at,
        recorded_at=at,
        recorded_by="agent",
        source=ConsentSource.PAPER,
        expires_at=None if lasts is None else at + timedelta(days=lasts),
    )


def stands(decisions: Sequence[DecisionData], scope: Scope = EVERYTHING) -> ConsentStatus:
    return standing(
        decisions, kind=DecisionKind.CONSENT, purpose=Purpose.MARKETING, scope=scope, at=NOW
    ).status


decisions_of_one = st.lists(
    st.builds(
        decision,
        st.sampled_from(STATES),
        st.integers(0, 9),
        st.sampled_from(SCOPES),
        lasts=st.sampled_from([None, 30, 200]),
    ),
    max_size=8,
)
scopes = st.sampled_from(SCOPES)


@given(decisions_of_one, scopes)
def test_a_permission_holds_exactly_where_nothing_ended_it(
    decisions: list[DecisionData], asked: Scope
) -> None:
    """The rules said the other way round: by looking back from each decision instead of replaying them."""

    def ends(later: DecisionData, earlier: DecisionData) -> bool:
        wide = scope_of(later).wider(scope_of(earlier))
        return later.state not in POSITIVE and wide and later.at >= earlier.at

    applying = [one for one in decisions if scope_of(one).contains(asked)]
    alive = [
        one
        for one in applying
        if one.state not in POSITIVE or not any(ends(other, one) for other in applying)
    ]
    strictness = {DecisionState.GIVEN: 0, DecisionState.WITHDRAWN: 1, DecisionState.REFUSED: 2}
    latest: dict[Scope, DecisionData] = {}
    for one in sorted(applying, key=lambda each: (each.at, strictness[each.state], each.id)):
        latest[scope_of(one)] = one
    left = [one for one in latest.values() if one in alive]
    narrowest = [one for one in left if not any(scope_of(one).wider(scope_of(other)) for other in left)]
    found = stands(decisions, asked)
    if not narrowest:
        assert found is ConsentStatus.NOT_RECORDED
        return
    worst = max(narrowest, key=lambda one: strictness[one.state]).state
    if worst is DecisionState.GIVEN:
        over = any(one.expires_at is not None and one.expires_at <= NOW for one in narrowest)
        assert found is (ConsentStatus.EXPIRED if over else ConsentStatus.GIVEN)
    elif worst is DecisionState.REFUSED:
        assert found is ConsentStatus.REFUSED
    else:
        assert found is ConsentStatus.WITHDRAWN


@given(decisions_of_one, scopes, st.randoms(use_true_random=False))
def test_the_order_in_which_decisions_are_read_does_not_matter(
    decisions: list[DecisionData], asked: Scope, random: object
) -> None:
    mixed = list(decisions)
    random.shuffle(mixed)  # type: ignore[attr-defined]  # hypothesis gives a Random
    assert stands(mixed, asked) is stands(decisions, asked)


@given(decisions_of_one, scopes, st.sampled_from(STATES[1:]))
def test_after_a_withdrawal_of_all_nothing_narrower_is_alive(
    decisions: list[DecisionData], asked: Scope, no: DecisionState
) -> None:
    assert stands([*decisions, decision(no, 10)], asked) in NEGATIVE


@given(decisions_of_one, scopes)
def test_what_is_given_later_in_the_very_scope_stands(decisions: list[DecisionData], asked: Scope) -> None:
    within = [one for one in decisions if not scope_of(one).wider(asked) or one.state in POSITIVE]
    given_last = [*within, decision(DecisionState.GIVEN, 10, asked)]
    assert stands(given_last, asked) is ConsentStatus.GIVEN


@given(decisions_of_one, scopes, scopes)
def test_a_decision_says_nothing_outside_its_scope(
    decisions: list[DecisionData], asked: Scope, elsewhere: Scope
) -> None:
    if elsewhere.contains(asked):
        return
    more = [*decisions, decision(DecisionState.REFUSED, 10, elsewhere)]
    assert stands(more, asked) is stands(decisions, asked)


@given(decisions_of_one, scopes)
def test_a_decision_for_another_purpose_says_nothing(decisions: list[DecisionData], asked: Scope) -> None:
    other = decision(DecisionState.WITHDRAWN, 10, purpose=Purpose.SERVICE)
    assert stands([*decisions, other], asked) is stands(decisions, asked)


@given(decisions_of_one, decisions_of_one, scopes)
def test_of_merged_customers_the_stricter_holds_and_an_unmerge_restores(
    mine: list[DecisionData], theirs: list[DecisionData], asked: Scope
) -> None:
    theirs = [msgspec.structs.replace(one, home_id="ana") for one in theirs]
    alone, beside = stands(mine, asked), stands(theirs, asked)
    both = stands([*mine, *theirs], asked)
    order = (
        ConsentStatus.NOT_RECORDED, ConsentStatus.GIVEN, ConsentStatus.EXPIRED,
        ConsentStatus.WITHDRAWN, ConsentStatus.REFUSED,
    )  # fmt: skip
    assert order.index(both) == max(order.index(alone), order.index(beside))
    # An unmerge gives each its own decisions back, and so its own answer.
    assert stands([one for one in (*mine, *theirs) if one.home_id == "ana"], asked) is beside


@given(decisions_of_one)
def test_what_is_decided_after_a_merge_is_decided_for_all_of_them(theirs: list[DecisionData]) -> None:
    theirs = [msgspec.structs.replace(one, home_id="ana") for one in theirs if not one.channel]
    again = decision(DecisionState.GIVEN, 10, others=("ana",))
    narrow = any(one.connector for one in theirs)
    found = stands([*theirs, again])
    assert found is ConsentStatus.GIVEN
    if not narrow:
        assert stands([*theirs, again], Scope("EMAIL", "bank")) is ConsentStatus.GIVEN


def test_the_wider_and_the_narrower() -> None:
    email, inn = Scope("EMAIL"), Scope(None, "inn")
    given, refused, withdrawn = STATES[0], STATES[1], STATES[2]
    assert stands([decision(given, 1), decision(refused, 0, email)], email) is ConsentStatus.REFUSED
    assert stands([decision(refused, 0), decision(given, 1, email)], email) is ConsentStatus.GIVEN
    assert stands([decision(given, 0, email), decision(withdrawn, 1)], email) is ConsentStatus.WITHDRAWN
    again = [decision(given, 0, email), decision(withdrawn, 1), decision(given, 2)]
    assert stands(again, email) is ConsentStatus.GIVEN
    # Neither contains the other: the stricter.
    crossed = [decision(given, 5, email), decision(refused, 0, inn)]
    assert stands(crossed, Scope("EMAIL", "inn")) is ConsentStatus.REFUSED
    # What is over is no act of the person, and ends nothing narrower.
    over = [decision(given, 0, email), decision(given, 1, lasts=2)]
    assert stands(over) is ConsentStatus.EXPIRED
    assert stands(over, email) is ConsentStatus.GIVEN
