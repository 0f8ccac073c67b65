"""Points and rewards are changed once, whatever becomes of the answer; checked against the published API."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from c360.access import IdempotencyKey
from c360.contract import Action, ActionOutcome, ActionState, Need, Ref, RejectionCode
from c360.errors import Reconfigure, RetryLater
from c360.http import Request, Response
from c360.records.loyalty import AdjustPoints, CreateReward, RedeemReward
from c360.values import Value
from sandbox.framework import World
from sandbox.framework.behaviour import Mode, Rule
from sandbox.partners import loyalty
from sandbox.partners.loyalty.changes import TIERS
from tests.plugins.loyalty.conftest import BASE_URL, NOW, Make, Town

pytestmark = pytest.mark.specs

KINDS = {
    AdjustPoints: "loyalty.adjust_points",
    CreateReward: "loyalty.create_reward",
    RedeemReward: "loyalty.redeem_reward",
}


def action(change: Value, key: str = "key-1") -> Action:
    return Action(
        kind=KINDS[type(change)],
        ref=Ref(party_id="CUSTADA"),
        input=change,
        idempotency_key=IdempotencyKey(key),
        requested_at=NOW,
    )


@pytest.fixture
def ada(town: Town) -> str:
    """An account with 700 points."""
    return f"la_{town.add('ada', earned=(400, 300))}"


@pytest.fixture
def act(square: Any, run: Any) -> Any:
    def perform(change: Value, key: str = "key-1") -> ActionOutcome:
        outcome: ActionOutcome = run(square.act(action(change, key)))
        return outcome

    return perform


@pytest.fixture
def ask(town_world: World, plain_http: Any, make: Make, run: Any) -> Any:
    """Like ``act``, for refusals: the published API defines no answer but 200."""
    square = make(plain_http(loyalty.app(town_world), BASE_URL))

    def perform(change: Value, key: str = "key-1") -> ActionOutcome:
        outcome: ActionOutcome = run(square.act(action(change, key)))
        return outcome

    return perform


@pytest.fixture
def making(square: Any, run: Any) -> Any:
    def make_reward(account: str) -> str:
        """A reward that somebody else's points are set aside for; its id."""
        asked = action(CreateReward(membership_id=account, tier_id="tier-ten"))
        theirs = msgspec.structs.replace(asked, ref=Ref(party_id=account.removeprefix("la_")))
        reference: str = run(square.act(theirs)).reference
        return reference

    return make_reward


@pytest.fixture
def read(square: Any, run: Any) -> Any:
    def records(kind: str) -> Any:
        async def first() -> Any:
            need = Need(kind=kind)
            (found,) = [it async for it in square.fetch([need], [Ref(party_id="CUSTADA")])]
            return found.records

        return run(first())

    return records


def test_points_are_given_and_show(ada: str, act: Any, read: Any) -> None:
    outcome = act(AdjustPoints(membership_id=ada, points=50, reason="for the late parcel"))
    assert outcome.state is ActionState.CONFIRMED
    assert read("loyalty.memberships")[0].points == 750
    event = next(it for it in read("loyalty.activity") if it.event_id == outcome.reference)
    assert (event.points, event.reason) == (50, "for the late parcel")


def test_the_same_key_takes_effect_once(ada: str, act: Any, read: Any, town_world: World) -> None:
    change = AdjustPoints(membership_id=ada, points=-20)
    assert act(change) == act(change)
    assert read("loyalty.memberships")[0].points == 680
    assert town_world.effects.as_dict() == {"adjust_points": 1}


def test_the_same_key_for_something_else_is_a_conflict(ada: str, ask: Any) -> None:
    ask(AdjustPoints(membership_id=ada, points=10))
    outcome = ask(AdjustPoints(membership_id=ada, points=11))
    assert (outcome.state, outcome.rejection) == (ActionState.REJECTED, RejectionCode.CONFLICT)


def test_a_reward_takes_its_points_and_is_used_once(ada: str, act: Any, ask: Any, read: Any) -> None:
    reward = act(CreateReward(membership_id=ada, tier_id="tier-ten"), "create").reference
    assert read("loyalty.memberships")[0].points == 700 - TIERS["tier-ten"][1]
    use = RedeemReward(reward_id=reward, location_id="L1")
    assert act(use, "use").state is ActionState.CONFIRMED
    assert ask(use, "use again").rejection is RejectionCode.CONFLICT


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (AdjustPoints(membership_id="la_CUSTADA", points=-701), RejectionCode.INSUFFICIENT),
        (AdjustPoints(membership_id="la_CUSTADA", points=0), RejectionCode.INVALID),
        (AdjustPoints(membership_id="la_nobody", points=5), RejectionCode.NOT_FOUND),
        (AdjustPoints(membership_id="../rewards", points=5), RejectionCode.NOT_FOUND),
        (CreateReward(membership_id="la_CUSTADA", tier_id="tier-night"), RejectionCode.INSUFFICIENT),
        (CreateReward(membership_id="la_CUSTADA", tier_id="tier-moon"), RejectionCode.NOT_FOUND),
        (RedeemReward(reward_id="none", location_id="L1"), RejectionCode.NOT_FOUND),
    ],
)
def test_a_refusal_says_why(ada: str, ask: Any, town_world: World, change: Value, why: RejectionCode) -> None:
    outcome = ask(change)
    assert (outcome.state, outcome.rejection, outcome.reference) == (ActionState.REJECTED, why, None)
    assert not town_world.effects.as_dict()


def test_what_is_somebody_elses_is_not_changed(
    ada: str, town: Town, ask: Any, town_world: World, making: Any
) -> None:
    theirs = f"la_{town.add('bob', earned=(900,))}"
    reward = making(theirs)
    for change in (
        AdjustPoints(membership_id=theirs, points=5),
        CreateReward(membership_id=theirs, tier_id="tier-ten"),
        RedeemReward(reward_id=reward, location_id="L1"),
    ):
        outcome = ask(change, f"mine: {type(change).__name__}")
        assert (outcome.state, outcome.rejection) == (ActionState.REJECTED, RejectionCode.NOT_FOUND)
    assert town_world.effects.as_dict() == {"create_reward": 1}


def test_an_answer_that_is_lost_is_not_a_refusal(ada: str, ask: Any, town_world: World) -> None:
    change = AdjustPoints(membership_id=ada, points=5)
    adjusting = ("POST /v2/loyalty/accounts/{account_id}/adjust",)
    town_world.behaviour.replace((Rule(mode=Mode.TRUNCATED, operations=adjusting),))
    with pytest.raises(RetryLater):
        ask(change)
    town_world.behaviour.replace(())
    assert ask(change).state is ActionState.CONFIRMED
    assert town_world.effects.as_dict() == {"adjust_points": 1}


def test_a_credential_that_is_refused_is_no_rejection(make: Make, canned: Any, run: Any) -> None:
    body = b'{"errors": [{"category": "AUTHENTICATION_ERROR", "code": "UNAUTHORIZED"}]}'

    def answer(asked: Request) -> Response:
        plain = {"content-type": "application/json"}
        if asked.method == "GET":
            mine = b'{"loyalty_account": {"id": "la_x", "program_id": "p", "customer_id": "CUSTADA"}}'
            return Response(status=200, headers=plain, content=mine)
        return Response(status=400, headers=plain, content=body)

    with pytest.raises(Reconfigure):
        run(make(canned(answer)).act(action(AdjustPoints(membership_id="la_x", points=1))))
