from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from c360.access import Access, IdempotencyKey, Principal
from c360.auth import Bearer
from c360.contract import Limits
from c360.errors import ProblemCode, RetryLater
from c360.http import Request, Response, Transport
from c360.values import Secret
from connectors.errors import Paused, QueueFull
from connectors.health import Health
from connectors.operation import Operation, during
from connectors.resilience import BreakerPolicy, Resilience, Retries
from connectors.transport import HostTransport
from tests.fixtures.virtual import virtually

NO_BREAKER = BreakerPolicy(least=1_000_000)


class Partner:
    """Answers from a list, the last answer for ever; remembers when it was asked."""

    def __init__(self, *answers: Any) -> None:
        self.answers = answers
        self.asked: list[float] = []

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        loop = asyncio.get_running_loop()
        answer = self.answers[min(len(self.asked), len(self.answers) - 1)]
        self.asked.append(loop.time())
        if isinstance(answer, Exception):
            raise answer
        if callable(answer):
            return await answer()  # type: ignore[no-any-return]  # a scripted answer
        return httpx.Response(answer) if isinstance(answer, int) else answer


def chain(
    partner: Any, kit: Any, *, queue: int = 2_000, retries: Retries | None = None, **limits: Any
) -> Transport:
    resilience = Resilience(retries=retries or Retries(), breaker=NO_BREAKER, queue=queue)
    return HostTransport(httpx.MockTransport(partner), resilience).for_instance(
        Limits(**limits), Health(kit.clock)
    )


def operation(seconds: float = 10, key: str | None = None) -> Operation:
    ends = asyncio.get_running_loop().time() + seconds
    return Operation(Access(principal=Principal(subject="s")), ends, key=IdempotencyKey(key) if key else None)


def request(**more: Any) -> Request:
    return Request(**{"method": "GET", "url": "https://partner.example/x", "timeout": 5.0, **more})


def ask(transport: Transport, *, seconds: float = 10, key: str | None = None, **more: Any) -> Response:
    async def scenario() -> Response:
        with during(operation(seconds, key)):
            return await transport.send(request(**more))

    return virtually(scenario())


BROKEN = httpx.ConnectError("no")


@pytest.mark.parametrize("trouble", [408, 425, 429, 500, 502, 503, 504, BROKEN, httpx.ReadError("no")])
def test_a_moments_trouble_is_overcome(kit: Any, trouble: Any) -> None:
    partner = Partner(trouble, trouble, 200)
    assert ask(chain(partner, kit)).status == 200
    waits = [later - sooner for sooner, later in zip(partner.asked, partner.asked[1:], strict=False)]
    assert len(waits) == 2
    assert all(0 <= wait <= 0.1 * 2**place + 1e-3 for place, wait in enumerate(waits))


@pytest.mark.parametrize("status", [200, 204, 301, 400, 401, 403, 404, 409, 410, 422, 501, 505])
def test_what_would_not_fare_better_is_not_sent_again(kit: Any, status: int) -> None:
    partner = Partner(status)
    assert ask(chain(partner, kit)).status == status
    assert len(partner.asked) == 1


def test_no_more_attempts_than_the_policy_says_and_the_last_failure_is_what_is_told(kit: Any) -> None:
    partner = Partner(503)
    assert ask(chain(partner, kit, retries=Retries(attempts=5, tokens=100))).status == 503
    assert len(partner.asked) == 5
    refusing = Partner(BROKEN)
    with pytest.raises(RetryLater, match="ConnectError"):
        ask(chain(refusing, kit))
    assert len(refusing.asked) == 3


def test_the_switch_turns_them_off(kit: Any) -> None:
    partner = Partner(503)
    ask(chain(partner, kit, retries=Retries(attempts=1)))
    assert len(partner.asked) == 1


def test_a_retry_that_could_not_end_by_the_deadline_is_not_begun(kit: Any) -> None:
    async def failing_late() -> httpx.Response:
        await asyncio.sleep(0.6)
        return httpx.Response(503)

    partner = Partner(failing_late)
    assert ask(chain(partner, kit), seconds=1.0).status == 503
    assert len(partner.asked) == 1


def test_the_partners_own_wish_is_waited_for_where_there_is_time(kit: Any) -> None:
    def busy() -> httpx.Response:
        return httpx.Response(429, headers={"retry-after": "3"})

    partner = Partner(busy(), 200)
    assert ask(chain(partner, kit), seconds=10).status == 200
    assert partner.asked[1] - partner.asked[0] >= 3
    hurried = Partner(busy(), 200)
    assert ask(chain(hurried, kit), seconds=2).status == 429
    assert len(hurried.asked) == 1


@pytest.mark.parametrize(
    ("more", "key", "attempts"),
    [
        ({}, None, 1),
        ({"headers": (("idempotency-key", "k-1"),)}, None, 1),
        ({}, "k-1", 1),
        ({"headers": (("idempotency-key", "k-1"),)}, "k-1", 3),
        ({"content": b'{"idempotency_key":"k-1"}'}, "k-1", 3),
        ({"headers": (("idempotency-key", "another"),)}, "k-1", 1),
    ],
)
def test_what_changes_something_is_repeated_only_under_a_key_that_the_partner_honours(
    kit: Any, more: Any, key: str | None, attempts: int
) -> None:
    partner = Partner(503)
    ask(chain(partner, kit), key=key, method="POST", safe=False, **more)
    assert len(partner.asked) == attempts


def test_a_partner_that_is_down_is_soon_asked_once_each_time(kit: Any) -> None:
    partner = Partner(503)
    transport = chain(partner, kit, concurrency=1)

    async def scenario() -> None:
        for number in range(50):
            with during(operation()):
                await transport.send(request(url=f"https://partner.example/{number}"))

    virtually(scenario())
    assert 50 <= len(partner.asked) <= 56, "the throttle lets a few retries through and then none"


def test_a_feeds_request_is_repeated_too(kit: Any) -> None:
    partner = Partner(503, 200)
    assert virtually(chain(partner, kit).send(request())).status == 200


# --- turns, pauses -----------------------------------------------------------------------------


def test_the_queue_has_an_end(kit: Any) -> None:
    async def hang() -> httpx.Response:
        await asyncio.sleep(1)
        return httpx.Response(200)

    partner = Partner(hang)
    transport = chain(partner, kit, queue=3, concurrency=2)

    async def scenario() -> list[Any]:
        async def one(number: int) -> Any:
            with during(operation()):
                return await transport.send(request(url=f"https://partner.example/{number}"))

        return await asyncio.gather(*(one(number) for number in range(8)), return_exceptions=True)

    ended = virtually(scenario())
    refused = [each for each in ended if isinstance(each, QueueFull)]
    assert (len(partner.asked), len(refused)) == (5, 3)
    assert {each.code for each in refused} == {ProblemCode.RATE_LIMITED}
    assert all(each.status == 200 for each in ended if isinstance(each, Response))


def test_a_pause_holds_back_everybody_under_that_credential_and_nobody_else(kit: Any) -> None:
    busy = httpx.Response(429, headers={"retry-after": "7"})
    partner = Partner(busy, 200)
    transport = chain(partner, kit)
    ada, bob = Bearer(Secret("ada")), Bearer(Secret("bob"))

    async def scenario() -> None:
        with during(operation(2)):
            assert (await transport.send(request(auth=ada))).status == 429
        with during(operation(2)), pytest.raises(Paused) as caught:
            await transport.send(request(auth=ada))
        assert caught.value.retry_after == 7.0
        with during(operation(2)):
            assert (await transport.send(request(auth=bob))).status == 200
        assert len(partner.asked) == 2
        with during(operation(20)):
            assert (await transport.send(request(auth=ada))).status == 200
        assert partner.asked[2] >= 7

    virtually(scenario())


def test_a_used_up_quota_is_a_pause_before_the_partner_has_to_refuse(kit: Any) -> None:
    last = httpx.Response(200, headers={"x-ratelimit-remaining": "0", "x-ratelimit-reset": "4"})
    partner = Partner(last, 200)
    transport = chain(partner, kit)

    async def scenario() -> None:
        for number in range(2):
            with during(operation(20)):
                await transport.send(request(url=f"https://partner.example/{number}"))

    virtually(scenario())
    assert partner.asked[1] - partner.asked[0] >= 4


def test_a_redirect_with_retry_after_pauses_nobody(kit: Any) -> None:
    partner = Partner(httpx.Response(202, headers={"retry-after": "100"}), 200)
    transport = chain(partner, kit)

    async def scenario() -> None:
        for number in range(2):
            with during(operation(2)):
                await transport.send(request(url=f"https://partner.example/{number}"))

    virtually(scenario())
    assert len(partner.asked) == 2
