from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import msgspec
import pytest

from c360.access import IdempotencyKey
from c360.actions import Action, ActionOutcome, ActionState, RejectionCode
from c360.contract import ActionSpec, Connector, Effect, Medium, Ref
from c360.errors import OutcomeUnknown, ProblemCode, Reconfigure, RetryLater
from c360.kinds import actions
from connectors.acting import BECOMES, Acted, Next, Standing, following
from connectors.host import Host
from connectors.instances import InstanceSettings
from connectors.resilience import Resilience
from tests.fixtures.virtual import virtually

KIND = "loyalty.adjust_points"
INPUT = actions()[KIND].input


def action(kit: Any, key: str = "k-1", **values: Any) -> Action:
    filled = {"membership_id": "m-1", "points": 10, "reason": "goodwill", **values}
    known = {field.name for field in msgspec.structs.fields(INPUT)}
    given = {name: value for name, value in filled.items() if name in known}
    return Action(
        kind=KIND,
        ref=Ref(party_id="p-1"),
        input=INPUT(**given),
        idempotency_key=IdempotencyKey(key),
        requested_at=kit.clock(),
    )


async def nothing_known(self: Any, action: Action) -> None:
    return None


def host(
    kit: Any,
    act: Callable[..., Any],
    *,
    effect: Effect = Effect.KEYED,
    trace: Callable[..., Any] | None = None,
    answer: Callable[..., Any] | None = None,
    medium: Medium = Medium.HTTP,
    enabled: bool = True,
) -> Host:
    """A host with one shop whose ``act`` (and ``trace``) are these functions."""
    described = kit.describe("shop")
    description = msgspec.structs.replace(
        described, actions=(ActionSpec(kind=KIND, effect=effect),), medium=medium
    )
    methods = {"description": description, "act": act, "trace": trace or nothing_known}
    kit.plugins.register("shop", kit.module(kit.connector("shop", methods=methods)))
    config = {"base_url": "https://shop.example"}
    kit.settings.append(InstanceSettings(id="shop", plugin="shop", config=config, enabled=enabled))
    kit.base = httpx.MockTransport(answer or (lambda _: httpx.Response(200, json={"id": "e-1"})))
    made: Host = kit.host(resilience=Resilience())
    return made


def perform(kit: Any, made: Host, seconds: float = 5, call: str = "act", **more: Any) -> Acted:
    async def scenario() -> Acted:
        done: Acted = await getattr(made, call)(
            "shop", action(kit, **more), access=kit.access(), deadline=timedelta(seconds=seconds)
        )
        await made.close()
        return done

    return virtually(scenario())


def outcome(state: ActionState = ActionState.CONFIRMED, **more: Any) -> ActionOutcome:
    return ActionOutcome(state=state, **more)


async def post(self: Connector[Any], action: Action) -> ActionOutcome:
    answer = await self.ctx.http.post("/adjust", json={"idempotency_key": action.idempotency_key})
    return ActionOutcome(state=ActionState.CONFIRMED, reference=answer.decode(dict[str, str])["id"])


def test_an_action_that_took_effect(kit: Any) -> None:
    done = perform(kit, host(kit, post))
    assert (done.standing, done.next, done.problem) == (Standing.CONFIRMED, Next.NOTHING, None)
    assert done.outcome is not None
    assert done.outcome.reference == "e-1"


@pytest.mark.parametrize(
    ("said", "standing", "next_"),
    [
        (outcome(ActionState.PENDING), Standing.PENDING, Next.TRACE),
        (
            outcome(ActionState.REJECTED, rejection=RejectionCode.INSUFFICIENT),
            Standing.REJECTED,
            Next.NOTHING,
        ),
    ],
)
def test_what_the_partner_says_is_what_is_told(kit: Any, said: Any, standing: Standing, next_: Next) -> None:
    async def act(self: Any, action: Action) -> ActionOutcome:
        assert isinstance(said, ActionOutcome)
        return said

    done = perform(kit, host(kit, act))
    assert (done.standing, done.next, done.outcome) == (standing, next_, said)


async def lost(_: httpx.Request) -> httpx.Response:
    raise httpx.ReadError("gone")


async def silent(_: httpx.Request) -> httpx.Response:
    await asyncio.sleep(1_000)
    raise AssertionError


@pytest.mark.parametrize(
    "answer", [lost, silent, lambda _: httpx.Response(502)], ids=["lost", "silent", "502"]
)
@pytest.mark.parametrize(
    ("effect", "next_", "sent"),
    [(Effect.KEYED, Next.SEND, 3), (Effect.TRACEABLE, Next.TRACE, 1), (Effect.UNTRACEABLE, Next.ASK, 1)],
)
def test_what_may_have_happened_is_never_called_undone_and_sent_again_only_under_its_key(
    kit: Any, answer: Any, effect: Effect, next_: Next, sent: int
) -> None:
    seen = []

    async def count(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        made = answer(request)
        return (await made) if asyncio.iscoroutine(made) else made  # type: ignore[no-any-return]  # scripted

    done = perform(kit, host(kit, post, effect=effect, answer=count), seconds=4)
    assert (done.standing, done.next) == (Standing.UNKNOWN, next_)
    assert done.problem is not None
    assert len(seen) == (1 if answer is silent else sent)


def test_an_answer_to_the_key_settles_the_attempts_before_it(kit: Any) -> None:
    answers = iter([httpx.Response(502), httpx.Response(400)])
    done = perform(kit, host(kit, post, answer=lambda _: next(answers)))
    assert (done.standing, done.next) == (Standing.FAILED, Next.SEND)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (lambda _: httpx.Response(401), ProblemCode.MISCONFIGURED),
        (lambda _: httpx.Response(404), ProblemCode.CUSTOMER_UNKNOWN),
        (lambda _: httpx.Response(429, headers={"retry-after": "60"}), ProblemCode.RATE_LIMITED),
    ],
)
def test_what_the_partner_refused_to_take_has_no_effect(kit: Any, answer: Any, code: ProblemCode) -> None:
    done = perform(kit, host(kit, post, effect=Effect.UNTRACEABLE, answer=answer))
    assert (done.standing, done.next) == (Standing.FAILED, Next.SEND)
    assert done.problem is not None
    assert done.problem.code is code


def failing(error: BaseException, *, after_sending: bool) -> Callable[..., Any]:
    async def act(self: Connector[Any], action: Action) -> ActionOutcome:
        if after_sending:
            await self.ctx.http.post("/adjust", json={})
        raise error

    return act


def test_a_fault_of_the_plugin_before_anything_was_sent_has_no_effect(kit: Any) -> None:
    for error in (RuntimeError("p-1"), SystemExit(1), RetryLater("x"), Reconfigure("x")):
        fresh = type(kit)()
        done = perform(fresh, host(fresh, failing(error, after_sending=False), effect=Effect.UNTRACEABLE))
        assert done.standing is Standing.FAILED


def test_the_plugins_own_doubt_counts(kit: Any) -> None:
    done = perform(kit, host(kit, failing(OutcomeUnknown("x"), after_sending=False)))
    assert (done.standing, done.next) == (Standing.UNKNOWN, Next.SEND)


def test_of_what_is_no_http_nothing_is_known_once_the_plugin_fails(kit: Any) -> None:
    act = failing(RuntimeError("x"), after_sending=False)
    done = perform(kit, host(kit, act, effect=Effect.UNTRACEABLE, medium=Medium.DATABASE))
    assert (done.standing, done.next) == (Standing.UNKNOWN, Next.ASK)


@pytest.mark.parametrize(
    "said", [None, 1, "CONFIRMED", outcome(ActionState.REJECTED), outcome(rejection=RejectionCode.OTHER)]
)
def test_an_outcome_that_is_none_is_the_plugins_fault(kit: Any, said: Any) -> None:
    async def act(self: Any, action: Action) -> Any:
        return said

    done = perform(kit, host(kit, act))
    assert done.problem is not None
    assert (done.standing, done.problem.code) == (Standing.FAILED, ProblemCode.CONNECTOR_FAULT)


def test_the_same_action_twice_at_once_is_sent_once_and_another_under_its_key_is_refused(kit: Any) -> None:
    seen = []

    async def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        await asyncio.sleep(0.1)
        return httpx.Response(200, json={"id": "e-1"})

    made = host(kit, post, answer=answer)

    async def scenario() -> None:
        deadline = timedelta(seconds=2)
        one, other = action(kit), msgspec.structs.replace(action(kit), ref=Ref(party_id="p-2"))
        first = asyncio.create_task(made.act("shop", one, access=kit.access(), deadline=deadline))
        second = asyncio.create_task(made.act("shop", one, access=kit.access(), deadline=deadline))
        await asyncio.sleep(0.01)
        with pytest.raises(ValueError, match="another action"):
            await made.act("shop", other, access=kit.access(), deadline=deadline)
        first.cancel()
        assert (await second).standing is Standing.CONFIRMED
        assert len(seen) == 1
        await made.close()

    virtually(scenario())


def test_tracing_tells_done_undone_or_nothing(kit: Any) -> None:
    answers: list[Any] = [outcome(reference="e-9"), None, RetryLater("down")]
    expected = [Standing.CONFIRMED, Standing.FAILED, Standing.UNKNOWN]
    for answer, standing in zip(answers, expected, strict=True):

        async def trace(self: Any, action: Action, answer: Any = answer) -> Any:
            if isinstance(answer, Exception):
                raise answer
            return answer

        fresh = type(kit)()
        done = perform(fresh, host(fresh, post, effect=Effect.TRACEABLE, trace=trace), call="trace")
        assert done.standing is standing


def test_an_instance_that_is_switched_off_sends_nothing(kit: Any) -> None:
    done = perform(kit, host(kit, post, enabled=False))
    assert done.problem is not None
    assert (done.standing, done.problem.code) == (Standing.FAILED, ProblemCode.DISABLED)


def test_what_the_connector_does_not_declare_is_a_mistake_of_the_caller(kit: Any) -> None:
    made = host(kit, post)

    async def scenario() -> None:
        wrong = msgspec.structs.replace(action(kit), kind="loyalty.nothing")
        with pytest.raises(ValueError, match="performs no"):
            await made.act("shop", wrong, access=kit.access(), deadline=timedelta(seconds=1))

    virtually(scenario())


def test_what_is_settled_stays_and_everything_else_can_be_settled() -> None:
    for standing in Standing:
        for effect in Effect:
            settled = following(standing, effect) is Next.NOTHING
            assert settled is not bool(BECOMES[standing])
    for standing in (Standing.PENDING, Standing.UNKNOWN, Standing.FAILED):
        assert {Standing.CONFIRMED, Standing.REJECTED} <= BECOMES[standing]
