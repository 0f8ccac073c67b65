"""What the host costs for each call at a partner, above the HTTP client it would be without it."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import httpx

from benchmarks.figures import Figure
from benchmarks.punctual import quiet_collector
from c360.access import Access, Principal, Reach
from c360.auth import Bearer
from c360.contract import Limits
from c360.http import Request
from c360.sending import Sending
from c360.values import Secret
from connectors.health import Health
from connectors.leaving import Leaving
from connectors.operation import Operation, during
from connectors.transport import HostTransport
from connectors.watching import Watchdog

NAME = "the host, for each upstream call"
ROUNDS = 15
CALLS = 1_000
AT_ONCE = 20
"""Calls under way together, as in the fan-out of one view."""

BASE = "https://partner.example/v1"
_Call = Callable[[int], Awaitable[object]]


class Null(httpx.AsyncBaseTransport):
    """Answers at once with a small body: what is measured is what stands before it."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """See :class:`httpx.AsyncBaseTransport`."""
        return httpx.Response(200, headers={"content-type": "application/json"}, content=b'{"a":1}')


def run() -> list[Figure]:
    """CPU of the whole chain less that of a bare client, round by round; and what the stages are of it."""
    return asyncio.run(_measure())


async def _measure() -> list[Figure]:
    auth = Bearer(Secret("token"))
    chain = HostTransport(Null()).for_instance(
        Limits(concurrency=AT_ONCE), Health(lambda: datetime.now(UTC)), base_url=BASE
    )
    last = Leaving(Sending(Null(), 1024 * 1024))  # which reads over pyreqwest do not pass
    client = httpx.AsyncClient(transport=Null(), trust_env=False)

    def request(number: int) -> Request:
        return Request(
            method="GET",
            url=f"{BASE}/customers/{number}/accounts",
            params=(("page", "1"),),
            headers=(("accept", "application/json"),),
            auth=auth,
            timeout=5.0,
        )

    async def bare(number: int) -> object:
        answer = await client.get(
            f"{BASE}/customers/{number}/accounts",
            params={"page": "1"},
            headers={"accept": "application/json", "authorization": "Bearer token"},
            timeout=5.0,
        )
        return answer.content

    async def whole(number: int) -> object:
        return await chain.send(request(number))

    async def sending(number: int) -> object:
        return await last.send(request(number))

    took: dict[str, list[float]] = {"bare": [], "whole": [], "sending": []}
    with quiet_collector():
        for _ in range(ROUNDS):
            for name, call in (("bare", bare), ("whole", whole), ("sending", sending)):
                took[name].append(await _round(call))
    await client.aclose()
    above = statistics.median(a - b for a, b in zip(took["whole"], took["bare"], strict=True))
    stages = statistics.median(a - b for a, b in zip(took["whole"], took["sending"], strict=True))
    note = f"{ROUNDS} rounds of {CALLS:,} calls, {AT_ONCE} at once"
    return [
        _figure("above a bare HTTP client", above, bound=15.0, note=note),
        _figure("a bare HTTP client (httpx.AsyncClient)", statistics.median(took["bare"])),
        _figure("the whole chain", statistics.median(took["whole"])),
        _figure("of it: sharing, retries, breaker, limits, health", stages),
        Figure(
            workload=NAME,
            name="watchdog while plugins are at work",
            value=round(await _watchdog() * 100, 2),
            unit="% CPU",
        ),
    ]


async def _round(call: _Call) -> float:
    """Seconds of CPU for each call."""
    access = Access(principal=Principal(subject="benchmark", reach=Reach.EVERYBODY))
    operation = Operation(access, asyncio.get_running_loop().time() + 60)
    with during(operation):
        started = time.process_time()
        for first in range(0, CALLS, AT_ONCE):
            await asyncio.gather(*(call(first + place) for place in range(AT_ONCE)))
        took = time.process_time() - started
    operation.close()
    return took / CALLS


async def _watchdog() -> float:
    """Share of one processor that a watchdog takes while it watches a loop with nothing to do."""
    watchdog = Watchdog({"nobody": "nobody"}, lambda _, __: None)
    watchdog.enter()
    started, began = time.process_time(), time.perf_counter()
    await asyncio.sleep(1.0)
    share = (time.process_time() - started) / (time.perf_counter() - began)
    watchdog.leave()
    return share


def _figure(name: str, seconds: float, *, bound: float | None = None, note: str = "") -> Figure:
    return Figure(workload=NAME, name=name, value=round(seconds * 1e6, 1), unit="µs", bound=bound, note=note)
