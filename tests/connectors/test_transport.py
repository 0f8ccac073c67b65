from __future__ import annotations

import asyncio
import contextlib
import gzip
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from c360.access import Access, Principal, Purpose, TenantId
from c360.auth import ApiKey, Bearer
from c360.contract import Limits
from c360.errors import (
    ConnectorError,
    DeadlineExceeded,
    OutcomeUnknown,
    PartnerFault,
    ProblemCode,
    Reconfigure,
    RetryLater,
)
from c360.http import Request, Response, Transport
from c360.values import Secret
from connectors.budgets import Pace
from connectors.health import Health
from connectors.operation import Operation, during
from connectors.resilience import BARE
from connectors.transport import HostTransport

Handler = Callable[[httpx.Request], Any]


def chain(kit: Any, handler: Handler | httpx.AsyncBaseTransport, **limits: Any) -> tuple[Transport, Health]:
    """An instance's transport that tries once; what it does about failures is tested on its own."""
    base = handler if isinstance(handler, httpx.AsyncBaseTransport) else httpx.MockTransport(handler)
    health = Health(kit.clock)
    return HostTransport(base, BARE).for_instance(Limits(**limits), health), health


def operation(tenant: str = "t", purpose: Purpose = Purpose.SERVICE, seconds: float = 5) -> Operation:
    principal = Principal(subject="s", tenant=TenantId(tenant))
    return Operation(
        Access(principal=principal, purpose=purpose), asyncio.get_running_loop().time() + seconds
    )


def get(path: str = "/", **more: Any) -> Request:
    return Request(method="GET", url=f"https://partner.example{path}", **more)


async def slow_echo(request: httpx.Request) -> httpx.Response:
    await asyncio.sleep(0.02)
    return httpx.Response(200, json={"url": str(request.url), "key": request.headers.get("authorization")})


def test_a_request_arrives_as_it_was_made_with_its_credential_last(kit: Any) -> None:
    def check(request: httpx.Request) -> httpx.Response:
        assert request.url == "https://partner.example/a?q=1&q=2"
        assert request.headers.get_list("accept") == ["text/plain"]
        assert request.headers["x-key"] == "secret"
        assert request.headers["user-agent"] == "c360"
        assert request.content == b"{}"
        return httpx.Response(201, headers={"X-Next": "n"}, content=b"[]")

    transport, health = chain(kit, check)
    request = Request(
        method="POST",
        url="https://partner.example/a",
        params=(("q", "1"), ("q", "2")),
        headers=(("accept", "application/json"), ("Accept", "text/plain")),
        content=b"{}",
        auth=ApiKey("X-Key", Secret("secret")),
    )
    response = asyncio.run(transport.send(request))
    assert (response.status, response.headers["x-next"], response.content) == (201, "n", b"[]")
    assert health.calls == 1


@pytest.mark.parametrize(
    ("failure", "expected"),
    [
        (httpx.ConnectError("GET https://partner.example/?email=ada@example.org"), RetryLater),
        (httpx.ReadTimeout("ada@example.org"), RetryLater),
        (httpx.RemoteProtocolError("ada@example.org"), RetryLater),
        (httpx.UnsupportedProtocol("ada@example.org"), Reconfigure),
        (httpx.LocalProtocolError("ada@example.org"), ConnectorError),
        (httpx.DecodingError("ada@example.org"), PartnerFault),
    ],
)
def test_failures_are_named_for_what_to_do_and_leak_nothing(
    kit: Any, failure: Exception, expected: type[Exception]
) -> None:
    def fail(_: httpx.Request) -> httpx.Response:
        raise failure

    transport, _ = chain(kit, fail)
    with pytest.raises(expected) as caught:
        asyncio.run(transport.send(get(params=(("email", "ada@example.org"),))))
    assert type(caught.value) is expected
    assert "ada" not in str(caught.value)
    assert caught.value.__suppress_context__


@pytest.mark.parametrize(
    "request_",
    [
        Request(method="GET", url="https://partner.example:port"),
        Request(method="GET", url="https://ok.example", headers=(("x", "Ж"),)),
    ],
)
def test_a_request_that_cannot_be_written_is_the_plugins_fault(kit: Any, request_: Request) -> None:
    transport, _ = chain(kit, slow_echo)
    with pytest.raises(ConnectorError, match="cannot be written down"):
        asyncio.run(transport.send(request_))


def test_a_request_ends_by_its_own_timeout(kit: Any) -> None:
    async def hang(_: httpx.Request) -> httpx.Response:
        await asyncio.sleep(60)
        raise AssertionError

    transport, _ = chain(kit, hang)
    started = time.perf_counter()
    with pytest.raises(RetryLater, match=r"no answer within 0\.05 s"):
        asyncio.run(transport.send(get(timeout=0.05)))
    assert time.perf_counter() - started < 0.5


def test_nothing_is_sent_once_the_deadline_has_passed(kit: Any) -> None:
    transport, health = chain(kit, slow_echo)

    async def scenario() -> None:
        with during(operation(seconds=-1)), pytest.raises(DeadlineExceeded):
            await transport.send(get())

    asyncio.run(scenario())
    assert health.calls == 0


def test_a_detached_request_ends_soon_after_the_deadline(kit: Any) -> None:
    async def hang(_: httpx.Request) -> httpx.Response:
        await asyncio.sleep(60)
        raise AssertionError

    transport, _ = chain(kit, hang)

    async def scenario(*, safe: bool) -> None:
        expected = DeadlineExceeded if safe else OutcomeUnknown
        with during(operation(seconds=0.05)), pytest.raises(expected) as caught:
            await transport.send(get(safe=safe))
        assert type(caught.value) is expected

    started = time.perf_counter()
    asyncio.run(scenario(safe=True))
    asyncio.run(scenario(safe=False))
    assert time.perf_counter() - started < 0.5


class Endless(httpx.AsyncByteStream):
    def __init__(self) -> None:
        self.given = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            self.given += 1
            yield b"x" * 1000


def test_an_endless_answer_is_cut_off_while_it_streams(kit: Any) -> None:
    stream = Endless()
    transport, _ = chain(kit, lambda _: httpx.Response(200, stream=stream), max_bytes=10_000)
    with pytest.raises(PartnerFault) as caught:
        asyncio.run(transport.send(get()))
    assert caught.value.code is ProblemCode.TOO_MUCH_DATA
    assert stream.given <= 12


def test_the_limit_counts_unpacked_bytes(kit: Any) -> None:
    bomb = gzip.compress(b"0" * 1_000_000)
    answer = httpx.Response(200, headers={"content-encoding": "gzip"}, content=bomb)
    transport, _ = chain(kit, lambda _: answer, max_bytes=100_000)
    with pytest.raises(PartnerFault):
        asyncio.run(transport.send(get()))


def test_no_cookie_goes_from_one_answer_to_the_next_request(kit: Any) -> None:
    seen = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers.get("cookie"))
        return httpx.Response(200, headers={"set-cookie": "session=ada; Path=/"})

    transport, _ = chain(kit, answer)

    async def scenario() -> None:
        await transport.send(get())
        await transport.send(get())

    asyncio.run(scenario())
    assert seen == [None, None]


def test_a_redirect_is_not_followed(kit: Any) -> None:
    transport, health = chain(
        kit, lambda _: httpx.Response(302, headers={"location": "https://evil.example"})
    )
    assert asyncio.run(transport.send(get())).status == 302
    assert health.calls == 1


def test_no_more_requests_at_once_than_the_partner_bears(kit: Any) -> None:
    at_once = [0, 0]

    async def count(_: httpx.Request) -> httpx.Response:
        at_once[0] += 1
        at_once[1] = max(at_once)
        await asyncio.sleep(0.002)
        at_once[0] -= 1
        return httpx.Response(200)

    transport, health = chain(kit, count, concurrency=3)

    async def scenario() -> None:
        await asyncio.gather(*(transport.send(get(f"/{number}")) for number in range(20)))

    asyncio.run(scenario())
    assert at_once[1] == 3
    assert health.calls == 20


def test_who_waits_for_a_place_past_its_deadline_takes_none_from_later_ones(kit: Any) -> None:
    go = asyncio.Event()

    async def hold(_: httpx.Request) -> httpx.Response:
        await go.wait()
        return httpx.Response(200)

    transport, health = chain(kit, hold, concurrency=1)

    async def scenario() -> None:
        holding = asyncio.create_task(transport.send(get("/holding")))
        await asyncio.sleep(0)
        before = pytest.raises(DeadlineExceeded, match="before the request could be sent")
        with during(operation(seconds=0.01)), before:
            await transport.send(get("/late"))
        with during(operation()):
            waiting = asyncio.create_task(transport.send(get("/waiting")))
        await asyncio.sleep(0)
        go.set()
        assert [(await each).status for each in (holding, waiting)] == [200, 200]
        assert (await transport.send(get("/after"))).status == 200

    asyncio.run(scenario())
    assert health.calls == 3, "what waited too long was never sent"


@given(
    rate=st.floats(0.2, 50),
    gaps=st.lists(st.floats(0, 2), min_size=1, max_size=60),
)
def test_the_pace_never_lets_more_start_in_a_window(rate: float, gaps: list[float]) -> None:
    pace, now, starts = Pace(rate), 0.0, []
    for gap in gaps:
        now += gap
        while wait := pace.start(now):
            now += wait
        starts.append(now)
    burst = max(1, int(rate))
    for first, beyond in zip(starts, starts[burst:], strict=False):
        assert beyond - first >= burst / rate - 1e-6


def test_who_gives_up_waiting_for_a_start_takes_none_from_later_ones(kit: Any) -> None:
    transport, health = chain(kit, lambda _: httpx.Response(200), requests_per_second=10, concurrency=50)

    async def scenario() -> float:
        await asyncio.gather(*(transport.send(get(f"/{number}")) for number in range(10)))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.05):
                await asyncio.gather(*(transport.send(get(f"/late/{number}")) for number in range(40)))
        started = time.perf_counter()
        await transport.send(get("/after"))
        return time.perf_counter() - started

    assert asyncio.run(scenario()) < 1.5, "it waited behind starts that nobody used"
    assert health.calls == 11


def test_one_waiter_that_leaves_takes_nothing_from_the_others(kit: Any) -> None:
    cancelled = []
    sent = []

    async def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        try:
            await asyncio.sleep(0.05)
        except asyncio.CancelledError:
            cancelled.append(request)
            raise
        return httpx.Response(200)

    transport, _ = chain(kit, answer)

    async def scenario() -> None:
        with during(operation()):
            first, second = (asyncio.create_task(transport.send(get())) for _ in range(2))
            await asyncio.sleep(0.01)
            first.cancel()
            assert (await second).status == 200
            assert (len(sent), cancelled) == (1, [])
            lonely = asyncio.create_task(transport.send(get("/other")))
            await asyncio.sleep(0.01)
            lonely.cancel()
            with pytest.raises(asyncio.CancelledError):
                await lonely
            await asyncio.sleep(0.01)
            assert (len(sent), len(cancelled)) == (2, 1)
            assert (await transport.send(get("/other"))).status == 200, "a cancelled request is not joined"

    asyncio.run(scenario())


@pytest.mark.parametrize("leaves", [False, True], ids=["follower stays", "follower leaves first"])
def test_a_failure_is_told_to_all_as_it_is(kit: Any, *, leaves: bool) -> None:
    """Also to the one who sent the request, whoever of the others has gone by then."""

    async def fail(_: httpx.Request) -> httpx.Response:
        await asyncio.sleep(0.02)
        if leaves:
            return httpx.Response(503)
        raise httpx.ReadError("broken")

    transport, health = chain(kit, fail)

    async def scenario() -> None:
        with during(operation()):
            first, second = (asyncio.create_task(transport.send(get())) for _ in range(2))
            await asyncio.sleep(0.01)
            if leaves:
                second.cancel()
            told = await asyncio.gather(first, second, return_exceptions=True)
        if leaves:
            assert isinstance(told[0], Response)
            assert told[0].status == 503
        else:
            assert [type(each) for each in told] == [RetryLater, RetryLater]
        assert health.calls == 1

    asyncio.run(scenario())


def test_what_failed_or_changes_something_is_not_shared_later(kit: Any) -> None:
    statuses = iter([503, 200, 200, 200])
    transport, health = chain(kit, lambda _: httpx.Response(next(statuses)))

    async def scenario() -> None:
        with during(operation()):
            assert (await transport.send(get())).status == 503
            assert (await transport.send(get())).status == 200
            assert (await transport.send(get())).status == 200
            assert health.calls == 2
            await transport.send(get(safe=False))
            await transport.send(get(safe=False))
            assert health.calls == 4

    asyncio.run(scenario())


def test_correlation_headers_do_not_keep_requests_apart_and_others_do(kit: Any) -> None:
    transport, health = chain(kit, slow_echo)

    async def scenario() -> None:
        with during(operation()):
            await asyncio.gather(
                *(transport.send(get(headers=(("X-Correlation-ID", str(number)),))) for number in range(5))
            )
            assert health.calls == 1
            await asyncio.gather(
                *(transport.send(get(headers=(("x-customer", str(number)),))) for number in range(5))
            )
            assert health.calls == 6

    asyncio.run(scenario())


CALLERS = st.lists(
    st.tuples(
        st.sampled_from(["t1", "t2"]),
        st.sampled_from([Purpose.SERVICE, Purpose.MARKETING]),
        st.integers(0, 2),  # operation of that caller
        st.sampled_from(["g1", "g2", None]),
        st.sampled_from(["/a", "/b"]),
        st.sampled_from([b"", b"x"]),
        st.integers(0, 3),  # turns of the event loop before it starts
    ),
    min_size=1,
    max_size=25,
)


@settings(max_examples=60, deadline=None)
@given(callers=CALLERS)
def test_nothing_is_shared_across_tenant_purpose_grant_or_request(callers: list[Any]) -> None:
    """Every upstream request is taken for one (tenant, purpose, grant, request), and answers only that."""
    from connectors.sharing import Sharing

    class Counting:
        def __init__(self) -> None:
            self.sent: list[Request] = []

        async def send(self, request: Request) -> Response:
            number = len(self.sent)
            self.sent.append(request)
            for _ in range(3):
                await asyncio.sleep(0)
            return Response(status=200, headers={}, content=str(number).encode())

    upstream = Counting()
    sharing = Sharing(upstream)
    answers: dict[bytes, set[Any]] = {}
    per_operation: dict[Any, set[bytes]] = {}

    async def call(operations: dict[Any, Operation], caller: Any) -> None:
        tenant, purpose, number, grant, path, content, turns = caller
        for _ in range(turns):
            await asyncio.sleep(0)
        auth = Bearer(Secret(grant)) if grant else None
        with during(operations[tenant, purpose, number]):
            response = await sharing.send(get(path, content=content, auth=auth))
        went_out = upstream.sent[int(response.content)]
        assert went_out.url.endswith(path)
        assert went_out.content == content
        assert (went_out.auth.headers() if went_out.auth else None) == (auth.headers() if auth else None)
        answers.setdefault(response.content, set()).add((tenant, purpose, grant, path, content))
        per_operation.setdefault((tenant, purpose, number, grant, path, content), set()).add(response.content)

    async def scenario() -> None:
        operations = {caller[:3]: operation(caller[0], caller[1]) for caller in callers}
        await asyncio.gather(*(asyncio.create_task(call(operations, caller)) for caller in callers))

    asyncio.run(scenario())
    assert all(len(callers_of_one) == 1 for callers_of_one in answers.values())
    assert all(len(responses) == 1 for responses in per_operation.values()), "once in an operation"
