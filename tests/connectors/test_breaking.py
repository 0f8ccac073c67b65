from __future__ import annotations

import asyncio
import contextlib
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from c360.contract import Limits
from c360.errors import PartnerFault, RetryLater
from c360.http import Request, Transport
from connectors.breaking import MOST_OPERATIONS, OTHERS, Breaker, Breakers, BreakerState
from connectors.errors import BreakerOpen
from connectors.health import Health
from connectors.operations import OperationNames
from connectors.resilience import BreakerPolicy, Resilience, Retries
from connectors.transport import HostTransport
from tests.fixtures.virtual import virtually

POLICY = BreakerPolicy(window=10, least=4, pause=5.0, longest=15.0, probes=2)
BASE = "https://partner.example/v1"


def breaker(policy: BreakerPolicy = POLICY) -> Breaker:
    return Breaker("shop", "GET /x", policy)


def fail(one: Breaker, at: float = 0.0) -> Breaker:
    for _ in range(POLICY.least):
        one.failed(at)
    return one


def through(one: Breaker, at: float) -> bool:
    """Whether a call is let through at that moment, at once."""

    async def scenario() -> bool:
        loop = asyncio.get_running_loop()
        await asyncio.sleep(at)
        admitting = loop.create_task(one.admit(loop))
        await asyncio.sleep(0.001)
        if not admitting.done():
            admitting.cancel()
            return False
        return admitting.exception() is None

    return virtually(scenario())


def test_it_opens_once_enough_calls_failed_and_not_before() -> None:
    one = breaker()
    for _ in range(POLICY.least - 1):
        one.failed(1.0)
    assert through(one, 1.0)
    assert one.info(1.0).state is BreakerState.CLOSED
    one.failed(1.0)
    assert one.info(1.0).state is BreakerState.OPEN
    assert not through(one, 5.9)
    assert through(one, 6.0)


def test_failures_of_long_ago_do_not_count() -> None:
    one = breaker()
    for moment in (0.0, 1.0, 2.0):
        one.failed(moment)
    one.failed(100.0)
    assert one.info(100.0).state is BreakerState.CLOSED


def test_probes_close_it_when_all_go_well() -> None:
    one = fail(breaker())
    assert [through(one, 5.0) for _ in range(3)] == [True, True, False]
    one.succeeded()
    assert one.info(5.0).state is BreakerState.HALF_OPEN
    one.succeeded()
    assert one.info(5.0).state is BreakerState.CLOSED
    assert one.info(5.0).failures == 0


def test_a_failing_probe_opens_it_for_twice_as_long_up_to_a_bound() -> None:
    one, now = fail(breaker()), 0.0
    for pause in (5.0, 10.0, 15.0, 15.0):
        assert not through(one, now + pause - 0.01)
        now += pause
        assert through(one, now)
        one.failed(now)
    assert one.info(now).retry_in == 15.0


def test_a_probe_that_ends_without_a_verdict_lets_another_one_try() -> None:
    one = fail(breaker())
    assert through(one, 5.0)
    assert through(one, 5.0)
    one.left()
    assert through(one, 5.0)
    assert one.info(5.0).state is BreakerState.HALF_OPEN


def test_an_answer_that_does_not_decode_turns_its_success_into_a_failure() -> None:
    one = breaker()
    for moment in range(POLICY.least):
        one.succeeded()
        one.malformed(float(moment))
    assert one.info(0.0).state is BreakerState.OPEN
    assert one.info(3.0).failures == one.info(3.0).calls == POLICY.least


@given(st.lists(st.tuples(st.sampled_from(["well", "badly", "cut"]), st.floats(0, 3)), max_size=80))
def test_it_lets_nothing_through_within_its_pause(calls: list[tuple[str, float]]) -> None:
    """Whatever the order of calls: open means open until the pause is over, and then it opens up."""

    async def scenario() -> None:
        loop = asyncio.get_running_loop()
        one, until = breaker(), 0.0
        for end, gap in calls:
            await asyncio.sleep(gap)
            try:
                await one.admit(loop)
            except BreakerOpen:
                assert loop.time() < until
                continue
            assert loop.time() >= until
            {"well": one.succeeded, "badly": lambda: one.failed(loop.time()), "cut": one.left}[end]()
            if one.state is BreakerState.OPEN:
                until = loop.time() + (one.info(loop.time()).retry_in or 0.0)

    virtually(scenario())


def test_each_operation_has_its_own_and_too_many_share_one() -> None:
    breakers = Breakers("shop", POLICY)
    first = breakers.of("GET /a")
    assert breakers.of("GET /a") is first
    assert breakers.of("GET /b") is not first
    for number in range(200):
        breakers.of(f"GET /made-up-{number}")
    assert len(breakers.infos(0.0)) == MOST_OPERATIONS + 1
    assert breakers.of("GET /yet-another") is breakers.of(OTHERS)
    for _ in range(POLICY.least):
        first.failed(0.0)
    assert breakers.worst is BreakerState.OPEN


@pytest.mark.parametrize(
    ("url", "name"),
    [
        (f"{BASE}/customers/4711/accounts", "GET /customers/{}/accounts"),
        (f"{BASE}/customers/ada%40mail.example/accounts", "GET /customers/{}/accounts"),
        (f"{BASE}/customers/ada@mail.example", "GET /customers/{}"),
        (f"{BASE}/customers/adele/accounts", "GET /customers/{}/accounts"),
        (f"{BASE}/auto/v2/policies/9f3a-x", "GET /auto/v2/policies/{}"),
        (f"{BASE}/getReservations?guest=ada", "GET /getReservations"),
        (f"{BASE}/", "GET /"),
    ],
)
def test_the_name_of_an_operation_holds_no_id_of_a_customer(url: str, name: str) -> None:
    assert OperationNames(BASE).of("GET", url, {"adele"}) == name


# --- in the chain ------------------------------------------------------------------------------


def chain(handler: Any, policy: BreakerPolicy = POLICY) -> tuple[Transport, Breakers]:
    resilience = Resilience(retries=Retries(attempts=1), breaker=policy)
    breakers = Breakers("shop", policy)
    transport = HostTransport(httpx.MockTransport(handler), resilience).for_instance(
        Limits(), Health(lambda: datetime.now(UTC)), breakers=breakers, base_url=BASE
    )
    return transport, breakers


def get(path: str, **more: Any) -> Request:
    return Request(method="GET", url=f"{BASE}{path}", timeout=5.0, **more)


async def slowly(_: httpx.Request) -> httpx.Response:
    await asyncio.sleep(2.0)
    return httpx.Response(200, json={})


def refuse(_: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("nobody there")


@pytest.mark.parametrize(
    "handler",
    [lambda _: httpx.Response(503), refuse, slowly],
    ids=["5xx", "no connection", "slow"],
)
def test_what_counts_against_an_operation(handler: Any) -> None:
    transport, breakers = chain(handler)

    async def scenario() -> None:
        for number in range(POLICY.least):
            with contextlib.suppress(RetryLater):
                await transport.send(get(f"/things/{number}"))
        assert breakers.infos(0.0)[0].calls == POLICY.least
        with pytest.raises(BreakerOpen):
            await transport.send(get("/things/99"))
        with pytest.raises(BreakerOpen):
            await transport.send(get("/things/100"))

    virtually(scenario())
    assert {each.operation: each.state for each in breakers.infos(0.0)} == {
        "GET /things/{}": BreakerState.OPEN
    }


def test_an_answer_that_does_not_decode_counts_and_another_operation_goes_on() -> None:
    transport, _ = chain(lambda _: httpx.Response(200, text="<html>"))

    async def scenario() -> None:
        for _ in range(POLICY.least):
            with pytest.raises(PartnerFault):
                (await transport.send(get("/list"))).decode(list[int])
        with pytest.raises(BreakerOpen):
            await transport.send(get("/list"))
        assert (await transport.send(get("/other"))).status == 200

    virtually(scenario())


@pytest.mark.parametrize("status", [200, 301, 400, 401, 404, 409, 422, 429])
def test_what_a_customer_or_a_limit_is_to_blame_for_does_not_count(status: int) -> None:
    transport, breakers = chain(lambda _: httpx.Response(status))

    async def scenario() -> None:
        for number in range(50):
            await transport.send(get(f"/things/{number}"))

    virtually(scenario())
    assert breakers.worst is BreakerState.CLOSED


def test_all_that_an_operation_needs_gets_through_once_the_partner_answers_again() -> None:
    """The first ones are the probes; the others wait for what comes of them, and then go out."""
    status = [503]
    transport, breakers = chain(lambda _: httpx.Response(status[0]))

    async def scenario() -> None:
        for _ in range(POLICY.least):
            await transport.send(get("/x"))
        status[0] = 200
        with pytest.raises(BreakerOpen):
            await transport.send(get("/x"))
        await asyncio.sleep(POLICY.pause)
        together = (transport.send(get(f"/x?part={number}")) for number in range(8))
        assert {answer.status for answer in await asyncio.gather(*together)} == {200}
        assert breakers.worst is BreakerState.CLOSED

    virtually(scenario())


def test_who_waits_for_the_probes_is_refused_when_they_fail() -> None:
    async def down(_: httpx.Request) -> httpx.Response:
        await asyncio.sleep(0.01)
        return httpx.Response(503)

    transport, _ = chain(down)

    async def scenario() -> list[Any]:
        for _ in range(POLICY.least):
            await transport.send(get("/x"))
        await asyncio.sleep(POLICY.pause)
        together = (transport.send(get(f"/x?part={number}")) for number in range(8))
        return await asyncio.gather(*together, return_exceptions=True)

    ended = virtually(scenario())
    assert len([each for each in ended if isinstance(each, BreakerOpen)]) == 8 - POLICY.probes
